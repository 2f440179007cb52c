"""Texts come back as they were written, and whatever is wrong with a file is said with its line."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genai_audit.models.data.datasets import load_data
from genai_audit.models.data.readers.text import read_file
from genai_audit.models.errors import UserError

CHARACTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\n\r\0")
LINES = st.lists(st.text(CHARACTERS, min_size=1).filter(str.strip), min_size=1)


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_record_a_line_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str], end: str) -> None:
    path = tmp_path_factory.getbasetemp() / "a.txt"
    # A mark at the start belongs to the encoding, so texts that begin with one need one before it.
    path.write_bytes(b"\xef\xbb\xbf" + end.join(texts).encode())
    assert read_file(path).samples == texts


@given(
    st.lists(st.text(st.characters(exclude_categories=("Cs",))), min_size=1).filter(
        lambda texts: any(map(str.strip, texts))
    )
)
def test_objects_come_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "a.jsonl"
    rows = [{"text": text, "length": len(text) % 3} for text in texts]
    path.write_text(
        "\n".join(json.dumps(row, ensure_ascii=len(row["text"]) % 2 == 0) for row in rows), encoding="utf-8"
    )
    records = read_file(path)
    assert records.samples == texts
    length = records.attributes["length"]
    assert [int(length.names[value]) for value in length.values] == [row["length"] for row in rows]


def test_blank_lines_the_mark_and_line_ends_are_no_records(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeff one \r\n\r\n \t \r\ntwo\u2028half\x0c\n".encode())
    data = load_data(str(path))
    assert data.samples == [" one ", "two\u2028half\x0c"]
    assert (data.modality, data.name, data.attributes) == ("text", "a", {})


def test_fields_with_few_values_on_every_line_are_groups(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [
        {
            "sex": "fm"[n % 2],
            "text": f"t{n}",
            "old": n > 30,
            "age": 12 - n % 12,
            "id": n,
            "score": n / 2 if n else 0,
            "tags": [],
        }
        for n in range(60)
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    attributes = read_file(path).attributes
    assert {name: each.names for name, each in attributes.items()} == {
        "sex": ("f", "m"),
        "old": ("False", "True"),
        "age": tuple(map(str, range(1, 13))),
    }
    assert attributes["age"].values.tolist() == [11 - n % 12 for n in range(60)]
    assert attributes["age"].values.dtype == "int64"
    assert load_data(str(path)).classes == ("f", "m")
    assert load_data(str(path), groups=("old",)).classes == ("False", "True")
    with pytest.raises(UserError, match=r"--groups id: expected an attribute of .* \(sex, old, age\)"):
        load_data(str(path), groups=("id",))


@pytest.mark.parametrize(("n", "grouped"), [(50, True), (51, False)])
def test_fifty_values_are_the_most(tmp_path: Path, n: int, grouped: bool) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps({"text": "a", "k": str(each)}) for each in range(n)))
    assert ("k" in read_file(path).attributes) is grouped


TWO = b'{"text": "a", "k": 1}\n'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "expected a record a line, got an empty file or blank lines"),
        ("a.txt", b"\xef\xbb\xbf \r\n\t\n", "got an empty file or blank lines"),
        ("a.txt", b"good\r\ncaf\xe9\r\n", r"line 2, byte 4 \(0xe9\) is not UTF-8; find out .* save it as UTF-8"),
        ("a.txt", b"\xef\xbb\xbfgood\rca\xff", r"line 2, byte 3 \(0xff\) is not UTF-8"),
        ("a.txt", b"\xef\xbb\xbf\xff", r"line 1, byte 4 \(0xff\) is not UTF-8"),
        ("a.txt", b"a\n\xed\xa0\x80", r"line 2, byte 1 \(0xed\) is not UTF-8"),
        ("a.txt", "héllo".encode("utf-16"), "expected UTF-8, got UTF-16 by its first two bytes"),
        ("a.txt", "a\nb".encode("utf-16-le"), "line 1, byte 2 is NUL, so this is binary data or UTF-16"),
        ("a.txt", b"one\ntwo\nth\0ee", "line 3, byte 3 is NUL"),
        ("a.jsonl", b"\n", "got an empty file or blank lines"),
        ("a.jsonl", TWO + b'\n{"text": "b"}\n', "line 3: expected 'k' as on other lines, got none; give it a value"),
        ("a.jsonl", b'{"text": "b"}\n' + TWO, "line 1: expected 'k' as on other lines, got none"),
        ("a.jsonl", TWO + b'{"text": "b", "k": null}', "line 2: expected 'k' as on other lines, got none"),
        ("a.jsonl", TWO + b'{"text": "b", "k": "1"}', "line 2: expected 'k' of the same type .* as 1 is, got '1'"),
        ("a.jsonl", TWO + b'{"text": "b", "k": true}', "line 2: expected 'k' of the same type .* as 1 is, got True"),
        ("a.jsonl", TWO + b'{"text": "b", "k": [1]}', r"line 2: expected 'k' of the same type .*, got \[1\]"),
        ("a.jsonl", TWO + b'{"k": 1}', "line 2: expected a field 'text', got 'k'; rename the field"),
        ("a.jsonl", b"{}", "line 1: expected a field 'text', got no field"),
        ("a.jsonl", b'{"text": 7}', "line 1: expected 'text' to be a string, got 7"),
        ("a.jsonl", b'{"text": null}', "line 1: expected 'text' to be a string, got null, which is no text"),
        ("a.jsonl", b'{"text": " "}\n{"text": ""}', "expected texts, but every 'text' is blank"),
        (
            "a.jsonl",
            b'["a", "b"]',
            r"line 1: expected an object with 'text', got \['a', 'b'\]; write one object a line",
        ),
        ("a.jsonl", b'"a"', "line 1: expected an object with 'text', got 'a'"),
        ("a.jsonl", b'{\n"text": "a"\n}', r"line 1: not JSON \(Expecting property name .* at column 2\)"),
        ("a.jsonl", TWO + b"{'text': 'a'}", "line 2: not JSON"),
        ("a.jsonl", TWO + TWO.strip() + TWO, r"line 2: not JSON \(Extra data at column 22\)"),
        ("a.jsonl", b'{"text": "a", "text": "b"}', "line 1: expected strict JSON .the key 'text' occurs twice"),
        ("a.jsonl", b'{"text": "a", "x": NaN}', "line 1: expected strict JSON .NaN is no JSON value"),
        ("a.jsonl", b'{"text": "a", "x": ' + b"[" * 200_000, "line 1: expected strict JSON .nested too deeply"),
        (
            "a.jsonl",
            b'{"text": "a", "x": ' + b"1" * 5000 + b"}",
            "line 1: expected strict JSON .*integer string conversion",
        ),
        ("a.jsonl", rb'{"text": "a\ud83d"}', "line 1: 'text' has half of a surrogate pair"),
        ("a.jsonl", rb'{"text": "a", "k": "\ude00"}', "line 1: 'k' has half of a surrogate pair"),
        ("a.jsonl", b'{"text": "caf\xe9"}', r"line 1, byte 14 \(0xe9\) is not UTF-8"),
    ],
)
def test_bad_texts_are_refused_in_one_line(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as refusal:
        load_data(str(path))
    assert str(refusal.value).startswith(f"{path}: ")
    assert str(refusal.value).isprintable()


def test_a_whole_surrogate_pair_is_one_character(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(rb'{"text": "\ud83d\ude00"}')
    assert read_file(path).samples == ["😀"]
