"""What looking while drawing costs in wrong verdicts, and what it saves in samples.

Whole audits of models in memory, drawn in calls and judged at every look, as `genai-audit run` does with a slow model.

    python benchmarks/looks.py [--repeats 1000] [--whole 1000] [--only NAME …] [--kept audits.jsonl]

With `--kept` each audit is noted in that file, and the next call goes on where the last one ended.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
from common.rates import with_interval

import genai_audit
from genai_audit.audit.catalogue import estimates_by_code
from genai_audit.audit.policy import Policy

INVALID = """
version: 1
name: one rule at its bound
rules:
  - {id: valid, auditor: GA501, estimate: invalid_share, at_most: 0.1, why: "the truth lies at the bound"}
"""
SHARES = """
version: 1
name: one rule at its bound
rules:
  - {id: groups, auditor: GA101, estimate: worst_share_ratio, at_least: 0.8, why: "the truth lies at the bound"}
"""


@dataclass
class Rows:
    """A model that draws rows of a table."""

    draw: Callable[[int, np.random.Generator], pd.DataFrame]
    modality: str = "tabular"
    chunk: int = 50

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> pd.DataFrame:
        """Draw n rows."""
        seed = int(torch.randint(2**31, (1,), generator=generator))
        return self.draw(n, np.random.default_rng(seed))


def numbers(n: int, rng: np.random.Generator, invalid: float = 0.0) -> pd.DataFrame:
    """Three columns, two of which depend on each other; a share of the first is undefined."""
    z = rng.standard_normal((n, 3))
    z[:, 1] = 0.6 * z[:, 0] + 0.8 * z[:, 1]
    z[rng.random(n) < invalid, 0] = np.inf
    return pd.DataFrame(z, columns=["a", "b", "c"])


def groups(n: int, rng: np.random.Generator, first: float = 0.2) -> pd.DataFrame:
    """Two groups, the first with a share of its own."""
    group = np.where(rng.random(n) < first, "f", "m")
    return numbers(n, rng).assign(group=group)


@dataclass(frozen=True)
class Study:
    """One model that is audited again and again."""

    about: str
    draw: Callable[[int, np.random.Generator], pd.DataFrame]
    real: Callable[[int, np.random.Generator], pd.DataFrame]
    policy: str | None
    most: int
    n: int = 400
    population: bool = False
    whole: bool = False


STUDIES = {
    "invalid": Study(
        "invalid rows exactly at the bound (10 %)", lambda n, rng: numbers(n, rng, 0.1), numbers, INVALID, 3200
    ),
    "shares": Study(
        "a group exactly at 0.8 of its share, which is known",
        lambda n, rng: groups(n, rng, 0.16),
        groups,
        SHARES,
        3200,
        population=True,
    ),
    "perfect": Study("a perfect generator, default policy", groups, groups, None, 1600, n=200, whole=True),
    "clear-invalid": Study(
        "clear: 2 % of rows invalid, bound 10 %", lambda n, rng: numbers(n, rng, 0.02), numbers, INVALID, 20_000
    ),
    "clear-shares": Study(
        "clear: a group at half its share", lambda n, rng: groups(n, rng, 0.1), groups, SHARES, 20_000
    ),
    "sound": Study("a perfect generator, default policy, n = 2,000", groups, groups, None, 20_000, n=2000, whole=True),
    "narrow": Study(
        "all columns at half their spread, default policy, n = 2,000",
        lambda n, rng: groups(n, rng).pipe(lambda rows: rows.assign(**{c: rows[c] / 2 for c in "abc"})),
        groups,
        None,
        20_000,
        n=2000,
        whole=True,
    ),
}


class Audit(NamedTuple):
    """What is kept of one audit: its seed, its verdict, the rules that failed, and how many samples it drew."""

    study: str
    repeat: int
    outcome: str
    failed: tuple[str, ...]
    drawn: int
    looks: int
    seconds: float


def audited(name: str, repeat: int, folder: Path) -> Audit:
    """One audit. Auditors without a rule change no verdict, so they are left out."""
    study, policy = STUDIES[name], None
    if study.policy is not None:
        policy = folder / "policy.yaml"
        policy.write_text(study.policy, encoding="utf-8")
    rules = Policy.load(policy, estimates=estimates_by_code()).rules
    real = study.real(study.n, np.random.default_rng([repeat, 1]))
    if study.population:
        real = pd.DataFrame({**real, "group": np.where(np.arange(study.n) < 0.2 * study.n, "f", "m")})
    start = time.perf_counter()
    record = genai_audit.audit_checkpoint(
        Rows(study.draw),
        reference=real,
        groups=["group"] if "group" in real else (),
        population=study.population,
        policy=policy,
        only=tuple(dict.fromkeys(rule.auditor for rule in rules)),
        samples=study.most,
        seed=repeat,
        looks=True,
    )
    assert record.drawing is not None
    return Audit(
        study=name,
        repeat=repeat,
        outcome=str(record.verdict.outcome),
        failed=tuple(rule.id for rule in record.verdict.rules if rule.outcome == "fail"),
        drawn=record.environment.samples,
        looks=len(record.drawing.looks),
        seconds=round(time.perf_counter() - start, 2),
    )


def audits(name: str, repeats: int, folder: Path, kept: Path | None) -> Iterator[Audit]:
    """The first audits of a study; those that `kept` has are read, the others made and noted there."""
    lines = kept.read_text(encoding="utf-8").splitlines() if kept is not None and kept.exists() else []
    made = {(each["study"], each["repeat"]): Audit(**each) for each in map(json.loads, lines)}
    for repeat in range(repeats):
        each = made.get((name, repeat))
        if each is None:
            each = audited(name, repeat, folder)
            if kept is not None:
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(each._asdict()) + "\n")
        yield each


def row(name: str, repeats: int, folder: Path, kept: Path | None) -> str:
    """A line of the table."""
    study, made = STUDIES[name], list(audits(name, repeats, folder, kept))
    outcomes = [each.outcome for each in made]
    drawn = np.array([each.drawn for each in made]) / study.most
    share = {each: outcomes.count(each) for each in ("pass", "fail")}
    return (
        f"| {study.about} (`{name}`) | {repeats} | {with_interval(share['pass'], repeats)} | "
        f"{with_interval(share['fail'], repeats)} | {drawn.mean():.0%} | {np.median(drawn):.0%} |"
    )


def main() -> None:
    """Run the studies and print them as a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=1000, help="audits of a study of one rule")
    parser.add_argument("--whole", type=int, default=1000, help="audits of a study of the default policy")
    parser.add_argument("--only", nargs="*", choices=STUDIES, default=list(STUDIES), metavar="NAME")
    parser.add_argument("--kept", type=Path, metavar="FILE.jsonl", help="where audits are noted, and gone on from")
    options = parser.parse_args()
    print("| Model | Audits | PASS (95 %) | FAIL (95 %) | Samples drawn, mean | Median |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.only:
            repeats = options.whole if STUDIES[name].whole else options.repeats
            print(row(name, repeats, Path(folder), options.kept), flush=True)


if __name__ == "__main__":
    main()
