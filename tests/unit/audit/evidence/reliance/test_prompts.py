"""Prompts with exchanged slots: what is asked of a model, and what it is left with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from captum.attr import ShapleyValues
from torch import Tensor, nn

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.reliance import collect
from genai_audit.audit.evidence.reliance.exchanged import Design
from genai_audit.audit.evidence.reliance.kind import PromptReliance, Reliance
from genai_audit.audit.evidence.reliance.prompt_sets import our_sets, prompt_set
from genai_audit.audit.evidence.reliance.prompted import prompted
from genai_audit.audit.evidence.unavailable import Partial, Unavailable, Unmeasured
from genai_audit.audit.statistics.attribution.shapley import shapley
from genai_audit.models.errors import UserError
from unit.audit.evidence.probes.probe_models import ALPHABET, Characters, Scored

FILE = """
probes: 1
name: mine
groups:
  she: {they: she, first: [Kim, Lee, Jo, Pat]}
  he: {they: he, first: [Kim, Lee, Jo, Pat]}
subject: job
subjects: [nurse, baker, smith]
sides: {one: [nurse], other: [smith]}
neutral: baker
control: {it: {they: it}, this: {they: this}}
templates:
  - "{first} is {a_subject} and {they} ran."
  - "As {a_subject}, {first} said {they} ran."
  - "{first}, {a_subject}, said that {they} ran."
  - "We met {a_subject}, {first}, and {they} ran."
"""


class Recurrent(nn.Module):
    """A small LSTM over characters with random weights."""

    modality = "text"

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(len(ALPHABET), 8)
        self.cell, self.out = nn.LSTM(8, 16, batch_first=True), nn.Linear(16, len(ALPHABET))
        self.norm = nn.BatchNorm1d(16)
        self.dropout = nn.Dropout(0.5)

    def encode_text(self, text: str) -> list[int]:
        return [0, *(ALPHABET.index(each) for each in text)]

    def logits(self, ids: Tensor) -> Tensor:
        states, _ = self.cell(self.embedding(ids))
        logits: Tensor = self.out(self.dropout(self.norm(states.transpose(1, 2)).transpose(1, 2)))
        return logits


@pytest.fixture
def path(tmp_path: Path) -> Path:
    where = tmp_path / "mine.yaml"
    where.write_text(FILE, encoding="utf-8")
    return where


def collected(model: object, *probes: Path) -> Partial:
    evidence = Evidence("text", Generated(["a"], 0, "toy"))
    return collect.collect(Plan("text", "toy", model=model, probes=probes), evidence, lambda share: None)


def of(model: object, *probes: Path) -> PromptReliance:
    item = collected(model, *probes).item
    assert isinstance(item, Reliance)
    return item.prompts[0]


def test_a_bit_for_each_slot_says_what_is_kept(path: Path) -> None:
    found = of(Scored(lambda text: float(len(text)) if "she" in text else 0.0), path)
    assert found.slots == ("job", "first", "wording")
    assert found.sides == ("one", "other")
    assert found.values.shape == (2, 8, 8)
    assert found.fillers[0] == ("nurse", "Kim", "{first} is {a_subject} and {they} ran.")
    assert found.prompts[:2] == ("Kim is a nurse and she ran.", "Kim is a smith and she ran.")
    assert found.values[0, 7, 0] == len("Kim is a nurse and she ran.")
    # All but the name kept: that of the next row.
    assert found.values[0, 0b101, 0] == len("Lee is a nurse and she ran.")
    assert found.values[0, 0b011, 0] == len("As a nurse, Kim said she ran.")
    # The subject's mean over both sides, and the neutral subject with the row after the next.
    assert found.values[0, 0b110, 0] == len("Kim is a nurse and she ran.")
    assert found.values[1, 0, 0] == len("Jo, a baker, said that she ran.") - len("As a ") + len("As a ")
    assert found.swapped[0, 0] == found.values[0, 7, 1]
    assert found.swapped[1].tolist() == found.values[0, 7].tolist()


def test_they_are_captums_shapley_values_of_the_same_prompts(path: Path) -> None:
    prompts = prompt_set(path)
    assert not isinstance(prompts, str)
    model = Recurrent().eval()
    found, _ = prompted(model, prompts, lambda share: None)
    design = Design(prompts, prompts.rows, (1,))

    def nats(text: str) -> float:
        ids = torch.tensor([model.encode_text(text)])
        with torch.no_grad():
            table = model.logits(ids[:, :-1]).log_softmax(-1)
        return float(table.gather(2, ids[:, 1:, None]).sum())

    def contrast(kept: Tensor) -> Tensor:
        bits = [int(each) for each in kept[0]]
        fillers = design.fillers(0, 1, bits[1] + 2 * bits[2])
        subject = "nurse" if bits[0] else "baker"
        return torch.tensor([nats(prompts.text("she", subject, fillers)) - nats(prompts.text("he", subject, fillers))])

    theirs = ShapleyValues(contrast).attribute(torch.ones(1, 3, dtype=torch.float64), perturbations_per_eval=1)
    np.testing.assert_allclose(shapley(found.values[1])[:, 0], theirs[0].numpy(), atol=1e-5)


def test_the_model_is_asked_in_eval_mode_and_left_as_it_was(path: Path) -> None:
    model = Recurrent().train()
    before = {name: each.clone() for name, each in model.state_dict().items()}
    first, second = of(model, path), of(model, path)
    # Dropout and the running means of a batch norm would tell.
    np.testing.assert_array_equal(first.values, second.values)
    assert model.training
    assert all(torch.equal(each, before[name]) for name, each in model.state_dict().items())


def test_its_map_is_put_to_the_test(path: Path) -> None:
    (checked,) = collected(Recurrent(), path).item.checked
    assert checked.values.shape == (8, 3)
    assert checked.retrained.shape == (8, 8)
    assert not np.array_equal(checked.retrained[0], checked.repeated)
    assert checked.violations == ()
    assert checked.completeness_error.max() < 1e-9


def test_subjects_and_rows_that_cannot_be_spelt_are_left_out() -> None:
    class Short(Characters):
        def encode_text(self, text: str) -> list[int]:
            if any(each in text for each in ("person", "mechanic", "Quinn")):
                raise UserError("unknown")
            return super().encode_text(text)

    found = of(Short())
    assert found.name == "introductions"
    assert "the mean over all subjects" in found.baselines[1]
    assert "mechanic" not in {each[0] for each in found.fillers}
    # Rows whose own name, or that of one of their baselines, is unknown.
    assert set(found.cluster.tolist()) == set(range(12)) - {9, 10, 11}
    assert found.left_out == {"the model has no token for a part of the sentence": 3}


def test_who_knows_no_word_of_ours_is_not_asked() -> None:
    class Mute(Characters):
        def encode_text(self, text: str) -> list[int]:
            raise UserError("unknown")

    with pytest.raises(Unavailable, match="knows the words of none of our own prompts"):
        collected(Mute())


def test_a_user_whose_prompts_cannot_be_scored_is_told(path: Path) -> None:
    class Mute(Characters):
        def encode_text(self, text: str) -> list[int]:
            raise UserError("unknown")

    with pytest.raises(Unmeasured, match="mine: no job of one side could be scored"):
        collected(Mute(), path)


def test_samples_alone_and_other_records_are_no_question() -> None:
    with pytest.raises(Unavailable, match="only samples were given"):
        collected(None)
    evidence = Evidence("image", Generated(np.zeros((1, 1, 2, 2), np.float32), 0, "toy"))
    with pytest.raises(Unavailable, match="not image"):
        collect.collect(Plan("image", "toy"), evidence, lambda share: None)


def test_files_without_slots_say_why(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text("sent_more,sent_less,bias_type\nWe run.,They run.,age\nWe sit.,They sit.,age\n")
    with pytest.raises(Unavailable, match="has whole sentences, and no templates"):
        collected(Characters(), file)


def test_without_sides_the_shares_say_which_to_compare(path: Path) -> None:
    shares = "shares: {nurse: {she: 0.9, he: 0.1}, baker: {she: 0.5, he: 0.5}, smith: {she: 0.1, he: 0.9}}"
    path.write_text(FILE.replace("sides: {one: [nurse], other: [smith]}", shares))
    prompts = prompt_set(path)
    assert not isinstance(prompts, str)
    assert prompts.sides == {"more she": ("nurse",), "more he": ("smith",)}
    path.write_text(FILE.replace("sides: {one: [nurse], other: [smith]}", ""))
    assert "does not say which subjects to compare" in str(prompt_set(path))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("other: [smith]", "other: [nurse]", "expected two sides with different subjects"),
        ("other: [smith]", "other: [cook]", "expected sides of subjects of the file"),
        ("this: {they: this}", "he: {they: this}", "expected a control of two names"),
        ("first: [", "".join(f"s{at}: [a, b], " for at in range(7)) + "first: [", "expected at most 8 slots"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(path: Path, old: str, new: str, said: str) -> None:
    path.write_text(FILE.replace(old, new))
    with pytest.raises(UserError, match=said) as refused:
        prompted(Characters(), prompt_set(path), lambda share: None)  # type: ignore[arg-type] # must not get so far
    assert "\n" not in str(refused.value)


def test_our_own_sets_can_be_written_out_for_every_subset() -> None:
    for each in our_sets():
        design = Design(each, each.rows)
        texts = {
            each.text(variant, subject, design.fillers(at, baseline, kept))
            for variant in each.words
            for subject in design.subjects
            for baseline, kept, at in design.places()
        }
        assert not [text for text in texts if "{" in text]
        assert each.control is not None
        assert 3 <= len(each.slots) <= 8
        assert each.rows == 12


def test_longer_lists_make_rows_where_there_is_one_wording() -> None:
    biographies = our_sets()[1]
    assert biographies.slots == ("occupation", "first", "last", "region")
    assert replace(biographies, lists={}).rows == 1
