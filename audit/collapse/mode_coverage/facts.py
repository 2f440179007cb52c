"""The estimates of GA301: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "thinnest_mode_ratio",
        "the smallest share of any mode relative to the data",
        "ratio",
        Better.HIGHER,
        "The share of generated samples in the most neglected mode, divided by that mode's share of the data.",
    ),
    EstimateFacts(
        "missing_modes",
        "modes that are missing",
        "count",
        Better.LOWER,
        "How many modes get less than a tenth of their share of the data.",
    ),
    EstimateFacts(
        "lost_mass",
        "share of the data in modes that get too little",
        "share",
        Better.LOWER,
        "The share of the data that lies in what the generator leaves out, summed over all modes that get too little.",
    ),
    EstimateFacts(
        "mode_share_ratio",
        "share of a mode relative to the data",
        "ratio",
        Better.NEITHER,
        "The share of generated samples in one mode, divided by that mode's share of the data.",
    ),
)
"""In the order in which they are given."""
