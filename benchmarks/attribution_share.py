"""How much of a default audit of a reference model is attribution?

    python benchmarks/attribution_share.py [--only vae,gpt,…] [--conditional]

Each reference model, trained first where it is not in the cache, is audited as `genai-audit run reference:NAME` does,
with all defaults, in this process. Printed are the seconds of the whole audit without loading and without the report,
those of attribution, and their share, of the processor and by the clock; the processor's say more on a machine that
others use. Attribution is collecting what GA2xx needs and nothing else does, and the GA2xx auditors, which are run once
more by themselves, as auditors take turns in an audit. With `--conditional`, models that are told a class, of the
families that can be, in the place of those that are told none.
"""

import argparse
import tempfile
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

from genai_audit.audit.catalogue import AUDITORS
from genai_audit.audit.commands.trainer import train_checkpoint
from genai_audit.audit.pipeline.auditing import run_auditors
from genai_audit.audit.request import Request
from genai_audit.audit.run import audit
from genai_audit.models.checkpoints.reference import reference_checkpoint
from genai_audit.models.families.catalogue import FAMILIES, parts

THEME = "GA2"
STEPS = {"ddpm": 1000}
"""Of training a conditional model, where fewer than usual do: the time of an audit does not depend on them."""


class Stopwatch:
    """Told which step is at work, it keeps the seconds of each, by the clock and of the processor."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.step, self.began = "", now()

    def __call__(self, step: str, share: float) -> None:
        """Note that a share of a step is done."""
        at = now()
        spent = self.seconds.setdefault(self.step, [0.0, 0.0])
        spent[:] = [each + after - before for each, before, after in zip(spent, self.began, at, strict=True)]
        self.step, self.began = step if share < 1 else "", at


def now() -> tuple[float, float]:
    """Seconds of the clock and of the processor."""
    return time.perf_counter(), time.process_time()


def own_kinds() -> set[str]:
    """The kinds of evidence that attribution needs and no other theme does."""
    needed: dict[bool, set[str]] = {True: set(), False: set()}
    for each in AUDITORS:
        needed[each.code.startswith(THEME)] |= set(each.needs)
    return needed[True] - needed[False]


def audited(name: str, checkpoint: Path) -> None:
    """Print one row."""
    watch = Stopwatch()
    began = now()
    _, evidence = audit(Request(str(checkpoint)), progress=watch)
    loading = watch.seconds["checkpoint"]
    whole = [after - before - less for before, after, less in zip(began, now(), loading, strict=True)]
    again = now()
    of_theme = [each.code for each in AUDITORS if each.code.startswith(THEME)]
    run_auditors(AUDITORS, evidence, seed=0, only=of_theme)
    kinds = {kind: watch.seconds[kind] for kind in own_kinds() if kind in watch.seconds}
    collecting = [sum(each) for each in zip((0.0, 0.0), *kinds.values(), strict=True)]
    part = [each + after - before for each, before, after in zip(collecting, again, now(), strict=True)]
    row = "".join(f"{whole[at]:>8.1f} {part[at]:>6.1f} {part[at] / whole[at]:>6.0%}" for at in (1, 0))
    most = sorted(kinds, key=lambda kind: -kinds[kind][1])[:2]
    print(f"{name:<14}{row}   {', '.join(f'{kind} {kinds[kind][1]:.1f}' for kind in most)}", flush=True)


def told_a_class(name: str, folder: Path) -> Path:
    """A model of the family that is told a class."""
    out = folder / f"{name}.safetensors"
    how: dict[str, Any] = {"seed": 0, "plant": None, "conditional": True, "steps": STEPS.get(name), "out": out}
    train_checkpoint(name, None, progress=lambda step, share: None, **how)
    return out


def main() -> None:
    """Print all rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--conditional", action="store_true")
    given = parser.parse_args()
    able = [
        each for each in FAMILIES if not given.conditional or "classes" in {f.name for f in fields(parts(each).config)}
    ]
    print("model         processor, of GA2xx       clock, of GA2xx   most, processor")
    with tempfile.TemporaryDirectory() as folder:
        for name in able:
            if not given.only or name in given.only.split(","):
                audited(name, told_a_class(name, Path(folder)) if given.conditional else reference_checkpoint(name))


if __name__ == "__main__":
    main()
