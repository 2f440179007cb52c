"""Do the intervals of GA306 hold their level, how wide are they, and how often do they raise a false alarm?

Decoders and encoders are looked at again and again with fresh draws and fresh records. Where the truth does not follow
from a formula, the mean over all repeats (the median of a median) stands for it. Printed for every estimate: how often
the 95 % interval held it, the mean width over the width that the true standard deviation would give, how often p fell
below 0.05 (a false alarm where the setting is sound), and how many of the estimates fell inside the band of a perfect
model.

    python benchmarks/latent_intervals.py [--repeats 200] [--records 500] [--only prior_8,…] [--seed 0]
"""

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genai_audit.audit.collapse.latent_health.estimates import (
    coincidence_estimate,
    prior_estimates,
    spectrum_estimates,
    use_estimates,
    use_of,
)
from genai_audit.audit.evidence.bundle import Real
from genai_audit.audit.evidence.latents.collect import collect_latents
from genai_audit.audit.evidence.latents.kind import Latents
from genai_audit.audit.finding import Estimate

EDGE = 6
RECORDS = 500


class Toy(nn.Module):
    """Turns latents by `bend`, adds a pattern for each; and encodes records that hold their own latents."""

    modality = "image"

    def __init__(self, latents: int, bend: Callable[[Tensor], Tensor], *, used: int, shift: float) -> None:
        super().__init__()
        self.latent_dim, self.bend, self.used, self.shift = latents, bend, used, shift
        generator = torch.Generator().manual_seed(latents)
        self.register_buffer("patterns", torch.randn(latents, EDGE**2, generator=generator) / 20)

    def decode(self, z: Tensor) -> Tensor:
        """Latents (n, L) to images."""
        return (0.5 + self.bend(z) @ self.patterns).reshape(-1, 1, EDGE, EDGE)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Images to the mean and log-variance (n, L); their aggregate is the prior where nothing is shifted."""
        mean = 0.8 * x.flatten(1)[:, : self.latent_dim]
        mean[:, self.used :] = 0
        log_variance = torch.full_like(mean, math.log(0.36))
        log_variance[:, self.used :] = 0
        return mean + self.shift, log_variance


def straight(z: Tensor) -> Tensor:
    """A linear decoder."""
    return z


def wavy(z: Tensor) -> Tensor:
    """A smooth decoder that stretches some places more than others."""
    return z + 0.4 * torch.sin(2 * z)


def plateau(z: Tensor) -> Tensor:
    """One output on the 16 % of the prior where the first latent is above 1."""
    return torch.where(z[:, :1] > 1, torch.zeros_like(z), z)


def few(z: Tensor) -> Tensor:
    """As many outputs as there are patterns of signs."""
    return torch.tanh(50 * z)


@dataclass(frozen=True)
class Setting:
    """A toy and what is sound about it."""

    latents: int
    bend: Callable[[Tensor], Tensor] = straight
    used: int = 99
    shift: float = 0.0


SETTINGS = {
    "prior_2": Setting(2, wavy),
    "prior_8": Setting(8, wavy),
    "prior_32": Setting(32),
    "shifted_8": Setting(8, plateau, shift=0.25),
    "plateau_4": Setting(4, plateau, used=3),
    "few_outputs_10": Setting(10, few, used=5),
}


def looked_at(setting: Setting, seed: int, records: int = RECORDS) -> Latents:
    """One look at the toy with fresh draws and fresh records."""
    pixels = np.random.default_rng(seed).normal(size=(records, 1, EDGE, EDGE)).astype(np.float32)
    model = Toy(setting.latents, setting.bend, used=setting.used, shift=setting.shift)
    return collect_latents(model, Real(pixels, records, "toy", "toy", "00"), seed=seed)


def estimates(found: Latents, rng: np.random.Generator) -> list[Estimate]:
    """Every estimate of GA306."""
    use = use_of(found, active_above=0.01, idle_below=0.1)
    result = [*use_estimates(use, len(found.posterior_means)), *spectrum_estimates(found), coincidence_estimate(found)]
    return result + list(prior_estimates(found, k=5, splits=128, rng=rng))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--records", type=int, default=RECORDS, help="real records that are encoded")
    parser.add_argument("--only", default="")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(SETTINGS)
    print(
        f"{'setting':16}{'estimate':34}{'mean':>9}{'truth':>9}{'sd':>9}{'held':>7}{'width':>7}{'p<.05':>7}{'band':>7}"
    )
    for name in names:
        first = 1_000_000 * options.seed + 10_000 * list(SETTINGS).index(name)
        rng = np.random.default_rng(options.seed)
        runs = [
            {(each.name, each.group): each for each in estimates(found, rng)}
            for repeat in range(options.repeats)
            for found in [looked_at(SETTINGS[name], first + repeat, options.records)]
        ]
        for key in runs[0]:
            if key[1] in (None, "z0"):
                row = _row([run[key] for run in runs if key in run], known(SETTINGS[name], key[0]))
                print(f"{name:16}{row}", flush=True)


def known(setting: Setting, estimate: str) -> float | None:
    """The truth where a formula gives it: KL(N(0.8 x + shift, 0.36) ‖ N(0, 1)) over x ~ N(0, 1); a distance of 0."""
    if estimate == "posterior_kl_per_unit":
        return 0.5 * (0.64 + setting.shift**2 + 0.36 - 1 - math.log(0.36))
    return 0.0 if estimate == "aggregate_posterior_distance" and setting.shift == 0 else None


def _row(found: list[Estimate], exact: float | None) -> str:
    values: NDArray[np.float64] = np.array([each.value for each in found])
    median = found[0].name == "log_condition_number"
    # Over all repeats together the estimates are nearly exact; distances and shares are unbiased.
    truth, spread = float(np.median(values) if median else values.mean()), float(values.std(ddof=1))
    truth = truth if exact is None else exact
    intervals = [each.interval() for each in found]
    held = np.mean([each.low <= truth <= each.high for each in intervals])
    width = np.mean([each.high - each.low for each in intervals]) / (2 * 1.96 * spread) if spread > 0 else math.nan
    p_values = [each.p_value for each in found if each.p_value is not None]
    alarms = f"{np.mean(np.array(p_values) < 0.05):7.3f}" if p_values else f"{'–':>7}"
    bands = [each.perfect.low <= each.value <= each.perfect.high for each in found if each.perfect is not None]
    inside = f"{np.mean(bands):7.3f}" if bands else f"{'–':>7}"
    return f"{found[0].name:34}{values.mean():9.4f}{truth:9.4f}{spread:9.4f}{held:7.3f}{width:7.2f}{alarms}{inside}"


if __name__ == "__main__":
    main()
