"""`explain`: what drives a model, from Python, without a verdict."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...models.adapters.libraries import kept_quiet
from ...models.errors import UserError
from .. import api, arguments
from ..finding import Outcome
from ..policy import PolicyError
from ..request import Request
from ..run import audit
from .explanation import HOMES, Explanation, explained_maps


def explain(
    checkpoint: Any,
    *,
    reference: Any = None,
    groups: str | Iterable[str] = (),
    outcome: str | Iterable[str] = (),
    probes: Any = (),
    loader: str | None = None,
    trust: bool = False,
    base_model: str | Path | None = None,
    samples: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    only: str | Iterable[str] = (),
) -> Explanation:
    """Collect the maps of attributions that the audit of a model would collect, with the checks of GA206.

    Args:
        checkpoint: a file, a folder, `reference:NAME`, or a model in memory; see `audit_checkpoint`.
        reference: real data, by name, path or in memory; by default what the checkpoint names.
        groups: attributes that tell groups apart, one name or several.
        outcome: columns that say what happens to a person, for what their gaps rest on.
        probes: files of prompts with slots, for what their gaps rest on.
        loader: `FILE.py:FUNCTION` that builds the model; runs that file's code.
        trust: open formats that can run the file's own code.
        base_model: see `audit_checkpoint`.
        samples: how many samples to draw for what needs some; by default 1,000.
        seed: of every random number.
        device: `cpu` or `cuda`.
        only: codes of auditors whose maps are wanted, among GA201, GA202, GA203, GA204 and GA207; by default all.

    Raises:
        UserError: if an argument or an input cannot be used, or the model's own code fails.
    """
    try:
        request = Request(
            checkpoint=api.subject_of(checkpoint),
            reference=api.data_of(reference, "reference", checkpoint, None),
            groups=arguments.names(groups, "groups"),
            outcomes=arguments.names(outcome, "outcome"),
            probes=arguments.paths(probes, "probes", "a file of probes"),
            loader=None if loader is None else arguments.text(loader, "loader", "loader.py:load"),
            trust=arguments.truth(trust, "trust"),
            base_model=arguments.path(base_model, "base_model", "a model's folder"),
            samples=1_000 if samples is None else arguments.whole(samples, "samples", 1),
            looks=False,
            seed=arguments.whole(seed, "seed", 0),
            device=arguments.text(device, "device", "cpu"),
            only=_codes(only),
        )
        return _explained(request)
    except (UserError, PolicyError) as error:
        raise type(error)(arguments.in_python(str(error))) from error.__cause__


def _codes(only: str | Iterable[str]) -> tuple[str, ...]:
    given, known = arguments.names(only, "only"), tuple(HOMES.values())
    strange = [each for each in given if each not in known]
    if strange:
        raise UserError(f"only: expected codes among {', '.join(sorted(known))}, got {strange[0]!r}")
    return given or tuple(sorted(known))


def _explained(request: Request) -> Explanation:
    request, mode = api.settled(request)
    with mode, kept_quiet():
        record, evidence = audit(request)
    maps = explained_maps(evidence)
    found = {each.code for each in maps}
    return Explanation(
        name=record.checkpoint.name,
        maps=tuple(sorted(maps, key=lambda each: each.code)),
        without={code: _why(record.finding(code)) for code in request.only if code not in found},
        evidence=evidence,
    )


def _why(finding: Any) -> str:
    if finding.outcome is Outcome.ERROR:
        return f"an error: {finding.reason.strip().splitlines()[-1]}"
    return finding.reason or "no map whose parts are those of single records; its table says what was measured"
