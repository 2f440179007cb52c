"""The estimates of GA207: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "context_effect",
        "what the whole context changes in the prediction",
        "nats",
        Better.NEITHER,
        "By how much the log-probability of the token that truly follows changes when every token before it is "
        "replaced, as a mean over contexts of the absolute change.",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "context_range",
        "tokens back within which nine tenths of the attribution lie",
        "tokens",
        Better.NEITHER,
        "How far back the model looks: the number of last tokens that together carry 90 % of the attribution.",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "last_share",
        "share of the attribution that the last tokens carry",
        "share",
        Better.NEITHER,
        "Of what leaving out single tokens changes in the prediction, the part that the last ones account for.",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "long_range_share",
        "share of the attribution that lies further back than 16 tokens",
        "share",
        Better.NEITHER,
        "Of what leaving out single tokens changes, the part of those more than 16 tokens back, in longer contexts.",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "sink_share",
        "share of the attribution on the first token beyond what its place would get",
        "share difference",
        Better.NEITHER,
        "What the first token gets less what the four after it get on average: above 0, the model leans on the "
        "beginning as such (an attention sink).",
        rests_on=("reference",),
    ),
    EstimateFacts(
        "recency_shift",
        "change of the share on the last four tokens from real to generated contexts",
        "share difference",
        Better.NEITHER,
        "By how much more the model leans on the last four tokens of its own records than of real ones at the same "
        "places.",
        rests_on=("generated", "reference"),
    ),
    EstimateFacts(
        "top_position_agreement",
        "contexts in which two methods name the same token as the most important",
        "share",
        Better.HIGHER,
        "Of the contexts that were also explained by integrated gradients, the share in which both methods put the "
        "same token first.",
        rests_on=("reference",),
    ),
)
"""In the order in which they are given."""
