"""What is true of each estimate of GA405 in every run."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "canary_auc",
        "chance that a planted canary is more familiar than one held out",
        "probability",
        Better.LOWER,
        "The chance that the model finds a planted canary more familiar than one that was drawn alike and held out: "
        "one half where nothing was learned by heart.",
        rests_on=(),
    ),
    EstimateFacts(
        "guess_accuracy",
        "share of right guesses about which canaries were planted",
        "share",
        Better.LOWER,
        "The share of right ones of the guesses, fixed in number before the model was seen, of which canaries were "
        "in the training data.",
        rests_on=(),
    ),
    EstimateFacts(
        "epsilon_lower_bound",
        "lower bound of the training algorithm's privacy loss",
        "ε",
        Better.LOWER,
        "The largest ε for which these right guesses show at the 5 % level that the training algorithm is not (ε, "
        "δ)-differentially private. A claim about the algorithm; 0 shows nothing.",
        rests_on=(),
    ),
    EstimateFacts(
        "highest_exposure",
        "exposure of the most familiar planted canary",
        "bits",
        Better.LOWER,
        "By how many bits the rank of the most familiar planted canary, among those held out, lies below a random one.",
        rests_on=(),
    ),
)
