"""Read files of probes: the layout is recognised by the content, and code runs for none of them."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ....models.errors import UserError
from .probe_file import LAYOUTS, ProbeFile, text_and_digest, wrong
from .readers import bold, crows_pairs, own_csv, own_yaml, stereoset, winobias, winogender

SHIPPED = Path(__file__).parents[2] / "fairness" / "probes"
"""Our own probes, and what is to be known of them in `probes.md`."""

OURS = ("occupations.yaml", "regions.yaml", "openings.yaml", "openings-regions.yaml")

_TEXTS = (crows_pairs, winogender, own_csv, own_yaml)
_JSON = (stereoset, bold)


def shipped() -> list[ProbeFile]:
    """Our own sets."""
    return read_probes([SHIPPED / name for name in OURS])


def read_probes(paths: Sequence[Path]) -> list[ProbeFile]:
    """All sets that the files hold; two files of WinoBias make one.

    Raises:
        UserError: in one line, if a file is not of a known layout, or what it holds cannot be used.
    """
    sets, halves = [], []
    for path in paths:
        text, digest = text_and_digest(path)
        if winobias.matches(text):
            halves.append((path, text, digest))
        else:
            sets.append(replace(_read(path, text), source=str(path), sha256=digest))
    sets += _winobias(halves)
    for each in sets:
        _check_size(each)
    names = [each.name for each in sets]
    return [
        replace(each, name=f"{each.name} ({names[: at + 1].count(each.name)})") if names.count(each.name) > 1 else each
        for at, each in enumerate(sets)
    ]


def _winobias(halves: Sequence[tuple[Path, str, str]]) -> Iterator[ProbeFile]:
    digests = {str(path): digest for path, _, digest in halves}
    for each in winobias.read((path, text) for path, text, _ in halves):
        yield replace(each, sha256=" ".join(digests[name] for name in each.source.split(" | ")))


def _read(path: Path, text: str) -> ProbeFile:
    if text.lstrip()[0] in "{[":
        data = _json(path, text)
        of_json: Callable[[Path, Any], ProbeFile] | None = next((e.read for e in _JSON if e.matches(data)), None)
        if of_json is not None:
            return of_json(path, data)
    reader: Callable[[Path, str], ProbeFile] | None = next((each.read for each in _TEXTS if each.matches(text)), None)
    if reader is None:
        raise UserError(f"{path}: expected {LAYOUTS}, got none of these; see docs/guide/fairness.md")
    return reader(path, text)


def _json(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise wrong(path, line, "JSON", str(error), "correct it") from None


def _check_size(each: ProbeFile) -> None:
    path = Path(each.source)
    if each.prompts:
        for group in dict.fromkeys(prompt.group for prompt in each.prompts):
            count = sum(prompt.group == group for prompt in each.prompts)
            if count < 2:
                raise wrong(path, None, "at least two prompts about each group", f"{count} about {group}", "add others")
    elif len({item.cluster for item in each.items}) < 2:
        raise wrong(path, None, "at least two templates, writers or terms", "1", "add others: they are sampled")
