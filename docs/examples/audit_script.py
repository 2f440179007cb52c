"""Audit a model that this script makes, without a file in between, and turn the verdict into an exit code.

The model draws synthetic loan applications: it resamples real ones and blurs their numbers, as a simple table
synthesiser does. It is sound but for one planted defect: women are drawn half as often as in the data.

    python audit_script.py [FOLDER]       # writes the report to FOLDER if one is named
"""

import sys

import numpy as np
import torch
from pandas import DataFrame

from genai_audit import Record, Ruling, audit_checkpoint
from genai_audit.models.data.datasets import load_data

SAMPLES = 3000


class BlurredResampling:
    """Keeps the loader contract: `modality`, and `sample` with every random number from `generator`."""

    modality = "tabular"

    def __init__(self, rows: DataFrame, weights: np.ndarray) -> None:
        self.rows, self.weights = rows, weights / weights.sum()

    def sample(self, n: int, *, generator: torch.Generator, condition: None = None) -> DataFrame:
        """N rows of the columns and types of the data."""
        rng = np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))
        drawn = self.rows.iloc[rng.choice(len(self.rows), n, p=self.weights)].reset_index(drop=True)
        for name in drawn.select_dtypes("float"):
            drawn[name] = drawn[name] * rng.normal(1.0, 0.02, n)
        return drawn


def main(folder: str | None = None) -> Record:
    """Audit the model against data that it did not see."""
    seen = load_data("loans", split="train").samples
    unseen = load_data("loans", split="holdout").samples
    weights = np.where(seen["sex"] == "female", 0.5, 1.0)
    record = audit_checkpoint(
        BlurredResampling(seen, weights),
        reference=unseen,
        groups="sex",
        samples=SAMPLES,
        out=folder,
    )
    for rule in record.verdict.rules:
        if rule.outcome is not Ruling.NOT_APPLIED:
            print(f"{rule.outcome:12} {rule.id}: {rule.reason}")
    share = record.estimate("GA101", "share", group="female")
    print(f"share of women: {share.value:.3f} ({share.low:.3f} to {share.high:.3f} at {share.level:.0%})")
    return record


if __name__ == "__main__":
    # Of a Ruling, only a comparison says anything: `if record.verdict:` raises, because "inconclusive" is no "yes".
    sys.exit(0 if main(*sys.argv[1:2]).verdict.outcome is Ruling.PASS else 1)
