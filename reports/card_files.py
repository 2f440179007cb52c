"""Reads what people declare of a model: a card in YAML, and the front matter of a model folder's README."""

import hashlib
from pathlib import Path
from typing import Any

from ..models.errors import UserError, one_line
from ..models.reading.checked_yaml import read_checked
from ..models.reading.plain_yaml import MOST_BYTES, NotPlain, parse_plain
from .card import CardFacts, CardPart, CardSource

README = "README.md"

WHAT = "a card in YAML"


def read_card(path: Path) -> CardFacts:
    """The facts that a card declares.

    Raises:
        UserError: one line: the file, the line, and what is wrong there.
    """
    return read_checked(path, WHAT, CardFacts)


def declared_facts(card: Path | None, folder: Path | None) -> CardPart | None:
    """What is declared of a model, the card before the front matter; None where nothing is.

    Args:
        card: the file that `--card` names.
        folder: of the model; its README may begin with front matter as Hugging Face writes it.

    Raises:
        UserError: if the card cannot be used. Front matter that cannot be read is left out, and says so.
    """
    facts, unread, sources = CardFacts(), None, []
    if card is not None:
        facts = read_card(card)
        sources.append(CardSource(name=card.name, sha256=_digest(card), kind="card", fields=facts.given()))
    readme = None if folder is None else folder / README
    if readme is not None and readme.is_file():
        try:
            found = front_matter(readme)
        except (NotPlain, OSError, ValueError) as error:
            found, unread = CardFacts(), f"{README}: {one_line(error)}"
        new = tuple(name for name in found.given() if name not in facts.given())
        if new:
            facts = facts.model_copy(update={name: getattr(found, name) for name in new})
            sources.append(CardSource(name=README, sha256=_digest(readme), kind="front matter", fields=new))
    if not sources and unread is None:
        return None
    return CardPart(sources=tuple(sources), facts=facts, unread=unread)


def front_matter(readme: Path) -> CardFacts:
    """The facts in the front matter of a model card on Hugging Face; empty without any.

    Keys that this tool has no field for (tags, widgets, metrics that others measured) are left out.

    Raises:
        OSError, ValueError: if it cannot be read; NotPlain if it is no plain YAML.

    Reference: https://huggingface.co/docs/hub/model-cards
    """
    with readme.open(encoding="utf-8-sig") as file:
        text = file.read(MOST_BYTES)
    if not text.startswith("---\n"):
        return CardFacts()
    head, mark, _ = text[4:].partition("\n---")
    data = parse_plain(head).data if mark else None
    if not isinstance(data, dict):
        return CardFacts()
    return CardFacts.model_validate({name: value for name, value in _translated(data) if value})


def _translated(data: dict[Any, Any]) -> list[tuple[str, Any]]:
    emissions = data.get("co2_eq_emissions")
    grams = emissions.get("emissions") if isinstance(emissions, dict) else emissions
    licence = data.get("license_name") or data.get("license")
    return [
        ("name", _text(data.get("model_name"))),
        ("licence", ", ".join(_texts(licence))),
        ("licence_link", _text(data.get("license_link"))),
        ("languages", _texts(data.get("language"))),
        ("base_models", _texts(data.get("base_model"))),
        ("training_data", [{"name": name} for name in _texts(data.get("datasets"))]),
        ("training_energy", f"{grams} g of CO2 equivalents" if isinstance(grams, int | float) else None),
    ]


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values if isinstance(each, str) and each)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check the path") from error
