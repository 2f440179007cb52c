"""The estimates of GA306: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "many_to_one_share",
        "share of latents with a far-away twin of the same output",
        "share",
        Better.LOWER,
        "The share of draws whose output a draw from far away in the latent space nearly has.",
    ),
    EstimateFacts(
        "active_units", "latent dimensions in use", "count", Better.HIGHER, "How many latent dimensions are in use."
    ),
    EstimateFacts(
        "active_unit_share",
        "share of latent dimensions in use",
        "share",
        Better.HIGHER,
        "The share of all latent dimensions that are in use.",
    ),
    EstimateFacts(
        "posterior_kl_per_unit",
        "information of a latent dimension about the record",
        "nats",
        Better.NEITHER,
        "How much one latent dimension tells about a record: the divergence of its posterior from the prior.",
    ),
    EstimateFacts(
        "effective_rank",
        "effective number of directions that move the output",
        "dimensions",
        Better.HIGHER,
        "How many directions of the latent space move the output, weak ones counting for less.",
        rests_on=(),
    ),
    EstimateFacts(
        "log_condition_number",
        "decades between the directions that move the output most and least",
        "decades",
        Better.LOWER,
        "How unequally the directions of the latent space move the output, in powers of ten.",
        rests_on=(),
    ),
    EstimateFacts(
        "aggregate_posterior_distance",
        "distance of the latents of real records from the prior",
        "squared distance",
        Better.LOWER,
        "How far the latents of real records, taken together, are from the prior that is sampled.",
    ),
    EstimateFacts(
        "prior_coverage_ratio",
        "share of the prior near latents of real records, relative to a perfect encoder",
        "ratio",
        Better.HIGHER,
        "How much of the prior lies near latents of real records, divided by what a perfect encoder would reach.",
    ),
)
"""In the order in which they are given."""
