"""The estimates of GA102: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "worst_cell_ratio",
        "the smallest share of any combination of groups relative to the data",
        "ratio",
        Better.HIGHER,
        "The smallest share of any combination of groups with enough real records, relative to its real share.",
    ),
    EstimateFacts(
        "cell_total_variation",
        "total variation distance from the data's shares of combinations of groups",
        "share",
        Better.LOWER,
        "The share of samples that would have to be of another combination of groups to meet the real shares of all.",
    ),
    EstimateFacts(
        "cell_ratio",
        "share of a combination of groups relative to the data",
        "ratio",
        Better.NEITHER,
        "The share of a combination of groups among generated samples, divided by its real share.",
    ),
)
"""In the order in which they are given."""
