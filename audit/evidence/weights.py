"""Collect what is known of a checkpoint's weights, with proof that the audit left model and files as they were."""

from collections.abc import Callable
from dataclasses import replace

from ...models.checkpoints.weight_facts import WeightFacts
from .bundle import Evidence
from .decoding import networks, state_digest
from .plan import Plan
from .unavailable import Unavailable

NEEDS = ()
WITHOUT_DRAWS = True


def before(plan: Plan) -> tuple[str, str]:
    """Digests of the model's state and of the files as they were opened.

    The files are not read again for that: large ones take long.
    """
    files = plan.fingerprint
    opened = None if files is None else files.opened
    return state_digest(networks(plan.model)), opened or _files_now(plan)


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> WeightFacts:
    """What is known of the weights, with digests from before and after the model was used.

    Raises:
        Unavailable: if there are samples only.
    """
    if plan.inspect is None:
        raise Unavailable("only samples were given: there are no weights to look at")
    state, files = plan.before["weights"]
    facts = plan.inspect()
    return replace(
        facts,
        state_before=state,
        state_after=state_digest(networks(plan.model)),
        file_before=files,
        file_after=_files_now(plan),
    )


def _files_now(plan: Plan) -> str:
    """SHA-256 of the checkpoint as it lies there; empty where there are no files."""
    return "" if plan.fingerprint is None else plan.fingerprint.now()
