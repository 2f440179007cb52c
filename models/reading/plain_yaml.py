"""YAML as plain values: text, numbers, truth values, dates, lists and mappings, no more than a person would write.

What YAML can do beyond that (objects, sets, bytes, aliases that multiply, nesting without end) is refused with its
line, before anything is built from it.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .regular_file import check_file

MOST_BYTES = 2**20
MOST_DEPTH = 24
MOST_VALUES = 100_000
"""Of a file, what it says by aliases counted each time."""

LONGEST_SHOWN = 60
PLAIN = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "timestamp", "seq", "map", "merge")
)
HALF = re.compile("[\ud800-\udfff]")


class NotPlain(ValueError):
    """A file that is no plain YAML.

    Args:
        line: where, from 1.
        what: is wrong, and what to do.
    """

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.line, self.what = line, what


@dataclass(frozen=True, slots=True)
class Plain:
    """The content of a file.

    Args:
        data: its values; None of an empty file.
        node: the same as YAML sees it, with lines; None of an empty file.
    """

    data: Any
    node: yaml.Node | None


def read_plain(path: Path, what: str) -> Plain:
    """The one document in a file.

    Args:
        path: of the file.
        what: is expected there, for messages.

    Raises:
        UserError: if there is no regular file.
        OSError: if it cannot be read.
        NotPlain: if it is too large, not UTF-8, or not plain YAML.
    """
    size = check_file(path, what)
    if size > MOST_BYTES:
        raise NotPlain(1, f"expected at most {MOST_BYTES:,} bytes, got {size:,}; shorten it")
    content = path.read_bytes()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise NotPlain(1, "expected UTF-8, got UTF-16 by its first two bytes; save the file as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotPlain(content.count(b"\n", 0, error.start) + 1, "not UTF-8 text; save the file as UTF-8") from error
    return parse_plain(text)


def parse_plain(text: str) -> Plain:
    """The one document in a text.

    Raises:
        NotPlain: as `read_plain` says.
    """
    try:
        _check_events(text)
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return Plain(None, None)
        _check_nodes(node)
        return Plain(loader.construct_document(node), node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error).splitlines()[0]
        if isinstance(error, yaml.composer.ComposerError) and error.context:
            said = f"{error.context}, {said}"
        raise NotPlain(mark.line + 1 if mark else 1, f"not YAML: {_short(said)}") from error
    except (ValueError, OverflowError) as error:
        if isinstance(error, NotPlain):
            raise
        # An escape of a character that there is not.
        raise NotPlain(1, f"not YAML: {_short(str(error))}") from error


def _check_events(text: str) -> None:
    """Refuse too much and too deep, which takes no recursion to see."""
    depth = count = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            continue
        count += 1
        line = 1 if event.start_mark is None else event.start_mark.line + 1
        if depth > MOST_DEPTH:
            raise NotPlain(line, f"expected at most {MOST_DEPTH} levels of nesting, got more; flatten it")
        if count > MOST_VALUES:
            raise NotPlain(line, f"expected at most {MOST_VALUES:,} values, got more; shorten it")


def _check_nodes(root: yaml.Node) -> None:
    """Refuse what is not plain, what refers to itself, and what aliases make too much of."""
    sizes: dict[int, int | None] = {}

    def size(node: yaml.Node) -> int:
        line = node.start_mark.line + 1
        if id(node) in sizes:
            known = sizes[id(node)]
            if known is None:
                raise NotPlain(line, "it refers to itself: remove the YAML alias")
            return known
        if node.tag not in PLAIN:
            said = _short(node.tag.replace("tag:yaml.org,2002:", "!!"))
            raise NotPlain(line, f"expected text, numbers, dates, lists and mappings, got {said}; remove the tag")
        sizes[id(node)] = None
        if isinstance(node, yaml.MappingNode):
            _check_keys(node)
        total = 1 + sum(size(each) for each in _inside(node))
        if total > MOST_VALUES:
            raise NotPlain(line, f"expected at most {MOST_VALUES:,} values, got more by aliases; write less of them")
        sizes[id(node)] = total
        return total

    size(root)


def _inside(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value


def _check_keys(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise NotPlain(line, "expected a name as key, got a list or a mapping; write `name: value`")
        if key.value in seen:
            raise NotPlain(line, f"the key {_short(key.value)!r} is given twice")
        seen.add(key.value)


class _Loader(yaml.SafeLoader):
    """Plain values whose mistakes have a place."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        # What no number, date or text can be raises anything there.
        try:
            value = super().construct_object(node, deep=deep)
        except (ValueError, OverflowError, AttributeError, LookupError, TypeError) as error:
            raise _wrong(node, str(error).split(";")[0]) from error
        if isinstance(value, str):
            return _whole_text(node, value)
        if isinstance(value, int | float) and not _is_finite(value):
            got = value if isinstance(value, float) else f"one of {len(node.value):,} digits"
            raise NotPlain(node.start_mark.line + 1, f"expected a finite number, got {got}")
        return value


def _whole_text(node: yaml.Node, text: str) -> str:
    """The text with escaped pairs of surrogates as the character that they stand for."""
    if not HALF.search(text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise _wrong(node, "it has half of a surrogate pair, no character; replace or remove it") from None


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # of a whole number that no float has room for
        return False


def _wrong(node: yaml.Node, what: str) -> NotPlain:
    value = node.value if isinstance(node, yaml.ScalarNode) else node.tag
    return NotPlain(node.start_mark.line + 1, f"{_short(value)!r}: {_short(what)}")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SHOWN else f"{line[:LONGEST_SHOWN]}…"
