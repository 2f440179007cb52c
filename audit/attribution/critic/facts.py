"""What is true of each estimate of GA202 in every run."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "critic_gap",
        "critic's scores of real records above those of generated ones",
        "standard deviations",
        Better.NEITHER,
        "By how much the critic scores real records higher than generated ones, in standard deviations of its scores.",
        rests_on=("generated", "reference"),
    ),
    EstimateFacts(
        "region_share",
        "share of a region in the critic's reason",
        "share",
        Better.NEITHER,
        "The share of one region in the difference between what regions do to the scores of generated and of real "
        "records.",
        rests_on=("generated", "reference"),
    ),
    EstimateFacts(
        "border_share",
        "share of the border in the critic's reason",
        "share",
        Better.LOWER,
        "The share of the edge of records in that difference, where no record should be told.",
        rests_on=("generated", "reference"),
    ),
    EstimateFacts(
        "reason_gap",
        "difference between groups in the critic's reason",
        "cosine distance",
        Better.LOWER,
        "How differently the regions that tell generated records lie in the group that differs most: 0 where they are "
        "those of the other groups, 1 where the two have nothing in common.",
        rests_on=("generated", "reference"),
    ),
)
