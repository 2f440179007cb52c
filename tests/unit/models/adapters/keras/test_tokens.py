"""Keras token models: their distribution symbol by symbol, their samples, and the lists of symbols beside them."""

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from genai_audit.models.errors import UserError
from unit.models.adapters.keras.keras_examples import draw, numbers, opened, refused

WORDS = ["<pad>", "<start>", "<end>", *"abcdefg"]


def language_model(
    keras: Any, *, length: int | None, last: bool, size: int = len(WORDS), cell: str = "LSTM", mask: bool = False
) -> Any:
    layers = keras.layers
    made = keras.Sequential(
        [
            layers.Input((length,)),
            layers.Embedding(size, 128, embeddings_initializer="normal", mask_zero=mask),
            getattr(layers, cell)(128, return_sequences=not last),
            layers.Dropout(0.3),
            layers.Dense(size, activation="softmax"),
        ]
    )
    # Untrained models are near uniform; steeper ones make mistakes visible.
    dense = made.layers[-1]
    dense.set_weights([40 * dense.get_weights()[0], dense.get_weights()[1]])
    return made


def put(folder: Path, symbols: list[Any], name: str = "model.vocabulary.json") -> None:
    (folder / name).write_text(json.dumps(symbols), encoding="utf-8")


def by_hand(made: Any, ids: list[int], end: int | None, *, window: int | None, never: list[int]) -> float:
    """log P of a record, symbol by symbol, with Keras's own predictions."""
    total = 0.0
    context = [1]
    for target in [*ids, *([] if end is None else [end])]:
        row = context if window is None else [0] * (window - len(context)) + context[-window:]
        distribution = numbers(made, torch.tensor([row])).double()[0]
        distribution = distribution[-1] if distribution.ndim == 2 else distribution
        distribution[never] = 0
        total += math.log(float(distribution[target] / distribution.sum()))
        context.append(target)
    return total


@pytest.mark.parametrize(
    ("length", "last", "cell", "mask"),
    [
        (None, False, "LSTM", False),
        (None, True, "GRU", True),
        (6, True, "LSTM", False),
        (6, True, "LSTM", True),
        (None, False, "SimpleRNN", True),
    ],
)
def test_a_language_model(keras: Any, tmp_path: Path, length: int | None, last: bool, cell: str, mask: bool) -> None:
    made = language_model(keras, length=length, last=last, cell=cell, mask=mask)
    put(tmp_path, WORDS)
    model, checkpoint = opened(made, tmp_path)
    assert (checkpoint.family, checkpoint.modality) == ("keras text model", "text")
    assert checkpoint.declared["symbols"]["file"] == "model.vocabulary.json"
    # Where no window slides, a token costs one step of the cells.
    assert (model.walk is not None) == (length is None)
    texts = draw(model, 40)
    assert texts == draw(model, 40)
    assert set("".join(texts)) <= set("abcdefg")
    assert max(map(len, texts)) <= (length or 1000)
    some = sorted(set(texts), key=len)[:3]
    expected = [
        by_hand(made, [WORDS.index(c) for c in text], None if len(text) == length else 2, window=length, never=[0, 1])
        for text in some
    ]
    assert model.log_prob_kind == "exact"
    assert model.log_prob(some).tolist() == pytest.approx(expected, abs=1e-3)
    assert model.log_prob(["abz", "a" * 2000]).tolist() == [-math.inf, -math.inf]
    assert model.encode_text("ab") == [1, 3, 4]
    assert model.decode_text([1, 3, 4, 2, 5]) == "ab"
    with pytest.raises(UserError, match=r"expected symbols of model\.vocabulary\.json, got 'az'"):
        model.encode_text("az")


def test_the_probabilities_of_all_texts_sum_to_one(keras: Any, tmp_path: Path) -> None:
    put(tmp_path, ["<pad>", "<start>", "<end>", "a", "b"])
    model, _ = opened(language_model(keras, length=3, last=False, size=5), tmp_path)
    texts = ["".join(word) for n in range(4) for word in itertools.product("ab", repeat=n)]
    distribution = model.log_prob(texts).exp()
    assert float(distribution.sum()) == pytest.approx(1, abs=1e-5)
    drawn = draw(model, 4000)
    for text, expected in zip(texts, distribution.tolist(), strict=True):
        # Five standard errors of a share of 4,000.
        assert drawn.count(text) / 4000 == pytest.approx(expected, abs=5 * math.sqrt(expected / 4000) + 1e-3)


def test_logits_are_those_of_keras_and_gradients_reach_the_embedding(keras: Any, tmp_path: Path) -> None:
    made = language_model(keras, length=None, last=False)
    put(tmp_path, WORDS)
    model, _ = opened(made, tmp_path)
    ids = torch.tensor([[1, 3, 4, 5], [1, 9, 9, 3]])
    torch.testing.assert_close(model.logits(ids).softmax(-1).detach(), numbers(made, ids), atol=1e-5, rtol=1e-4)
    seen: list[torch.Tensor] = []
    handle = model.embedding.register_forward_hook(lambda module, taken, given: seen.append(given))
    slope = torch.autograd.grad(model.logits(ids)[:, -1, 3].sum(), seen[0])[0]
    handle.remove()
    assert slope.shape == (2, 4, 128)
    assert float(slope.abs().sum()) > 0
    parameters = list(model.network.parameters())
    assert any(model.embedding.weight is each for each in parameters)


def test_one_hot_inputs(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    made = keras.Sequential([layers.Input((5, 6)), layers.LSTM(16), layers.Dense(6, activation="softmax")])
    (tmp_path / "vocabulary.txt").write_text('<pad>\n<start>\n<end>\na\n \n"\\n"\n')
    model, _ = opened(made, tmp_path)
    ids = torch.tensor([[0, 0, 1, 3, 4]])
    expected = numbers(made, torch.nn.functional.one_hot(ids, 6).float())
    torch.testing.assert_close(model.logits(torch.tensor([[1, 3, 4]]))[:, -1].softmax(-1).detach(), expected)
    assert model.encode_text("a \n") == [1, 3, 4, 5]


def test_music_with_words_and_windows(keras: Any, tmp_path: Path) -> None:
    pitches = [60, 62, 64, -1, "end"]
    put(tmp_path, pitches, "model.pitches.json")
    model, checkpoint = opened(language_model(keras, length=8, last=True, size=5), tmp_path)
    assert checkpoint.modality == "music"
    melodies = draw(model, 20)
    assert all(set(melody) <= {60, 62, 64, -1} for melody in melodies)
    assert model.encode_pitches([60, -1]) == [4, 0, 3]
    assert model.decode_pitches([4, 0, 3, 4]) == [60, -1]
    assert any("records begin after the end symbol" in note for note in checkpoint.notes)
    assert torch.isfinite(model.log_prob(melodies)).all()


def test_without_start_or_end_there_is_no_law_of_whole_records(keras: Any, tmp_path: Path) -> None:
    put(tmp_path, ["the", "cat", "sat", "on", "mats"])
    model, checkpoint = opened(language_model(keras, length=7, last=True, size=5), tmp_path)
    assert not hasattr(model, "log_prob")
    assert any("drawn evenly, and no log_prob" in note for note in checkpoint.notes)
    assert any("contexts shorter than the window of 7 are filled with the symbol 'the'" in n for n in checkpoint.notes)
    texts = draw(model, 200)
    assert {len(text.split(" ")) for text in texts} == {7}
    firsts = [text.split(" ")[0] for text in texts]
    assert min(firsts.count(word) for word in set(firsts)) > 200 / 5 - 5 * math.sqrt(200 * 0.2 * 0.8)


def test_a_model_that_reads_both_ways_is_refused(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    put(tmp_path, WORDS)
    both = layers.Bidirectional(layers.LSTM(8, return_sequences=True))
    made = keras.Sequential(
        [layers.Input((None,)), layers.Embedding(10, 8), both, layers.Dense(10, activation="softmax")]
    )
    # Small weights would hide the leak below the rounding that the check allows.
    made.layers[-1].set_weights([30 * made.layers[-1].get_weights()[0], made.layers[-1].get_weights()[1]])
    refused(made, tmp_path, "expected predictions from earlier tokens alone, but those before token 1 change")


def test_a_state_kept_between_calls_is_refused(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    put(tmp_path, WORDS)
    first = [layers.Input((4,), batch_size=2), layers.Embedding(10, 8), layers.LSTM(8, stateful=True, name="memory")]
    refused(keras.Sequential([*first, layers.Dense(10, "softmax")]), tmp_path, "'memory' keeps its state between calls")


SIDECARS = {
    "none": ({}, r"what its 10 outputs stand for.*model\.vocabulary\.json.*vocabulary\.txt.*model\.pitches\.json"),
    "short": ({"model.vocabulary.json": ["a", "b"]}, "expected a list of 10 symbols, one for each output of .*, got 2"),
    "dict": ({"model.vocabulary.json": {"a": 1}}, "expected a list of 10 symbols.*got dict"),
    "twice": ({"model.vocabulary.json": [*"abcdefghi", "a"]}, "expected each symbol once, got 'a' more often"),
    "blank": (
        {"model.vocabulary.json": [*"abcdefgh", "word", "two words"]},
        "words without blanks inside, got 'two words'",
    ),
    "number": ({"model.vocabulary.json": [*"abcdefghi", 3]}, "expected symbols that are texts, got 3"),
    "pitch": ({"model.pitches.json": [*range(60, 69), 128]}, "expected symbols that are pitches 0 to 127.*got 128"),
    "both": ({"model.pitches.json": [], "model.vocabulary.json": []}, r"\(music\) or .* \(text\) beside it, got both"),
    "roles": ({"model.vocabulary.json": [*"abcdefgh", "<end>", "</s>"]}, "expected at most one of .*, got 2; keep one"),
}


@pytest.mark.parametrize("name", SIDECARS)
def test_wrong_lists_of_symbols(keras: Any, tmp_path: Path, name: str) -> None:
    files, message = SIDECARS[name]
    for file, content in files.items():
        put(tmp_path, content, file)  # type: ignore[arg-type]  # some are no lists on purpose
    refused(language_model(keras, length=None, last=True), tmp_path, message)
