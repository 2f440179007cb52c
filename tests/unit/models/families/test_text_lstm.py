"""The recurrent text model: an exact distribution of texts, sampled as it is scored, refused where senseless."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit.models.base import GenerativeModel, Scores, Tokens
from genai_audit.models.errors import UserError
from genai_audit.models.families.text_lstm import TextLSTMConfig, shape
from genai_audit.models.families.training.fitting import train
from unit.models.families.lstm_reference import lstm_logits
from unit.models.families.token_checks import (
    all_sequences,
    assert_pure,
    assert_sampled_as_scored,
    assert_seeded_and_kept,
    assert_sums_to_one,
    dataset,
    draw,
    reference_score,
    untrained,
)

TEXTS = ["abba", "a b", "bab", "cab a", "b", "acca"]
SMALL = {"embedding_dim": 8, "hidden": 12, "steps": 5, "batch_size": 4}
TOY = {"alphabet": ("a", "b"), "unit": "character", "max_length": 3, "embedding_dim": 3, "hidden": 4}


def test_it_is_a_model_of_tokens_with_an_exact_likelihood() -> None:
    model = untrained("text-lstm", **TOY)
    assert isinstance(model, GenerativeModel)
    assert isinstance(model, Tokens)
    assert isinstance(model, Scores)
    assert (model.modality, model.log_prob_kind) == ("text", "exact")
    texts = draw(model)
    assert all(isinstance(text, str) and set(text) <= set("ab") and 1 <= len(text) <= 3 for text in texts)


def test_samples_depend_on_the_generator_alone() -> None:
    assert_pure(train("text-lstm", dataset(TEXTS), overrides=SMALL).model, TEXTS)


def test_equal_seeds_and_checkpoints_give_equal_models(tmp_path: Path) -> None:
    trained = assert_seeded_and_kept("text-lstm", dataset(TEXTS), tmp_path, SMALL, TEXTS)
    assert trained.model.config.alphabet == (" ", "a", "b", "c")
    assert trained.model.config.max_length == 7  # a quarter above the 5 characters of the longest, rounded up


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_probabilities_of_all_texts_sum_to_one_and_are_those_sampled(temperature: float) -> None:
    model = untrained("text-lstm", **TOY, temperature=temperature)
    every = ["".join(each) for each in all_sequences("ab", 3)]
    assert_sums_to_one(model, every)
    assert_sampled_as_scored(model, every)


def test_probabilities_of_all_texts_of_words_sum_to_one_even_with_an_empty_word() -> None:
    model = untrained("text-lstm", **{**TOY, "alphabet": ("", "ab", "c."), "unit": "word"})
    every = [" ".join(each) for each in all_sequences(("", "ab", "c."), 3)]
    assert len(set(every)) == len(every) == 3 + 9 + 27
    assert_sums_to_one(model, every)
    assert_sampled_as_scored(model, every)


@pytest.mark.parametrize(("layers", "temperature"), [(1, 1.0), (2, 0.7)])
def test_log_prob_is_the_chain_rule_in_double_precision(layers: int, temperature: float) -> None:
    config = {"alphabet": tuple("abcd"), "unit": "character", "max_length": 6, "embedding_dim": 5, "hidden": 7}
    model = untrained("text-lstm", **config, layers=layers, temperature=temperature)
    weights = {name: weight.double().numpy() for name, weight in model.state_dict().items()}
    texts = ["a", "dcba", "abcdab", "ddd", "bb"]
    expected = [
        reference_score(
            lambda ids: lstm_logits(weights, ids, layers),
            ["abcd".index(each) + 1 for each in text],
            longest=6,
            temperature=temperature,
        )
        for text in texts
    ]
    # The float32 recurrence loses about six digits of the logits.
    np.testing.assert_allclose(model.log_prob(texts).numpy(), expected, atol=2e-5)


def test_a_text_that_it_cannot_give_has_no_probability() -> None:
    model = untrained("text-lstm", **TOY)
    assert model.log_prob(["abab", "ax", ""]).tolist() == [-math.inf] * 3
    assert math.isfinite(model.log_prob(["ab"])[0])
    assert model.log_prob([]).shape == (0,)


def test_scores_do_not_depend_on_the_company() -> None:
    model = untrained("text-lstm", **{**TOY, "max_length": 40})
    texts = ["ab" * n for n in range(1, 21)]
    together = model.log_prob(texts)
    alone = torch.cat([model.log_prob([text]) for text in texts])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_ids_begin_with_the_beginning_and_round_trip() -> None:
    model = untrained("text-lstm", **TOY)
    ids = model.encode_text("abb")
    assert ids == [0, 1, 2, 2]
    assert model.decode_text(ids) == "abb"
    assert model.decode_text([*ids, 0, 1, 1]) == "abb"
    assert model.logits(torch.tensor([ids, ids])).shape == (2, 4, 3)
    with pytest.raises(UserError, match="expected a text of the 2 characters of the training data, got 'x'; leave it"):
        model.encode_text("axb")


def test_a_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="knows no classes"):
        untrained("text-lstm", **TOY).sample(2, generator=torch.Generator(), condition=1)


def test_training_learns_the_texts() -> None:
    data = dataset(["the cat", "the dog", "a bird"] * 4)
    overrides = {
        "embedding_dim": 16,
        "hidden": 24,
        "steps": 200,
        "batch_size": 48,
        "learning_rate": 1e-2,
        "dropout": 0.0,
    }
    model = train("text-lstm", data, overrides={**overrides, "average_over": 50}).model
    probabilities = model.log_prob(["the cat", "the dog", "a bird"]).exp()
    torch.testing.assert_close(probabilities, torch.full((3,), 1 / 3).double(), atol=0.1, rtol=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alphabet": ()}, "expected alphabet as 1 to 4000 characters, got 0"),
        ({"alphabet": tuple(map(chr, range(100, 4200)))}, "expected alphabet as 1 to 4000 characters, got 4100"),
        ({"alphabet": "ab"}, "expected alphabet as 1 to 4000 characters, got 'ab'"),
        ({"alphabet": ("a", "bc")}, "expected alphabet of single characters, got 'bc'"),
        ({"alphabet": ("a", 3)}, "expected alphabet of single characters, got 3"),
        ({"alphabet": ("a", "a")}, "expected alphabet of different characters, got one twice"),
        ({"unit": "word", "alphabet": ("a b",)}, "expected alphabet of single words, got 'a b'"),
        ({"unit": "syllable"}, "expected unit among character, word, got 'syllable'"),
        ({"max_length": 10**9}, "expected max_length as a whole number from 1 to 2000, got 1000000000"),
        ({"hidden": 10**9}, "expected hidden as a whole number from 1 to 4096"),
        ({"embedding_dim": 0}, "expected embedding_dim as a whole number"),
        ({"layers": True}, "expected layers as a whole number"),
        ({"temperature": 0.0}, "expected temperature as a number from 0.01 to 100, got 0.0"),
    ],
)
def test_absurd_configurations_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TextLSTMConfig(**{**TOY, **change})


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"dropout": 1.0}, "expected dropout as a number from 0 to 0.99, got 1.0; change the setting"),
        ({"steps": 0}, "expected steps as a whole number"),
        ({"alphabet": ("a",)}, "expected settings among .*, got alphabet"),
    ],
)
def test_absurd_settings_are_refused(overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        train("text-lstm", dataset(TEXTS), overrides=overrides)


def test_the_unit_is_words_only_where_words_repeat() -> None:
    assert shape(dataset(["one two.", "two one."] * 20))["unit"] == "word"
    assert shape(dataset(["CC(=O)O", "c1ccccc1"]))["unit"] == "character"
    assert shape(dataset(["one two.", "two one."] * 20), unit="character")["alphabet"] == tuple(" .enotw")
    with pytest.raises(UserError, match="expected unit among character, word, got 'line'"):
        shape(dataset(TEXTS), unit="line")
