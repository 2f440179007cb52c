"""What is true of each estimate of GA204 in every run."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "code_spread",
        "how far codes of real records are apart",
        "standard deviations",
        Better.NEITHER,
        "How far the codes of real records are apart, in standard deviations of a code's own noise: near 0 where the "
        "encoder ignores what it is given.",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "code_region_share",
        "share of a region in what sets the code",
        "share",
        Better.NEITHER,
        "The share of one region in what the encoder makes of a real record.",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "code_border_share",
        "share of the border in what sets the code",
        "share",
        Better.LOWER,
        "The share of the edge of records in what the encoder makes of them.",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "worst_region_error",
        "error of reconstruction of the worst group in its worst region above the others'",
        "times the mean error",
        Better.LOWER,
        "By how much the error of one group in one region exceeds that of the other groups there, where it does so "
        "most, in multiples of the mean error.",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "error_region_gap",
        "difference between groups in where reconstruction fails",
        "cosine distance",
        Better.LOWER,
        "How differently the errors of reconstruction lie in the group that differs most: 0 where they lie where the "
        "other groups' do, 1 where the two have nothing in common.",
        rests_on=("reference",),
    ),
)
