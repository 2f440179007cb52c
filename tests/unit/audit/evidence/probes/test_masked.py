"""Masked tokens are scored as the definitions say, one at a time, and only what sentences share or differ in."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.probes import collect, masked
from genai_audit.audit.evidence.probes.kinds import MASKED, ProbeScores
from genai_audit.audit.evidence.probes.probe_file import Item, ProbeFile
from genai_audit.audit.evidence.probes.scoring import LONG, UNKNOWN, Compared
from genai_audit.models.errors import UserError

TEXT = "the nurse doctor said that she he they is are tired old woman man a and very"
WORDS = TEXT.split()


class Filler:
    """The token at a place depends on its neighbours on both sides, by a table of pairs of words."""

    modality = "text"

    def __init__(self, context: int | None = None) -> None:
        self.context, self.asked = context, 0
        self.table = torch.randn(3, len(WORDS) + 1, len(WORDS), generator=torch.Generator().manual_seed(0))

    def encode_text(self, text: str) -> list[int]:
        if any(each not in WORDS for each in text.split()):
            raise UserError("expected known words, got others; leave them out")
        return [WORDS.index(each) for each in text.split()]

    def masked_log_prob(self, ids: Tensor, places: Tensor) -> Tensor:
        self.asked += len(ids)
        assert self.context is None or ids.shape[1] <= self.context
        return torch.tensor([self.one(row, place) for row, place in zip(ids.tolist(), places.tolist(), strict=True)])

    def one(self, row: Sequence[int], place: int) -> float:
        """By hand: the logits are a sum over both neighbours and the number of tokens."""
        end = len(WORDS)
        left, right = row[place - 1] if place else end, row[place + 1] if place + 1 < len(row) else end
        logits = self.table[0, left] + self.table[1, right] + self.table[2, len(row) % end]
        return float(logits.double().log_softmax(0)[row[place]])


def pair(*sentences: str, form: str = "pairs") -> ProbeFile:
    names = ("stereotyping", "other", "unrelated") if form == "pairs" else ("she", "he", "they")
    items = (Item(dict(zip(names, sentences, strict=False)), "gender", "w"),)
    return ProbeFile("toy", "CrowS-Pairs", form, items=items, variants=names[: len(sentences)])


def compared(file: ProbeFile, model: Filler | None = None) -> Compared:
    return masked.score_masked(model or Filler(), [file], lambda share: None)[0]


def test_a_pair_is_scored_over_the_tokens_that_both_sentences_share() -> None:
    model = Filler()
    more, less = "the woman is very tired", "the old man is very tired"
    found = compared(pair(more, less), model)
    ids = [model.encode_text(each) for each in (more, less)]
    wanted = [sum(model.one(ids[0], at) for at in (0, 2, 3, 4)), sum(model.one(ids[1], at) for at in (0, 3, 4, 5))]
    np.testing.assert_allclose(found.nats[0], wanted, rtol=1e-6)
    assert found.tokens.tolist() == [[4, 4]]
    # Nothing that is not needed is asked for.
    assert model.asked == 8


def test_what_differs_is_given_and_never_scored() -> None:
    model = Filler()
    model.table[:2, :, WORDS.index("woman")] = -50.0  # A word that is never expected,
    model.table[:2, WORDS.index("woman")] = model.table[:2, WORDS.index("man")]  # and says what the other says.
    found = compared(pair("the woman is tired", "the man is tired"), model)
    assert found.nats[0, 0] == pytest.approx(found.nats[0, 1], abs=1e-9)


def test_an_association_is_the_log_odds_of_the_one_token_that_differs() -> None:
    model = Filler()
    sentences = ["the nurse said that she is tired", "the nurse said that he is tired"]
    found = compared(pair(*sentences, form="associations"), model)
    # Both are of one distribution, so that the difference is the logarithm of odds.
    ids = [model.encode_text(each) for each in sentences]
    np.testing.assert_allclose(found.nats[0], [model.one(each, 4) for each in ids], rtol=1e-6)
    logits = model.table[0, ids[0][3]] + model.table[1, ids[0][5]] + model.table[2, 7 % len(WORDS)]
    odds = float(logits[WORDS.index("she")] - logits[WORDS.index("he")])
    assert found.nats[0, 0] - found.nats[0, 1] == pytest.approx(odds, abs=1e-5)
    assert found.tokens.tolist() == [[1, 1]]


def test_of_several_groups_those_that_differ_in_one_token_are_compared() -> None:
    for other in ("a nurse said they are old", "a nurse said they is very old"):
        found = compared(pair("a nurse said she is old", "a nurse said he is old", other, form="associations"))
        assert found.scored.tolist() == [[True, True, False]]
        assert found.left_out == [masked.SEVERAL]
    assert not compared(pair("she is old", "he are old", form="associations")).scored.any()


def test_what_cannot_be_compared_is_left_out_with_why() -> None:
    assert compared(pair("she is", "they are")).left_out == [masked.NOTHING_SHARED] * 2
    assert compared(pair("she is old", "elle est")).left_out == [masked.ALONE, UNKNOWN]
    assert compared(pair("she is", "he is very very tired"), Filler(context=3)).left_out == [masked.ALONE, LONG]


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [pair("the woman is tired", "the man is tired"), pair("she is old", "he is old", form="associations")]
    together = masked.score_masked(Filler(), files, lambda share: None)
    monkeypatch.setattr(masked, "TOKENS", 1)
    alone = masked.score_masked(Filler(), files, lambda share: None)
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one.nats, other.nats)


def test_shared_places_are_in_the_same_order_in_all_rows() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        rows = [tuple(rng.integers(0, 4, int(rng.integers(1, 9))).tolist()) for _ in range(int(rng.integers(2, 4)))]
        places = masked.shared(rows)
        assert len({tuple(row[at] for at in each) for row, each in zip(rows, places, strict=True)}) == 1
        assert all(each == sorted(set(each)) for each in places)


def test_results_of_a_wrong_shape_are_refused() -> None:
    model = Filler()
    model.masked_log_prob = lambda ids, places: torch.zeros(len(ids), 2)  # type: ignore[method-assign] # a broken model
    with pytest.raises(ValueError, match="expected masked_log_prob to give"):
        compared(pair("she is old", "he is old"), model)


def test_collected_with_its_method(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(
        "sent_more,sent_less,bias_type,anon_writer\nthe woman is old,the man is old,gender,a\n"
        "she is tired,he is tired,gender,b\n"
    )
    found: tuple[ProbeScores, ...] = collect.collect(
        Plan("text", "toy", model=Filler(), probes=(file,)),
        None,  # type: ignore[arg-type] # looks at no other evidence
        lambda share: None,
    )
    assert found[0].scored_by == MASKED
    assert found[0].scored.all()
    assert found[0].tokens.tolist() == [[3, 3], [2, 2]]


def test_a_probability_of_whole_texts_goes_first(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text("sent_more,sent_less,bias_type\nshe is old,he is old,x\nshe is a,he is a,x\n")
    model = Filler()
    model.log_prob = lambda texts: torch.tensor([-float(len(each)) for each in texts])  # type: ignore[attr-defined] # more
    found = collect.collect(
        Plan("text", "toy", model=model, probes=(file,)),
        None,  # type: ignore[arg-type] # looks at no other evidence
        lambda share: None,
    )
    assert found[0].scored_by == "log_prob"
    assert math.isclose(found[0].nats[0, 0], -10.0)
