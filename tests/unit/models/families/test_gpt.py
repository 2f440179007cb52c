"""The transformer: an exact distribution of texts, causal, sampled with a cache that equals the whole forward pass."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import erf

from genai_audit.models.base import GenerativeModel, Scores, Tokens
from genai_audit.models.errors import UserError
from genai_audit.models.families.gpt import GPTConfig
from genai_audit.models.families.training.fitting import train
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
SMALL = {"width": 8, "heads": 2, "layers": 2, "steps": 5, "batch_size": 4}
TOY = {"alphabet": ("a", "b"), "unit": "character", "max_length": 3, "width": 4, "heads": 2, "layers": 1}
WIDER = {"alphabet": tuple("abcd"), "unit": "character", "max_length": 6, "width": 12, "heads": 3, "layers": 2}


def reference_logits(weights: dict[str, np.ndarray], ids: list[int], heads: int, layers: int) -> np.ndarray:
    """The logits of the token after `ids`, in float64, one head and one token at a time."""

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def full(x: np.ndarray, name: str) -> np.ndarray:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    x = weights["embedding.weight"][ids] + weights["places.weight"][: len(ids)]
    for layer in range(layers):
        block = f"blocks.{layer}"
        q, k, v = np.split(full(norm(x, f"{block}.attention_norm"), f"{block}.queries_keys_values"), 3, axis=-1)
        size = q.shape[1] // heads
        seen = np.zeros_like(q)
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            for t in range(len(ids)):
                likeness = k[: t + 1, part] @ q[t, part] / math.sqrt(size)
                share = np.exp(likeness - likeness.max())
                seen[t, part] = share / share.sum() @ v[: t + 1, part]
        x = x + full(seen, f"{block}.attended")
        wide = full(norm(x, f"{block}.perceptron_norm"), f"{block}.widen")
        x = x + full(wide * (1 + erf(wide / math.sqrt(2))) / 2, f"{block}.narrow")
    head_weight = weights.get("head.weight", weights["embedding.weight"])
    logits: np.ndarray = norm(x, "norm")[-1] @ head_weight.T
    return logits


def test_it_is_a_model_of_tokens_with_an_exact_likelihood() -> None:
    model = untrained("gpt", **TOY)
    assert isinstance(model, GenerativeModel)
    assert isinstance(model, Tokens)
    assert isinstance(model, Scores)
    assert (model.modality, model.log_prob_kind) == ("text", "exact")
    texts = draw(model)
    assert all(isinstance(text, str) and set(text) <= set("ab") and 1 <= len(text) <= 3 for text in texts)


def test_samples_depend_on_the_generator_alone() -> None:
    assert_pure(train("gpt", dataset(TEXTS), overrides=SMALL).model, TEXTS)


@pytest.mark.parametrize("tied", [True, False])
def test_equal_seeds_and_checkpoints_give_equal_models(tied: bool, tmp_path: Path) -> None:
    model = assert_seeded_and_kept("gpt", dataset(TEXTS), tmp_path, {**SMALL, "tied": tied}, TEXTS).model
    assert ("head.weight" in model.state_dict()) is not tied


@pytest.mark.parametrize(("temperature", "tied"), [(1.0, False), (0.5, True)])
def test_probabilities_of_all_texts_sum_to_one_and_are_those_sampled(temperature: float, tied: bool) -> None:
    model = untrained("gpt", **TOY, temperature=temperature, tied=tied)
    every = ["".join(each) for each in all_sequences("ab", 3)]
    assert_sums_to_one(model, every)
    assert_sampled_as_scored(model, every)


@pytest.mark.parametrize("tied", [True, False])
def test_log_prob_is_the_chain_rule_in_double_precision(tied: bool) -> None:
    model = untrained("gpt", **WIDER, tied=tied)
    weights = {name: weight.double().numpy() for name, weight in model.state_dict().items()}
    texts = ["a", "dcba", "abcdab", "ddd", "bb"]
    expected = [
        reference_score(
            lambda ids: reference_logits(weights, ids, heads=3, layers=2),
            ["abcd".index(each) + 1 for each in text],
            longest=6,
        )
        for text in texts
    ]
    np.testing.assert_allclose(model.log_prob(texts).numpy(), expected, atol=5e-5)


def test_the_cache_gives_what_the_whole_forward_gives() -> None:
    model = untrained("gpt", **WIDER)
    ids = torch.randint(0, 5, (4, 7), generator=torch.Generator().manual_seed(0))
    whole = model.logits(ids)
    cache: Any = []
    for place in range(7):
        step, cache = model.advance(ids[:, place : place + 1], cache)
        torch.testing.assert_close(step[:, 0], whole[:, place], atol=1e-5, rtol=1e-5)
    # A prefix at once, then one more.
    _, cache = model.advance(ids[:, :3], [])
    step, _ = model.advance(ids[:, 3:4], cache)
    torch.testing.assert_close(step[:, 0], whole[:, 3], atol=1e-5, rtol=1e-5)


def test_no_token_sees_a_later_one() -> None:
    model = untrained("gpt", **WIDER)
    ids = torch.tensor([[0, 1, 2, 3, 4]])
    other = torch.tensor([[0, 1, 2, 1, 1]])
    torch.testing.assert_close(model.logits(ids)[:, :3], model.logits(other)[:, :3], atol=0, rtol=0)
    assert not torch.allclose(model.logits(ids)[:, 3], model.logits(other)[:, 3])


def test_a_text_that_it_cannot_give_has_no_probability() -> None:
    model = untrained("gpt", **TOY)
    assert model.log_prob(["abab", "ax", ""]).tolist() == [-math.inf] * 3
    assert math.isfinite(model.log_prob(["aba"])[0])


def test_too_many_tokens_are_refused() -> None:
    model = untrained("gpt", **TOY)
    assert model.logits(torch.zeros(1, 4, dtype=torch.long)).shape == (1, 4, 3)
    with pytest.raises(UserError, match="expected at most 3 tokens after the beginning, got 4; give a shorter text"):
        model.logits(torch.zeros(1, 5, dtype=torch.long))


def test_a_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="knows no classes"):
        untrained("gpt", **TOY).sample(2, generator=torch.Generator(), condition="she")


def test_training_learns_the_texts() -> None:
    data = dataset(["the cat", "the dog", "a bird"] * 4)
    overrides = {"width": 24, "heads": 2, "layers": 1, "steps": 200, "batch_size": 48, "learning_rate": 1e-2}
    model = train("gpt", data, overrides={**overrides, "dropout": 0.0, "average_over": 50, "warm_up": 10}).model
    probabilities = model.log_prob(["the cat", "the dog", "a bird"]).exp()
    torch.testing.assert_close(probabilities, torch.full((3,), 1 / 3).double(), atol=0.1, rtol=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alphabet": ("a", "a")}, "expected alphabet of different characters, got one twice"),
        ({"max_length": 10**9}, "expected max_length as a whole number from 1 to 2000"),
        ({"width": 10**9}, "expected width as a whole number from 1 to 4096"),
        ({"heads": 3}, "expected width to be a multiple of heads, got 4 and 3"),
        ({"layers": 10**6}, "expected layers as a whole number from 1 to 48"),
        ({"tied": 1}, "expected tied as true or false, got 1"),
        ({"temperature": -1}, "expected temperature as a number from 0.01 to 100"),
    ],
)
def test_absurd_configurations_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GPTConfig(**{**TOY, **change})
