"""Collect the features of every further encoder: auditors that compare features are asked again on each."""

from collections.abc import Callable

from ..bundle import Evidence, Features
from ..plan import Plan
from ..unavailable import Unavailable, needed
from .collect import features_by

NEEDS = ("features",)


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> tuple[Features, ...]:
    """The features by all encoders but the first, in the order in which they were named.

    Raises:
        Unavailable: if one encoder at most was named, or there is no reference.
        EncoderError: if an encoder fails.
    """
    needed(so_far, "features")
    further = plan.encoders[1:]
    if not further:
        raise Unavailable("no further encoder was named")

    def told(index: int) -> Callable[[float], None]:
        return lambda share: progress((index + share) / len(further))

    return tuple(
        features_by(
            each,
            generated=so_far.generated,
            reference=so_far.reference,
            holdout=so_far.holdout,
            progress=told(index),
        )
        for index, each in enumerate(further)
    )
