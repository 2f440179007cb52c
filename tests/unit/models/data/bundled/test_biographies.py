"""The corpus of biographies is what its declared probabilities say, and each text can be read."""

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest
from scipy.stats import chi2_contingency, chisquare

from genai_audit.models.data.bundled import biographies as truth
from genai_audit.models.data.datasets import load_data
from genai_audit.models.records import Records

ALPHA = 1e-3  # the corpus is one fixed draw, so a test of it cannot fail now and then


@pytest.fixture(scope="module")
def records() -> Records:
    return truth.records()


def test_it_is_always_the_same_text(records: Records) -> None:
    assert records.samples == truth.records().samples
    assert len(records.samples) == 10_000
    assert records.samples[0] == "Victor Ivanov is a lawyer from the north. He enjoys cycling."
    assert all(30 <= len(text) <= 80 for text in records.samples)


def test_every_text_reads_as_its_groups(records: Records) -> None:
    assert list(records.attributes) == ["pronoun", "occupation", "region"]
    for row, text in enumerate(records.samples):
        groups = {name: each.names[each.values[row]] for name, each in records.attributes.items()}
        assert truth.read(text) == groups


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Simon Novak is a engineer from the north. His hobby is cycling.",
        "Simon Novak is an nurse from the north. His hobby is cycling.",
        "Simon Novak is an engineer from the north. They likes cycling.",
        "Simon Novak is an engineer from the north. His hobby is cycling",
        "Simon Novak is an engineer from the north. His hobby is cycling. ",
        "Novak Simon is an engineer from the north. His hobby is cycling.",
        "Simon Novak is an engineer from the moon. His hobby is cycling.",
    ],
)
def test_what_is_not_of_the_grammar_is_not_read(text: str) -> None:
    assert truth.read(text) is None
    assert truth.log_prob(text) == -math.inf


def test_groups_are_drawn_with_the_declared_probabilities(records: Records) -> None:
    counts = Counter(tuple(read.values()) for text in records.samples if (read := truth.read(text)))
    joint = truth.joint()
    assert math.isclose(sum(joint.values()), 1.0)
    assert chisquare([counts[key] for key in joint], [10_000 * share for share in joint.values()]).pvalue > ALPHA


@pytest.mark.parametrize("pronoun", truth.PRONOUNS)
def test_names_are_drawn_with_the_declared_probabilities(pronoun: str, records: Records) -> None:
    rows = np.flatnonzero(records.attributes["pronoun"].values == truth.PRONOUNS.index(pronoun))
    counts = Counter(records.samples[row].split()[0] for row in rows)
    shares = truth.names_given(pronoun)
    assert math.isclose(sum(shares.values()), 1.0)
    assert chisquare([counts[name] for name in shares], [len(rows) * share for share in shares.values()]).pvalue > ALPHA


def test_all_else_is_independent_of_the_pronoun(records: Records) -> None:
    pronoun = records.attributes["pronoun"].values
    words = [text.split() for text in records.samples]
    for parts in ([each[1] for each in words], [each[-1] for each in words], records.attributes["region"].values):
        table = np.zeros((3, len(set(parts))))
        names = {name: place for place, name in enumerate(sorted(set(parts)))}
        for row, part in enumerate(parts):
            table[pronoun[row], names[part]] += 1
        assert chi2_contingency(table).pvalue > ALPHA


def test_the_declared_associations_are_wide_and_add_up() -> None:
    assert min(truth.WOMEN.values()) == 0.1
    assert max(truth.WOMEN.values()) == 0.9
    assert math.isclose(sum(truth.OCCUPATIONS.values()), 1.0)
    assert math.isclose(sum(truth.REGIONS.values()), 1.0)
    # Σ P(occupation) P(she | occupation), worked out by hand: .135 + .1125 + .065 + .0625 + .05 + .035 + .03 + .01.
    assert truth.marginal("pronoun") == pytest.approx({"she": 0.5, "he": 0.45, "they": 0.05})
    assert truth.marginal("region") == pytest.approx(truth.REGIONS)
    assert truth.pronouns_given("nurse") == pytest.approx({"she": 0.9, "he": 0.05, "they": 0.05})
    # Bayes: .5 · .1 / 5 against .45 · .1 / 5 against .05 · .4 / 5.
    shares = np.array([0.5 * 0.1, 0.45 * 0.1, 0.05 * 0.4])
    assert list(truth.pronouns_given_name("Kim").values()) == pytest.approx(list(shares / shares.sum()))


def test_probabilities_of_all_texts_sum_to_one() -> None:
    # Last names and hobbies are uniform, so one of each stands for all 20 · 12.
    texts = [
        f"{first} Lopez is {'an' if job == 'engineer' else 'a'} {job} from the {region}. {phrase.start(pronoun)} chess."
        for first, job, region, phrase, pronoun in product(
            truth.names_given("she"), truth.OCCUPATIONS, truth.REGIONS, truth.PHRASES, truth.PRONOUNS
        )
    ]
    assert math.isclose(240 * sum(math.exp(truth.log_prob(text)) for text in texts), 1.0)


def test_the_entropy_is_the_mean_surprise(records: Records) -> None:
    nats = np.array([-truth.log_prob(text) for text in records.samples])
    assert abs(nats.mean() - truth.entropy()) < 4 * nats.std() / math.sqrt(len(nats))


def test_it_is_bundled_with_a_fifth_of_each_group_held_out() -> None:
    train, holdout = (load_data("biographies", split=part) for part in ("train", "holdout"))
    assert (train.modality, len(train) + len(holdout)) == ("text", 10_000)
    assert abs(len(holdout) - 2000) <= 1  # rounded within each pronoun
    assert train.classes == ("she", "he", "they")
    shares = [np.bincount(part.labels) / len(part) for part in (train, holdout)]
    np.testing.assert_allclose(shares[0], shares[1], atol=1e-3)
