"""What is true of each estimate of GA401 in every run."""

from ...finding import Better, EstimateFacts

_REAL = ("reference", "holdout")

ESTIMATES = (
    EstimateFacts(
        "membership_auc",
        "area under the curve of training and unseen records by the model's scores",
        "share",
        Better.LOWER,
        "How often a training record scores higher than a record that the model never saw, ties counting half: 0.5 is "
        "chance.",
        rests_on=_REAL,
    ),
    EstimateFacts(
        "calibrated_membership_auc",
        "area under the curve of training and unseen records, a base model's scores taken off",
        "share",
        Better.LOWER,
        "How often a training record scores higher than an unseen one where the scores of a base model are taken off, "
        "so that records which are likely to any model do not blur the answer.",
        rests_on=_REAL,
    ),
    EstimateFacts(
        "membership_excess",
        "excess of the area over that of a classifier that never saw the model",
        "share difference",
        Better.LOWER,
        "By how much the area of the model's scores exceeds that of a classifier that saw the records and not the "
        "model; reported where that classifier tells the two sets apart.",
        rests_on=_REAL,
    ),
    EstimateFacts(
        "membership_tpr",
        "share of training records that stand out beyond nearly all unseen ones",
        "share",
        Better.LOWER,
        "The share of training records above a threshold that, for certain, at most one unseen record in a hundred "
        "exceeds.",
        rests_on=_REAL,
    ),
    EstimateFacts(
        "membership_ppv",
        "share of training records among those that stand out",
        "share",
        Better.LOWER,
        "Of records above that threshold, the share that were training records if as many unseen ones were tried.",
        rests_on=_REAL,
    ),
    EstimateFacts(
        "generated_as_members",
        "share of generated records that stand out as training records do",
        "share",
        Better.NEITHER,
        "The share of generated records above the same threshold: being generated alone must not make a member.",
        rests_on=("generated", "holdout"),
    ),
)
