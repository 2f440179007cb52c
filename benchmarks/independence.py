"""Does GA502 stay silent on independent records, see clustered ones, and do whole audits then end as they should?

Printed for each kind of records: how often p was below 0.01 and below 0.05, the median p and the seconds of one test.
Then whole audits of a perfect generator of tables: 200 people with three near-equal records each, without and with
`--unit`, and 600 independent records.

    python benchmarks/independence.py [--repeats 40] [--audits 5] [--seed 0]
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.api import audit_checkpoint
from genai_audit.audit.validity.record_independence.estimates import tested
from genai_audit.models.data.datasets import BUNDLED, load_data
from genai_audit.models.encoders.builtin.catalogue import DEFAULTS

Matrix = NDArray[np.float64]
Draw = Callable[[np.random.Generator], Matrix]


def people(rng: np.random.Generator, sizes: NDArray[np.int64], d: int, noise: float) -> Matrix:
    """Records of people, `sizes` of each, that scatter around each by a part of the spread between people."""
    return np.repeat(rng.normal(size=(len(sizes), d)), sizes, axis=0) + noise * rng.normal(size=(sizes.sum(), d))


def each(n: int, size: int) -> NDArray[np.int64]:
    """The same number of records of n people."""
    return np.full(n, size)


def kinds(number: int, n: int, d: int, noise: float) -> Draw:
    """Independent records of equally likely kinds: the bound of the inequality that the test rests on."""
    return lambda rng: rng.normal(size=(number, d))[rng.integers(number, size=n)] + noise * rng.normal(size=(n, d))


def doubled(rng: np.random.Generator, n: int, share: float, d: int, noise: float = 0.0) -> Matrix:
    """Records of which a share are copies at the end."""
    copies = round(share * n)
    first = rng.normal(size=(n - copies, d))
    return np.concatenate([first, first[:copies] + noise * rng.normal(size=(copies, d))])


def films(rng: np.random.Generator) -> Matrix:
    """Frames of 20 films in their order, each a random walk of 20 to 39 steps."""
    walks = [np.cumsum(0.05 * rng.normal(size=(rng.integers(20, 40), 10)), axis=0) for _ in range(20)]
    return np.concatenate([rng.normal(size=10) + walk for walk in walks])


SOUND: Mapping[str, Draw] = {
    **{f"normal, {d} dimensions": (lambda rng, d=d: rng.normal(size=(600, d))) for d in (2, 5, 10, 30, 100)},
    "normal, 5,000 records": lambda rng: rng.normal(size=(5000, 20)),
    "Student, 2 degrees": lambda rng: rng.standard_t(2, size=(800, 5)),
    "Cauchy": lambda rng: rng.standard_cauchy(size=(800, 3)),
    "50 tight modes": kinds(50, 600, 10, 0.05),
    "200 tight modes": kinds(200, 600, 10, 0.05),
    "1,000 kinds of 2,000": kinds(1000, 2000, 5, 0.0),
    "20,000 kinds of 2,000": kinds(20_000, 2000, 5, 0.02),
    "five categories": lambda rng: np.stack([rng.integers(k, size=1000) for k in (2, 3, 4, 5, 5)], 1).astype(float),
    "Zipf": lambda rng: rng.zipf(1.5, size=(1000, 1)).astype(float),
    "lattice": lambda rng: np.round(10 * rng.normal(size=(1000, 2))),
    "categories and numbers": lambda rng: np.hstack([0.7 * rng.integers(3, size=(1000, 4)), rng.random((1000, 2))]),
    "sorted by class": lambda rng: np.concatenate([5 * k + rng.normal(size=(100, 5)) for k in range(10)]),
}

CLUSTERED: Mapping[str, Draw] = {
    **{
        f"200 × 3, d {d}, noise {noise}": (lambda rng, d=d, noise=noise: people(rng, each(200, 3), d, noise))
        for d in (5, 10, 100)
        for noise in (0.05, 0.2)
    },
    "200 × 3, shuffled": lambda rng: rng.permutation(people(rng, each(200, 3), 10, 0.2)),
    "300 × 2, shuffled": lambda rng: rng.permutation(people(rng, each(300, 2), 10, 0.2)),
    "20 × 30, shuffled": lambda rng: rng.permutation(people(rng, each(20, 30), 20, 0.1)),
    "1 to 5, shuffled": lambda rng: rng.permutation(people(rng, rng.integers(1, 6, size=200), 10, 0.1)),
    "geometric, in order": lambda rng: people(rng, rng.geometric(0.4, size=200), 10, 0.1),
    "geometric, shuffled": lambda rng: rng.permutation(people(rng, rng.geometric(0.4, size=200), 10, 0.1)),
    "films": films,
    "rows tripled": lambda rng: np.repeat(rng.normal(size=(300, 5)), 3, axis=0),
    "10 % copies of 1,000": lambda rng: doubled(rng, 1000, 0.1, 5),
    "5 % copies of 5,000": lambda rng: doubled(rng, 5000, 0.05, 5),
    "10 % near copies of 1,000": lambda rng: doubled(rng, 1000, 0.1, 10, 0.1),
    "10 % near copies of 2,000": lambda rng: doubled(rng, 2000, 0.1, 10, 0.1),
}


def study(title: str, settings: Mapping[str, Draw], repeats: int, rng: np.random.Generator) -> None:
    """Print how often the test alarms."""
    print(f"\n{title:28} {'p < 0.01':>9} {'p < 0.05':>9} {'median p':>9} {'seconds':>8}")
    for name, draw in settings.items():
        values, started = [], time.perf_counter()
        for _ in range(repeats):
            points = draw(rng)
            values.append(tested("reference", points, points, most=5000, rng=rng).p_value)
        p, seconds = np.array(values), (time.perf_counter() - started) / repeats
        row = f"{np.mean(p < 0.01):9.1%} {np.mean(p < 0.05):9.1%} {np.median(p):9.2g} {seconds:8.2f}"
        print(f"{name:28} {row}", flush=True)


def bundled(rng: np.random.Generator) -> None:
    """Print p of the data that come with the installation."""
    print(f"\n{'bundled data':28} {'p':>9}")
    for name in BUNDLED:
        data = load_data(name, split="train")
        some = data.samples[:5000]
        sets = [some[:10], some]
        encoder, rate = DEFAULTS[data.modality], data.sample_rate
        encoded = encoder.encode(sets, reference=0, sample_rate=rate, progress=lambda share: None)
        points = encoded.vectors[1].astype(float)
        print(f"{name:28} {tested('reference', points, some, most=5000, rng=rng).p_value:9.2g}", flush=True)


def audits(repeats: int, rng: np.random.Generator) -> None:
    """Print the verdicts of whole audits of a perfect generator."""
    from pandas import DataFrame

    def table(size: int, number: int, name: str) -> DataFrame:
        frame = DataFrame(people(rng, each(number, size), 8, 0.1)).add_prefix("x")
        return frame.assign(person=[f"{name}{k}" for k in range(number) for _ in range(size)])

    verdicts: dict[str, Counter[str]] = {"clustered": Counter(), "clustered, --unit": Counter(), "twin": Counter()}
    for seed in range(repeats):
        made = table(1, 3000, "g").drop(columns="person")
        real, held, twin = table(3, 200, "r"), table(3, 100, "h"), table(1, 600, "t").drop(columns="person")
        plain = [each_.drop(columns="person") for each_ in (real, held)]
        asked = {
            "clustered": {"reference": plain[0], "holdout": plain[1]},
            "clustered, --unit": {"reference": real, "holdout": held, "unit": "person"},
            "twin": {"reference": twin},
        }
        for name, data in asked.items():
            verdicts[name][audit_checkpoint(made, seed=seed, **data).verdict.outcome] += 1
    print(f"\nwhole audits of a perfect generator, {repeats} each")
    for name, counts in verdicts.items():
        print(f"{name:28} {dict(counts)}", flush=True)


def main() -> None:
    """Run the study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--audits", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    study("independent records", SOUND, chosen.repeats, rng)
    study("clustered records", CLUSTERED, chosen.repeats, rng)
    bundled(rng)
    audits(chosen.audits, rng)


if __name__ == "__main__":
    main()
