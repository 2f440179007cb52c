"""GA201: which latent dimensions drive the output, and which do nothing?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.attributions.readouts import facts
from ...evidence.bundle import Evidence
from ...finding import Better, Estimate, EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome
from .effects import Effects, Status, measure_effects
from .shares import effective, largest_curve, share_curve, turned_axes, unused
from .tables import dimensions_table, exhibits, readouts_table, turned_table

SHARE_METHOD = "Student t on the logit scale over pairs of draws"
MOST_LISTED = 64
"""Latent dimensions with an estimate and a row of their own; beyond it the smallest are left out."""


@dataclass(frozen=True)
class Drivers:
    """Share of each latent dimension in the changes of named readouts, by integrated gradients that must be complete.

    Args:
        unused_below: a dimension is unused if its share lies below this part of an equal share, 1/L.
        leading: dimensions that are shown as pictures and divided by readout.
        rotations: how often the latent axes are turned at random to show what meaningless dimensions look like.
    """

    unused_below: float = 0.1
    leading: int = 8
    rotations: int = 199

    code: ClassVar[str] = "GA201"
    title: ClassVar[str] = "What drives the output"
    question: ClassVar[str] = "Which latent dimensions drive the output, and which do nothing?"
    needs: ClassVar[tuple[str, ...]] = ("attributions",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = (
        EstimateFacts(
            "largest_share",
            "largest share of one latent dimension in the effect",
            "share",
            Better.NEITHER,
            "The largest share that any one latent dimension has in the changes of the readouts.",
        ),
        EstimateFacts(
            "effective_dimensions",
            "effective number of latent dimensions",
            "dimensions",
            Better.NEITHER,
            "How many latent dimensions would share the effect equally if it were spread as evenly as it is.",
        ),
        EstimateFacts(
            "unused_dimensions",
            "latent dimensions that do nothing",
            "count",
            Better.LOWER,
            "How many latent dimensions have next to no share in the effect.",
        ),
        EstimateFacts(
            "share_of_effect",
            "share of the effect",
            "share",
            Better.NEITHER,
            "The share of one latent dimension in the changes of the readouts, of one readout or of all.",
        ),
        EstimateFacts(
            "effect_size",
            "size of the effect",
            None,
            Better.NEITHER,
            "How much a readout changes between two random draws, as a root mean square in the readout's own unit.",
        ),
        EstimateFacts(
            "completeness_error",
            "largest completeness error, relative to the effect",
            "ratio",
            Better.LOWER,
            "By how much the attributions of a draw miss the difference that they should add up to, at worst.",
        ),
    )

    def __post_init__(self) -> None:
        if not 0 < self.unused_below < 1 or self.leading < 1 or self.rotations < 39:
            got = f"{self.unused_below}, {self.leading} and {self.rotations}"
            raise ValueError(
                f"expected unused_below between 0 and 1, at least 1 leading and at least 39 rotations, got {got}"
            )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure; raises `NotApplicable` without attributions and `Inconclusive` where no readout is complete."""
        if evidence.attributions is None:
            raise NotApplicable(evidence.absent.get("attributions", "the model has no latent space to attribute to"))
        effects = measure_effects(evidence.attributions)
        if Status.EXPLAINED in effects.status:
            return self._explained(effects, rng)
        if Status.INCOMPLETE in effects.status:
            raise Inconclusive(
                f"the attributions of {_names(effects, Status.INCOMPLETE)} do not add up to the difference they should "
                "explain; is decode differentiable everywhere, or does it round or sample?"
            )
        return self._nothing_to_explain(effects)

    def _explained(self, effects: Effects, rng: np.random.Generator) -> Finding:
        order = np.argsort(-effects.overall.values, kind="stable")
        leading = order[: self.leading]
        evidence = effects.evidence
        tables = [dimensions_table(effects, order[:MOST_LISTED], self._limit(effects)), readouts_table(effects)]
        if len(order) > 1:
            explained = evidence.attributions[effects.explained]
            paths = evidence.latents.astype(np.float64) - evidence.baselines
            tables.append(
                turned_table(effects, *turned_axes(explained, paths, rotations=self.rotations, rng=rng)),
            )
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(
                *_summaries(effects, self._limit(effects)),
                *(_share(effects, int(dimension)) for dimension in order[:MOST_LISTED]),
                *(_share(effects, int(each), readout) for each in leading for readout in effects.explained),
                *_effect_sizes(effects),
                _completeness(effects),
            ),
            tables=tuple(tables),
            exhibits=exhibits(effects, leading),
            references=(
                "Sundararajan, Taly and Yan 2017, arXiv:1703.01365",
                "Erion et al. 2021, doi:10.1038/s42256-021-00343-w",
                "Hill 1973, doi:10.2307/1934352",
            ),
            settings=self._settings(effects),
        )

    def _nothing_to_explain(self, effects: Effects) -> Finding:
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            reason="no effect to explain: between two random draws no readout changes by a material amount",
            estimates=tuple(_effect_sizes(effects)),
            tables=(readouts_table(effects),),
            settings=self._settings(effects),
        )

    def _limit(self, effects: Effects) -> float:
        return self.unused_below / len(effects.overall.values)

    def _settings(self, effects: Effects) -> dict[str, Json]:
        return {
            "method": "integrated gradients, from another random draw to each draw",
            "pairs_of_draws": len(effects.evidence.latents),
            "latent_dimensions": effects.evidence.latents.shape[1],
            "unused_below": self.unused_below,
            "rotations": self.rotations,
            "readouts_explained": _names(effects, Status.EXPLAINED),
            "readouts_without_effect": _names(effects, Status.NO_EFFECT),
            "readouts_failing_completeness": _names(effects, Status.INCOMPLETE),
        }


def _names(effects: Effects, status: Status) -> str:
    pairs = zip(effects.evidence.readouts, effects.status, strict=True)
    return ", ".join(name for name, each in pairs if each is status) or "none"


def _summaries(effects: Effects, limit: float) -> Iterator[Estimate]:
    shares, n = effects.overall, len(effects.evidence.latents)
    yield Estimate(
        name="largest_share",
        value=float(shares.values.max()),
        curve=largest_curve(shares),
        n=n,
        method=f"{SHARE_METHOD}, all dimensions together (Bonferroni)",
        unit="share",
        better=Better.NEITHER,
    )
    number, curve = effective(shares)
    yield Estimate(
        name="effective_dimensions",
        value=number,
        curve=curve,
        n=n,
        method="delta method to second order on the log scale, over pairs of draws",
        unit="dimensions",
        better=Better.NEITHER,
    )
    count, curve = unused(shares, limit)
    yield Estimate(
        name="unused_dimensions",
        value=float(count),
        curve=curve,
        n=n,
        method=f"dimensions whose share is surely, and possibly, below {limit:.2g}; {SHARE_METHOD}, Bonferroni",
        unit="count",
        better=Better.LOWER,
    )


def _share(effects: Effects, dimension: int, readout: int | None = None) -> Estimate:
    shares = effects.overall if readout is None else effects.shares[readout]
    where = "" if readout is None else f" → {effects.evidence.readouts[readout]}"
    return Estimate(
        name="share_of_effect",
        value=float(shares.values[dimension]),
        curve=share_curve(shares, dimension),
        n=len(effects.evidence.latents),
        method=SHARE_METHOD,
        unit="share",
        better=Better.NEITHER,
        group=f"z{dimension}{where}",
    )


def _effect_sizes(effects: Effects) -> Iterator[Estimate]:
    for name, size, curve in zip(effects.evidence.readouts, effects.sizes, effects.curves, strict=True):
        yield Estimate(
            name="effect_size",
            value=float(size),
            curve=curve,
            n=len(effects.evidence.latents),
            method="root mean square over pairs of draws, Student t on the log scale",
            unit=facts(name)[0],
            better=Better.NEITHER,
            group=name,
        )


def _completeness(effects: Effects) -> Estimate:
    """The largest error of any readout with an effect, as a ratio to that effect; also of those that were left out."""
    errors = effects.evidence.completeness_error.max(axis=1)
    worst = max(
        float(error / size)
        for error, size, status in zip(errors, effects.sizes, effects.status, strict=True)
        if status is not Status.NO_EFFECT and np.isfinite(error)
    )
    return Estimate(
        name="completeness_error",
        value=worst,
        curve=(),
        n=len(effects.evidence.latents),
        method="largest |sum of attributions − difference| of any draw, over the readout's effect size; exact",
        unit="ratio",
        better=Better.LOWER,
    )
