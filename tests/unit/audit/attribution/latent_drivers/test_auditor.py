"""GA201: what it says of attributions with known contents."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.attribution.latent_drivers.auditor import Drivers
from genai_audit.audit.evidence.attributions.kind import Attributions
from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable, Outcome

WEIGHTS = np.array([[3.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0]])


def attributions(
    weights: np.ndarray = WEIGHTS, readouts: tuple[str, ...] = ("ink", "score 3"), n: int = 200, **changes: Any
) -> Attributions:
    """Exact attributions of linear readouts."""
    rng = np.random.default_rng(0)
    latents, baselines = rng.standard_normal((2, n, weights.shape[1])).astype(np.float32)
    parts = weights[:, None, :] * (latents.astype(np.float64) - baselines)
    count, size = weights.shape
    exact = Attributions(
        readouts=readouts,
        latents=latents,
        baselines=baselines,
        attributions=parts,
        differences=parts.sum(axis=2),
        completeness_error=np.zeros((count, n)),
        tolerance=np.full(count, 0.01),
        steps=np.full(count, 8),
        maps=np.ones((size, 1, 3, 3), np.float32),
        null_maps=np.ones((5, 1, 3, 3), np.float32),
        sample=np.zeros((1, 1, 3, 3), np.float32),
    )
    return dataclasses.replace(exact, **changes)


def audit(found: Attributions | None, **parameters: Any) -> Finding:
    evidence = Evidence(
        modality="image",
        generated=Generated(np.zeros((1, 1, 3, 3), np.float32), 0, "toy"),
        attributions=found,
        absent={} if found else {"attributions": "the model offers no decode(z): nothing to attribute to"},
    )
    return Drivers(**parameters)(evidence, np.random.default_rng(0))


def column(finding: Finding, table: str, key: str) -> list[Any]:
    found = next(each for each in finding.tables if each.name == table)
    index = [each.key for each in found.columns].index(key)
    return [row[index] for row in found.rows]


def test_shares_follow_the_weights() -> None:
    finding = audit(attributions())
    assert finding.outcome is Outcome.MEASURED
    # Ink is divided 3 : 1 : 0 : 0 and the score 1 : 0 : 1 : 0; overall is the mean of both divisions.
    for group, expected in {
        "z0": 0.625,
        "z1": 0.125,
        "z2": 0.25,
        "z3": 0.0,
        "z0 → ink": 0.75,
        "z2 → score 3": 0.5,
    }.items():
        estimate = finding.estimate("share_of_effect", group)
        interval = estimate.interval(0.99)
        assert interval.low <= expected <= interval.high
        assert interval.high - interval.low < 0.15
        assert estimate.perfect is None
    whole = [
        each.value for each in finding.estimates if each.name == "share_of_effect" and "→" not in (each.group or "")
    ]
    assert sum(whole) == pytest.approx(1)
    assert whole == sorted(whole, reverse=True)


def test_summaries() -> None:
    finding = audit(attributions())
    assert finding.estimate("largest_share").value == finding.estimate("share_of_effect", "z0").value
    assert finding.estimate("unused_dimensions").value == 1
    interval = finding.estimate("unused_dimensions").interval()
    assert (interval.low, interval.high) == (1, 1)
    truth = 1 / (np.array([0.625, 0.125, 0.25]) ** 2).sum()
    interval = finding.estimate("effective_dimensions").interval(0.99)
    assert interval.low <= truth <= interval.high
    assert finding.estimate("completeness_error").value == 0
    assert finding.estimate("completeness_error").curve == ()
    size = finding.estimate("effect_size", "ink")
    # Differences are 3·d0 + d1 with d of variance 2.
    assert size.interval(0.99).low <= np.sqrt(20) <= size.interval(0.99).high
    assert size.unit == "intensity"


def test_every_estimate_is_declared_and_has_all_levels() -> None:
    finding = audit(attributions())
    declared = {each.name for each in Drivers.estimates}
    # Which group a draw shows is known with a group classifier only, see test_regrouped.
    assert {each.name for each in finding.estimates} == declared - {"group_changes"}
    for estimate in finding.estimates:
        if estimate.name != "completeness_error":
            assert tuple(each.level for each in estimate.curve) == LEVELS
        assert estimate.n == 200


def test_tables_and_pictures() -> None:
    finding = audit(attributions(), leading=2)
    assert column(finding, "dimensions", "dimension") == ["z0", "z2", "z1", "z3"]
    assert column(finding, "dimensions", "use") == ["used", "used", "used", "unused"]
    assert column(finding, "dimensions", "readout")[:2] == ["ink", "score 3"]
    assert column(finding, "readouts", "dimension")[0] == "z0"
    assert column(finding, "readouts", "status") == ["explained", "explained"]
    assert len(column(finding, "turned_axes", "p_value")) == 2
    saliency, centre = finding.exhibits
    assert saliency.form == "signed_maps"
    assert [(each.kind, each.indices) for each in saliency.pictures] == [
        ("attributions.maps", (0,)),
        ("attributions.maps", (2,)),
        ("attributions.null_maps", (0, 1, 2, 3, 4)),
    ]
    assert saliency.pictures[0].label.startswith("z0, 6")
    assert (centre.form, centre.pictures[0].kind) == ("grid", "attributions.sample")


def test_a_readout_whose_attributions_do_not_add_up_is_left_out() -> None:
    error = np.zeros((2, 200))
    error[0, 7] = 0.5
    finding = audit(attributions(completeness_error=error))
    assert column(finding, "readouts", "status") == ["left out: attributions do not add up", "explained"]
    assert column(finding, "readouts", "dimension")[0] is None
    assert finding.estimate("share_of_effect", "z1").value == 0
    assert not [each for each in finding.estimates if (each.group or "").endswith("→ ink")]
    assert finding.settings["readouts_failing_completeness"] == "ink"
    # The error is still in the estimate that a policy can bound.
    size = finding.estimate("effect_size", "ink").value
    assert finding.estimate("completeness_error").value == pytest.approx(0.5 / size)


@pytest.mark.parametrize("error", [1.0, np.nan, np.inf])
def test_nothing_is_said_where_no_attribution_adds_up(error: float) -> None:
    with pytest.raises(Inconclusive, match="attributions of ink, score 3 do not add up"):
        audit(attributions(completeness_error=np.full((2, 200), error)))


def test_a_readout_that_hardly_moves_is_not_explained() -> None:
    finding = audit(attributions(WEIGHTS * np.array([[1e-5], [1.0]])))
    assert column(finding, "readouts", "status") == ["no effect to explain", "explained"]
    assert finding.settings["readouts_without_effect"] == "ink"
    assert finding.estimate("share_of_effect", "z0").value == pytest.approx(0.5, abs=0.05)


def test_nothing_to_explain() -> None:
    finding = audit(attributions(WEIGHTS * 0))
    assert finding.outcome is Outcome.MEASURED
    assert finding.reason is not None
    assert finding.reason.startswith("no effect to explain")
    assert {each.name for each in finding.estimates} == {"effect_size"}
    assert finding.estimate("effect_size", "ink").value == 0
    assert not finding.exhibits


def test_without_attributions_the_question_does_not_arise() -> None:
    with pytest.raises(NotApplicable, match=r"offers no decode\(z\)"):
        audit(None)


def test_one_latent_dimension() -> None:
    finding = audit(attributions(np.ones((2, 1))))
    assert finding.estimate("largest_share").value == 1
    assert [table.name for table in finding.tables] == ["dimensions", "readouts"]


def test_many_dimensions_are_listed_in_part() -> None:
    weights = np.random.default_rng(1).uniform(0.5, 1.5, (2, 100))
    finding = audit(attributions(weights), rotations=39)
    assert len(column(finding, "dimensions", "dimension")) == 64
    assert "leading 64 of 100" in finding.tables[0].caption
    assert finding.estimate("unused_dimensions").value == 0


def test_the_same_seed_gives_the_same_finding() -> None:
    assert audit(attributions()) == audit(attributions())


@pytest.mark.parametrize("wrong", [{"unused_below": 0.0}, {"unused_below": 1.0}, {"leading": 0}, {"rotations": 10}])
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected unused_below between 0 and 1"):
        Drivers(**wrong)


def test_a_dimension_that_moves_two_readouts_at_once_is_entangled() -> None:
    ink, slant, score = np.eye(8)[[2, 2, 5]]
    finding = audit(attributions(np.stack([ink, slant, score]), ("ink", "slant", "score 3")), rotations=99)
    first = [column(finding, "entangled", key)[0] for key in ("dimension", "first", "second", "p_value")]
    assert first == ["z2", "ink", "slant", 0.01]
    assert column(finding, "entangled", "p_value")[1:] == [1.0] * 7


def test_separate_dimensions_are_not_entangled() -> None:
    finding = audit(attributions(np.eye(8)[:3], ("ink", "slant", "size")), rotations=99)
    assert min(column(finding, "entangled", "p_value")) == 1.0


def test_meaningless_dimensions_are_called_entangled_no_more_often_than_the_level_says() -> None:
    called = 0
    for seed in range(40):
        turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((8, 8)))[0]
        finding = audit(attributions(turn[:3], ("ink", "slant", "size"), n=64), rotations=39)
        called += min(column(finding, "entangled", "p_value")) <= 0.1
    # Of 40 at a level of 0.1, eleven or more are called in 1 of 350 repeats.
    assert 0 < called <= 10


def test_two_scores_are_no_pair() -> None:
    finding = audit(attributions(np.ones((2, 4)), ("score 1", "score 2")), rotations=39)
    assert "entangled" not in [each.name for each in finding.tables]
