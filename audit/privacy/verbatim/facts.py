"""What is true of each estimate of GA404 in every run."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "reproduction_rate",
        "share of records that reproduce a training record",
        "share",
        Better.LOWER,
        "The share of generated records, under the stated sampling, that have more in common with one training record "
        "than all but a few records that the model did not learn from.",
        rests_on=("generated",),
    ),
    EstimateFacts(
        "reproduction_excess",
        "reproduction of training records beyond chance",
        "share difference",
        Better.LOWER,
        "By how much that share exceeds what records that the model did not learn from show.",
    ),
    EstimateFacts(
        "near_reproduction_rate",
        "share of records that nearly reproduce a training record",
        "share",
        Better.LOWER,
        "The same share where small differences are allowed: a few other tokens in a run, a perceptual hash in place "
        "of pixels, numbers that are nearly equal.",
        rests_on=("generated",),
    ),
    EstimateFacts(
        "near_reproduction_excess",
        "near-reproduction of training records beyond chance",
        "share difference",
        Better.LOWER,
        "By how much that share exceeds what records that the model did not learn from show.",
    ),
    EstimateFacts(
        "long_run",
        "length of a run in common that one record in twenty reaches",
        None,
        Better.NEITHER,
        "The length of the longest run in common with a training record that one generated record in twenty reaches.",
        rests_on=("generated",),
    ),
    EstimateFacts(
        "reproduced_share",
        "share of the generated text or music in runs longer than chance",
        "share",
        Better.LOWER,
        "The share of generated words, characters or intervals that lie in runs in common with training records that "
        "are longer than chance.",
        rests_on=("generated",),
    ),
    EstimateFacts(
        "extractable_share",
        "share of training records that can be extracted",
        "share",
        Better.LOWER,
        "The share of training records whose second half the model writes out, word for word, with chance p or more "
        "within n tries, if it is given the first half.",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "extraction_excess",
        "extractable training records beyond held-out ones",
        "share difference",
        Better.LOWER,
        "By how much that share exceeds that of held-out records, which the model can only guess.",
        rests_on=("reference", "holdout"),
    ),
)
