"""YAML files whose content a schema describes: what is wrong with one is a single line with its place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ..errors import UserError, shortened
from .plain_yaml import NotPlain, Plain, read_plain

Model = TypeVar("Model", bound=BaseModel)

LONGEST_SHOWN = 60
"""Characters of a key or a value that a message shows."""


def read_checked(path: Path, what: str, model: type[Model]) -> Model:
    """The content of a YAML file as the model says it.

    Args:
        path: of the file.
        what: is expected there, for messages.
        model: pydantic model that refuses unknown keys.

    Raises:
        UserError: one line with the file, the line and the first thing that is wrong.
    """
    try:
        plain = read_plain(path, what)
    except OSError as error:
        raise UserError(f"{path}: expected {what}, got: {error.strerror}; check the path") from error
    except NotPlain as error:
        raise UserError(f"{path}:{error.line}: {error.what}") from error
    return checked(plain, str(path), what, model)


def checked(plain: Plain, name: str, what: str, model: type[Model]) -> Model:
    """Values as the model says them; `name` is what messages call the file.

    Raises:
        UserError: as `read_checked`.
    """
    if not isinstance(plain.data, dict):
        got = "nothing" if plain.data is None else type(plain.data).__name__
        raise UserError(f"{name}:1: expected {what}, a mapping of names to values, got {got}")
    try:
        return model.model_validate(plain.data)
    except ValidationError as error:
        errors = error.errors()
        more = f" (and {len(errors) - 1} more mistakes)" if len(errors) > 1 else ""
        raise UserError(shortened(f"{name}:{_said(errors[0], plain.node)}{more}")) from error


def _said(error: Mapping[str, Any], node: yaml.Node | None) -> str:
    place = ".".join(_brief(str(part)) for part in error["loc"]) or "the file"
    if error["type"] == "extra_forbidden":
        message = "unknown key; remove it or correct its spelling"
    elif error["type"] == "missing":
        message = "missing; add it"
    else:
        message = error["msg"].removeprefix("Value error, ")
        given = error["input"]
        if isinstance(given, str | int | float | bool) and ", got" not in message:
            message += f", got {_brief(repr(given))}"
    return f"{line_of(node, tuple(error['loc']))}: {place}: {message}"


def line_of(node: yaml.Node | None, where: tuple[str | int, ...]) -> int:
    """The line, from 1, of a value by its keys and places; the nearest that there is, where there is none."""
    line = 1
    for part in where:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _brief(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SHOWN else f"{line[:LONGEST_SHOWN]}…"
