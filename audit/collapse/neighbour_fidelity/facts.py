"""The estimates of GA302: what each is called, and what it says."""

from ...finding import Better, EstimateFacts

ESTIMATES = (
    EstimateFacts(
        "precision",
        "precision",
        "share",
        Better.HIGHER,
        "The share of generated samples inside at least one real neighbourhood.",
    ),
    EstimateFacts(
        "precision_ratio",
        "precision relative to a perfect generator",
        "ratio",
        Better.HIGHER,
        "Precision divided by what a perfect generator would score with as many samples.",
    ),
    EstimateFacts(
        "recall",
        "recall",
        "share",
        Better.HIGHER,
        "The share of real samples inside at least one generated neighbourhood.",
    ),
    EstimateFacts(
        "recall_ratio",
        "recall relative to a perfect generator",
        "ratio",
        Better.HIGHER,
        "Recall divided by what a perfect generator would score with as many samples.",
    ),
    EstimateFacts(
        "density",
        "density",
        "ratio",
        Better.NEITHER,
        "How many real neighbourhoods hold a generated sample on average, divided by the number of neighbours k.",
    ),
    EstimateFacts(
        "coverage",
        "coverage",
        "share",
        Better.HIGHER,
        "The share of real neighbourhoods that hold at least one generated sample.",
    ),
    EstimateFacts(
        "coverage_ratio",
        "coverage relative to a perfect generator",
        "ratio",
        Better.HIGHER,
        "Coverage divided by what a perfect generator would score with as many samples.",
    ),
    EstimateFacts(
        "clipped_density",
        "density, clipped",
        "share",
        Better.HIGHER,
        "Density with the contribution of each generated sample limited, relative to the same of real samples.",
    ),
    EstimateFacts(
        "clipped_coverage",
        "coverage, clipped",
        "share",
        Better.HIGHER,
        "Coverage by as many generated samples as a perfect generator would place, one odd sample counting for little.",
    ),
    EstimateFacts(
        "support_precision",
        "share of generated samples within the support of the data",
        "share",
        Better.HIGHER,
        "The share of generated samples that lie where the data have some density.",
    ),
    EstimateFacts(
        "support_recall",
        "share of the data within the support of the generated samples",
        "share",
        Better.HIGHER,
        "The share of the data that lie where the generated samples have some density.",
    ),
    EstimateFacts(
        "stray_share",
        "share of generated samples further out than all but a few real ones",
        "share",
        Better.LOWER,
        "The share of generated samples that lie further from the data than all but a few real samples do.",
    ),
)
"""In the order in which they are given."""
