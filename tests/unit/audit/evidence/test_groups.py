"""The classifier of groups: what it says, how its errors are counted, what it refuses."""

from pathlib import Path

import numpy as np
import pytest
import torch

from genai_audit.audit.evidence.bundle import Evidence, Generated, Groups
from genai_audit.audit.evidence.group_classifier import (
    _Rough,
    classifier_scores,
    classifier_scores_torch,
    named,
    raw_scores,
)
from genai_audit.audit.evidence.groups import FOLDS, Labelled, collect_classified
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured

NAMES = ("a", "b", "c")
CENTRES = np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [0.0, 3.0, 0.0]])


def blobs(n, rng, classes=3, spread=0.7):
    labels = rng.integers(0, classes, n)
    return CENTRES[labels] + spread * rng.standard_normal((n, 3)), labels


def collect_groups(*, generated, reference, labels, classes, reference_counts, rng):
    """The groups of one attribute; raises why they cannot be told apart."""
    asked = Labelled("class", classes, np.asarray(labels, dtype=np.int64), np.asarray(reference_counts))
    (groups,) = collect_classified(generated=generated, reference=reference, attributes=[asked], rng=rng)
    if not isinstance(groups, Groups):
        raise groups
    return groups


def collect(seed=0, n=300, spread=0.7, **changes):
    rng = np.random.default_rng(seed)
    reference, labels = blobs(n, rng, spread=spread)
    generated, _ = blobs(400, rng, spread=spread)
    given = {
        "generated": generated,
        "reference": reference,
        "labels": labels,
        "classes": NAMES,
        "reference_counts": np.bincount(labels, minlength=3),
        "rng": np.random.default_rng(seed),
    }
    return collect_groups(**(given | changes))


@pytest.fixture(scope="module")
def digits():
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    return images[order] / 16, labels[order]


def test_confusion_counts_every_labelled_sample_once(digits):
    images, labels = digits
    groups = collect_groups(
        generated=images[1257:],
        reference=images[:1257],
        labels=labels[:1257],
        classes=tuple("0123456789"),
        reference_counts=np.bincount(labels),
        rng=np.random.default_rng(0),
    )
    assert groups.confusion.sum(axis=1).tolist() == np.bincount(labels[:1257]).tolist()
    accuracy = np.trace(groups.confusion) / 1257
    assert accuracy >= 0.98
    # What out-of-fold counts promise holds on images that nobody has seen: 540 of them.
    assert (groups.predicted == labels[1257:]).mean() == pytest.approx(accuracy, abs=0.015)
    assert groups.reference_counts.sum() == len(labels)
    assert "1,257 labelled reference samples" in groups.classifier


def test_errors_are_counted_on_samples_not_learned_from():
    # Labels at random: a classifier that had seen its test samples would look better than chance.
    rng = np.random.default_rng(3)
    groups = collect(reference=rng.standard_normal((400, 3)), labels=rng.integers(0, 3, 400))
    assert np.trace(groups.confusion) / 400 == pytest.approx(1 / 3, abs=0.1)


def test_same_seed_same_classifier_and_global_state_is_left_alone():
    np.random.seed(5)  # noqa: NPY002 – the legacy global state is what must stay untouched
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 – see above
    first, second = collect(), collect()
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002 – see above
    np.testing.assert_array_equal(first.predicted, second.predicted)
    np.testing.assert_array_equal(first.confusion, second.confusion)
    for name in first.parameters:
        np.testing.assert_array_equal(first.parameters[name], second.parameters[name])


def test_scores_are_log_probabilities_that_predict():
    groups = collect()
    features, _ = blobs(5_000, np.random.default_rng(9))
    scores = classifier_scores(groups.parameters, features)
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1)
    np.testing.assert_allclose(scores[:7], classifier_scores(groups.parameters, features[:7]), atol=1e-9)


def test_scores_are_calibrated_out_of_fold():
    # Overlapping groups: where the classifier says 80 %, it should be right in about 80 %.
    groups = collect(n=1_000, spread=1.5)
    features, labels = blobs(4_000, np.random.default_rng(8), spread=1.5)
    scores = classifier_scores(groups.parameters, features)
    certainty = np.exp(scores.max(axis=1))
    right = scores.argmax(axis=1) == labels
    assert certainty.mean() == pytest.approx(right.mean(), abs=0.05)


def test_torch_scores_equal_numpy_scores_and_have_gradients():
    groups = collect()
    features, _ = blobs(20, np.random.default_rng(2))
    features[0] = groups.parameters["landmarks"][0]  # where a distance is zero
    given = torch.tensor(features, requires_grad=True)
    scores = classifier_scores_torch(groups.parameters, given)
    np.testing.assert_allclose(scores.detach().numpy(), classifier_scores(groups.parameters, features), atol=1e-9)
    scores[:, 1].sum().backward()
    assert given.grad is not None
    assert torch.isfinite(given.grad).all()
    step = np.zeros_like(features)
    step[:, 0] = 1e-6
    change = classifier_scores(groups.parameters, features + step) - classifier_scores(
        groups.parameters, features - step
    )
    np.testing.assert_allclose(given.grad[:, 0].numpy(), change[:, 1] / 2e-6, rtol=1e-4, atol=1e-5)
    assert classifier_scores_torch(groups.parameters, given.detach().float()).dtype == torch.float32


def test_two_groups():
    rng = np.random.default_rng(1)
    reference, labels = blobs(200, rng, classes=2)
    groups = collect(reference=reference, labels=labels, classes=("a", "b"), reference_counts=np.bincount(labels))
    assert groups.parameters["weights"].shape[1] == 2
    assert np.trace(groups.confusion) / 200 > 0.95
    assert classifier_scores(groups.parameters, CENTRES[:2]).argmax(axis=1).tolist() == [0, 1]


def test_features_without_variation_do_no_harm():
    rng = np.random.default_rng(0)
    reference, labels = blobs(300, rng)
    constant = np.full((300, 4), 0.5)
    groups = collect(
        reference=np.hstack([reference, constant]), labels=labels, generated=np.hstack([reference, constant])
    )
    assert np.trace(groups.confusion) / 300 > 0.95


def test_a_large_reference_is_learned_in_part(monkeypatch):
    monkeypatch.setattr("genai_audit.audit.evidence.groups.TRAINING", 150)
    monkeypatch.setattr("genai_audit.audit.evidence.group_classifier.LANDMARKS", 40)
    groups = collect(n=600)
    assert groups.confusion.sum() == pytest.approx(150, abs=2)
    assert groups.reference_counts.sum() == 600
    assert len(groups.parameters["landmarks"]) == 40
    assert np.trace(groups.confusion) / groups.confusion.sum() > 0.95


def test_a_saved_classifier_classifies_the_same(tmp_path):
    groups = collect()
    evidence = Evidence("image", Generated(np.zeros((400, 1, 1, 1), np.float32), 0, "toy"), groups=(groups,))
    evidence.save(tmp_path)
    (loaded,) = Evidence.load(tmp_path).groups
    features, _ = blobs(50, np.random.default_rng(4))
    np.testing.assert_array_equal(
        classifier_scores(loaded.parameters, features), classifier_scores(groups.parameters, features)
    )


def few(labels, *, members, of=2):
    """The labels with so many members of one class; the others are of the first instead."""
    labels = labels.copy()
    labels[np.flatnonzero(labels == of)[members:]] = 0
    return labels


def test_a_class_of_too_few_is_nobody_and_the_others_are_told_apart():
    rng = np.random.default_rng(0)
    reference, labels = blobs(300, rng)
    labels = few(labels, members=FOLDS - 1)
    reference = CENTRES[labels] + 0.5 * rng.standard_normal((300, 3))
    groups = collect(reference=reference, labels=labels, reference_counts=np.bincount(labels, minlength=3))
    assert groups.names == ("a", "b", "(too few)")
    assert groups.too_few == {"c": FOLDS - 1}
    assert groups.told_apart == ("a", "b")
    assert set(groups.predicted.tolist()) == {0, 1}
    assert groups.confusion[:2].sum() == 300 - (FOLDS - 1)
    assert groups.confusion[2].sum() == 0
    assert groups.reference_counts.tolist() == [*np.bincount(labels)[:2], FOLDS - 1]
    assert groups.parameters["weights"].shape[1] == 2


def test_rare_classes_that_lie_together_are_a_class_of_their_own():
    rng = np.random.default_rng(0)
    labels = np.concatenate([rng.integers(0, 2, 300), np.repeat([2, 3, 4], 4)])
    centres = np.vstack([CENTRES, CENTRES[2], CENTRES[2]])
    reference = centres[labels] + 0.3 * rng.standard_normal((312, 3))
    groups = collect(
        reference=reference,
        labels=labels,
        classes=tuple("abcde"),
        reference_counts=np.bincount(labels),
        generated=centres,
    )
    assert groups.names == groups.told_apart == ("a", "b", "(too few)")
    assert groups.too_few == {"c": 4, "d": 4, "e": 4}
    assert groups.predicted.tolist() == [0, 1, 2, 2, 2]
    assert groups.confusion.sum(axis=1).tolist() == [*np.bincount(labels)[:2], 12]


def test_rare_classes_that_nothing_tells_from_others_are_nobody():
    rng = np.random.default_rng(0)
    reference, labels = blobs(300, rng, classes=2)
    labels[:6] = np.repeat([2, 3], 3)
    groups = collect(
        reference=reference, labels=labels, classes=tuple("abcd"), reference_counts=np.bincount(labels, minlength=4)
    )
    assert groups.told_apart == ("a", "b")
    assert groups.names[2] == "(too few)"
    assert groups.parameters["weights"].shape[1] == 2


def test_a_class_that_the_reference_never_has_is_no_group():
    _, labels = blobs(300, np.random.default_rng(0), classes=2)
    groups = collect(labels=labels, reference_counts=np.bincount(labels, minlength=3))
    assert groups.names == groups.told_apart == ("a", "b")
    assert groups.too_few == {"c": 0}


def test_counted_errors_are_true_errors_although_landmarks_are_samples():
    # Two normal groups 2 apart in one of 40 dimensions, 150 samples each. A fold that meets itself among the landmarks
    # is told by its own columns, which no generated sample has: its errors were counted nearly twice too often.
    counted, true = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        labels = np.repeat([0, 1], 150)
        given, fresh = (rng.standard_normal((number, 40)) for number in (300, 4_000))
        answers = np.repeat([0, 1], 2_000)
        given[:, 0] += 2 * labels
        fresh[:, 0] += 2 * answers
        groups = collect(
            reference=given, labels=labels, generated=fresh, classes=("a", "b"), reference_counts=np.bincount(labels)
        )
        counted.append(1 - np.trace(groups.confusion) / 300)
        true.append((groups.predicted != answers).mean())
    # The classifiers whose errors are counted learned from a fifth less, hence not exactly.
    assert np.mean(counted) == pytest.approx(np.mean(true), abs=0.03)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda _: {"labels": np.empty(0, np.int64)}, Unavailable, "the reference has no labels"),
        (
            lambda given: {"classes": ("a",), "labels": 0 * given, "reference_counts": np.array([300])},
            Unavailable,
            "has one group only",
        ),
        (
            lambda given: {"labels": few(few(given, members=4), members=0, of=1)},
            Unmeasured,
            r"two groups of at least 5 .* got: a \(296\), b \(0\), c \(4\); label more",
        ),
        (lambda _: {"reference": np.ones((300, 3))}, Unmeasured, "have the same features"),
        (lambda _: {"generated": np.full((5, 3), np.nan)}, Unmeasured, "not finite"),
    ],
)
def test_what_cannot_be_told_apart_is_said(change, error, message):
    _, labels = blobs(300, np.random.default_rng(0))
    with pytest.raises(error, match=message):
        collect(**({"labels": labels} | change(labels)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": np.zeros(7, np.int64)}, "expected a label for each of 300"),
        ({"generated": np.zeros((5, 2))}, "expected 3 features"),
        ({"labels": np.full(300, 3)}, "expected labels in 0…2"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        collect(**change)


MNIST = Path(__file__).parents[5] / "shared" / "data" / "mnist" / "train.npz"


@pytest.mark.slow
@pytest.mark.skipif(not MNIST.exists(), reason=f"needs {MNIST}")
def test_mnist():
    with np.load(MNIST) as data:
        some = np.random.default_rng(0).permutation(len(data["y"]))[:2_500]
        images, labels = data["x"][some].reshape(2_500, -1) / 255.0, data["y"][some].astype(np.int64)
    groups = collect(
        generated=images[1_500:],
        reference=images[:1_500],
        labels=labels[:1_500],
        classes=tuple("0123456789"),
        reference_counts=np.bincount(labels),
    )
    assert np.trace(groups.confusion) / 1_500 > 0.88
    assert (groups.predicted == labels[1_500:]).mean() > 0.88


@pytest.mark.parametrize("far", [0.0, 1e3, 1e30], ids=["near", "far from 0", "beyond single precision"])
def test_names_in_single_precision_are_those_in_double(digits, far):
    images, labels = digits
    groups = collect_groups(
        generated=images[:10],
        reference=images[:600],
        labels=labels[:600],
        classes=tuple("0123456789"),
        reference_counts=np.bincount(labels),
        rng=np.random.default_rng(0),
    )
    first = {**groups.parameters, "landmarks": groups.parameters["landmarks"] + far}
    # A second one that never can tell two groups apart, so that all are looked at again.
    weights = np.repeat(first["weights"][:, :1], 2, axis=1)
    torn = {**first, "weights": weights, "intercept": np.array([0.0, 1e-9])}
    for classifiers in ([first], [first, torn]):
        found = named(classifiers, images[600:] + far)
        for each, names in zip(classifiers, found, strict=True):
            assert (names == raw_scores(each, images[600:] + far).argmax(axis=1)).all()
    if far < 1e30:
        scores, error = _Rough(first).scores(images[600:] + far)
        apart = np.abs(scores - raw_scores(first, images[600:] + far)).max(axis=1)
        assert (apart <= error).all()
