"""What a model made of prompts: they were in turn, so every generated record answers one."""

import re

import numpy as np

from ..bundle import Evidence, Groups
from ..samples.conditions import PROMPT
from ..unavailable import Unmeasured
from .kind import PROMPT as BY_PROMPT
from .kind import Conditioned


def by_prompts(so_far: Evidence) -> tuple[Conditioned, ...]:
    """The group of every generated record beside the prompt that it answers, one entry an attribute.

    Raises:
        Unmeasured: if nothing tells which groups the records are of.
    """
    if not so_far.groups:
        reason = so_far.unmeasured.get("groups", so_far.absent.get("groups", "there are no groups"))
        raise Unmeasured(f"the model was asked with prompts, but nothing tells what it made of them: {reason}")
    prompts = so_far.generated.attributes[PROMPT]
    return tuple(_of(each, prompts.names, prompts.values) for each in so_far.groups)


def _of(groups: Groups, prompts: tuple[str, ...], asked: np.ndarray) -> Conditioned:
    names = groups.names if not groups.confusion.any() else groups.told_apart
    return Conditioned(
        attribute=groups.attribute,
        how=BY_PROMPT,
        requests=prompts,
        wanted=np.array([named(prompt, groups.told_apart) for prompt in prompts], dtype=np.int64),
        names=names,
        asked=asked[: len(groups.predicted)],
        made=groups.predicted,
        more=True,
    )


def named(prompt: str, groups: tuple[str, ...]) -> int:
    """The one group that a prompt names as a word of its own, whatever its case; −1 for none, or for several."""
    found = [
        place
        for place, name in enumerate(groups)
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", prompt, flags=re.IGNORECASE)
    ]
    return found[0] if len(found) == 1 else -1
