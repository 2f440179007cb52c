"""Counts of a study as rates that say how surely they are known."""

from genai_audit.audit.statistics.shares.binomial import clopper_pearson


def with_interval(hits: float, trials: int) -> str:
    """A rate with its exact 95 % interval; a dash where nothing was tried."""
    if not trials:
        return "–"
    low, high = clopper_pearson(successes=hits, trials=trials, level=0.95)
    return f"{hits / trials:.1%} ({low:.1%}–{high:.1%})"
