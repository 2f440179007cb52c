"""The estimates of GA108: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "worst_gap_change",
        "the greatest change of a gap between two groups' outcomes",
        "share difference",
        Better.LOWER,
        "How far the model moved the difference between two groups' outcome rates, for the pair that it moved most.",
    ),
    EstimateFacts(
        "worst_outcome_gap",
        "the greatest gap between two groups' outcomes among generated records",
        "share difference",
        Better.NEITHER,
        "The greatest difference between two groups' outcome rates among generated records, whatever the data show.",
        ("generated",),
    ),
    EstimateFacts(
        "outcome_ratio",
        "the lowest of the groups' outcome rates relative to the highest",
        "ratio",
        Better.NEITHER,
        "The outcome rate of the group where it is lowest, divided by that of the group where it is highest.",
        ("generated",),
    ),
    EstimateFacts(
        "gap_change",
        "change of the gap between two groups' outcomes",
        "share difference",
        Better.NEITHER,
        "The difference between two groups' outcome rates among generated records, less that among real ones.",
    ),
    EstimateFacts(
        "outcome_rate",
        "outcome rate of a group among generated records",
        "share",
        Better.NEITHER,
        "The share of a group's generated records that have this level of the outcome.",
        ("generated",),
    ),
)
"""In the order in which they are given."""
