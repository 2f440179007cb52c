"""Texts and rows are shown as they are, melodies and sounds as pictures; nothing is trusted, and little is shown."""

import base64
import io
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.reports.excerpts import MOST_RECORDS, excerpts
from genai_audit.reports.finding_parts import ExhibitPart, PicturesPart
from genai_audit.reports.pictures import show
from genai_audit.reports.renderings import piano_rolls, spectrograms


def exhibit(*pictures: tuple[str, tuple[int, ...]]) -> ExhibitPart:
    parts = tuple(PicturesPart(label=f"some {kind}", kind=kind, indices=rows) for kind, rows in pictures)
    return ExhibitPart(name="name", caption="caption", form="grid", pictures=parts)


def evidence(modality: str, samples: Any) -> Evidence:
    return Evidence(modality, Generated(samples, 0, "model"), reference=Real(samples, len(samples), "r", "r", "0"))


def test_texts_are_shown_in_the_order_asked_for() -> None:
    texts = ["zero", "<b>one</b>", "two " * 200]
    made, notes = excerpts(exhibit(("generated", (1, 0)), ("reference", (2,))), evidence("text", texts))
    assert made[0].texts == ("<b>one</b>", "zero")
    assert len(made[1].texts[0]) == 280
    assert notes == ()


def test_rows_show_their_columns_and_gaps() -> None:
    table = pd.DataFrame({"age": [1, 2], "wage": [0.5, np.nan], "kind": ["x", None]})
    ((made,), _) = excerpts(exhibit(("generated", (1,))), evidence("tabular", table))
    assert made.heads == ("age", "wage", "kind")
    assert made.rows == (("2", "–", "–"),)


def test_what_is_left_out_is_said() -> None:
    wide = pd.DataFrame({f"c{index}": range(30) for index in range(40)})
    made, notes = excerpts(exhibit(("generated", tuple(range(30)))), evidence("tabular", wide))
    assert len(made[0].rows) == MOST_RECORDS
    assert any("first 8 records" in note for note in notes)
    assert any("first 12" in note for note in notes)


def test_records_that_the_evidence_lacks_are_not_shown() -> None:
    assert excerpts(exhibit(("generated", (9,)), ("holdout", (0,))), evidence("text", ["a"]))[0] == ()
    assert excerpts(exhibit(("generated", ())), evidence("text", ["a"]))[0] == ()


def test_a_note_is_black_at_its_pitch_and_step() -> None:
    (roll,) = piano_rolls([[60, -1, 72]], low=60, high=72)
    assert roll.shape == (1, 13, 3)
    assert roll[0, 12, 0] == 0
    assert roll[0, 0, 2] == 0
    assert (roll[0] == 0).sum() == 2
    assert (piano_rolls([[60], [60, 60]], low=60, high=72)[0, 0, :, 1] < 1).all()  # after the end
    assert (piano_rolls([[3, 120]], low=60, high=72) == 0).sum() == 2  # beyond the drawn pitches: at their edge


def test_a_tone_is_dark_at_its_frequency() -> None:
    wave = np.sin(2 * np.pi * 1000 * np.arange(4096) / 8000)[None]
    (picture,) = spectrograms(wave)
    # 1,000 of 4,000 Hz: a quarter up from the bottom of 32 bands.
    assert abs(int(picture[0].mean(axis=1).argmin()) - 23) <= 1
    assert (spectrograms(np.zeros((1, 20))) == 1).all()
    assert np.isfinite(spectrograms(np.full((1, 200), np.nan))).all()


def test_melodies_and_sounds_become_sheets() -> None:
    tunes = evidence("music", [[60, 62, 64], [65, -1]])
    shown = show(exhibit(("generated", (1, 0))), tunes)
    (sheet,) = shown.sheets
    assert sheet.alt == "2 × generated sample: some generated"
    assert any("piano roll" in note for note in shown.notes)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet.uri.partition(",")[2]))))
    assert (pixels[..., 0] == 0).any()
    sounds = evidence("audio", np.zeros((2, 600), np.float32))
    assert len(show(exhibit(("generated", (0, 1))), sounds).sheets) == 1
    assert show(exhibit(("generated", (5,))), sounds).sheets == ()
