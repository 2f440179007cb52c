"""Strips of tokens and piano rolls: values, signs and bars, whatever the tokens are."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.contexts.kind import Contexts, ContextSet
from genai_audit.reports.finding_parts import ExhibitPart, PicturesPart
from genai_audit.reports.html import render
from genai_audit.reports.page_parts import sorting
from genai_audit.reports.pictures import show
from genai_audit.reports.redaction import Showing
from genai_audit.reports.token_strip import MOST_TOKENS, Strip, token_strips
from unit.reports import example

HOSTILE = ("<script>alert(1)</script>", "\u202egnp.exe", '"><img src=x>', "\x00\x1b[2J", " \n\t", "\u0301", "&amp;", "")


def sets(values: np.ndarray, tokens: np.ndarray | None = None) -> ContextSet:
    n, width = values.shape
    return ContextSet(
        rows=np.arange(n),
        lengths=np.full(n, width),
        tokens=np.tile(np.arange(width), (n, 1)) if tokens is None else tokens,
        targets=np.full(n, 1),
        nats=np.full(n, np.log(0.5)),
        attributions=values[None],
        effects=values.sum(axis=1)[None],
    )


def contexts(values: np.ndarray, symbols: tuple[str, ...], **more: Any) -> Contexts:
    one = sets(values, more.pop("tokens", None))
    none = np.zeros(0, dtype=np.int64)
    return Contexts(
        unit=more.pop("unit", "token"),
        baselines=("drawn",),
        shown=0,
        draws=(4,),
        begins=True,
        real=one,
        generated=one,
        fresh=np.zeros((1, 0, 0, values.shape[1])),
        gradients=np.zeros((0, values.shape[1])),
        gradient_complete=none.astype(bool),
        gradient_steps=none,
        symbols=symbols,
        symbol_ids=np.arange(len(symbols)),
        impossible=0,
        longest=128,
    )


def evidence(found: Contexts | None, modality: str = "text") -> Evidence:
    return Evidence(modality=modality, generated=Generated([], 0, "toy"), contexts=found)


def exhibit(form: str = "token_strip", indices: tuple[int, ...] = (0,)) -> ExhibitPart:
    shown = (PicturesPart(label="real record", kind="contexts.real", indices=indices),)
    return ExhibitPart(name="token_strips", caption="caption", form=form, pictures=shown)


def strip(values: list[float], symbols: tuple[str, ...], modality: str = "text", **more: Any) -> Strip:
    (made,), _, _ = token_strips(exhibit(**more), evidence(contexts(np.array([values]), symbols), modality))
    return made


def test_each_token_has_its_value_its_sign_and_its_bar() -> None:
    made = strip([0.0, 2.0, -1.0, 0.001], ("", "a", "b", "c"))
    assert [cell.text for cell in made.cells] == ["⟨start⟩", "a", "b", "c"]
    assert [cell.value for cell in made.cells] == ["0", "+2.00", "−1.00", "0"]
    assert [cell.tone for cell in made.cells] == [5, 10, 2, 5]
    assert [(cell.start, cell.width) for cell in made.cells[1:3]] == [("50.0%", "50.0%"), ("25.0%", "25.0%")]
    assert made.target == "a"
    assert made.reading == (
        "“a” follows with a probability of 50.0 %. Most depends on “a”, 3 tokens back: without it, it is 2 nats "
        "less likely."
    )
    assert made.table.rows == (("4", "⟨start⟩", "0"), ("3", "a", "+2.00"), ("2", "b", "−1.00"), ("1", "c", "0"))


def test_all_strips_have_one_scale() -> None:
    found = contexts(np.array([[0.0, 1.0], [0.0, 4.0]]), ("", "a"))
    strips, largest, _ = token_strips(exhibit(indices=(0, 1)), evidence(found))
    assert largest == 4
    assert [each.cells[1].width for each in strips] == ["12.5%", "50.0%"]


def test_where_no_token_matters_none_is_named() -> None:
    assert "no single token changes it by 0.05 nats" in strip([0.0, 0.0, 0.0], ("", "a", "b")).reading
    assert "no single token" in strip([0.0, 0.04, float("nan")], ("", "a", "b")).reading


def test_a_map_that_fails_its_checks_has_no_reading() -> None:
    made = strip([0.0, 2.0], ("", "a"), form="unread_token_strip")
    assert made.reading == "The map fails its checks, so it is shown without a reading."


def test_white_space_and_joining_marks_are_visible() -> None:
    made = strip([0.0] * 5, ("", " a", "\n\t", "\u00a0", "\u0301"))
    assert [cell.text for cell in made.cells] == ["⟨start⟩", "␣a", "⏎⇥", "⟨U+00A0⟩", "◌\u0301"]


def test_two_thousand_tokens_are_cut_and_said_to_be() -> None:
    values = np.zeros((1, 2_000))
    values[0, -1] = 1.0
    found = contexts(values, tuple(f"t{place}" for place in range(2_000)))
    (made,), _, _ = token_strips(exhibit(), evidence(found))
    assert len(made.cells) == len(made.table.rows) == MOST_TOKENS
    assert made.left_out == "The first 1,872 tokens are not shown."
    assert made.cells[0].text == "t1872"


def test_what_is_not_in_the_evidence_is_said() -> None:
    assert show(exhibit(), evidence(None)).notes == ("Not in the evidence at hand, so not shown: contexts.",)
    found = contexts(np.zeros((1, 2)), ("", "a"))
    assert show(exhibit(indices=(5, -1)), evidence(found)).strips == ()


def test_a_melody_is_a_piano_roll() -> None:
    values = [0.0, 1.0, -0.5, 0.0]
    made = strip(values, ("", "60", "-1", "64"), "music")
    assert made.cells == ()
    roll = made.roll
    assert roll is not None
    assert [(note.sign, note.rest) for note in roll.notes] == [("+", False), ("−", True), ("", False)]
    sounding, pause, last = roll.notes
    assert last.y < sounding.y < pause.y
    assert sounding.x < pause.x < last.x < roll.next_x
    assert roll.next_y == sounding.y
    # Up for what it adds, down for what it takes.
    assert float(sounding.bar_y) + float(sounding.bar_height) == roll.line
    assert float(pause.bar_y) == roll.line
    assert [row[1] for row in made.table.rows] == ["⟨start⟩", "C4", "rest", "E4"]
    assert made.target == "C4"


def test_marks_that_are_no_pitch_have_no_place_in_a_roll() -> None:
    made = strip([0.0, 1.0], ("", "⟨x⟩"), "music")
    assert made.roll is None


def report(found: Contexts, modality: str = "text") -> str:
    record = example.record((example.representation({"a": 1.0, "b": 0.9}),), names=("a", "b"))
    own = example.evidence()
    findings = (record.findings[0].model_copy(update={"exhibits": (exhibit(),)}), *record.findings[1:])
    return render(
        record.model_copy(update={"findings": findings}),
        replace(own, modality=modality, contexts=found),
        showing=Showing.REAL,
    )


@pytest.mark.parametrize("modality", ["text", "music"])
def test_hostile_tokens_are_harmless(modality: str) -> None:
    html = report(contexts(np.linspace(-1, 1, len(HOSTILE))[None], HOSTILE), modality)
    # The one script is the report's own, which sorts tables.
    assert html.count("<script") == html.count(f"<script>{sorting()}</script>") == 1
    assert "<img src=x" not in html
    assert "\u202e" not in html
    assert "\x1b" not in html
    assert "⟨U+202E⟩" in html
    assert "&lt;script&gt;" in html
