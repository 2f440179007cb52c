"""Beginnings of pieces with exchanged spans: which are asked about, what judges the next note, what is refused."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.plan import Plan, stream
from genai_audit.audit.evidence.reliance import collect
from genai_audit.audit.evidence.reliance.kind import PromptReliance, Reliance
from genai_audit.audit.evidence.reliance.told_by_notes import notes_of, place_of, slot_name, slots_of
from genai_audit.audit.evidence.samples.real import real_data
from genai_audit.audit.evidence.unavailable import Partial, Unavailable, Unmeasured
from genai_audit.models.data.datasets import Dataset
from genai_audit.models.errors import UserError
from genai_audit.models.records import Attribute
from unit.audit.evidence.reliance.melody_toys import OneStep, dataset, pieces


def collected(model: Any, data: Dataset, seed: int = 0) -> Partial:
    plan = Plan("music", "toy", model=model, reference=data, seed=seed)
    evidence = Evidence("music", Generated([[60]], 0, "toy"), real_data(data, stream(seed, "reference")))
    return collect.collect(plan, evidence, lambda share: None)


def entry(found: Partial) -> PromptReliance:
    assert isinstance(found.item, Reliance)
    return found.item.prompts[0]


def test_each_pair_has_a_piece_of_either_group_in_its_own_words() -> None:
    found = entry(collected(OneStep(2, 3.0), pieces(0)))
    assert found.name == "school"
    assert found.sides == ("one", "<b>two</b>")
    assert len(found.prompts) == 96
    np.testing.assert_array_equal(found.side, np.tile([0, 1], 48))
    np.testing.assert_array_equal(found.cluster, np.repeat(np.arange(48), 2))
    # The third note tells: C4 in pieces of the first group, C♯4 in those of the second.
    assert {each[2] for each in found.fillers[::2]} == {"C4"}
    assert {each[2] for each in found.fillers[1::2]} == {"C♯4"}
    assert all(" ".join(each) == prompt for each, prompt in zip(found.fillers, found.prompts, strict=True))


def test_values_are_those_of_mixed_pieces_one_by_one() -> None:
    model = OneStep(2, 3.0, noise=0.3)
    found = entry(collected(model, pieces(0)))
    steps = len(found.slots)
    first = notes_of_the_toy()
    numbers = {"C4": 60, "C♯4": 61, "D4": 62, "D♯4": 63}

    def contrast(notes: list[str]) -> float:
        ids = torch.tensor([model.encode_pitches([numbers[each] for each in notes])])
        shares = model.logits(ids)[0, -1].softmax(0).numpy()
        return float(np.log(shares @ first) - np.log(shares @ (1 - first)))

    whole = 2**steps - 1
    assert found.values[0, whole, 0] == pytest.approx(contrast(list(found.fillers[0])), abs=0.02)
    # Without the third step, that of both pieces of the next pair, averaged.
    mixed = [[*found.fillers[0][:2], found.fillers[donor][2], *found.fillers[0][3:]] for donor in (2, 3)]
    expected = np.mean([contrast(each) for each in mixed])
    assert found.values[0, whole - 4, 0] == pytest.approx(expected, abs=0.02)
    # The exchange is with the other piece of the same pair.
    exchanged = [*found.fillers[0][:2], found.fillers[1][2], *found.fillers[0][3:]]
    assert found.swapped[2, 0] == pytest.approx(contrast(exchanged), abs=0.02)


def notes_of_the_toy() -> Any:
    """Five sixths of pitch 60 and one sixth of 61 are of the first group, half of all others."""
    return np.array([0.5, 0.5, 5 / 6, 1 / 6, 0.5, 0.5])


def test_notes_that_both_groups_have_alike_say_nothing_and_others_as_they_are_shared_out() -> None:
    ids = [[np.array([2, 2, 2])] * 50, [np.array([3, 3, 3])] * 50]
    notes = notes_of(ids, 6, np.random.default_rng(0))
    np.testing.assert_allclose(notes.first, [0.5, 0.5, 1, 0, 0.5, 0.5], atol=0.005)
    assert not notes.control.size  # No choice of notes is as frequent in both but all or none.
    even = notes_of([[np.array([1, 2, 4, 5])] * 50, [np.array([1, 3, 4, 5])] * 50], 6, np.random.default_rng(0))
    assert even.control[2] == even.control[3]


def test_the_prompt_ends_where_what_follows_tells_most() -> None:
    # Of eight steps, only that after five tells: four to six may be chosen.
    ids = [[np.array([4, 5, 4, 5, 4, own, 5, 4])] * 20 for own in (2, 3)]
    assert place_of(ids, notes_of(ids, 6, np.random.default_rng(0))) == 5


def test_slots_are_at_most_six_of_equal_width() -> None:
    assert [slot_name(each) for each in slots_of(3)] == ["step 1", "step 2", "step 3"]
    assert [slot_name(each) for each in slots_of(7)][-1] == "step 7"
    assert slots_of(48)[-1] == slice(40, 48)
    assert all(len(slots_of(steps)) <= 6 for steps in range(1, 49))


def test_groups_that_single_notes_do_not_tell_apart_are_not_measured() -> None:
    with pytest.raises(Unmeasured, match="do not surely differ in their notes"):
        collected(OneStep(2, 3.0), pieces(0, alike=True))


def test_too_few_pieces_and_pieces_without_groups_are_named() -> None:
    with pytest.raises(Unmeasured, match=r"expected at least 24 pieces of one .* got 20; give more"):
        collected(OneStep(2, 3.0), pieces(0, n=20))
    with pytest.raises(Unavailable, match="the reference has no groups of pieces"):
        collected(OneStep(2, 3.0), dataset(pieces(0).samples, None))


def test_what_is_missing_of_one_attribute_leaves_the_other() -> None:
    data = pieces(0)
    scarce = Attribute(("a", "b"), (np.arange(len(data)) < 3).astype(np.int64))
    data.attributes["age"] = scarce  # type: ignore[index]  # the toy's mapping is a dict
    found = collected(OneStep(2, 3.0), data)
    assert entry(found).name == "school"
    assert set(found.missing) == {"reliance of age"}


class Recurrent(nn.Module):
    """A small LSTM over six tokens with random weights."""

    modality = "music"
    encode_pitches, decode_pitches = OneStep.encode_pitches, OneStep.decode_pitches

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(6, 8)
        self.cell, self.out = nn.LSTM(8, 8, batch_first=True), nn.Linear(8, 6)
        self.register_buffer("seen", torch.zeros(()))

    def logits(self, ids: Tensor) -> Tensor:
        states, _ = self.cell(self.embedding(ids))
        said: Tensor = self.out(states)
        return said


class Changing(Recurrent):
    def logits(self, ids: Tensor) -> Tensor:
        self.seen += 1
        return super().logits(ids)


def test_a_network_is_checked_beside_copies_that_know_nothing_and_left_as_it_was() -> None:
    model = Recurrent().train()
    found = collected(model, pieces(0))
    assert isinstance(found.item, Reliance)
    (checked,) = found.item.checked
    assert checked.values.shape == (32, len(entry(found).slots))
    assert checked.retrained.size
    assert checked.completeness_error.max() < 1e-9
    assert model.training


def test_a_model_that_changes_or_gives_no_logits_gets_one_line() -> None:
    with pytest.raises(UserError, match="but a parameter or buffer changed"):
        collected(Changing(), pieces(0))
    with pytest.raises(Unavailable, match="only samples were given"):
        collected(None, pieces(0))
