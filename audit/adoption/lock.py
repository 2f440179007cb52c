"""Pre-registration: policy, seed and data are fixed before an audit, and the record says if they were kept."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...models.errors import UserError, one_line
from ...models.reading.regular_file import check_file
from ...reports.data_parts import DataParts
from ...reports.earlier_parts import LockPart

if TYPE_CHECKING:
    from ..policy import Policy
    from ..request import Request

MOST_BYTES = 2**20
ABOUT = (
    "What was decided before the audit, written by genai-audit policy lock. Commit this file before the run; "
    "genai-audit run --lock says in its record whether all of it was kept."
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LockedPolicy(_Strict):
    """The policy: its name, and the digest of its content."""

    name: str
    sha256: str


class Lock(_Strict):
    """What was decided; what is null was left open.

    Args:
        locked: when.
        version: of genai-audit that wrote it.
        policy: the rules.
        seed: of every random number.
        samples: to draw at most.
        only: auditors asked.
        reference: digest of the reference, as records and groups.
        holdout: digest of the holdout.
    """

    lock_version: Literal[1] = 1
    about: str = ABOUT
    locked: datetime
    version: str
    policy: LockedPolicy
    seed: Annotated[int, Field(ge=0)]
    samples: int | None = None
    only: tuple[str, ...] = ()
    reference: str | None = None
    holdout: str | None = None


def make_lock(request: "Request", policy: "Policy", *, now: datetime, version: str) -> Lock:
    """What a request would ask, fixed; its data are read as the audit would read them.

    Raises:
        UserError: if the data or the checkpoint cannot be used.
    """
    from ..real_data import real_data
    from ..subject import prepare

    if request.checkpoint:
        subject = prepare(request, lambda step, share: None)
        reference, holdout = subject.reference, subject.holdout
    else:
        reference, holdout = real_data(request, {})
    return Lock(
        locked=now,
        version=version,
        policy=LockedPolicy(name=policy.name, sha256=policy.sha256),
        seed=request.seed,
        samples=request.samples,
        only=tuple(sorted(request.only)),
        reference=None if reference is None else reference.sha256,
        holdout=None if holdout is None else holdout.sha256,
    )


def read_lock(path: Path) -> tuple[Lock, str]:
    """A lock and the digest of its file.

    Raises:
        UserError: if there is none.
    """
    what = "a lock that genai-audit policy lock wrote"
    if check_file(path, what) > MOST_BYTES:
        raise UserError(f"{path}: expected {what}, got a file of more than {MOST_BYTES:,} bytes; name another")
    try:
        content = path.read_bytes()
        return Lock.model_validate(json.loads(content)), hashlib.sha256(content).hexdigest()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UserError(f"{path}: expected {what}, got something else: {where}: {first['msg']}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: expected {what}, but it cannot be read: {one_line(error)}") from error


def kept(path: Path | None, request: "Request", policy: "Policy", data: DataParts) -> LockPart | None:
    """Whether an audit kept to a lock; None without one.

    Raises:
        UserError: if the file is no lock.
    """
    if path is None:
        return None
    lock, sha256 = read_lock(path)
    told = {
        "policy": (lock.policy.sha256, policy.sha256),
        "seed": (lock.seed, request.seed),
        "samples": (lock.samples, request.samples),
        "auditors": (list(lock.only), sorted(request.only)),
        "reference": (lock.reference, None if data.reference is None else data.reference.sha256),
        "holdout": (lock.holdout, None if data.holdout is None else data.holdout.sha256),
    }
    return LockPart(
        source=str(path),
        sha256=sha256,
        locked=lock.locked.isoformat(timespec="seconds"),
        policy_sha256=lock.policy.sha256,
        broken=tuple(_broken(told, lock)),
    )


def _broken(told: Mapping[str, tuple[Any, Any]], lock: Lock) -> list[str]:
    found = []
    for name, (locked, asked) in told.items():
        # Data that were not named when the lock was made are not part of it.
        if locked == asked or (name in ("reference", "holdout") and locked is None):
            continue
        found.append(f"{name}: locked {_short(locked)}, asked {_short(asked)}")
    return found


def _short(value: Any) -> str:
    return (
        f"{value[:12]}…"
        if isinstance(value, str) and len(value) > 12
        else "none"
        if value in (None, [])
        else f"{value}"
    )
