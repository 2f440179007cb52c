"""Pieces come back as they were written, from JSON and from MIDI files that mido wrote."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genai_audit.models.data.datasets import load_data
from genai_audit.models.data.readers.midi import read_midi
from genai_audit.models.data.readers.music import read_file
from genai_audit.models.errors import UserError
from genai_audit.models.limits import most

PIECES = st.lists(st.lists(st.integers(-1, 127), min_size=1), min_size=1)


@given(PIECES, st.data())
def test_pieces_and_attributes_come_back(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[list[int]], data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "a.json"
    path.write_text(json.dumps(pieces))
    assert read_file(path).samples == pieces
    keys = data.draw(st.lists(st.sampled_from(["minor", "major"]), min_size=len(pieces), max_size=len(pieces)))
    path.write_text(json.dumps({"pieces": pieces, "attributes": {"key": keys, "year": [1700] * len(pieces)}}))
    records = read_file(path)
    assert records.samples == pieces
    key = records.attributes["key"]
    assert [key.names[value] for value in key.values] == keys
    assert records.attributes["year"].names == ("1700",)


def test_music_is_loaded_by_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"pieces": [[60, -1], [61]]}')
    data = load_data(str(path))
    assert (data.modality, data.samples, data.attributes) == ("music", [[60, -1], [61]], {})


def attributes(value: str) -> str:
    return f'{{"pieces": [[60], [61]], "attributes": {value}}}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expected JSON, got nothing"),
        ("[[60,\n61}", r"not JSON \(Expecting ',' delimiter at line 2, column 3\)"),
        ("[[NaN]]", "NaN is no JSON value"),
        ("7", r'expected \[\[60, 62, -1, …\], …\] or \{"pieces": .*, got 7'),
        ("[]", "expected at least one piece, got none"),
        ('{"pieces": []}', "expected at least one piece, got none"),
        ('{"train": [[60]], "test": [[61]]}', "got an object with 'train', 'test'; save the list of pieces"),
        ('{"pieces": [[60]], "tempo": 3}', "got an object with 'pieces', 'tempo'"),
        ("{}", "got an object with nothing"),
        ('{"pieces": [[60]], "pieces": [[61]]}', "the key 'pieces' occurs twice"),
        ("[60, 61]", "piece 1: expected a list of pitches, got 60"),
        ("[[60], []]", "piece 2: expected at least one pitch, got an empty list"),
        ("[[60], [61, 128]]", "piece 2, position 2: expected a pitch from 0 to 127, or -1 for a rest, got 128"),
        ("[[60, -2]]", "piece 1, position 2: expected a pitch from 0 to 127, or -1 for a rest, got -2"),
        ("[[60, 61.0]]", "piece 1, position 2: expected an integer, got 61.0"),
        ("[[true]]", "piece 1, position 1: expected an integer, got True"),
        ('[["C4"]]', "piece 1, position 1: expected an integer, got 'C4'"),
        ("[[null]]", "piece 1, position 1: expected an integer, got None"),
        ("[[[60, 64], [62]]]", r"got the chord \[60, 64\]; choose one voice first, .*max\(chord, default=-1\)"),
        (attributes('["a", "b"]'), "expected attributes by name, got"),
        (attributes('{"key": ["a"]}'), "attribute 'key': expected a list with one value per piece, 2, got 1; align"),
        (attributes('{"key": "ab"}'), "attribute 'key': expected a list with one value per piece, 2, got 'ab'"),
        (attributes('{"key": ["a", null]}'), "attribute 'key': expected only strings, .* got None"),
        (attributes('{"key": ["a", 1]}'), "attribute 'key': expected only strings, .* got 1"),
        (attributes('{"key": [1, true]}'), "attribute 'key': expected only strings, .* got True"),
        (attributes('{"key": [1.5, 2.5]}'), "attribute 'key': expected only strings, .* got 1.5"),
        (attributes('{"key": ["a", "\\ud800"]}'), "attribute 'key': a value has half of a surrogate pair"),
    ],
)
def test_bad_music_is_refused_in_one_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(UserError, match=message) as refusal:
        load_data(str(path))
    assert str(refusal.value).startswith(f"{path}: ")
    assert str(refusal.value).isprintable()


@pytest.fixture
def mido() -> Any:
    return pytest.importorskip("mido", reason="needs mido: pip install 'genai-audit[midi]'")


def event(mido: Any, time: int, pitch: int, velocity: int = 64, channel: int = 0) -> Any:
    return mido.Message("note_on", note=pitch, velocity=velocity, time=time, channel=channel)


def write(mido: Any, path: Path, *tracks: list[Any], kind: int = 1, beat: int = 480) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = mido.MidiFile(type=kind, ticks_per_beat=beat)
    for messages in tracks:
        file.tracks.append(mido.MidiTrack(messages))
    file.save(path)
    return path


def melody(mido: Any, pitches: list[int], ticks: int) -> list[Any]:
    """One note or rest per `ticks`; a velocity of 0 ends a note."""
    messages, waited = [], 0
    for pitch in pitches:
        if pitch >= 0:
            messages += [event(mido, waited, pitch), event(mido, ticks, pitch, velocity=0)]
        waited = 0 if pitch >= 0 else waited + ticks
    return messages


@given(st.lists(st.integers(-1, 127), min_size=1), st.sampled_from([24, 96, 480]))
def test_sixteenth_notes_come_back(tmp_path_factory: pytest.TempPathFactory, pitches: list[int], beat: int) -> None:
    mido = pytest.importorskip("mido", reason="needs mido: pip install 'genai-audit[midi]'")
    pitches = [*pitches, 60]  # Silence at the end leaves no trace in the notes.
    path = write(mido, tmp_path_factory.getbasetemp() / "a.mid", melody(mido, pitches, beat // 4), beat=beat)
    assert read_midi(path) == pitches


def test_the_highest_pitch_sounds_and_held_notes_repeat(mido: Any, tmp_path: Path) -> None:
    low = [event(mido, 240, 48), mido.Message("note_off", note=48, time=480)]
    high = [event(mido, 480, 60, channel=3), event(mido, 115, 60, velocity=0, channel=3)]
    drums = [event(mido, 0, 99, channel=9), event(mido, 960, 99, velocity=0, channel=9)]
    path = write(mido, tmp_path / "a.mid", high, low, drums)
    assert read_midi(path) == [-1, -1, 48, 48, 60, 48]
    assert read_midi(path, steps=2) == [-1, 48, 60]


def test_short_and_unended_notes_count(mido: Any, tmp_path: Path) -> None:
    grace = [event(mido, 130, 70), event(mido, 1, 70, velocity=0)]
    assert read_midi(write(mido, tmp_path / "a.mid", grace)) == [-1, 70]
    held = [event(mido, 0, 70), mido.MetaMessage("end_of_track", time=240)]
    assert read_midi(write(mido, tmp_path / "b.mid", held)) == [70, 70]


def test_sub_folders_of_midi_are_classes(mido: Any, tmp_path: Path) -> None:
    for name, pitch in (("bach/1.mid", 60), ("bach/2.MIDI", 61), ("abba/x.mid", 62)):
        write(mido, tmp_path / name, melody(mido, [pitch], 120))
    data = load_data(str(tmp_path))
    assert (data.modality, data.samples) == ("music", [[62], [60], [61]])
    assert (data.classes, data.labels.tolist()) == (("abba", "bach"), [0, 1, 1])


def test_bad_midi_is_refused_in_one_line(mido: Any, tmp_path: Path) -> None:
    tune = melody(mido, [60, 62], 120)
    whole = write(mido, tmp_path / "whole.mid", tune).read_bytes()
    (tmp_path / "text.mid").write_text("no music")
    (tmp_path / "cut.mid").write_bytes(whole[:30])
    (tmp_path / "frames.mid").write_bytes(whole[:12] + b"\xe7\x28" + whole[14:])
    write(mido, tmp_path / "drums.mid", [event(mido, 0, 40, channel=9)])
    write(mido, tmp_path / "loops.mid", tune, tune, kind=2)
    write(mido, tmp_path / "long.mid", melody(mido, [60], 120 * (most("steps") + 1)))
    assert read_midi(tmp_path / "whole.mid") == [60, 62]
    for name, message in {
        "text.mid": "cannot be read as MIDI .*; replace or remove it",
        "cut.mid": r"cannot be read as MIDI \(EOFError\)",
        "frames.mid": "expected a MIDI file in beats, type 0 or 1, got a time base of film frames",
        "loops.mid": r"expected a MIDI file in beats, .*, got independent patterns \(type 2\)",
        "drums.mid": "expected notes, got none outside the percussion channel",
        "long.mid": "expected at most 65,536 steps in a piece of music, .*got 65,537",
    }.items():
        with pytest.raises(UserError, match=message) as refusal:
            read_midi(tmp_path / name)
        assert str(refusal.value).startswith(f"{tmp_path / name}: ")
        assert str(refusal.value).isprintable()
    (tmp_path / "a").mkdir()
    write(mido, tmp_path / "a" / "b.mid", tune)
    with pytest.raises(UserError, match="either here or in sub-folders, got both"):
        load_data(str(tmp_path))


def test_without_mido_the_install_line_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.mid").write_bytes(b"MThd")
    monkeypatch.setitem(sys.modules, "mido", None)
    with pytest.raises(UserError, match=r"a.mid: .* pip install 'genai-audit\[midi\]'"):
        load_data(str(tmp_path))
