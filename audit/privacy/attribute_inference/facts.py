"""What is true of each estimate of GA407 in every run."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "worst_inference_excess",
        "largest excess of right guesses about people in the training data",
        "share difference",
        Better.LOWER,
        "For the column that the generated records give away most, by either attack: the share of people in the "
        "training data whose value is guessed right, of those of whom the same guess would fail had their record not "
        "been learned from.",
        rests_on=("reference", "holdout"),
    ),
    EstimateFacts(
        "inference_excess",
        "excess of right guesses about a column of people in the training data",
        "share difference",
        Better.LOWER,
        "The same of one column guessed by the nearest generated record: (hits on training records − hits on held-out "
        "ones) / (1 − hits on held-out ones).",
        rests_on=("reference", "holdout"),
    ),
    EstimateFacts(
        "learned_inference_excess",
        "excess of right guesses by a learner about a column of people in the training data",
        "share difference",
        Better.LOWER,
        "The same of one column guessed by a learner that was fitted to the generated records.",
        rests_on=("reference", "holdout"),
    ),
)
