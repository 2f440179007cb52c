"""Which estimates of an auditor stand in one chart, and what it is called."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spec:
    """Which estimates a chart shows, in this order, and what it is called.

    `divided` charts show how a whole is shared out, with a guide where equal shares would lie; `worst` is what the row
    of the worst of the others is called, None by what the auditor calls it; `standard` charts hold estimates of several
    units, each by its distance from a perfect generator in half-widths of that one's band.
    """

    title: str
    names: tuple[str, ...]
    divided: bool = False
    worst: str | None = "Worst group"
    standard: bool = False


SPECS: dict[str, tuple[Spec, ...]] = {
    "GA101": (Spec("Share of each group relative to its target", ("worst_share_ratio", "share_ratio")),),
    "GA102": (
        Spec(
            "Share of each combination of groups relative to the data",
            ("worst_cell_ratio", "cell_ratio"),
            worst="Worst combination",
        ),
        Spec("Samples in the wrong combination", ("cell_total_variation",)),
    ),
    "GA103": (
        Spec("Records that look real, relative to a perfect generator, by group", ("group_fidelity",)),
        Spec("Real records that are reached, relative to a perfect generator, by group", ("group_coverage",)),
        Spec("Likelihood of real records beside generated ones, by group", ("group_likelihood",)),
        Spec("How well real records are given back beside generated ones, by group", ("group_reconstruction",)),
        Spec(
            "How far the worst group stays behind the others",
            ("worst_fidelity_gap", "worst_coverage_gap", "likelihood_gap", "reconstruction_gap"),
            worst=None,
            standard=True,
        ),
    ),
    "GA104": (
        Spec("Records that are what was asked for, by group", ("worst_fidelity", "fidelity")),
        Spec("Requests that are ignored, or met unevenly", ("ignored_condition", "uneven_share")),
    ),
    "GA105": (
        Spec(
            "Change of gaps between groups by training on generated records",
            ("worst_learned_gap_change", "learned_gap_change"),
            worst="Widest growth",
        ),
        Spec("Change of accuracy by training on generated records", ("accuracy_change",)),
    ),
    "GA106": (
        Spec("Pairs in which the stereotyping sentence is likelier", ("preference_share",)),
        Spec("Furthest from one half", ("worst_preference",), worst="Of all types"),
        Spec("By how many nats it is likelier", ("mean_nats",)),
        Spec("By how many nats a token", ("mean_nats_per_token",)),
    ),
    "GA107": (
        Spec("How strongly each subject goes with a group", ("association", "mean_association")),
        Spec("Differences between texts about groups: words", ("length_gap",)),
        Spec("Differences between texts about groups: shares", ("repetition_gap", "insult_gap")),
        Spec("Differences between texts about groups: sentiment", ("sentiment_gap",)),
        Spec("Difference of a group’s share between prompts", ("prompt_share_gap",)),
    ),
    "GA108": (
        Spec("Greatest change of a gap between two groups", ("worst_gap_change",), worst="Of any two groups"),
        Spec("Change of each gap, generated less real", ("gap_change",)),
        Spec("Greatest gap among generated records", ("worst_outcome_gap",), worst="Of any two groups"),
        Spec("Lowest rate relative to the highest", ("outcome_ratio",)),
    ),
    "GA201": (Spec("Share of each latent dimension in the effect", ("share_of_effect",), divided=True),),
    "GA203": (
        Spec(
            "What each slot or column carries of the gap between two groups",
            ("worst_attributed_gap", "attributed_gap", "total_gap"),
            worst="Largest, without its sign",
        ),
        Spec("Most that a column carries beyond the data", ("worst_added_gap",)),
        Spec("Share of the gap", ("slot_share",)),
    ),
    "GA205": (
        Spec("Values that move nothing", ("unmoved_conditions",)),
        Spec("How far the condition moves the output, by value", ("condition_effect",)),
        Spec("Share of each condition in what all move", ("condition_share",)),
        Spec("Share of each window of steps in what the condition moves", ("step_effect",)),
    ),
    "GA207": (
        Spec("Share of the attribution on the last tokens", ("last_share", "long_range_share"), worst=None),
        Spec("Tokens back within which nine tenths of the attribution lie", ("context_range",), worst=None),
        Spec("First token beyond its place, and generated beside real contexts", ("sink_share", "recency_shift")),
        Spec("Contexts in which two methods agree on the first token", ("top_position_agreement",)),
    ),
    "GA202": (
        Spec("How much higher the critic scores real records than generated ones", ("critic_gap",)),
        Spec("What tells generated records in the eyes of the critic", ("region_share",), divided=True),
        Spec("Share of the border in that", ("border_share",), worst=None),
        Spec("How differently it lies in the group that differs most", ("reason_gap",), worst=None),
    ),
    "GA204": (
        Spec("What sets the code of real records", ("code_region_share",), divided=True),
        Spec("Error of the worst group in its worst region above the others’", ("worst_region_error",), worst=None),
        Spec("How differently errors lie in the group that differs most", ("error_region_gap",), worst=None),
    ),
    "GA404": (
        Spec("Records that reproduce a training record", ("reproduction_rate", "near_reproduction_rate")),
        Spec("The same beyond chance", ("reproduction_excess", "near_reproduction_excess")),
        Spec("Tokens in runs that are longer than chance", ("reproduced_share",)),
        Spec("Training records that can be extracted", ("extractable_share",)),
        Spec("The same beyond held-out records", ("extraction_excess",)),
    ),
    "GA302": (
        Spec(
            "Beside a perfect generator",
            (
                "precision_ratio",
                "recall_ratio",
                "coverage_ratio",
                "density",
                "support_precision",
                "support_recall",
                "stray_share",
            ),
            standard=True,
        ),
    ),
}
