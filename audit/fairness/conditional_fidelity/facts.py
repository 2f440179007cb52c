"""The estimates of GA104: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "worst_fidelity",
        "the smallest share of any group's records that are what was asked for",
        "share",
        Better.HIGHER,
        "Of the group that is least often made when it is asked for: the share of records that are of it.",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "fidelity",
        "share of records that are what was asked for",
        "share",
        Better.HIGHER,
        "Of the records made when a group was asked for, the share that are of it, the classifier's errors undone.",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "ignored_condition",
        "how far requests are ignored",
        "share",
        Better.LOWER,
        "How little what is made depends on the request: 0 where that alone decides, 1 where it does not matter.",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "uneven_share",
        "share of records that would have to be of another group for even requests to be met evenly",
        "share",
        Better.LOWER,
        "All groups were asked for equally often: the total variation distance of what was made from that.",
        rests_on=("reference",),
    ),
)
"""In the order in which they are given."""
