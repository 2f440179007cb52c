"""What a name can do to a line: nothing. What people write in any script: stay as it is."""

import pytest

from genai_audit.reports.terminal.visible import LONGEST_LINE, block, inert, line

HIDING = [0, 7, 8, 0x1B, 0x7F, 0x85, 0x9B, 0xAD, 0x34F, 0x61C, 0x115F, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x2028]
HIDING += [0x2029, 0x202E, 0x2060, 0x2066, 0x2069, 0x3164, 0xFEFF, 0xFE0F, 0xFFA0, 0xFFFF, 0xE000, 0xD800, 0xDFFF]
HIDING += [0xE0041, 0xE0100, 0x1D173]


@pytest.mark.parametrize("code", HIDING, ids=hex)
def test_what_is_not_seen_is_spelt_out(code: int) -> None:
    spelt = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    for clean in (line, block, inert):
        assert clean(f"a{chr(code)}b") == f"a{spelt}b"


@pytest.mark.parametrize(
    "text",
    [
        *("naïve – 95 % × ≤ 0.5", "مجموعة", "می\u200cخواهم", "क्\u200dष", "漢字かな交じり文", "한국어", "עברית", "ไทย"),
        *("👩\u200d🔬", "👨\u200d👩\u200d👧", "❤\ufe0f\u200d🔥", "1\ufe0f\u20e3", "🇩🇪", "👍🏽", "葛\U000e0100"),
        *("C:\\folder", "a\\x1b", "a::b", "a: ::b", "# # [x]", ""),
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert line(text) == block(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one\ntwo", r"one\ntwo"),
        ("one\r\ntwo\tthree", r"one\r\ntwo\tthree"),
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("admin\u200d", r"admin\u200d"),
        ("ad\u200cmin", r"ad\u200cmin"),
        ("👩\ufe0f\ufe0f", "👩\ufe0f\\ufe0f"),
    ],
)
def test_a_line_stays_one(text: str, shown: str) -> None:
    assert line(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", r"\x3a:error::x"),
        ("  ::add-mask::x", r"  \x3a:add-mask::x"),
        ("\u00a0\u3000::stop-commands::x", "\u00a0\u3000\\x3a:stop-commands::x"),
        ("note ##[add-mask]x", r"note #\x23[add-mask]x"),
        ("###[error]", r"##\x23[error]"),
        ("x ##vso[task.setvariable variable=a]b", r"x #\x23vso[task.setvariable variable=a]b"),
        ("##teamcity[message text='x']", r"#\x23teamcity[message text='x']"),
    ],
)
def test_no_line_commands_a_build(text: str, shown: str) -> None:
    assert line(text) == shown
    assert block(f"before\n{text}\nafter") == f"before\n{shown}\nafter"


def test_lines_of_a_block_stay_apart_and_a_lone_return_does_not_hide_what_stands_before_it() -> None:
    assert block("a\tb\r\n\x1b[1mc\nd\re") == "a\tb\n\\x1b[1mc\nd\\re"


def test_a_line_has_an_end() -> None:
    assert line("x" * LONGEST_LINE) == "x" * LONGEST_LINE
    assert len(line("x" * 10**6)) == LONGEST_LINE
    assert len(block("x" * 10**6)) == LONGEST_LINE


def test_a_command_of_ours_stays_one() -> None:
    assert inert("::error title=a::b\n\x1b") == r"::error title=a::b\n\x1b"
