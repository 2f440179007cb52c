"""What is true of each estimate of GA400 in every run."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "blind_auc",
        "area under the curve of a classifier of training and held-out records that never saw the model",
        "share",
        Better.LOWER,
        "How often a classifier that knows nothing of the model scores a training record above a held-out one: 0.5 "
        "where the split was drawn at random.",
        rests_on=("reference", "holdout"),
    ),
    EstimateFacts(
        "overlap_excess",
        "held-out records that equal a training record, beyond a random split",
        "share difference",
        Better.LOWER,
        "The share of held-out records that equal a training record, less the share that a random split of the same "
        "records would show.",
        rests_on=(),
    ),
    EstimateFacts(
        "near_overlap_excess",
        "held-out records very near to a training record, beyond training records' own rate",
        "share difference",
        Better.LOWER,
        "The share of held-out records that lie as close to a training record as the closest hundredth of training "
        "records do to each other, less the share of training records that do.",
        rests_on=("reference", "holdout"),
    ),
    EstimateFacts(
        "order_drift",
        "correlation of training records' order with their likeness to the holdout",
        "correlation",
        Better.NEITHER,
        "Whether training records look more like held-out ones towards the end of the data (below 0) or towards the "
        "beginning (above 0), as where a holdout was cut off from data that drift.",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "certifiable_rate",
        "smallest rate of false alarms that the holdout can certify",
        "share",
        Better.LOWER,
        "No rate of false alarms below this one can be certified at 95 %, however a test does on the holdout.",
        rests_on=(),
    ),
)
