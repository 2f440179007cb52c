"""`--encoder FILE.py:FUNCTION`: the user's own code, because the user named it.

The function is called without arguments if it takes none: it then returns an encoder, an object with
`encode(records)`. One that takes an argument is itself the map from records to an array (n, d).
"""

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..adapters.loader import import_named, run_named, split_name
from ..digests import file_sha256
from ..errors import UserError
from .blocks import BlockEncoder
from .encoder import EncoderError, EncoderFacts

BLOCK = 64
NOT_STATED = "not stated"


def open_function(name: str, modality: str) -> BlockEncoder:
    """The encoder that a function of the user's is, or returns.

    Raises:
        UserError: if the function cannot be found or fails, with its file and line, or gives no encoder.
    """
    file, function = split_name(name, "--encoder", "encoder.py:embed")
    given = import_named(file, function)
    owner = run_named(given, file, f"{function}()") if _without_arguments(given) else given
    encode = getattr(owner, "encode", owner)
    if not callable(encode):
        raise EncoderError(
            f"{file}: expected {function} to take records and return an array (n, d), or to take nothing and return an "
            f"object with encode(records), got {type(owner).__name__}"
        )
    facts = _facts(owner, f"{file.name}:{function}", file_sha256(file))
    return _encoder(owner, modality, facts, _called(encode, file, function))


def open_object(owner: Any, modality: str) -> BlockEncoder:
    """The encoder that the calling program made: a function of records, or an object with `encode`.

    Raises:
        EncoderError: if it says that it is of another modality.
    """
    encode = getattr(owner, "encode", owner)
    name = str(getattr(owner, "__name__", type(owner).__name__))
    try:
        source, file = inspect.getsource(encode), Path(inspect.getsourcefile(encode) or name)
    except (TypeError, OSError):
        source, file = name, Path(name)
    facts = _facts(owner, name, hashlib.sha256(source.encode("utf-8", "replace")).hexdigest())
    return _encoder(owner, modality, facts, _called(encode, file, name))


def _encoder(
    owner: Any, modality: str, facts: EncoderFacts, function: Callable[[Any, int | None], Any]
) -> BlockEncoder:
    declared = getattr(owner, "modality", modality)
    if declared != modality:
        raise EncoderError(
            f"--encoder {facts.name}: expected an encoder of {modality} records, got one whose modality is {declared!r}"
        )
    return BlockEncoder(facts, modality, _text(owner, "words", f"features by {facts.name}"), BLOCK, function)


def _called(encode: Callable[..., Any], file: Path, function: str) -> Callable[[Any, int | None], Any]:
    """The user's code as a function of a block; audio's sample rate is handed to what takes it by name."""
    takes_rate = "sample_rate" in _parameters(encode)

    def call(records: Any, rate: int | None) -> Any:
        try:
            more = {"sample_rate": rate} if takes_rate else {}
            return run_named(lambda: encode(records, **more), file, f"{function} on {len(records)} records")
        except UserError as error:
            # Its own kind of mistake, so that it ends the audit instead of one finding.
            raise EncoderError(str(error)) from error

    return call


def _facts(owner: Any, name: str, digest: str) -> EncoderFacts:
    return EncoderFacts(
        name=_text(owner, "name", name),
        version=_text(owner, "version", NOT_STATED),
        digest=digest,
        licence=_text(owner, "licence", NOT_STATED),
        cannot_see=_text(owner, "cannot_see", ""),
    )


def _text(owner: Any, name: str, otherwise: str) -> str:
    value = getattr(owner, name, None)
    return value[:300] if isinstance(value, str) and value.strip() else otherwise


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return {"records": inspect.Parameter("records", inspect.Parameter.POSITIONAL_ONLY)}


def _without_arguments(function: Any) -> bool:
    return not any(
        each.default is each.empty and each.kind is not each.VAR_KEYWORD for each in _parameters(function).values()
    )
