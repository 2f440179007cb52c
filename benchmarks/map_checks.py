"""How often do the checks of GA206 let a map be read that knows nothing, and how often one that is exact?

    python benchmarks/map_checks.py [--repeats 300] [--families vae,gan]

Small networks that read 4 of 16 inputs, made anew each time. *Exact* maps are integrated gradients; *random* ones are
numbers at random; *input* copies the input; *other model* explains a copy with other weights. With `--families` the
checks are run on reference models as an audit runs them, and each cut-off is shown beside what was measured.
"""

import argparse
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from common.rates import with_interval
from numpy.typing import NDArray

from genai_audit import explain
from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.explained.checks import Explained, Question, ablation, checked_map
from genai_audit.audit.evidence.explained.copies import reinitialised_copy
from genai_audit.audit.evidence.explained.judged import JudgedMap, judge_maps
from genai_audit.audit.evidence.explained.kind import CheckedMap
from genai_audit.audit.explaining.explanation import HOMES, explained_maps
from genai_audit.audit.statistics.attribution.decisions import Check, Decision

RECORDS, PARTS, USED = 32, 16, 4
ASKED = Question("which input?", "score", "against zeros", "zeros", "record", "integrated gradients", "ablation", 0.05)
Floats = NDArray[np.float64]


@dataclass
class Network:
    """A small network that reads the first few of its inputs, and records for it."""

    layers: torch.nn.Sequential
    records: torch.Tensor

    @classmethod
    def drawn(cls, seed: int) -> "Network":
        """A network and its records."""
        torch.manual_seed(seed)
        layers = torch.nn.Sequential(torch.nn.Linear(PARTS, 32), torch.nn.Tanh(), torch.nn.Linear(32, 1))
        with torch.no_grad():
            layers[0].weight *= 4 * (torch.arange(PARTS) < USED)
            layers[2].weight *= 4
        return cls(layers.eval(), torch.randn(RECORDS, PARTS))

    def masked(self, rows: NDArray[np.int64], keep: NDArray[np.bool_]) -> Floats:
        """The score where inputs are zeros."""
        with torch.no_grad():
            score = self.layers(torch.where(torch.from_numpy(keep), self.records[rows], 0.0))[:, 0]
        return np.asarray(score.double().numpy())

    def map(self, layers: Any = None) -> Floats:
        """Integrated gradients."""
        from captum.attr import IntegratedGradients

        model = self.layers if layers is None else layers
        explain = IntegratedGradients(lambda x: model(x).sum()[None])
        found = explain.attribute(self.records, n_steps=64, internal_batch_size=RECORDS * 64)
        return np.asarray(found.detach().double().numpy())

    def judged(self, values: Floats, copied: Callable[[int], Floats], rng: np.random.Generator) -> JudgedMap:
        """The map after its checks."""
        explained = Explained(
            values,
            self.masked,
            np.arange(RECORDS),
            other_values=ablation(self.masked, RECORDS, PARTS),
            copied=copied,
        )
        return judge_maps([checked_map(ASKED, explained, rng)])[0]


def kinds(network: Network, rng: np.random.Generator) -> dict[str, tuple[Floats, Callable[[int], Floats]]]:
    """Maps, each with how it would look for another copy of the model."""

    def other(seed: int) -> Floats:
        return network.map(reinitialised_copy(network.layers, seed))

    random = rng.normal(size=(9, RECORDS, PARTS))
    records = network.records.double().numpy()
    return {
        "exact": (network.map(), other),
        "random": (rng.normal(size=(RECORDS, PARTS)), random.__getitem__),
        "input": (records, lambda seed: records),
        "other model": (other(99), other),
    }


def study(repeats: int) -> None:
    """The table of small networks."""
    passed: Counter[str] = Counter()
    failing: dict[str, Counter[str]] = {}
    for seed in range(repeats):
        network, rng = Network.drawn(seed), np.random.default_rng(seed)
        for name, (values, copied) in kinds(network, rng).items():
            each = network.judged(values, copied, rng)
            passed[name] += each.decision is Decision.PASS
            failing.setdefault(name, Counter()).update(check.name for check in (*each.failed, *each.open))
    print("| Map | May be read (95 %) | Checks that it does not pass |")
    print("|---|---|---|")
    for name, counts in failing.items():
        some = ", ".join(f"{check} {count / repeats:.0%}" for check, count in counts.most_common(4)) or "–"
        print(f"| {name} | {with_interval(passed[name], repeats)} | {some} |")


def families(names: list[str]) -> None:
    """Where the maps of reference models lie beside the cut-offs of the two rules on random weights, and what they get.

    `Excess` is by how much maps of random copies are more like the map than like each other; it passes surely at or
    below 0.10. `Likeness` is their likeness to the map over that of a second run; it passes surely at or below 0.9.
    """
    print("\n| Model | Map | Effect | Excess (at most 0.10) | Likeness (at most 0.9) | Agreement | It |")
    print("|---|---|---|---|---|---|---|")
    for name in names:
        found = explain(f"reference:{name}")
        for each, checked in zip(explained_maps(found.evidence), _checked(found.evidence), strict=True):
            checks = {check.name: check for check in each.checks}
            likeness = checked.retrained.mean() / checked.repeated.mean() if len(checked.retrained) else float("nan")
            print(
                f"| {name} | {each.code} {each.readout} | {each.effect.value:.3g} | "
                f"{_cell(checks['random weights'])} | {likeness:.2f} | {_cell(checks['agreement'])} | {each.reading} |",
                flush=True,
            )


def _checked(evidence: Evidence) -> list[CheckedMap]:
    return [each for kind in HOMES for each in getattr(getattr(evidence, kind), "checked", ())]


def _cell(check: Check) -> str:
    asked = check.decision is not Decision.NOT_ASKED
    return f"{check.value:.2f} ({check.low:.2f} to {check.high:.2f})" if asked else "not asked"


def main() -> None:
    """Run the studies that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--families", default="")
    options = parser.parse_args()
    if options.repeats:
        study(options.repeats)
    if options.families:
        families(options.families.split(","))


if __name__ == "__main__":
    main()
