"""The estimates of GA304: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "effective_number",
        "effective number of different records",
        "count",
        Better.HIGHER,
        "How many equally frequent and wholly different records would be as varied as the generated ones.",
    ),
    EstimateFacts(
        "effective_number_ratio",
        "effective number of different records relative to real data",
        "ratio",
        Better.HIGHER,
        "The effective number of generated records, divided by that of as many real ones.",
    ),
    EstimateFacts(
        "duplicate_rate",
        "share of records that are exact repeats",
        "share",
        Better.LOWER,
        "The share of generated records that have an exact copy among as many generated ones as there are real ones.",
        rests_on=("generated",),
    ),
    EstimateFacts(
        "duplicate_excess",
        "exact repeats beyond those of real data",
        "share difference",
        Better.LOWER,
        "By how much the share of exact repeats exceeds that among real records.",
    ),
)
"""In the order in which they are given."""
