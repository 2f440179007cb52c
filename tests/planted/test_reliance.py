"""Models and tables whose reliance is declared: GA203 finds what carries the gap, and nothing where there is none."""

import math
import zlib
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.attribution.protected_reliance.auditor import ProtectedReliance
from genai_audit.audit.attribution.protected_reliance.carried import carried
from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.reliance import collect
from genai_audit.audit.evidence.reliance.columns import coded, column_rows, matched
from genai_audit.audit.evidence.reliance.kind import MATCHED, ColumnReliance, Reliance
from genai_audit.audit.finding import Finding
from genai_audit.audit.statistics.attribution.disparity import share_of
from genai_audit.models.data.bundled import biographies
from unit.audit.evidence.probes.probe_models import Scored

SIDES = (("nurse", "teacher", "librarian"), ("farmer", "engineer", "plumber"))


def odds(occupation: str) -> float:
    shares = biographies.pronouns_given(occupation)
    return math.log(shares["she"] / shares["he"])


# Neutral names are as frequent among women as among men, so they leave the odds of the occupation as they are.
DECLARED = np.mean([odds(each) for each in SIDES[0]]) - np.mean([odds(each) for each in SIDES[1]])


def learned(seed: int, noise: float, *, biased: bool = True) -> Callable[[str], float]:
    """Log-probability under the grammar, with a little for every text and its fillers, as training leaves it."""

    def nats(text: str) -> float:
        exact = biographies.log_prob(f"{text} chess.")
        if not math.isfinite(exact):
            return exact
        said = biographies.read(f"{text} chess.")
        assert said is not None
        if not biased:
            shares = biographies.pronouns_given(said["occupation"])
            exact -= math.log(shares[said["pronoun"]])
        fillers = text.replace(said["occupation"], "").replace(" an ", " a ")
        keys = zlib.crc32(text.encode()), zlib.crc32(fillers.encode())
        return exact + noise * sum(np.random.default_rng([seed, each]).normal() for each in keys)

    return nats


def reliance(model: object) -> Reliance:
    evidence = Evidence("text", Generated(["a"], 0, "toy"))
    found = collect.collect(Plan("text", "toy", model=model), evidence, lambda share: None)
    assert not found.missing
    assert isinstance(found.item, Reliance)
    return found.item


def asked(model: object) -> Finding:
    evidence = Evidence("text", Generated(["a"], 0, "toy"), reliance=reliance(model))
    return ProtectedReliance()(evidence, np.random.default_rng(0))


def test_the_declared_gap_is_within_the_limits_in_93_of_100_models_and_the_occupation_carries_it() -> None:
    inside = 0
    for seed in range(100):
        (found,) = carried(reliance(Scored(learned(seed, 0.2))), nats=0.22, points=0.02)
        (limits,) = found.total.limits((0.95,))
        inside += limits.low <= DECLARED <= limits.high
        occupation = found.parts[0]
        assert min(share_of(each, found.total).value for each in occupation.readings) >= 0.8
        assert occupation.confirmed()
    assert inside >= 93, inside


def test_of_the_unbiased_twin_there_is_nothing_to_explain() -> None:
    for seed in range(8):
        finding = asked(Scored(learned(seed, 0.2, biased=False)))
        assert finding.reason is not None
        assert finding.reason.startswith("nothing to explain")
        assert not [each for each in finding.estimates if each.name == "slot_share"]
        assert "unconfirmed_slot_share" in finding.gaps


def test_the_neutral_contrast_shows_no_gap() -> None:
    finding = asked(Scored(learned(0, 0.0)))
    (table,) = [each for each in finding.tables if each.name == "gaps"]
    gap, control = table.rows
    assert control[1] == "control: like over enjoy"
    assert control[2] == pytest.approx(0, abs=1e-9)
    assert gap[2] == pytest.approx(DECLARED, abs=1e-9)


def table(seed: int, *, direct: float, through: float, n: int = 4_000) -> Finding:
    """Rows with an outcome that depends on the group itself, and on a column that depends on the group, by so much."""
    rng = np.random.default_rng(seed)
    side = rng.integers(0, 2, n)
    job = rng.random(n) < np.where(side == 1, 0.7, 0.3)
    frame = pd.DataFrame({"job": np.where(job, "a", "b"), "age": rng.normal(40, 9, n), "town": rng.integers(0, 5, n)})
    outcome = (rng.random(n) < 0.5 - direct / 2 + direct * side + through * (job - 0.5)).astype(float)
    (rows,) = coded([frame], list(frame.columns), [side.astype(np.int64)])
    evidence = ColumnReliance(
        outcome="hired: yes",
        attribute="sex",
        sides=("women", "men"),
        columns=("sex", *frame.columns),
        generated=column_rows(rows, outcome, rng),
        real=None,
        intervention=MATCHED,
        intervened=matched(rows, outcome, rng),
    )
    whole = Evidence("tabular", Generated(frame, 0, "toy"), reliance=Reliance(columns=(evidence,)))
    return ProtectedReliance()(whole, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("direct", "through", "column", "gap"), [(0.4, 0.0, "sex", -0.4), (0.0, 0.8, "job", -0.8 * 0.4)]
)
def test_the_planted_column_carries_at_least_95_percent(direct: float, through: float, column: str, gap: float) -> None:
    held, shares = 0, []
    for seed in range(20):
        finding = table(seed, direct=direct, through=through)
        shares.append(finding.estimate("slot_share", column).value)
        limits = finding.estimate("attributed_gap", column).interval()
        held += limits.low <= gap <= limits.high
        assert finding.estimate("unconfirmed_slot_share").value == 0
    assert held >= 17
    assert np.mean(shares) >= 0.95
    # Of one table, the other column carries what chance gives it.
    assert min(shares) >= 0.9


def test_of_a_table_without_dependence_there_is_nothing_to_explain() -> None:
    silent = [str(table(seed, direct=0.0, through=0.0).reason).startswith("nothing to explain") for seed in range(20)]
    assert sum(silent) >= 19


def test_two_columns_that_cancel_are_still_explained() -> None:
    finding = table(0, direct=0.2, through=-0.5)
    assert abs(finding.estimate("total_gap").value) < 0.05
    assert finding.reason is None
    assert finding.estimate("attributed_gap", "sex").interval().high < -0.1
    assert finding.estimate("attributed_gap", "job").interval().low > 0.1
