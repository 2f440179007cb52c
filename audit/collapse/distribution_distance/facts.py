"""The estimates of GA303: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "frechet_distance",
        "Fréchet distance, less what sampling adds",
        "squared feature units",
        Better.LOWER,
        "The squared distance between the normal distributions with the means and covariances of both sides.",
    ),
    EstimateFacts(
        "frechet_ratio",
        "Fréchet distance relative to a perfect generator",
        "ratio",
        Better.LOWER,
        "One for a perfect generator; two if the model is as far from the data as two halves of it are by chance.",
    ),
    EstimateFacts(
        "mmd2",
        "squared kernel discrepancy",
        "squared kernel units",
        Better.LOWER,
        "The squared maximum mean discrepancy, which sees any difference of distribution given enough samples.",
    ),
)
"""In the order in which they are given."""
