"""Continuations follow the model's distribution, depend on their own seed alone, and end where the model does."""

from typing import Any

import numpy as np
import pytest
import torch

from genai_audit.audit.evidence.probes import drawing
from genai_audit.models.errors import UserError
from genai_audit.models.families.gpt import GPT, GPTConfig
from genai_audit.models.families.text_lstm import TextLSTM, TextLSTMConfig
from unit.audit.evidence.probes.probe_models import ALPHABET, Characters


def drawn(model: Characters, prompts: list[str], *, draws: int = 3, most: int = 8, seed: int = 1):  # type: ignore[no-untyped-def] # as by_tokens
    return drawing.by_tokens(model, prompts, draws=draws, most=most, seed=seed, progress=lambda share: None)


def test_a_continuation_does_not_depend_on_what_is_drawn_with_it() -> None:
    model = Characters()
    alone, _ = drawn(model, ["she"])
    together, _ = drawn(model, ["she", "he said", "a much longer prompt about"])
    assert alone[0] == together[0]
    assert len(set(alone[0])) > 1
    other, _ = drawn(model, ["she"], seed=2)
    assert other[0] != alone[0]


def test_the_next_character_comes_as_often_as_the_model_says() -> None:
    model = Characters()
    texts, _ = drawn(model, ["a"], draws=4000, most=1)
    got = np.array([sum(each == letter for each in texts[0]) / 4000 for letter in ALPHABET[1:]])
    wanted = model.table[ALPHABET.index("a")].softmax(0)[1:].numpy()
    # Four standard errors: 57 characters are compared.
    assert (np.abs(got - wanted) <= 4 * np.sqrt(wanted / 4000)).all()


def test_the_end_token_ends_a_text() -> None:
    model = Characters()
    model.table[:, 0] = 30.0
    texts, _ = drawn(model, ["she"])
    assert texts[0] == ("", "", "")


def test_a_model_that_reads_no_further_is_cut_there_and_others_go_on() -> None:
    model = Characters(longest=8)
    texts, reasons = drawn(model, ["abc", "abcdef", "abcdefghijk"])
    assert reasons == {2: drawing.LONG}
    assert texts[0] == drawn(Characters(), ["abc"], most=5)[0][0]
    assert texts[1] is not None
    assert all(len(each) <= 2 for each in texts[1])


def test_unknown_prompts_are_left_out() -> None:
    texts, reasons = drawn(Characters(), ["ok", "ö"])
    assert texts[1] is None
    assert list(reasons) == [1]


@pytest.mark.parametrize("longest", [None, 14])
def test_a_model_that_keeps_what_it_read_writes_the_same_and_reads_each_token_once(
    longest: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts, anew = ["abc", "she said", "a longer prompt", "he said", "abcdef"], Characters(longest=longest)
    keeping = Keeping(longest)
    wanted = drawn(anew, prompts)
    assert drawn(keeping, prompts) == wanted
    # Where the longest is refused, the others are tried again without it.
    assert longest or keeping.read <= keeping.rows * (max(map(len, prompts)) + 8)
    # However many rows are written to at once.
    monkeypatch.setattr(drawing, "LOGITS", 300)
    assert drawn(Keeping(longest), prompts) == wanted


@pytest.mark.parametrize("family", ["gpt", "text-lstm"])
def test_our_own_families_write_the_same_by_either_way(family: str) -> None:
    model = tiny(family)
    prompts = ["ab", "abba a", "b a b a"]
    kept, _ = drawing.by_tokens(model, prompts, draws=3, most=6, seed=0, progress=lambda share: None)
    anew, _ = drawing.by_tokens(Without(model), prompts, draws=3, most=6, seed=0, progress=lambda share: None)
    assert kept == anew
    assert all(kept)


class Without:
    """A model without its `advance`."""

    def __init__(self, model: Any) -> None:
        self.embedding, self.logits = model.embedding, model.logits
        self.encode_text, self.decode_text = model.encode_text, model.decode_text


def tiny(family: str) -> Any:
    torch.manual_seed(0)
    alphabet = ("a", "b", " ")
    if family == "gpt":
        return GPT(GPTConfig(alphabet, "character", 12, width=16, heads=2, layers=2)).eval()
    return TextLSTM(TextLSTMConfig(alphabet, "character", 12, embedding_dim=4, hidden=8)).eval()


class Keeping(Characters):
    """Knows the last character alone, so that all it has to keep is how many there were."""

    def __init__(self, longest: int | None) -> None:
        super().__init__(longest=longest)
        self.read = self.rows = 0

    def advance(self, ids: torch.Tensor, cache: list[int]) -> tuple[torch.Tensor, list[int]]:
        seen = sum(cache)
        if self.longest is not None and seen + ids.shape[1] > self.longest:
            raise UserError("expected a shorter text; cut it")
        assert not cache or ids.shape[1] == 1
        self.read, self.rows = self.read + ids.numel(), self.rows + (0 if cache else len(ids))
        return self.table[ids], [seen + ids.shape[1]]


class Prompted:
    prompts = ()

    def sample(self, n: int, *, generator: torch.Generator, condition: list[str]) -> list[str]:
        return [f"{each}!{int(torch.randint(100, (1,), generator=generator))}" for each in condition]


def test_a_model_that_takes_prompts_is_asked_with_them() -> None:
    texts = drawing.by_sample(Prompted(), ["a", "b"], draws=2, seed=0, progress=lambda share: None)
    assert [[each.split("!")[0] for each in row] for row in texts] == [["a", "a"], ["b", "b"]]
    assert texts == drawing.by_sample(Prompted(), ["a", "b"], draws=2, seed=0, progress=lambda share: None)
