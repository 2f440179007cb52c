"""Texts are drawn with the passed generator alone, as the plainest loop would draw them, and scored as in float64."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("transformers", reason="run: pip install 'genai-audit[transformers]'")

from genai_audit.models.adapters.hugging_face import transformers_folder
from genai_audit.models.adapters.opened import Opened, Options
from genai_audit.models.adapters.token_models.token_drawing import Steps, invert
from genai_audit.models.errors import UserError
from unit.models.adapters.saved_text_models import LETTERS, SIZE, WORDS, bart, draw, gpt2, save, t5


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(gpt2(), tmp_path_factory.mktemp("gpt2"))


@pytest.fixture(scope="module")
def opened(saved: Path) -> Opened:
    return transformers_folder.open_model(saved, Options())


def test_samples_depend_on_the_generator_alone(opened: Opened) -> None:
    model: Any = opened.model
    state = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = draw(model)
    assert torch.equal(torch.get_rng_state(), before)
    model.log_prob(first)
    torch.manual_seed(2)
    assert draw(model) == first
    assert draw(model, seed=1) != first
    assert all(isinstance(text, str) and set(text) <= set(LETTERS) for text in first)
    assert len(set(first)) > 1
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def test_shares_of_first_letters_are_the_models_own(opened: Opened) -> None:
    model: Any = opened.model
    texts = draw(model, 4000)
    expected = model.logits(torch.tensor([[1]]))[0, -1].softmax(-1).detach()
    for letter, token in WORDS.items():
        if letter in LETTERS:
            share = float(expected[token])
            observed = sum(text.startswith(letter) for text in texts) / len(texts)
            # Special tokens vanish from a text, so a letter can also come first after one: bounded by their share.
            slack = float(expected[[0, 1, 3]].sum())
            assert share - 4 * math.sqrt(share / 4000) <= observed <= share + slack + 4 * math.sqrt(share / 4000)


def reference_log_prob(network: Any, ids: list[int]) -> float:
    """In float64, one forward pass over the whole sequence, one logarithm a token."""
    network = network.double().eval()
    with torch.no_grad():
        logits = network(torch.tensor([ids[:-1]]), use_cache=False).logits[0]
    return sum(float(row[token] - torch.logsumexp(row, 0)) for row, token in zip(logits, ids[1:], strict=True))


def test_log_prob_agrees_with_float64(opened: Opened) -> None:
    model: Any = opened.model
    texts = ["abc.", "a", "", "head cab bad.", "abcdefgh " * 7 + "."]
    assert [len(text) for text in texts][-1] == 64
    scores = model.log_prob(texts)
    assert model.log_prob_kind == "lower_bound"
    for text, score in zip(texts, scores.tolist(), strict=True):
        # A text of 64 tokens was cut, so that no end token is due.
        ids = [1, *(WORDS[letter] for letter in text), *([] if len(text) == 64 else [2])]
        assert score == pytest.approx(reference_log_prob(gpt2(), ids), abs=1e-4), text
    # Alone or in a batch.
    assert torch.allclose(model.log_prob(texts[3:4]), scores[3:4], atol=1e-5)


def test_texts_that_the_model_cannot_give_are_impossible(opened: Opened) -> None:
    model: Any = opened.model
    scores = model.log_prob(["abc", "xyz", "a" * 81, "a" * 79])
    assert torch.isfinite(scores).tolist() == [True, False, False, True]
    assert scores[1:3].tolist() == [-math.inf, -math.inf]


def test_probabilities_of_short_texts_add_up_to_those_that_are_drawn(opened: Opened) -> None:
    model: Any = opened.model
    texts = draw(model, 3000)
    for text in ("", "a", "b"):
        bound, observed = math.exp(float(model.log_prob([text]))), texts.count(text) / 3000
        assert observed >= bound - 4 * math.sqrt(bound / 3000)


def test_tokens_and_their_logits(opened: Opened) -> None:
    model: Any = opened.model
    ids = model.encode_text("bad cab.")
    assert ids == [1, *(WORDS[letter] for letter in "bad cab.")]
    assert model.decode_text(ids) == "bad cab."
    assert model.logits(torch.tensor([ids, ids])).shape == (2, 9, SIZE)
    assert model.embedding.weight.shape == (SIZE, 16)
    model.logits(torch.tensor([ids])).sum().backward()
    assert model.embedding.weight.grad.abs().sum() > 0
    model.zero_grad()


def test_prompts_are_continued_and_left_out(saved: Path) -> None:
    prompts = ("a", "bad cab.", "head")
    model: Any = transformers_folder.open_model(saved, Options(prompts=prompts)).model
    texts = draw(model, 40)
    assert draw(model, 40) == texts
    assert not hasattr(model, "log_prob")
    # The same random numbers give each text the same continuation, whatever prompts stand beside it.
    generator = torch.Generator().manual_seed(0)
    picked = torch.randint(3, (40,), generator=generator)
    uniforms = torch.rand(40, 64, dtype=torch.float64, generator=generator)
    assert set(picked.tolist()) == {0, 1, 2}
    for i in range(12):
        assert texts[i] == one_by_one(model, prompts[picked[i]], uniforms[i].tolist())


def one_by_one(model: Any, prompt: str, uniforms: list[float]) -> str:
    """The continuation by the plainest loop: the whole text again for each token, without a cache or a batch."""
    ids = [WORDS[letter] for letter in prompt]
    start = len(ids)
    for at in uniforms:
        with torch.no_grad():
            total = model.logits(torch.tensor([ids]))[0, -1].double().softmax(0).cumsum(0)
        ids.append(int((total <= at * total[-1]).sum()))
        if ids[-1] == 2:
            break
    return model.decode_text(ids[start:])


def test_a_condition_is_a_prompt_or_one_each(opened: Opened) -> None:
    model: Any = opened.model
    same, each = draw(model, 3, condition="ab"), draw(model, 3, condition=["ab", "ab", "ab"])
    assert same == each
    with pytest.raises(ValueError, match="one for each of 3 texts, got 2"):
        draw(model, 3, condition=["a", "b"])
    with pytest.raises(UserError, match="fewer than 80 tokens, the model's context, got one of 80"):
        draw(model, 1, condition="a" * 80)
    # One token is left before the context ends.
    assert len(draw(model, 1, condition="a" * 79)[0]) <= 1


def test_a_network_without_a_cache_draws_the_same(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = opened.model
    expected = draw(model)
    read = Steps.__call__

    def forgetful(self: Steps, ids: torch.Tensor) -> torch.Tensor:
        self.cache = None
        return read(self, ids)

    monkeypatch.setattr(Steps, "__call__", forgetful)
    assert draw(model) == expected


def test_inversion_never_gives_what_has_no_probability() -> None:
    logits = torch.tensor([[-math.inf, 0.0, -math.inf, math.log(3), -math.inf]], dtype=torch.float64).expand(5, 5)
    at = torch.tensor([0.0, 0.2499, 0.25, 0.999, 1.0], dtype=torch.float64)
    assert invert(logits, at).tolist() == [1, 1, 3, 3, 3]


@pytest.mark.parametrize(("make", "start"), [(bart, 2), (t5, 0)])
def test_sequence_to_sequence_answers_do_not_depend_on_their_neighbours(
    make: Callable[[Path], Any], start: int, tmp_path: Path
) -> None:
    network = make(tmp_path)
    with pytest.raises(UserError, match="answers one text with another, got none; give texts to answer"):
        transformers_folder.open_model(tmp_path, Options())
    prompts = ["a", "bad cab.", "head"]
    model: Any = transformers_folder.open_model(tmp_path, Options(prompts=tuple(prompts))).model
    answers = draw(model, 3, condition=prompts)
    assert draw(model, 3, condition=prompts) == answers
    assert len(set(draw(model, 20))) > 5
    assert not hasattr(model, "log_prob")
    uniforms = torch.rand(3, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for prompt, answer, row in zip(prompts, answers, uniforms.tolist(), strict=True):
        source, ids = torch.tensor([[WORDS[letter] for letter in prompt]]), [start]
        for at in row:
            with torch.no_grad():
                logits = network(input_ids=source, decoder_input_ids=torch.tensor([ids])).logits[0, -1]
            total = logits.double().softmax(0).cumsum(0)
            ids.append(int((total <= at * total[-1]).sum()))
            if ids[-1] == 2:
                break
        assert answer == "".join(LETTERS[each - 4] for each in ids[1:] if each > 3)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("OPT", {"ffn_dim": 32, "word_embed_proj_dim": 16}),  # learned positions
        ("Mistral", {"sliding_window": 4, "head_dim": 8, "num_key_value_heads": 1}),  # a cache that forgets
        ("Rwkv", {"attention_hidden_size": 16, "intermediate_size": 32}),  # recurrent, without such a cache
    ],
)
def test_other_kinds_of_positions_and_memory(name: str, sizes: dict[str, Any], tmp_path: Path) -> None:
    import transformers

    torch.manual_seed(0)
    config = getattr(transformers, f"{name}Config")(
        vocab_size=SIZE, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, initializer_range=0.3,
        bos_token_id=1, eos_token_id=2, pad_token_id=0, **sizes,
    )  # fmt: skip
    save(getattr(transformers, f"{name}ForCausalLM")(config), tmp_path)
    model: Any = transformers_folder.open_model(tmp_path, Options()).model
    prompts = ["a", "bad cab.", "c"]
    uniforms = torch.rand(3, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for text, prompt, row in zip(draw(model, 3, condition=prompts), prompts, uniforms.tolist(), strict=True):
        assert text == one_by_one(model, prompt, row)
