"""The estimates of GA307: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "distinct_1_ratio",
        "different tokens relative to the data",
        "ratio",
        Better.NEITHER,
        "How many different tokens the generated records hold, divided by those in as many tokens of real ones.",
    ),
    EstimateFacts(
        "distinct_2_ratio",
        "different pairs of tokens relative to the data",
        "ratio",
        Better.NEITHER,
        "How many different pairs of tokens the generated records hold, divided by those in as many of real ones.",
    ),
    EstimateFacts(
        "distinct_3_ratio",
        "different triples of tokens relative to the data",
        "ratio",
        Better.NEITHER,
        "How many different triples of tokens the generated records hold, divided by those in as many of real ones.",
    ),
    EstimateFacts(
        "self_bleu",
        "self-BLEU",
        "share",
        Better.LOWER,
        "How much of a generated record the other generated records repeat, on average.",
        rests_on=("generated",),
    ),
    EstimateFacts(
        "self_bleu_difference",
        "self-BLEU beyond that of real records",
        "share difference",
        Better.LOWER,
        "By how much generated records repeat one another more than real ones do.",
    ),
    EstimateFacts(
        "repetition_rate",
        "share of records that repeat a run",
        "share",
        Better.NEITHER,
        "The share of generated records that hold a short run of tokens twice in a row.",
        rests_on=("generated",),
    ),
    EstimateFacts(
        "repetition_rate_difference",
        "records that repeat a run, beyond the share of real ones",
        "share difference",
        Better.NEITHER,
        "By how much that share exceeds the share of real records.",
    ),
    EstimateFacts(
        "loop_rate",
        "share of records that end in a loop",
        "share",
        Better.LOWER,
        "The share of generated records that end by repeating one short run of tokens.",
        rests_on=("generated",),
    ),
    EstimateFacts(
        "loop_rate_difference",
        "records that end in a loop, beyond the share of real ones",
        "share difference",
        Better.LOWER,
        "By how much that share exceeds the share of real records.",
    ),
    EstimateFacts(
        "entropy_rate_difference",
        "entropy per token beyond that of real records",
        "bits per token",
        Better.NEITHER,
        "How much harder a token of a generated record is to foresee than one of a real record, given those before it.",
    ),
    EstimateFacts(
        "frontier_area",
        "area under the divergence frontier",
        "share",
        Better.HIGHER,
        "How far the distributions of generated and real records overlap, from 0 (not at all) to 1 (equal).",
    ),
    EstimateFacts(
        "frontier_area_ratio",
        "area under the divergence frontier relative to a perfect generator",
        "ratio",
        Better.HIGHER,
        "That area divided by what a perfect generator would reach with as many records.",
    ),
)
"""In the order in which they are given."""
