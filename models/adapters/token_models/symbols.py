r"""What the outputs of a token model stand for: the list of symbols that lies beside a file which has none inside.

`STEM.vocabulary.json` (a list of str) or `vocabulary.txt` (a symbol a line; one in double quotes is read as JSON, so
that `"\n"` is a line break) make it text; `STEM.pitches.json` (MIDI pitches 0–127, −1 for a rest) makes it music. The
order is that of the outputs. Some symbols have a role instead of a place in the records: padding, start, end, unknown.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ...errors import UserError
from ..contained import contained
from ..foreign import attempt

PADS = ("", "<pad>", "[PAD]", "pad")
STARTS = ("<start>", "[START]", "<s>", "<bos>", "[BOS]", "<sos>", "start")
ENDS = ("<end>", "[END]", "</s>", "<eos>", "[EOS]", "<|endoftext|>", "end")
UNKNOWNS = ("<unk>", "[UNK]", "unknown")


@dataclass(frozen=True, eq=False)
class Symbols:
    """The symbols of a token model, by id.

    Args:
        modality: `text` or `music`.
        values: a str or a pitch each; None for those that have a role instead.
        joiner: what stands between the symbols of a text: nothing between characters, a blank between words.
        pad, start, end, unknown: ids of the symbols with a role, or None.
        file: where they were read from.
        sha256: digest of that file.
    """

    modality: str
    values: tuple[str | int | None, ...]
    joiner: str
    pad: int | None
    start: int | None
    end: int | None
    unknown: int | None
    file: Path
    sha256: str

    def __len__(self) -> int:
        return len(self.values)

    @property
    def never(self) -> list[int]:
        """The ids that no record contains: they are left out when a symbol is drawn."""
        return [each for each in (self.pad, self.start, self.unknown) if each is not None and each != self.end]

    def record(self, ids: list[int]) -> Any:
        """Ids to a text or a list of pitches, without the symbols that have a role."""
        kept = [value for value in (self.values[each] for each in ids) if value is not None]
        return self.joiner.join(str(value) for value in kept) if self.modality == "text" else kept

    def ids(self, record: Any) -> list[int] | None:
        """A text or a list of pitches to ids, or None if it has a symbol that is not among them."""
        parts = record if self.modality == "music" or not self.joiner else record.split(self.joiner)
        # A text of no words is split into one empty word.
        places = [self._places.get(part) for part in parts] if record else []
        return None if None in places else [each for each in places if each is not None]

    @cached_property
    def _places(self) -> Mapping[str | int, int]:
        return {value: index for index, value in enumerate(self.values) if value is not None}


def read_symbols(path: Path, size: int) -> Symbols:
    """The symbols that lie beside a model with `size` outputs.

    Raises:
        UserError: if there are none, if both kinds lie there, or if they do not fit the model.
    """
    pitches, words, lines = (
        path.with_name(name) for name in (f"{path.stem}.pitches.json", f"{path.stem}.vocabulary.json", "vocabulary.txt")
    )
    if pitches.exists() and words.exists():
        raise UserError(f"{path}: expected {pitches.name} (music) or {words.name} (text) beside it, got both; keep one")
    file = next((each for each in (pitches, words, lines) if each.is_file()), None)
    if file is None:
        raise UserError(
            f"{path}: expected what its {size} outputs stand for, which the file does not hold; put beside it "
            f"{words.name} (a JSON list of {size} str, in the order of the outputs) or vocabulary.txt (one a line), or "
            f"{pitches.name} (a JSON list of MIDI pitches, −1 for a rest), with the roles <pad>, <start>, <end> "
            f"among them"
        )
    if contained(file, path.parent) is None:
        raise UserError(f"{file}: expected a file beside the model, got a link elsewhere, which was not read; copy it")
    with attempt(file, "reading it", "write it again as UTF-8"):
        content = file.read_text(encoding="utf-8")
        listed = _lines(content) if file is lines else json.loads(content)
    if not isinstance(listed, list) or len(listed) != size:
        got = f"{len(listed)}" if isinstance(listed, list) else type(listed).__name__
        raise UserError(f"{file}: expected a list of {size} symbols, one for each output of {path.name}, got {got}")
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    return _symbols(listed, file, sha256, music=file is pitches)


def _symbols(listed: list[Any], file: Path, sha256: str, *, music: bool) -> Symbols:
    roles = [_role(listed, names, file) for names in (PADS, STARTS, ENDS, UNKNOWNS)]
    values: list[str | int | None] = [None if index in roles else value for index, value in enumerate(listed)]
    plain = [value for value in values if value is not None]
    fits = _is_pitch if music else lambda value: isinstance(value, str) and value != ""
    wrong = next((value for value in plain if not fits(value)), None)
    if wrong is not None:
        wanted = "pitches 0 to 127, −1, or the names pad, start, end" if music else "texts"
        raise UserError(f"{file}: expected symbols that are {wanted}, got {wrong!r}; correct the list")
    twice = next((value for value in plain if plain.count(value) > 1), None) if len(set(plain)) < len(plain) else None
    if twice is not None:
        raise UserError(f"{file}: expected each symbol once, got {twice!r} more often; correct the list")
    characters = not music and all(len(str(value)) == 1 for value in plain)
    blank = next((value for value in plain if not characters and not music and str(value).split() != [value]), None)
    if blank is not None:
        raise UserError(
            f"{file}: expected single characters, or words without blanks inside, got {blank!r}: texts could not be "
            f"split into such symbols; name code that does it by --loader FILE.py:FUNCTION"
        )
    pad, start, end, unknown = roles
    modality, joiner = "music" if music else "text", "" if characters else " "
    return Symbols(modality, tuple(values), joiner, pad, start, end, unknown, file, sha256)


def _is_pitch(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -1 <= value <= 127


def _role(listed: list[Any], names: tuple[str, ...], file: Path) -> int | None:
    places = [index for index, value in enumerate(listed) if isinstance(value, str) and value in names]
    # Words such as `start` may be plain words of a text; only a list of pitches has them as roles.
    places = [index for index in places if not listed[index].isalpha() or file.name.endswith(".pitches.json")]
    if len(places) > 1:
        raise UserError(f"{file}: expected at most one of {', '.join(map(repr, names))}, got {len(places)}; keep one")
    return places[0] if places else None


def _lines(content: str) -> list[str]:
    lines = content.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [_symbol(line.removesuffix("\r")) for line in lines]


def _symbol(line: str) -> str:
    if len(line) > 1 and line[0] == line[-1] == '"':
        try:
            value = json.loads(line)
        except ValueError:
            return line
        return value if isinstance(value, str) else line
    return line
