"""What is true of each estimate of GA402 in every run."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "copy_excess",
        "generated records that match training records beyond chance",
        "share difference",
        Better.LOWER,
        "The share of generated records whose nearest real record is a training record rather than a held-out one more "
        "often than chance has it, among those that lie closest to any real record: 0 for a model that copies nothing.",
        rests_on=("reference", "holdout"),
    ),
    EstimateFacts(
        "near_copy_excess",
        "near-copies of training records beyond held-out records' rate",
        "share difference",
        Better.LOWER,
        "The share of generated records that lie as close to a training record as the closest hundredth of training "
        "records do to each other, less the share of held-out records that do.",
        rests_on=("generated", "holdout"),
    ),
    EstimateFacts(
        "exact_copy_excess",
        "exact copies of training records beyond real records' own rate",
        "share difference",
        Better.LOWER,
        "The share of generated records that equal a training record in everything, less the share of held-out records "
        "that do, or, without these, of training records that equal another one.",
    ),
    EstimateFacts(
        "authentic_share",
        "records further from their nearest training record than that one from its nearest other",
        "share",
        Better.HIGHER,
        "The share of generated records further from their nearest training record than that one is from its nearest "
        "other training record; beside it stands what held-out records show, which is not 1.",
        rests_on=("generated", "holdout"),
    ),
    EstimateFacts(
        "nearer_training_share",
        "records nearer to the training data than to the holdout",
        "share",
        Better.LOWER,
        "The share of all generated records nearer to a training than to a held-out record; by chance it is the share "
        "of training records among all real ones.",
        rests_on=("reference", "holdout"),
    ),
    EstimateFacts(
        "data_copying",
        "distance from the training data beside that of held-out records",
        "standard deviations",
        Better.HIGHER,
        "How much further than held-out records generated ones lie from the training data, averaged over regions and "
        "in standard deviations of a perfect generator: far below 0 for copies; above 0 for a model that strays, which "
        "is no copying.",
        rests_on=("generated", "holdout"),
    ),
)
