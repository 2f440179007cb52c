"""GA206 lets sound maps be read, names the checks that others fail, and says where there is nothing to explain."""

from dataclasses import replace

import numpy as np
import pytest

from genai_audit.audit.attribution.explanation_quality.auditor import ExplanationQuality
from genai_audit.audit.evidence.attributions.kind import Attributions
from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.explained.kind import CheckedMap
from genai_audit.audit.finding import Finding, NotApplicable
from unit.audit.evidence.explained.known_maps import Bent


def found(*maps: CheckedMap) -> Finding:
    none = np.zeros((0, 0))
    held = Attributions(
        readouts=(),
        latents=none.astype(np.float32),
        baselines=none.astype(np.float32),
        attributions=np.zeros((0, 0, 0)),
        differences=none,
        completeness_error=none,
        tolerance=np.zeros(0),
        steps=np.zeros(0, dtype=np.int64),
        maps=np.zeros((0, 1, 1, 1), dtype=np.float32),
        null_maps=np.zeros((0, 1, 1, 1), dtype=np.float32),
        sample=np.zeros((1, 1, 1, 1), dtype=np.float32),
        checked=maps,
    )
    evidence = Evidence("image", Generated(np.zeros((1, 1, 1, 1), np.float32), 0, "toy"), attributions=held)
    return ExplanationQuality()(evidence, np.random.default_rng(0))


def value(finding: Finding, name: str) -> float:
    return next(each.value for each in finding.estimates if each.name == name)


def readings(finding: Finding) -> list[str]:
    return [str(row[-1]) for row in finding.tables[0].rows]


@pytest.fixture
def toy() -> Bent:
    return Bent.drawn(np.random.default_rng(3), n=48)


def test_an_exact_map_may_be_read(toy: Bent) -> None:
    finding = found(toy.checked(toy.map(), np.random.default_rng(0)))
    assert readings(finding) == ["passes all its checks"]
    assert value(finding, "failed_checks") == value(finding, "unconfirmed_share") == 0


def test_a_map_of_numbers_at_random_is_named_with_what_it_fails(toy: Bent) -> None:
    rng = np.random.default_rng(0)
    random = toy.checked(rng.normal(size=toy.records.shape), rng)
    finding = found(toy.checked(toy.map(), rng), random)
    assert readings(finding)[0] == "passes all its checks"
    assert readings(finding)[1].startswith("not to be read: fails ")
    assert "deletion" in readings(finding)[1]
    assert value(finding, "unconfirmed_share") == 0.5
    assert next(each for each in finding.estimates if each.name == "failed_checks").curve[0].low >= 1


def test_a_second_run_that_differs_is_no_explanation(toy: Bent) -> None:
    rng = np.random.default_rng(0)
    finding = found(toy.checked(toy.map(), rng, repeat=lambda: toy.map() + 1e-3))
    assert "a second run gives another map" in readings(finding)[0]


def test_the_last_bits_of_single_precision_make_no_second_map(toy: Bent) -> None:
    rng = np.random.default_rng(0)
    finding = found(toy.checked(toy.map(), rng, repeat=lambda: toy.map() * (1 + 1e-7)))
    assert readings(finding)[0] == "passes all its checks"


def test_a_map_of_nan_is_no_explanation(toy: Bent) -> None:
    broken = toy.map()
    broken[0, 0] = np.nan
    assert "not finite" in readings(found(toy.checked(broken, np.random.default_rng(0))))[0]


def test_without_an_effect_there_is_nothing_to_explain(toy: Bent) -> None:
    toy.weights = toy.weights * 1e-4
    finding = found(toy.checked(toy.map(), np.random.default_rng(0)))
    assert finding.reason.startswith("nothing to explain")
    assert [each.name for each in finding.estimates] == ["explaining_maps"]
    assert value(finding, "explaining_maps") == 0
    assert readings(finding) == ["nothing to explain"]


def test_without_maps_the_question_does_not_arise() -> None:
    with pytest.raises(NotApplicable, match="no map of attributions"):
        found()


def test_what_cannot_be_told_widens_the_interval_and_not_the_count(toy: Bent) -> None:
    whole = toy.checked(toy.map(), np.random.default_rng(0))
    few = replace(
        whole,
        deletion=np.where(np.arange(48) % 3 == 0, whole.random_deletion.min(axis=1) - 1, whole.deletion),
    )
    finding = found(few)
    (failed,) = [each for each in finding.estimates if each.name == "failed_checks"]
    assert failed.value <= failed.curve[0].high
    assert value(finding, "unconfirmed_share") in (0.0, 1.0)
