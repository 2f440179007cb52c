"""Forms and machine formats of a saved audit, from its record alone."""

import os
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ...models.checkpoints.whole_file import write_whole
from ...models.errors import UserError
from ...reports.card import CardPart
from ...reports.card_files import declared_facts
from ...reports.crosswalk import stale_words
from ...reports.formats import FORMATS, written
from ...reports.policy_place import PolicyPlace, policy_place
from ...reports.record import Record
from ...reports.terminal.say import say
from ..folder.lock import alone_with
from ..folder.manifest import relist, strangers, sweep
from ..policy import DEFAULT, SHIPPED, PolicyError, policy_file


def place_of(record: Record) -> PolicyPlace:
    """Where the rules of a record's policy stand, as seen from the working folder."""
    try:
        file = policy_file(Path(record.policy.source))
    except PolicyError:
        # What a record says where no policy was named is no name of a file.
        file = DEFAULT
    return policy_place(file, shipped=file.parent == SHIPPED, beside=Path.cwd())


def with_card(record: Record, card: Path | None) -> Record:
    """The record with the facts of another card, for a view of it; what is stored stays as it is.

    Raises:
        UserError: if the card cannot be used.
    """
    if card is None:
        return record
    declared = declared_facts(card, None)
    kept = None if record.card is None else record.card
    return record.model_copy(update={"card": _merged(declared, kept)})


def _merged(new: CardPart | None, kept: CardPart | None) -> CardPart | None:
    """The new card, and what front matter had declared beside the old one and the new one does not."""
    if new is None or kept is None:
        return new or kept
    left = [name for each in kept.sources if each.kind == "front matter" for name in each.fields]
    left = [name for name in left if name not in new.facts.given()]
    sources = [
        each.model_copy(update={"fields": tuple(left)}) for each in kept.sources if each.kind == "front matter" and left
    ]
    facts = new.facts.model_copy(update={name: getattr(kept.facts, name) for name in left})
    return new.model_copy(update={"facts": facts, "sources": (*new.sources, *sources), "unread": kept.unread})


def written_again(
    path: Path, out: Path | None, *, card: Path | None, formats: Sequence[str], templates: Sequence[str], **look: Any
) -> list[Path]:
    """Render the report of a saved audit again, or forms and formats where any are named; returns the files written.

    Args:
        path: the record, or its folder.
        out: the file to write, or the folder of forms and formats; by default beside the record.
        card: facts to show in place of those that the record holds.
        formats: names of machine formats.
        templates: names of forms.
        look: how the report is rendered, see `render_again`.

    Raises:
        UserError: if the record, the card or the target cannot be used.
    """
    from .rejudge import render_again

    if not formats and not templates:
        warn_of_age(datetime.now(UTC).date())
        return [render_again(path, out, card, **look)]
    with alone_with(path) if out is None else nullcontext():
        return _written(path, out, card, formats, templates)


def _written(
    path: Path, out: Path | None, card: Path | None, formats: Sequence[str], templates: Sequence[str]
) -> list[Path]:
    from .rejudge import open_audit

    record, _, folder = open_audit(path)
    record, target = with_card(record, card), out or folder
    if out is None:
        sweep(folder)
    if out is not None and out.exists() and not out.is_dir():
        raise UserError(f"--out {out}: expected a folder for what --format and --template write, got a file; name one")
    files = dict([*_formats(record, formats), *_forms(record, templates)])
    odd = set(strangers(target)) if target.is_dir() and out is None else set()
    for name in files:
        if os.path.lexists(target / name) and name in odd and not _holds(target / name, files[name]):
            raise UserError(f"{target / name}: is not as an audit wrote it; move it away, or name a folder by --out")
    return [_put(target, name, text, listed=out is None) for name, text in files.items()]


def _holds(path: Path, text: str) -> bool:
    """Whether a file is what is to be written there, as one is that was written and not yet listed."""
    return path.is_file() and path.read_bytes() == text.encode()


def warn_of_age(day: date) -> None:
    """Say on the terminal how many framework files are too old on that day, as what is rendered may not."""
    stale = stale_words(day)
    if stale:
        more = f" (and {len(stale) - 1} more)" if len(stale) > 1 else ""
        say(f"Warning: {stale[0]}{more}", err=True)


def _formats(record: Record, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    place = place_of(record)
    for name in names:
        yield FORMATS[name].file, written(name, record, place)


def _forms(record: Record, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    if not names:
        return
    warn_of_age(datetime.now(UTC).date())
    from ...reports.forms.filled import filled
    from ...reports.forms.output import form_html, form_markdown

    for name in names:
        form = filled(name, record, datetime.now(UTC).date())
        yield f"{name}.md", form_markdown(form)
        yield f"{name}.html", form_html(form)


def _put(folder: Path, name: str, text: str, *, listed: bool) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / name, text.encode())
        if listed:
            relist(folder, name)
    except OSError as error:
        raise UserError(f"{folder / name}: cannot be written ({error.strerror}); name a folder by --out") from error
    return folder / name
