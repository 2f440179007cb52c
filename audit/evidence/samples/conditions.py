"""What a model is asked for, sample by sample: its prompts in turn, where it has some, so that each gets its share."""

from typing import Any

import numpy as np

from ....models.records import Attribute

PROMPT = "prompt"
"""The attribute of generated records that says which prompt made them."""


def asked_for(model: Any, first: int, n: int) -> dict[str, Any]:
    """The condition of samples `first` to `first + n`, as an argument of `sample`; none where a model has no prompts.

    Sample i is asked for with prompt i modulo their number, whatever the size of a call.
    """
    prompts = _prompts(model)
    return {"condition": [prompts[i % len(prompts)] for i in range(first, first + n)]} if prompts else {}


def attributes_of(model: Any, n: int) -> dict[str, Attribute]:
    """Which prompt made each of the first n samples."""
    prompts = _prompts(model)
    # Equal prompts make one group.
    names = tuple(dict.fromkeys(prompts))
    places = {name: place for place, name in enumerate(names)}
    values = np.array([places[each] for each in prompts], dtype=np.int64)
    return {PROMPT: Attribute(names, np.resize(values, n))} if prompts else {}


def _prompts(model: Any) -> tuple[str, ...]:
    return tuple(getattr(model, "prompts_in_turn", ()))
