"""The recurrent melody model: an exact distribution of pitch sequences, sampled as it is scored."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit.models.base import GenerativeModel, Scores
from genai_audit.models.errors import UserError
from genai_audit.models.families.music_lstm import MusicLSTMConfig, shape
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

MELODIES = [[60, 62, -1, 64], [64, 62, 60], [-1, 67, 67, 65, 64], [62]]
SMALL = {"embedding_dim": 8, "hidden": 12, "steps": 5, "batch_size": 4}
TOY = {"lowest": 60, "highest": 61, "max_length": 3, "embedding_dim": 3, "hidden": 4}


def test_it_is_a_model_of_melodies_with_an_exact_likelihood() -> None:
    model = untrained("music-lstm", **TOY)
    assert isinstance(model, GenerativeModel)
    assert isinstance(model, Scores)
    assert (model.modality, model.log_prob_kind) == ("music", "exact")
    melodies = draw(model)
    assert all(type(pitch) is int and pitch in (-1, 60, 61) for pitches in melodies for pitch in pitches)
    assert all(1 <= len(pitches) <= 3 for pitches in melodies)


def test_samples_depend_on_the_generator_alone() -> None:
    assert_pure(train("music-lstm", dataset(MELODIES, "music"), overrides=SMALL).model, MELODIES)


def test_equal_seeds_and_checkpoints_give_equal_models(tmp_path: Path) -> None:
    data = dataset(MELODIES, "music")
    config = assert_seeded_and_kept("music-lstm", data, tmp_path, SMALL, MELODIES).model.config
    assert (config.lowest, config.highest, config.max_length) == (60, 67, 7)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_probabilities_of_all_melodies_sum_to_one_and_are_those_sampled(temperature: float) -> None:
    model = untrained("music-lstm", **TOY, temperature=temperature)
    every = [list(each) for each in all_sequences((-1, 60, 61), 3)]
    assert_sums_to_one(model, every)
    assert_sampled_as_scored(model, every)


def test_log_prob_is_the_chain_rule_in_double_precision() -> None:
    model = untrained("music-lstm", lowest=60, highest=67, max_length=5, embedding_dim=5, hidden=7)
    weights = {name: weight.double().numpy() for name, weight in model.state_dict().items()}
    expected = [
        reference_score(
            lambda ids: lstm_logits(weights, ids), [1 if each == -1 else each - 58 for each in pitches], longest=5
        )
        for pitches in MELODIES
    ]
    np.testing.assert_allclose(model.log_prob(MELODIES).numpy(), expected, atol=2e-5)


def test_a_melody_that_it_cannot_give_has_no_probability() -> None:
    model = untrained("music-lstm", **TOY)
    assert model.log_prob([[59], [60, 62], [], [60] * 4, [-2]]).tolist() == [-math.inf] * 5
    assert math.isfinite(model.log_prob([[60, -1, 61]])[0])


def test_ids_begin_with_the_beginning_and_round_trip() -> None:
    model = untrained("music-lstm", **TOY)
    ids = model.encode_pitches([60, -1, 61])
    assert ids == [0, 2, 1, 3]
    assert model.decode_pitches(ids) == [60, -1, 61]
    assert model.decode_pitches([*ids, 0, 3]) == [60, -1, 61]
    assert model.logits(torch.tensor([ids])).shape == (1, 4, 4)
    with pytest.raises(UserError, match="expected pitches from 60 to 61 or -1 for a rest, got 72; transpose"):
        model.encode_pitches([60, 72])


def test_a_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="knows no classes"):
        untrained("music-lstm", **TOY).sample(2, generator=torch.Generator(), condition="minor")


def test_training_learns_the_melodies() -> None:
    few = [[60, 62, 64, 65], [67, 67, -1], [72, 71]]
    overrides = {"embedding_dim": 16, "hidden": 24, "steps": 200, "batch_size": 48, "learning_rate": 1e-2}
    data = dataset(few * 4, "music")
    model = train("music-lstm", data, overrides={**overrides, "dropout": 0.0, "average_over": 50}).model
    torch.testing.assert_close(model.log_prob(few).exp(), torch.full((3,), 1 / 3).double(), atol=0.1, rtol=0)


def test_rests_alone_are_no_melodies() -> None:
    with pytest.raises(UserError, match="made: expected melodies, got rests only; give data with pitches"):
        shape(dataset([[-1, -1], [-1]], "music"))
    with pytest.raises(UserError, match="made: expected records that are not empty, got one that is: number 1"):
        shape(dataset([[60], []], "music"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lowest": -1}, "expected lowest as a MIDI pitch from 0 to 127, got -1"),
        ({"highest": 10**6}, "expected highest as a MIDI pitch from 0 to 127"),
        ({"lowest": 70}, "expected lowest below highest, got 70 and 61"),
        ({"max_length": 10**9}, "expected max_length as a whole number from 1 to 2000"),
        ({"hidden": 10**9}, "expected hidden as a whole number from 1 to 4096"),
        ({"layers": 17}, "expected layers as a whole number from 1 to 16"),
    ],
)
def test_absurd_configurations_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MusicLSTMConfig(**{**TOY, **change})
