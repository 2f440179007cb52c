"""A model of melodies whose next note hangs on one step, by declared odds: GA203 finds it, and nothing in its twin."""

import math

import numpy as np
import pytest

from genai_audit.audit.attribution.protected_reliance.auditor import ProtectedReliance
from genai_audit.audit.attribution.protected_reliance.carried import carried
from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.plan import Plan, stream
from genai_audit.audit.evidence.reliance import collect
from genai_audit.audit.evidence.reliance.kind import Reliance
from genai_audit.audit.evidence.samples.real import real_data
from genai_audit.audit.finding import Finding, Table
from genai_audit.audit.statistics.attribution.disparity import share_of
from genai_audit.models.data.datasets import Dataset
from unit.audit.evidence.reliance.melody_toys import OneStep, pieces

CARRIER = 2
ODDS = 3.0
"""The odds of pitch 60 against 61 where the third step is 60; the inverse where it is 61."""

# Half of the chance is of neutral notes. Of 60 and 61 together, the first has ODDS / (1 + ODDS) of it in one group, and
# five sixths of the 60s fall in its pieces. The readout is the log-odds of a note of that group, and the two groups are
# mirror images, so that the gap is twice that of one.
SHARE, LIKELY = 5 / 6, ODDS / (1 + ODDS)
FIRST = 0.25 + 0.5 * (LIKELY * SHARE + (1 - LIKELY) * (1 - SHARE))
DECLARED = 2 * math.log(FIRST / (1 - FIRST))


def reliance(odds: float, seed: int, data: Dataset | None = None) -> Reliance:
    data = data or pieces(seed)
    plan = Plan("music", "toy", model=OneStep(CARRIER, odds, noise=0.2 + 1e-3 * seed), reference=data, seed=seed)
    evidence = Evidence("music", Generated([[60]], 0, "toy"), real_data(data, stream(seed, "reference")))
    found = collect.collect(plan, evidence, lambda share: None)
    assert isinstance(found.item, Reliance)
    assert not found.missing
    return found.item


def asked(odds: float, seed: int) -> Finding:
    evidence = Evidence("music", Generated([[60]], 0, "toy"), reliance=reliance(odds, seed))
    return ProtectedReliance()(evidence, np.random.default_rng(0))


def table(finding: Finding, name: str) -> Table:
    return next(each for each in finding.tables if each.name == name)


def test_the_declared_gap_is_within_the_limits_and_the_step_carries_95_percent() -> None:
    inside = 0
    for seed in range(12):
        (found,) = carried(reliance(ODDS, seed), nats=0.22, points=0.02)
        (limits,) = found.total.limits((0.95,))
        inside += limits.low <= DECLARED <= limits.high
        step = found.parts[CARRIER]
        assert step.name == "step 3"
        assert min(share_of(each, found.total).value for each in step.readings) >= 0.95
        assert step.confirmed()
        (swapped,) = step.swap.limits((0.95,))
        assert swapped.low - 0.1 <= DECLARED <= swapped.high + 0.1
    assert inside >= 10, inside


def test_of_the_twin_that_goes_on_alike_there_is_nothing_to_explain() -> None:
    for seed in range(2):
        finding = asked(1.0, seed)
        assert str(finding.reason).startswith("nothing to explain")
        assert finding.estimate("worst_attributed_gap").interval().high < 0.22
        assert not [each for each in finding.estimates if each.name == "slot_share"]
        assert "unconfirmed_slot_share" in finding.gaps


def test_a_finding_names_question_readout_contrast_baseline_and_unit_and_knows_no_perfect_gap() -> None:
    finding = asked(ODDS, 0)
    settings = finding.settings
    assert settings["contrast"] == "notes of one over notes of <b>two</b>, one less <b>two</b>"
    assert str(settings["readout"]).startswith("log-odds that the next note is of the first group")
    assert "the next pair’s two pieces" in str(settings["baselines"])
    assert settings["sampling_unit"] == "pair of pieces, one of each group"
    assert finding.estimate("unconfirmed_slot_share").value == 0
    # A melody should go on as it began: a gap is no defect, and indifference no virtue.
    assert all(each.perfect is None for each in finding.estimates)
    assert finding.estimate("worst_attributed_gap").value == pytest.approx(DECLARED, abs=0.15)


def test_the_neutral_contrast_shows_no_gap_and_chances_stand_beside_the_real_notes() -> None:
    rows = {str(row[1]): row for row in table(asked(ODDS, 0), "gaps").rows}
    control = rows["control: notes over others of which both groups have as many"]
    assert isinstance(control[2], float)
    assert abs(control[2]) < 0.2
    by_model = rows["as chance: a next note of one, by the model"]
    by_notes = rows["as chance: a next note of one, by the real next notes"]
    assert by_model[2] == pytest.approx(2 * FIRST - 1, abs=0.02)
    # Of the notes that follow, four of five are the group's own, and each says SHARE against 1 − SHARE.
    low, high = by_notes[3:5]
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert low <= (2 * SHARE - 1) * 0.6 <= high


def test_the_same_seed_gives_the_same_evidence() -> None:
    one, other = reliance(ODDS, 3).prompts[0], reliance(ODDS, 3).prompts[0]
    np.testing.assert_array_equal(one.values, other.values)
    assert one.prompts == other.prompts
