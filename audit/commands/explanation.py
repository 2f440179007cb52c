"""What `genai-audit explain` prints, and what the guide says of an auditor's estimates and parameters."""

import dataclasses
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..finding import Better, EstimateFacts
from ..pages import page


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an auditor that a policy can set: its default, as text, and what it does."""

    name: str
    default: str
    meaning: str


def explained(code: str) -> str:
    """The explanation of the auditor with that code, in capitals or not.

    Raises:
        UserError: if no auditor has it; the message lists those that there are.
    """
    from ...models.errors import UserError
    from ..catalogue import AUDITORS

    auditor = next((each for each in AUDITORS if each.code == code.upper()), None)
    if auditor is None:
        raise UserError(f"no auditor {code!r}; known: {', '.join(each.code for each in AUDITORS)}")
    return explanation(auditor)


def explanation(auditor: type[Any]) -> str:
    """An auditor's page, with its estimates and parameters, as Markdown.

    Raises:
        KeyError: if the auditor has no page.
        ValueError: if the page lacks a section, or a parameter its line under `Args:`.
    """
    parts = [page(auditor.code).text.rstrip(), "## Estimates", "\n".join(map(estimate_line, auditor.estimates))]
    known = list(parameters(auditor))
    if known:
        parts += ["## Parameters", "\n".join(map(parameter_line, known))]
    return "\n\n".join(parts)


def parameters(auditor: type[Any]) -> Iterator[Parameter]:
    """The fields of an auditor's class, each with its line under `Args:` in the docstring.

    Raises:
        ValueError: if a field has no such line.
    """
    _, _, section = (inspect.getdoc(auditor) or "").partition("\nArgs:\n")
    said = dict(re.findall(r"^ {4}(\w+): (.+(?:\n {8}.*)*)", section, flags=re.MULTILINE))
    for field in dataclasses.fields(auditor):
        if field.name not in said:
            raise ValueError(f"{auditor.__name__}: expected a line about {field.name} under Args: in its docstring")
        yield Parameter(field.name, _default(field.default), " ".join(said[field.name].split()).rstrip("."))


def _default(value: object) -> str:
    return "none" if value is None or value == () else str(value)


def estimate_line(facts: EstimateFacts) -> str:
    """An estimate as an item of a list: name, unit, direction, meaning."""
    direction = "neither direction is better" if facts.better is Better.NEITHER else f"{facts.better} is better"
    return f"- `{facts.name}` ({facts.unit or 'unit of what is measured'}; {direction}): {facts.meaning}"


def parameter_line(parameter: Parameter) -> str:
    """A parameter as an item of a list: name, default, meaning."""
    return f"- `{parameter.name}` ({parameter.default}): {parameter.meaning}."


def summary(auditor: type[Any]) -> str:
    """The question, and how it is answered: the first sentence of the auditor's docstring."""
    return f"{auditor.question} {(inspect.getdoc(auditor) or '').partition(chr(10))[0]}"
