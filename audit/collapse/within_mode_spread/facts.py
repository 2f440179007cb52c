"""The estimates of GA305: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "spread_ratio",
        "spread within modes relative to the data",
        "ratio",
        Better.NEITHER,
        "How far generated samples lie from the middle of their mode, relative to real ones, over all modes.",
    ),
    EstimateFacts(
        "smallest_spread_ratio",
        "the smallest spread of any mode relative to the data",
        "ratio",
        Better.HIGHER,
        "The spread of the mode that shrank most, relative to the data.",
    ),
    EstimateFacts(
        "largest_spread_ratio",
        "the largest spread of any mode relative to the data",
        "ratio",
        Better.LOWER,
        "The spread of the mode that grew most, relative to the data.",
    ),
)
"""In the order in which they are given."""
