"""What verdict do perfect generators get, and what verdict generators with a defect, from whole audits?

Every audit is what a user's would be: records in, features, real classifiers, all auditors, the shipped policy. The
truth is known, because reference, holdout and generated records are independent draws of one distribution, or the
generated ones have one planted defect. Audits are kept in a file as they end, so that a study can be interrupted, and
other rules can be tried on them without running them again.

    python benchmarks/whole_audits.py [--repeats 200] [--only NAME …] [--processes 2] [--keep FILE] [--policy FILE]
"""

import argparse
import json
import os
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from common.rates import with_interval
from common.whole_situations import SITUATIONS, Case

from genai_audit.audit.catalogue import estimates_by_code
from genai_audit.audit.evidence.collect import Plan, collect
from genai_audit.audit.judge import judge
from genai_audit.audit.pipeline.auditing import configured, run_auditors
from genai_audit.audit.policy import Policy
from genai_audit.audit.verdict import Ruling, Verdict
from genai_audit.models.data.units import one_each
from genai_audit.reports import convert
from genai_audit.reports.finding_parts import FindingPart


@cache
def policy(path: Path | None = None) -> Policy:
    """The policy that judges."""
    return Policy.load(path, estimates=estimates_by_code())


def findings(case: Case, seed: int) -> list[dict[str, Any]]:
    """One whole audit: all findings as parts of a record, without tables and exhibits."""
    # How small a missing mode could have been is said beside the numbers and decides nothing; it takes half the time.
    settings = {**policy().settings, "GA301": {**policy().settings.get("GA301", {}), "planted": 0}}
    auditors = configured(policy().model_copy(update={"settings": settings}))
    plan = Plan(
        modality=case.real.modality,
        source="situation",
        samples=case.generated,
        reference=case.real,
        holdout=case.holdout,
        n=len(case.generated),
        seed=seed,
    )
    needs = {kind for each in auditors for kind in each.needs}
    evidence = collect(plan, needs=needs, guard=lambda work: (work(), None), progress=lambda step, share: None)
    parts = [convert.finding_part(each) for each in run_auditors(auditors, evidence, seed=seed)]
    return [_short(each).model_dump(mode="json") for each in parts]


def _short(part: FindingPart) -> FindingPart:
    whole = tuple(each for each in part.estimates if each.group is None)
    few = whole or part.estimates[:40]
    return part.model_copy(update={"estimates": few, "tables": (), "exhibits": (), "settings": {}})


def audited(task: tuple[str, int]) -> dict[str, Any]:
    """One audit of a situation."""
    name, repeat = task
    # The name's own number, so that the cases of a situation do not depend on the others.
    rng = np.random.default_rng([zlib.crc32(name.encode()), repeat])
    case = thinned(SITUATIONS[name].deal(rng), rng)
    return {"situation": name, "repeat": repeat, "drawn": len(case.generated), "findings": findings(case, repeat)}


def thinned(case: Case, rng: np.random.Generator) -> Case:
    """One record of each unit, as `--unit` leaves them; the case as it is where it names none."""
    if case.unit is None:
        return case
    real, generated = (one_each(each, case.unit, rng) for each in (case.real, case.generated))
    return Case(real, generated, case.holdout)


def verdict_of(audit: Mapping[str, Any], by: Policy) -> Verdict:
    """The verdict of a policy on a kept audit."""
    found = [convert.finding_from(FindingPart.model_validate(each)) for each in audit["findings"]]
    return judge(found, by, drawn=audit["drawn"], today=date(2026, 1, 1), available=audit["drawn"])


def run(names: Iterable[str], repeats: int, processes: int, keep: Path) -> None:
    """Run the audits that the file does not hold yet."""
    done = {(each["situation"], each["repeat"]) for each in kept(keep)}
    wanted = [(name, repeat) for repeat in range(repeats) for name in names if (name, repeat) not in done]
    with keep.open("a", encoding="utf-8") as stream, ProcessPoolExecutor(processes) as pool:
        for count, audit in enumerate(pool.map(audited, wanted), 1):
            stream.write(json.dumps(audit) + "\n")
            stream.flush()
            print(f"\r{count}/{len(wanted)} audits", end="", file=sys.stderr, flush=True)


def kept(path: Path) -> list[dict[str, Any]]:
    """The audits that a file holds."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def report(audits: Iterable[Mapping[str, Any]], by: Policy) -> None:
    """Verdicts by situation, and which rules fail or stay open."""
    verdicts: dict[str, list[Verdict]] = defaultdict(list)
    for audit in audits:
        verdicts[audit["situation"]].append(verdict_of(audit, by))
    for planted in (False, True):
        print(f"\n### {'Generators with a planted defect' if planted else 'Perfect generators'}\n")
        print("| Situation | Audits | PASS | INCONCLUSIVE | FAIL (95 % interval) | Rules that fail | Rules open |")
        print("|---|---|---|---|---|---|---|")
        for name, situation in SITUATIONS.items():
            if situation.planted is planted and name in verdicts:
                print(_row(name, situation.about, verdicts[name]))


def _row(name: str, about: str, verdicts: list[Verdict]) -> str:
    outcomes = Counter(each.outcome for each in verdicts)
    n, failed = len(verdicts), outcomes[Ruling.FAIL]
    ends = [Ruling.PASS, Ruling.INCONCLUSIVE]
    shares = " | ".join(f"{outcomes[each] / n:.0%}" for each in ends)
    rules = [_rules(verdicts, ruling) for ruling in (Ruling.FAIL, Ruling.INCONCLUSIVE)]
    return f"| {about} (`{name}`) | {n} | {shares} | {with_interval(failed, n)} | {rules[0]} | {rules[1]} |"


def _rules(verdicts: list[Verdict], ruling: Ruling) -> str:
    counts = Counter(rule.id for each in verdicts for rule in each.rules if rule.outcome is ruling)
    return ", ".join(f"{rule} {count / len(verdicts):.0%}" for rule, count in counts.most_common(5)) or "none"


def main() -> None:
    """Run the study and print it as tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200, help="audits of each situation")
    parser.add_argument("--only", nargs="*", choices=SITUATIONS, default=list(SITUATIONS), metavar="NAME")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=Path("whole_audits.jsonl"), help="file that holds the audits")
    parser.add_argument("--policy", type=Path, help="judge by this policy instead of the shipped one")
    options = parser.parse_args()
    run(options.only, options.repeats, options.processes, options.keep)
    report(kept(options.keep), policy(options.policy))


if __name__ == "__main__":
    main()
