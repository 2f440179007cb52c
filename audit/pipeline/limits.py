"""How far an audit may draw: samples, time, and where those of a slow model are kept."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...models.errors import UserError
from ..evidence.plan import Plan
from .drawing import Limits

if TYPE_CHECKING:
    from ..evidence.samples.kept import KeptDraws
    from ..request import Request
    from ..subject import Subject

BUDGET = 8 * 60.0
"""Seconds of drawing and looking by default: with what comes before and after, an audit ends within ten minutes."""


def limits_of(request: "Request", subject: "Subject", plan: Plan, files: tuple[str | None, str | None]) -> Limits:
    """How far the samples of a model may be drawn; `files` from `code_and_prompts`."""
    budget = BUDGET if request.budget is None else request.budget
    if not isinstance(request.checkpoint, str):
        if request.resume:
            raise UserError(
                "--resume: expected a checkpoint with files, got a model in memory, whose samples are not kept"
            )
        return Limits(plan.n, budget, looks=request.looks)
    if request.looks is False:
        if request.resume:
            raise UserError(
                "--resume: expected an audit with looks, whose samples are kept, got --no-looks; leave out one"
            )
        return Limits(plan.n, budget, looks=False)
    question = _question(request, subject, plan, files)
    return Limits(plan.n, budget, lambda: _kept(question, resume=request.resume), request.resume, request.looks)


def _kept(question: dict[str, Any], *, resume: bool) -> "KeptDraws":
    from ...models.checkpoints.cache import cache_folder
    from ..evidence.samples.kept import kept_draws

    return kept_draws(cache_folder() / "draws", question, resume=resume)


def _question(
    request: "Request", subject: "Subject", plan: Plan, files: tuple[str | None, str | None]
) -> dict[str, Any]:
    """Whatever decides the samples; the digest of an adapter covers its base model."""
    from ..commands.environment import versions

    loader, prompts = files
    return {
        "checkpoint": [subject.checkpoint.name, subject.checkpoint.sha256],
        "family": subject.checkpoint.family,
        "loader": [request.loader, loader],
        "prompts": prompts,
        "options": [request.steps, request.tokens, request.safety_checker],
        "seed": plan.seed,
        "device": request.device,
        "versions": versions(),
    }


def code_and_prompts(request: "Request") -> tuple[str | None, str | None]:
    """SHA-256 of the loader's file and of the prompts, taken before any of the user's code may change the folder.

    None where there is no such file: what is wrong with it, whoever opens it says.
    """
    loader = None if request.loader is None else Path(request.loader.rpartition(":")[0])
    return _digest(loader), _digest(request.prompts)


def _digest(path: Path | None) -> str | None:
    try:
        return None if path is None else hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
