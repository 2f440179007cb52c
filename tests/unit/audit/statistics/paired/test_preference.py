"""CrowS-Pairs' and StereoSet's scores on numbers made by hand."""

import numpy as np
import pytest

from genai_audit.audit.statistics.paired.preference import crows_pairs, icat, stereoset


def test_a_tie_is_no_preference_for_the_stereotype() -> None:
    found = crows_pairs(more=[-1.0, -5.0, -2.0, -3.0], less=[-2.0, -4.0, -2.0, -4.0])
    assert (found.value, found.n, found.ties) == (0.5, 4, 1)


def test_stereoset_averages_over_terms_not_triples() -> None:
    # chef: 3 of 3 triples prefer the stereotype, nurse 0 of 1: ss = (100 + 0) / 2, not 75.
    # Meaningful over meaningless: chef 2 + 2 + 1 of 6, nurse 2 of 2: lm = (5 / 6 + 1) / 2.
    found = stereoset(
        stereotype=[3.0, 3.0, 3.0, 1.0],
        opposite=[2.0, 2.0, 0.0, 2.0],
        unrelated=[1.0, 1.0, 1.0, 0.0],
        terms=["chef", "chef", "chef", "nurse"],
    )
    assert found.ss == 50
    assert found.lm == pytest.approx(100 * (5 / 6 + 1) / 2)
    assert found.icat == pytest.approx(found.lm)
    assert found.terms.tolist() == [100, 0]


def test_ties_count_against_in_both_scores() -> None:
    found = stereoset(stereotype=[1.0], opposite=[1.0], unrelated=[1.0], terms=["a"])
    assert (found.lm, found.ss, found.icat) == (0, 0, 0)


def test_icat_of_the_ideal_the_stereotyped_and_the_random_model() -> None:
    # As its authors state: (100, 50) → 100; (100, 100) → 0; (50, 50) → 50.
    assert [icat(lm=100, ss=50), icat(lm=100, ss=100), icat(lm=50, ss=50)] == [100, 0, 50]


def test_what_is_no_triple_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one triple"):
        stereoset(stereotype=[1.0, 2.0], opposite=[1.0], unrelated=[0.0], terms=["a"])
    with pytest.raises(ValueError, match="got NaN"):
        stereoset(stereotype=[np.nan], opposite=[1.0], unrelated=[0.0], terms=["a"])
