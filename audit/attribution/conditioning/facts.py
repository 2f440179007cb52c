"""The estimates of GA205: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "unmoved_conditions",
        "values of a condition that move nothing",
        "count",
        Better.LOWER,
        "How many of the values that a model can be asked for leave its output as it is: it ignores them.",
        rests_on=(),
    ),
    EstimateFacts(
        "condition_effect",
        "how far the condition moves the output",
        "share",
        Better.NEITHER,
        "Of the mean distance between outputs asked for differently, the share that outputs asked for alike lack: 0 "
        "where the condition is ignored, 1 where it alone decides.",
        rests_on=(),
    ),
    EstimateFacts(
        "same_noise_distance",
        "distance that the condition moves an output of the same noise",
        "ratio",
        Better.NEITHER,
        "How far an output moves when only the condition changes, relative to changing the noise as well.",
        rests_on=(),
    ),
    EstimateFacts(
        "condition_share",
        "share of a condition in all that conditions move",
        "share",
        Better.NEITHER,
        "Of the distance by which all conditions together move the output, the share of one.",
        rests_on=(),
    ),
    EstimateFacts(
        "step_effect",
        "share of a window of steps in what the condition moves",
        "share",
        Better.NEITHER,
        "Of the squared change of the output where one window of steps alone is told another value, its share.",
        rests_on=(),
    ),
)
"""In the order in which they are given."""
