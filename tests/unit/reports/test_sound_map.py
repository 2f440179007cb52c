"""Maps over spans of sounds below their spectrogram: what is drawn, where, and what is said of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.evidence.encoded.kind import Encoded
from genai_audit.audit.evidence.regions.layout import sound_regions
from genai_audit.reports.finding_parts import ExhibitPart, PicturesPart
from genai_audit.reports.pictures import show
from genai_audit.reports.sound_map import BARS, LEFT, UNREADABLE, WIDTH, SoundMap

RATE, LENGTH = 8_000, 1_600


def evidence(*, rate: int | None = RATE, length: int = LENGTH) -> Evidence:
    """Tones of 1,000 Hz that sound in the second half alone; the encoder looks at the fifth span of sixteen."""
    time = np.arange(length) / RATE
    tone = np.sin(2 * np.pi * 1_000 * time) * (time >= length / RATE / 2)
    waves = np.tile(tone.astype(np.float32), (4, 1))
    regions = sound_regions(length, rate)
    seen = np.full((4, len(regions.names)), 0.1)
    seen[:, 4] = 1.0
    encoded = Encoded(
        regions=regions,
        baseline="the mean of the real sounds",
        attribute="instrument",
        groups=("<b>flute</b>",),
        rows=np.arange(4),
        members=np.array([0, 0, -1, -1]),
        means=np.zeros((4, 2), np.float32),
        log_variances=np.zeros((4, 2), np.float32),
        explained=np.arange(4),
        attributions=seen,
        completeness_error=np.zeros(4),
        tolerance=np.ones(4),
        effects=seen,
        errors=seen,
        spread=regions.area,
        sample=np.empty(0, np.float32),
    )
    return Evidence(
        "audio",
        Generated(waves, 0, "toy", sample_rate=rate),
        Real(waves, total=4, name="tones", source="tones", sha256="ab"),
        encoded=encoded,
    )


def exhibit(form: str = "sound_maps", *kinds: tuple[str, int]) -> ExhibitPart:
    pictures = [PicturesPart(label=kind, kind=f"encoded.{kind}", indices=(at,)) for kind, at in kinds]
    return ExhibitPart(name="code", caption="What sets the code", form=form, pictures=tuple(pictures))


def drawn(form: str = "sound_maps", **how: Any) -> SoundMap:
    (found,) = show(exhibit(form, ("span_maps", 0)), evidence(**how)).sounds
    return found


def test_bars_lie_at_their_spans_and_axes_are_in_seconds_and_hertz() -> None:
    found = drawn()
    assert [text for _, text in found.times] == ["0", "0.1", "0.2"]
    assert [text for _, text in found.pitches] == ["0", "2,000", "4,000"]
    assert (found.unit_across, found.unit_up) == ("s", "Hz")
    tallest = max(found.bars, key=lambda each: float(each.height))
    assert found.bars.index(tallest) == 4
    assert float(tallest.height) == BARS
    starts = [float(each.x) for each in found.bars]
    assert starts[0] == LEFT
    assert float(found.bars[-1].x) + float(found.bars[-1].width) == pytest.approx(LEFT + WIDTH, abs=0.2)
    assert tallest.colour == "#fee838"  # The end of cividis: the largest size.


def test_the_picture_is_dark_before_the_tone_and_bright_at_its_frequency() -> None:
    import base64
    import io

    from PIL import Image

    found = drawn()
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(found.uri.partition(",")[2]))))
    bands, times, _ = pixels.shape
    assert (pixels[:, : times // 3, :3] == (0, 34, 78)).all()  # 00224e, the quietest.
    brightest = np.unravel_index(pixels[:, -times // 3 :, 0].sum(axis=1).argmax(), (bands,))[0]
    # A thousand hertz are a quarter of the way up to 4,000.
    assert brightest == pytest.approx(bands * 3 / 4, abs=1)


def test_the_sentence_names_the_span_and_the_table_has_every_value() -> None:
    found = drawn()
    names = sound_regions(LENGTH, RATE).names
    assert found.reading.startswith(f"Most is at {names[4]}: ")
    assert [row[0] for row in found.table.rows] == list(names)
    assert drawn("unread_sound_maps").reading == UNREADABLE


def test_signed_values_have_a_line_of_none_and_say_their_sign() -> None:
    whole = evidence()
    assert whole.encoded is not None
    values = -np.eye(16)[[3]].repeat(4, axis=0)
    whole = replace(whole, encoded=replace(whole.encoded, errors=values))
    (found,) = show(exhibit("signed_sound_maps", ("error_span_maps", 0)), whole).sounds
    bar = found.bars[3]
    assert (float(bar.y), float(bar.height)) == (found.line, BARS)
    assert bar.colour == "#7f3b08"  # The orange end of PuOr.
    assert found.reading.endswith("−1.00.")


def test_without_a_rate_and_of_a_sound_shorter_than_a_frame_it_is_drawn_all_the_same() -> None:
    found = drawn(rate=None)
    assert (found.unit_across, found.unit_up) == ("samples", "cycles")
    assert found.times[-1][1] == "1,600"
    short = drawn(length=40)
    assert (float(short.x), float(short.across)) == (LEFT, WIDTH)


def test_what_the_evidence_lacks_is_named_and_groups_without_sounds_too() -> None:
    shown = show(exhibit("sound_maps", ("span_maps", 0), ("span_maps", 7)), evidence())
    assert len(shown.sounds) == 1
    assert any("not shown: span" in note for note in shown.notes)
    pictures = replace(evidence(), encoded=None)
    assert show(exhibit("sound_maps", ("span_maps", 0)), pictures).sounds == ()
