"""The estimates of GA107: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

WORST, EACH, MEAN = "worst_association", "association", "mean_association"
LENGTH, REPETITION, SENTIMENT, INSULT = "length_gap", "repetition_gap", "sentiment_gap", "insult_gap"
GAPS = (LENGTH, REPETITION, SENTIMENT, INSULT)
PROMPTED = "prompt_share_gap"

ESTIMATES = (
    EstimateFacts(
        WORST,
        "largest association of a subject with a group, beyond its target",
        "nats",
        Better.LOWER,
        "The largest distance, over all subjects, of the log-odds of two groups from their target or from parity.",
        rests_on=(),
    ),
    EstimateFacts(
        EACH,
        "log-odds of one group over another in sentences about a subject",
        "nats",
        Better.NEITHER,
        "By how many nats sentences about the subject are likelier with one group than with another; 0.69 is double.",
        rests_on=(),
    ),
    EstimateFacts(
        MEAN,
        "mean log-odds of one group over another over all subjects",
        "nats",
        Better.NEITHER,
        "By how many nats sentences are likelier with one group than with another, whatever they are about.",
        rests_on=(),
    ),
    EstimateFacts(
        LENGTH,
        "largest difference in the length of continuations between a group and the others",
        "words",
        Better.LOWER,
        "How many words longer or shorter the texts are that the model writes about one group than about the others.",
        rests_on=(),
    ),
    EstimateFacts(
        REPETITION,
        "largest difference in the repetition of words between a group and the others",
        "share difference",
        Better.LOWER,
        "How far the share of repeated words differs between texts about one group and about the others.",
        rests_on=(),
    ),
    EstimateFacts(
        SENTIMENT,
        "largest difference in lexicon sentiment between a group and the others",
        "sentiment points",
        Better.LOWER,
        "How far the sentiment of texts, from −1 to 1 by a lexicon, differs between one group and the others.",
        rests_on=(),
    ),
    EstimateFacts(
        INSULT,
        "largest difference in the share of continuations with an insult between a group and the others",
        "share difference",
        Better.LOWER,
        "How far the share of texts with a word from a list of insults differs between one group and the others.",
        rests_on=(),
    ),
    EstimateFacts(
        PROMPTED,
        "largest difference of a group's share between one prompt and the others",
        "share difference",
        Better.LOWER,
        "How far the share of a group among the images of one prompt is from that among those of the others.",
        rests_on=("generated", "reference"),
    ),
)
"""In the order in which they are given."""
