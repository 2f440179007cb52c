"""What a test may have missed: the smallest defect that it would likely have shown, in words of its own estimate."""

import math

from . import numbers
from .finding_parts import FindingPart

_UNNOTICED = {
    "lost_mass": "a loss of less than {size} of the data",
    "stray_share": "less than {size} of such records",
    "invalid_share": "less than {size} of such records",
    "duplicate_excess": "less than {size} of such repeats beyond those of real data",
    "many_to_one_share": "less than {size} more of such latents than the data's own near-duplicates give",
    "self_bleu_difference": "a rise of less than {size} in self-BLEU",
    "repetition_rate_difference": "less than {size} more of such records than among real ones",
    "loop_rate_difference": "less than {size} more of such records than among real ones",
    "frontier_area_ratio": "a fall of less than {size} in the area under the divergence frontier",
    "effective_number_ratio": "a fall of less than {size} in the effective number",
    "vanished_share": "symbols that hold less than {size} of what real records show",
    "invented_share": "symbols that hold less than {size} of what is generated",
    "worst_share_ratio": "a group that falls short by less than {size} of its target",
    "worst_cell_ratio": "a combination of groups that falls short by less than {size} of its real share",
    "worst_gap_change": "a gap between two groups that moved by less than {size}",
    "worst_learned_gap_change": "a gap between two groups that moved by less than {size}",
    "cell_total_variation": "less than {size} of samples in the wrong combination of groups",
    "thinnest_mode_ratio": "a mode that falls short by less than {size} of its real share",
    "near_duplicate_share": "less than {size} of records that stand for another",
    "total_variation": "less than {size} of samples in the wrong group",
}
"""By estimate, where the unit alone does not say it."""

_SUFFIX = " would likely have gone unseen"

_COUNTED = {"missing_modes": ("missing mode", "missing modes")}
"""One and several of what an estimate counts."""


def unnoticed(name: str, unit: str, least: float, *, change: str, perfect: float, size: float | None = None) -> str:
    """The largest defect that would likely have gone unseen, in the estimate's own unit, as part of a sentence.

    Args:
        name: of the estimate.
        unit: of the estimate.
        least: the smallest departure that would have been seen with power 0.8.
        change: which way the estimate departs: `a rise`, `a fall` or `a change`.
        perfect: what a perfect generator scores.
        size: of estimates that count modes, the share of the data of the smallest mode that would have been found.
    """
    if unit == "count":
        return _fewer(name, least, change, size)
    if name == "auc":
        text = f"an area under the curve of less than {numbers.share(perfect + least)}"
    elif name == "frechet_ratio":
        text = f"a Fréchet distance of less than {numbers.number(1 + least)} times that of a perfect generator"
    elif name == "association_gap":
        text = f"a correlation that is off by less than {numbers.number(least)}"
    elif name in _UNNOTICED:
        text = _UNNOTICED[name].format(size=numbers.quantity(least, "share" if unit == "ratio" else unit))
    elif unit in numbers.IN_HUNDREDTHS:
        text = f"{change} of less than {numbers.quantity(least, unit)}"
    else:
        departure = numbers.share(least) if unit == "ratio" else f"{numbers.number(least)} {unit}".strip()
        text = f"{change} of less than {departure}"
    return text + _SUFFIX


def too_small(name: str, unit: str, least: float, *, change: str, perfect: float, size: float | None = None) -> str:
    """The same in few words, as they follow a colon: `a fall of less than 4 %`. Arguments as of `unnoticed`."""
    return unnoticed(name, unit, least, change=change, perfect=perfect, size=size).removesuffix(_SUFFIX)


def _fewer(name: str, least: float, change: str, size: float | None) -> str:
    if name not in _COUNTED:
        return f"{change} of less than {numbers.number(least)} would likely have gone unseen"
    fewest = math.ceil(least)
    one, several = _COUNTED[name]
    of_size = "" if size is None else f" of at least {numbers.share(size)} of the data"
    if fewest <= 1:
        return f"a single {one}{of_size} would likely have been found"
    return f"fewer than {fewest} {several}{of_size} would likely have gone unseen"


def smallest_mode(finding: FindingPart | None) -> float | None:
    """The share of the data of the smallest mode that would have been found missing; None where it is not known."""
    size = None if finding is None else finding.settings.get("smallest_missing_mode_seen")
    return float(size) if isinstance(size, int | float) and not isinstance(size, bool) else None


def smallest_mode_words(finding: FindingPart) -> str | None:
    """How small a missing mode would have been found, as part of a sentence; None in records that do not say it."""
    if "smallest_missing_mode_seen" not in finding.settings:
        return None
    size = smallest_mode(finding)
    if size is None:
        return "no missing mode would have been found here, of whatever size"
    return f"a missing mode of {numbers.share(size)} of the data or more would have been found"
