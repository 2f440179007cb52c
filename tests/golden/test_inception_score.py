"""Known answers for the Inception Score, with where they come from."""

import numpy as np
import pytest

from golden.unaudited.inception_score import inception_score


@pytest.mark.parametrize("classes", [2, 7, 10])
def test_every_class_certain_and_equally_frequent(classes: int) -> None:
    """K32: each record's divergence from the uniform mean is ln K."""
    assert inception_score(np.tile(np.eye(classes), (3, 1))) == pytest.approx((classes, 0))


@pytest.mark.parametrize("row", [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
def test_the_same_probabilities_for_all(row: list[float]) -> None:
    """K32: nothing differs from the mean, whether the classifier is sure (one mode is left) or not."""
    assert inception_score([row] * 20) == pytest.approx((1, 0))


def test_unequal_classes_count_as_their_effective_number() -> None:
    """Certain classes of weights ½, ¼, ¼: the exponential of the entropy of the weights, 2^{3/2}."""
    assert inception_score(np.eye(3)[[0, 0, 1, 2]]).value == pytest.approx(2**1.5)


def test_by_hand() -> None:
    """(¾, ¼) and (¼, ¾) around (½, ½): ¾ ln 1.5 + ¼ ln 0.5 each."""
    found = inception_score([[0.75, 0.25], [0.25, 0.75]])
    assert found.value == pytest.approx(1.5**0.75 * 0.5**0.25)
    assert found.log_variance == pytest.approx(0)


def test_variance_and_bias_are_those_of_fresh_samples() -> None:
    rng = np.random.default_rng(0)
    distribution = rng.dirichlet([0.3] * 5, size=40)
    whole = np.log(inception_score(distribution).value)
    found = [inception_score(distribution[rng.integers(40, size=300)]) for _ in range(600)]
    logs = np.log([each.value for each in found])
    assert np.sqrt(np.mean([each.log_variance for each in found])) == pytest.approx(logs.std(), rel=0.1)
    assert whole - 4 / 600 - 4 * logs.std() / np.sqrt(600) < logs.mean() < whole


def test_what_are_no_probabilities_is_refused() -> None:
    with pytest.raises(ValueError, match=r"rows of probabilities that sum to 1; turn logits"):
        inception_score([[0.5, 0.4]])
    with pytest.raises(ValueError, match=r"rows of probabilities that sum to 1"):
        inception_score([[1.5, -0.5]])
    with pytest.raises(ValueError, match=r"finite class probabilities \(n, K\), got an array of shape \(2,\)"):
        inception_score([0.5, 0.5])
