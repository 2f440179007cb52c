"""The estimates of GA103: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "worst_fidelity_gap",
        "how much less often records of a group look like real ones of it than those of the other groups",
        "ratio",
        Better.LOWER,
        "The fidelity that the other groups have on average less that of the group where it is least.",
    ),
    EstimateFacts(
        "worst_coverage_gap",
        "how much less of a group's real records is reached than of the other groups'",
        "ratio",
        Better.LOWER,
        "The coverage that the other groups have on average less that of the group where it is least.",
    ),
    EstimateFacts(
        "likelihood_gap",
        "how much further real records of a group are from being typical for the model than those of the other groups",
        None,
        Better.LOWER,
        "By how many nats per unit real records of a group fall short of the model's own, beyond the other groups.",
    ),
    EstimateFacts(
        "reconstruction_gap",
        "how much worse real records of a group are given back than those of the other groups",
        "ratio",
        Better.LOWER,
        "By how much errors of real records of a group exceed those of generated ones, beyond the other groups.",
    ),
    EstimateFacts(
        "group_fidelity",
        "share of generated records of the group that lie where its real records do, relative to a perfect generator",
        "ratio",
        Better.HIGHER,
        "Of generated records of the group, the share near its real ones, divided by a perfect generator's.",
    ),
    EstimateFacts(
        "group_coverage",
        "share of the group's real records that are reached, relative to a perfect generator",
        "ratio",
        Better.HIGHER,
        "Of real records of the group, the share with a generated one nearby, divided by a perfect generator's.",
    ),
    EstimateFacts(
        "group_likelihood",
        "likelihood per unit of the group's real records beside that of generated ones",
        None,
        Better.HIGHER,
        "Mean log-likelihood per unit of real records of the group less that of generated ones; 0 is perfect.",
    ),
    EstimateFacts(
        "group_reconstruction",
        "how well the group's real records are given back beside generated ones",
        "ratio",
        Better.HIGHER,
        "Mean error of generated records of the group less that of real ones, by that of all real ones; 0 is perfect.",
    ),
)
"""In the order in which they are given."""
