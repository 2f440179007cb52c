"""The study of the diagnosis: its generators are perfect, and a defect would show in its table."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from scipy.stats import ks_2samp

from genai_audit.audit.evidence.bundle import Evidence


@pytest.fixture(scope="module")
def diagnosis(study: Callable[[str], ModuleType]) -> ModuleType:
    return study("diagnosis")


def dealt(diagnosis: ModuleType, name: str, seed: int = 0) -> Evidence:
    evidence: Evidence = diagnosis.SETTINGS[name].deal(seed, np.random.default_rng(seed))
    return evidence


@pytest.mark.parametrize("name", ["blobs-2", "blobs-8-held", "heavy-2", "lattice", "sparse", "narrow"])
def test_both_sides_are_draws_of_one_distribution_and_no_record_is_on_both(diagnosis: ModuleType, name: str) -> None:
    known = [dealt(diagnosis, name, seed).features for seed in range(20)]
    made, real = (
        np.concatenate([getattr(each, side) for each in known if each]) for side in ("generated", "reference")
    )
    # Of 22 columns over all settings.
    p_values = [ks_2samp(made[:, at], real[:, at], method="asymp").pvalue for at in range(made.shape[1])]
    assert min(p_values) > 0.05 / 220
    if name not in ("lattice", "sparse"):
        assert not set(map(bytes, made)) & set(map(bytes, real))


def test_pictures_are_equal_exactly_where_records_are(diagnosis: ModuleType) -> None:
    evidence = dealt(diagnosis, "lattice")
    assert evidence.features is not None
    pictures = evidence.generated.samples
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert len(np.unique(pictures.reshape(len(pictures), -1), axis=0)) == len(
        np.unique(evidence.features.generated, axis=0)
    )


def test_groups_have_their_shares_on_both_sides(diagnosis: ModuleType) -> None:
    known = [dealt(diagnosis, "groups", seed).groups for seed in range(20)]
    made = np.bincount(np.concatenate([each[0].predicted for each in known if each])) / 20_000
    real = np.bincount(np.concatenate([each[0].reference for each in known if each])) / 6_000
    assert made == pytest.approx([0.4, 0.3, 0.2, 0.06, 0.04], abs=0.014)
    assert real == pytest.approx([0.4, 0.3, 0.2, 0.06, 0.04], abs=0.025)


def test_a_generator_that_is_not_perfect_is_named(diagnosis: ModuleType) -> None:
    def narrow(seed: int, rng: np.random.Generator) -> Evidence:
        evidence: Evidence = diagnosis.SETTINGS["blobs-2"].deal(seed, rng)
        assert evidence.features is not None
        middle = evidence.features.generated.mean(axis=0)
        evidence.features.generated[:] = middle + 0.2 * (evidence.features.generated - middle)
        return evidence

    assert "Unreached data" in diagnosis.audited(narrow, 0, 0).named
