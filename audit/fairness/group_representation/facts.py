"""The estimates of GA101: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "share",
        "share of generated samples",
        "share",
        Better.NEITHER,
        "The share of generated samples in the group, corrected for the errors of the group classifier.",
    ),
    EstimateFacts(
        "share_ratio",
        "share relative to its target",
        "ratio",
        Better.NEITHER,
        "The group's share divided by the share that it should have.",
    ),
    EstimateFacts(
        "worst_share_ratio",
        "the smallest share of any group relative to its target",
        "ratio",
        Better.HIGHER,
        "The smallest of the groups' shares relative to their targets.",
    ),
    EstimateFacts(
        "total_variation",
        "total variation distance from the target shares",
        "share",
        Better.LOWER,
        "The share of samples that would have to belong to another group for every group to meet its target.",
    ),
    EstimateFacts(
        "uncorrected_share",
        "share as the group classifier counted it, uncorrected",
        "share",
        Better.NEITHER,
        "The share that the group classifier counted, its errors left in.",
    ),
)
"""In the order in which they are given."""
