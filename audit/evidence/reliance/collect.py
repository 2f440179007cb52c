"""Collect what gaps between groups rest on: prompts with exchanged slots, and columns of tables."""

from collections.abc import Callable, Iterator
from functools import partial

from ..bundle import Evidence
from ..explained.kind import CheckedMap
from ..plan import Plan
from ..unavailable import Partial, Unavailable, Unmeasured
from .checking import checked_prompts
from .kind import PromptReliance, Reliance
from .melodies import of_melodies
from .prompt_sets import PromptSet, chosen, our_sets
from .prompted import knows, prompted
from .tables import of_columns

NEEDS = ("groups", "outcomes")

WITHOUT_DRAWS = True
"""What prompts show depends on the model alone; columns are looked at once, when all samples are drawn."""


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Partial:
    """Sets of prompts for texts; attributes for melodies; outcomes and attributes for tables. Missing parts say why.

    Raises:
        Unavailable: if the records are neither, or there is nothing to ask.
        Unmeasured: if nothing could be measured.
        UserError: if a file of prompts cannot be used.
    """
    match plan.modality:
        case "text":
            return _prompts(plan, progress)
        case "tabular":
            columns, missing = of_columns(plan, so_far, progress)
            return Partial(Reliance(columns=columns), missing)
        case "music":
            melodies, maps, missing = of_melodies(plan, so_far, progress)
            return Partial(Reliance(prompts=melodies, checked=maps), missing)
        case other:
            raise Unavailable(
                f"slots of prompts are exchanged for models of texts and melodies, and columns for tables; not {other}"
            )


def _prompts(plan: Plan, progress: Callable[[float], None]) -> Partial:
    if plan.model is None:
        raise Unavailable("only samples were given: without the model no slot of a prompt can be exchanged")
    found: list[PromptReliance] = []
    checked: list[CheckedMap | None] = []
    missing: dict[str, Unavailable | Unmeasured] = {}
    sets = list(_sets(plan))
    for at, each in enumerate(sets):
        try:
            evidence, known = prompted(plan.model, each, partial(_told, progress, at, len(sets)))
            found.append(evidence)
            checked.append(checked_prompts(plan.model, known, plan.seed))
        except Unmeasured as reason:
            missing[f"prompts of {each.name}"] = reason
    if not found:
        raise next(iter(missing.values()))
    return Partial(Reliance(prompts=tuple(found), checked=tuple(each for each in checked if each is not None)), missing)


def _told(progress: Callable[[float], None], at: int, of: int, share: float) -> None:
    progress((at + share) / of)


def _sets(plan: Plan) -> Iterator[PromptSet]:
    """The user's sets, else the first of our own whose words the model knows.

    Raises:
        Unavailable: if there is none.
    """
    if plan.probes:
        try:
            yield from chosen(plan.probes)
        except LookupError as why:
            raise Unavailable(f"no slots of prompts to exchange: {why}; see docs/guide/fairness.md") from None
        return
    for each in our_sets():
        if knows(plan.model, each):
            yield each
            return
    raise Unavailable("the model knows the words of none of our own prompts: give some in its language with --probes")
