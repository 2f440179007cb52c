"""The parameters that a policy gives to auditors: of the right kind and in a range that a machine can compute."""

from collections.abc import Mapping
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from ..models.errors import shortened
from .policy import PolicyError

MOST = 1_000_000
"""Of a whole number: draws, repeats, splits and the like are counted."""

LARGEST = 1e12
"""Of any number, with either sign."""


def check_settings(code: str, auditor: type[Any], settings: Mapping[str, Any]) -> None:
    """Refuse values that the auditor's parameters cannot have.

    Raises:
        PolicyError: naming the first such parameter.
    """
    hints = get_type_hints(auditor)
    for name, value in settings.items():
        where = f"settings.{code}.{name}"
        try:
            # A whole number in quotes, or a truth value for a number, is no slip that one should guess at.
            TypeAdapter(hints[name]).validate_python(value, strict=not isinstance(value, list))
        except ValidationError as error:
            raise PolicyError(f"{where}: {error.errors()[0]['msg']}, got {shortened(repr(value))}") from error
        _check_numbers(where, value)


def _check_numbers(where: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for name, each in value.items():
            _check_numbers(f"{where}.{name}", each)
    elif isinstance(value, list):
        for each in value:
            _check_numbers(where, each)
    elif isinstance(value, int) and not isinstance(value, bool) and not 0 <= value <= MOST:
        raise PolicyError(f"{where}: expected a whole number from 0 to {MOST:,}, got {shortened(repr(value))}")
    elif isinstance(value, float) and not abs(value) <= LARGEST:
        raise PolicyError(f"{where}: expected a number within ±{LARGEST:g}, got {shortened(repr(value))}")
