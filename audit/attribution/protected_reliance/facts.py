"""The estimates of GA203: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

TOTAL, EACH, SHARE, UNCONFIRMED, WORST, ADDED = (
    "total_gap",
    "attributed_gap",
    "slot_share",
    "unconfirmed_slot_share",
    "worst_attributed_gap",
    "worst_added_gap",
)

ESTIMATES = (
    EstimateFacts(
        WORST,
        "the largest part of a gap between groups that one slot or column carries",
        None,
        Better.LOWER,
        "How much of a gap between two groups the slot or column carries that carries most of it, in either sense.",
        rests_on=("generated",),
    ),
    EstimateFacts(
        ADDED,
        "the most that a column carries of a gap beyond what it carries in the data",
        "share difference",
        Better.LOWER,
        "Of tables: by how much what one column carries of the gap among generated rows differs from what it carries "
        "among real rows, of the column where that is most, in either sense.",
    ),
    EstimateFacts(
        TOTAL,
        "the gap between two groups that is explained",
        None,
        Better.NEITHER,
        "By how much what the model says, or generates, differs between two groups: the first less the second.",
        rests_on=("generated",),
    ),
    EstimateFacts(
        EACH,
        "the part of a gap that a slot or column carries",
        None,
        Better.NEITHER,
        "What one slot of the prompts, such as a span of a melody, or one column adds to the gap between two groups; "
        "the parts add up to the gap.",
        rests_on=("generated",),
    ),
    EstimateFacts(
        SHARE,
        "share of a slot or column in the gap",
        "ratio",
        Better.NEITHER,
        "What one slot or column carries relative to the whole gap; given where the gap is surely not 0.",
        rests_on=("generated",),
    ),
    EstimateFacts(
        UNCONFIRMED,
        "share of the slots or columns flagged by attribution that an exchange does not confirm",
        "share",
        Better.LOWER,
        "Of the slots or columns that carry a gap by attribution, the share whose exchange alone does not move the "
        "output in that direction.",
        rests_on=("generated",),
    ),
)
