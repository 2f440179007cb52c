"""`--group-classifier FILE.py:FUNCTION`: the user's own code that tells the groups of records.

The function takes records and returns a name of a group for each, or probabilities (n, K) of the K groups that its
attribute `names` lists. Further attributes are optional: `attribute`, what tells the groups apart, and `words`, what it
is, for readers. It may have learned from the reference, so its errors are counted on other records.
"""

import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..adapters.loader import import_named, run_named, split_name
from ..digests import file_sha256
from ..encoders.encoder import EncoderError
from ..errors import UserError
from ..records import take

OPTION = "--group-classifier"

BLOCK = 256
"""Records handed over at once."""

SUM = 1e-3
"""How far probabilities of a record may be from summing to 1."""


class GroupClassifierError(EncoderError):
    """A group classifier that cannot be used, or that failed at its work; the message is one line and ends an audit."""


@dataclass(frozen=True, slots=True)
class Errors:
    """How often a judge takes members of each group for each: int64 (K, K), true by told; `counted_on` in words."""

    confusion: NDArray[np.int64]
    counted_on: str


@dataclass(frozen=True, slots=True)
class GroupFunction:
    """The user's function, as it was named or given.

    Args:
        call: the function.
        name: what messages call it.
        file: where it stands.
        digest: SHA-256 of its code.
    """

    call: Callable[..., Any]
    name: str
    file: Path
    digest: str

    @property
    def names(self) -> tuple[str, ...] | None:
        """The groups that it says it tells apart; None where it does not say."""
        given = getattr(self.call, "names", None)
        return None if given is None or callable(given) else tuple(str(name) for name in given)

    @property
    def attribute(self) -> str | None:
        """What it says that tells the groups apart."""
        given = getattr(self.call, "attribute", None)
        return given if isinstance(given, str) and given else None


@dataclass(frozen=True, slots=True)
class UserClassifier:
    """A judge of groups that is the user's function.

    Args:
        function: what tells.
        attribute: what tells the groups apart.
        names: the K groups.
        sample_rate: of audio.
        errors: counted on labelled records that it never saw, by attribute; empty without such.
    """

    function: GroupFunction
    attribute: str
    names: tuple[str, ...]
    sample_rate: int | None = None
    errors: Mapping[str, Errors] = field(default_factory=dict)

    @property
    def knows_reference(self) -> bool:
        """It may have learned from the reference; nobody can tell."""
        return True

    @property
    def words(self) -> str:
        """What it is, for a reader."""
        said = getattr(self.function.call, "words", None)
        more = f"{said[:200]}; " if isinstance(said, str) and said.strip() else ""
        return f"by the user's {self.function.name} ({more}SHA-256 {self.function.digest[:12]}…)"

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the groups, by attribute."""
        return {self.attribute: self.names}

    def told(
        self, sets: Sequence[Any], *, reference: int, progress: Callable[[float], None]
    ) -> Mapping[str, Sequence[tuple[NDArray[np.int64], NDArray[np.float32]]]]:
        """The group of every record and its probability (1 where only names are told), for each set.

        Raises:
            GroupClassifierError: if the function fails, or gives anything but a group for each record.
        """
        total, done, result = max(1, sum(len(each) for each in sets)), 0, []
        for records in sets:
            values = [np.empty(0, dtype=np.int64)]
            probable = [np.empty(0, dtype=np.float32)]
            for start in range(0, len(records), BLOCK):
                part = take(records, np.arange(start, min(start + BLOCK, len(records))))
                told, likely = self._block(part)
                values.append(told)
                probable.append(likely)
                done += len(part)
                progress(done / total)
            result.append((np.concatenate(values), np.concatenate(probable)))
        return {self.attribute: result}

    def _block(self, records: Any) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        given = self._called(records)
        n = len(records)
        array = given if isinstance(given, np.ndarray) else _array(given)
        if array is None or len(array) != n or array.ndim > 2:
            shape = type(given).__name__ if array is None else " × ".join(map(str, array.shape))
            raise self._wrong(f"a name of a group for each of {n} records, or probabilities ({n}, K), got {shape}")
        return self._of_probabilities(array) if array.ndim == 2 else self._of_names(array)

    def _called(self, records: Any) -> Any:
        function = self.function
        more = {"sample_rate": self.sample_rate} if "sample_rate" in _parameters(function.call) else {}
        what = f"{function.name.rpartition(':')[2]} on {len(records)} records"
        try:
            return run_named(lambda: function.call(records, **more), function.file, what)
        except UserError as error:
            # Its own kind of mistake, so that it ends the audit instead of one finding.
            raise GroupClassifierError(str(error)) from error

    def _of_names(self, array: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        if any(_undefined(each) for each in array.tolist()):
            raise self._wrong("a name of a group for each record, got one without a value (None or NaN)")
        places = {name: k for k, name in enumerate(self.names)}
        texts = [_text(each) for each in array.tolist()]
        unseen = sorted({text for text in texts if text not in places})
        if unseen:
            raise self._wrong(f"groups of {self.attribute} ({_some(self.names)}), got {_some(unseen)}; name them alike")
        return np.array([places[text] for text in texts], dtype=np.int64), np.ones(len(texts), dtype=np.float32)

    def _of_probabilities(self, array: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        names = self.function.names
        if names is None:
            raise self._wrong(
                "FUNCTION.names, the names of the columns of its probabilities, got none; set it below the function"
            )
        try:
            numbers = np.asarray(array, dtype=np.float64)
        except (TypeError, ValueError):
            raise self._wrong("probabilities as numbers, got other values") from None
        if numbers.shape[1] != len(names):
            raise self._wrong(
                f"a probability for each of its {len(names)} names ({_some(names)}), got {numbers.shape[1]} columns"
            )
        if not np.isfinite(numbers).all():
            raise self._wrong("finite probabilities, got NaN or infinity")
        sums = numbers.sum(axis=1)
        worst = int(np.abs(sums - 1).argmax())
        if numbers.min() < 0 or abs(sums[worst] - 1) > SUM:
            raise self._wrong(
                f"probabilities of at least 0 that sum to 1, got a row from {numbers[worst].min():.3g} to "
                f"{numbers[worst].max():.3g} that sums to {sums[worst]:.4g}; apply a softmax"
            )
        order = np.array([self.names.index(name) for name in names], dtype=np.int64)
        return order[numbers.argmax(axis=1)], numbers.max(axis=1).astype(np.float32)

    def _wrong(self, said: str) -> GroupClassifierError:
        return GroupClassifierError(f"{OPTION} {self.function.name}: expected {said}")


def open_function(given: Any) -> GroupFunction:
    """The user's function.

    Args:
        given: `FILE.py:FUNCTION`, or a function.

    Raises:
        UserError: if there is none of that name, or its file fails.
    """
    if isinstance(given, str):
        file, function = split_name(given, OPTION, "groups.py:tell")
        return GroupFunction(import_named(file, function), f"{file.name}:{function}", file, file_sha256(file))
    name = str(getattr(given, "__name__", type(given).__name__))
    try:
        source, place = inspect.getsource(given), Path(inspect.getsourcefile(given) or name)
    except (TypeError, OSError):
        source, place = name, Path(name)
    return GroupFunction(given, name, place, hashlib.sha256(source.encode("utf-8", "replace")).hexdigest())


def confusion_of(truth: NDArray[np.int64], told: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """How often members of each of K groups were told to be of each, int64 (K, K), true by told."""
    confusion = np.zeros((groups, groups), dtype=np.int64)
    np.add.at(confusion, (truth, told), 1)
    return confusion


def _array(given: Any) -> NDArray[Any] | None:
    """What can be iterated over as an array; None for anything else, such as a text or a number."""
    if isinstance(given, str | bytes | Mapping) or not hasattr(given, "__len__"):
        return None
    if hasattr(given, "detach"):  # a tensor
        given = given.detach().cpu()
    try:
        array = np.asarray(given)
    except ValueError:
        return None
    return array if array.ndim else None


def _undefined(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def _parameters(function: Any) -> Mapping[str, Any]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
