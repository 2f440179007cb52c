"""What is collected: tokens and where they lie, the null, numbers of training records, and a model's extraction."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.reproductions.tokens import intervals, places, span, tokenised, unit_of
from genai_audit.models.data.in_memory import data_in_memory
from unit.audit.privacy.reproduced import audited


def test_words_are_tokens_but_for_texts_without_blanks() -> None:
    assert unit_of("text", ["To be, or not.", "x"]) == "word"
    assert unit_of("text", ["CCO", "c1ccccc1", "CC(=O)O"]) == "character"
    assert unit_of("music", [[60]]) == "interval"


def test_blanks_do_not_matter_and_places_are_those_of_the_record() -> None:
    one, other = "To  be,\tor", " To be , or"
    tokens = tokenised("word", [one, other])
    assert tokens.lengths.tolist() == [4, 4]
    assert tokens.tokens[:4].tolist() == tokens.tokens[4:].tolist()
    start, end = span("word", one, 1, 2)
    assert one[start:end] == "be,"
    start, end = span("character", " C C\n", 0, 2)
    assert " C C\n"[start:end] == "C C"
    assert tokenised("character", [" C C\n", "CC"]).tokens.tolist() == [1, 1, 1, 1]


def test_intervals_are_the_same_in_every_key() -> None:
    melody = [60, 60, 62, -1, -1, 67, 67, 67]
    # Up 2 for one step, a rest of two, then up 5 from the last sound for three.
    assert intervals(melody) == [(2, 1), (None, 2), (5, 3)]
    assert intervals([pitch + 3 if pitch >= 0 else pitch for pitch in melody]) == intervals(melody)
    assert intervals([-1, 60, 62]) == [(2, 1)]
    assert places("interval", melody) == [(0, 3), (2, 5), (2, 8)]
    assert places("interval", [-1, 60, 62]) == [(1, 3)]


def test_a_match_has_the_number_and_the_place_of_its_training_record() -> None:
    known = [f"a{at} b{at} c{at} d{at} e{at} f{at}" for at in range(60)]
    made = [f"x{at} y{at}" for at in range(39)] + ["say: b42 c42 d42, or not"]
    held = [f"a{at} q{at} r{at}" for at in range(100, 140)]
    plan = Plan(
        modality="text",
        source="toy",
        samples=data_in_memory(made, "s"),
        reference=data_in_memory(known, "r"),
        holdout=data_in_memory(held, "h"),
        n=40,
    )
    found = collect(plan, needs=("reproductions",), guard=lambda work: (work(), None), progress=lambda *_: None)
    seen = found.reproductions
    assert seen is not None
    assert seen.verbatim.matched[39] == 42
    assert seen.verbatim.generated[39] == 3
    assert (seen.null, seen.compared) == ("holdout", 60)
    a, b, c, d = seen.verbatim.spans[39]
    assert made[39][a:b] == known[42][c:d] == "b42 c42 d42"
    assert seen.shown.tolist()[0] == 39
    assert seen.samples[0] == known[42]


def test_it_survives_being_saved(tmp_path: Path) -> None:
    evidence = audited("text", copies=5)
    evidence.save(tmp_path)
    again = Evidence.load(tmp_path).reproductions
    assert again is not None
    assert evidence.reproductions is not None
    assert again.samples == evidence.reproductions.samples
    assert np.array_equal(again.verbatim.spans, evidence.reproductions.verbatim.spans)


def test_few_records_are_not_measured() -> None:
    seen = audited("text", n=20)
    assert seen.reproductions is None
    assert seen.unmeasured["reproductions"] == (
        "expected at least 30 records of each set, got 20 generated, 400 holdout (null), 800 training; give more"
    )


class Parrot:
    """Knows one text by heart: after any beginning of it, its next letter has chance `sure`; else all are alike."""

    modality = "text"

    def __init__(self, text: str, sure: float) -> None:
        self.text, self.sure = text, sure
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def parameters(self) -> Any:
        return iter([self.weight])

    def encode_text(self, text: str) -> list[int]:
        return [0, *(ord(each) - 96 for each in text if each != " ")]

    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        known = self.encode_text(self.text)
        logits = torch.zeros(*ids.shape, 27)
        for row, each in enumerate(ids.tolist()):
            for at in range(len(each)):
                if each[: at + 1] == known[: at + 1] and at + 1 < len(known):
                    rest = math.log((1 - self.sure) / 26)
                    logits[row, at] = rest
                    logits[row, at, known[at + 1]] = math.log(self.sure)
        return logits


def test_extraction_multiplies_the_chances_of_the_second_half() -> None:
    rng = np.random.default_rng(0)
    known = ["".join(rng.choice(list("abcdefg"), 11)) for _ in range(60)]
    held = ["".join(rng.choice(list("hijklmn"), 13)) for _ in range(40)]
    plan = Plan(
        modality="text",
        source="toy",
        model=Parrot(known[7], 0.5),
        samples=data_in_memory(known[:40], "s"),
        reference=data_in_memory(known, "r"),
        holdout=data_in_memory(held, "h"),
        n=40,
    )
    found = collect(plan, needs=("reproductions",), guard=lambda work: (work(), None), progress=lambda *_: None)
    assert found.reproductions is not None
    seen = found.reproductions.extraction
    assert seen is not None
    nats = dict(zip(seen.rows.tolist(), seen.training.tolist(), strict=True))
    # Of 12 ids with the beginning six are given and six asked for: known by heart, or all 27 alike.
    assert nats[7] == pytest.approx(6 * math.log(0.5), abs=1e-5)
    assert nats[8] == pytest.approx(6 * math.log(1 / 27), abs=1e-5)
    assert seen.null == pytest.approx(np.full(40, 7 * math.log(1 / 27)), abs=1e-5)
    assert set(seen.lengths.tolist()) == {6}
