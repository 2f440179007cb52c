"""The estimates of GA105: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "worst_learned_gap_change",
        "the most that any gap between groups widens when a learner is trained on generated records",
        "share difference",
        Better.LOWER,
        "The largest of all changes of gaps between groups, when learners are trained on generated records instead of "
        "real ones.",
        rests_on=("generated", "reference", "holdout"),
    ),
    EstimateFacts(
        "learned_gap_change",
        "how much a gap between groups widens when a learner is trained on generated records",
        "share difference",
        Better.LOWER,
        "A gap between groups after training on generated records, minus the same gap after training on real ones.",
    ),
    EstimateFacts(
        "accuracy_change",
        "accuracy gained by training on generated records instead of real ones",
        "share difference",
        Better.HIGHER,
        "The share of real people for whom the prediction is right after training on generated records, minus that "
        "after training on as many real ones.",
    ),
)
"""In the order in which they are given."""
