"""Records and evidence made by hand, for reading and testing the report: ten digits of 8 × 8 pixels, three auditors."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from scipy.stats import norm

from genai_audit.audit.catalogue import patterns_by_code
from genai_audit.audit.diagnosis import diagnose
from genai_audit.audit.evidence.attributions.kind import Attributions
from genai_audit.audit.evidence.bundle import Evidence, Generated, Groups, Real
from genai_audit.audit.finding import (
    LEVELS,
    Better,
    Column,
    Estimate,
    Exhibit,
    Finding,
    Interval,
    Kind,
    Outcome,
    Perfect,
    Pictures,
    Table,
)
from genai_audit.audit.judge import judge
from genai_audit.audit.policy import Policy
from genai_audit.reports import convert
from genai_audit.reports.data_parts import DataPart, DataParts, GroupsPart
from genai_audit.reports.diagnosis import diagnosis_part
from genai_audit.reports.environment import Environment
from genai_audit.reports.record import CheckpointPart, PolicyPart, Record
from unit.reports.small_record import with_facts

HOSTILE = "<img src=x onerror=alert(1)>\"'&\x00\x1b\u202egnp.exe\u2066 {{ 7*7 }} </style></script>"
LONG = "A" * 5_000
DIGITS, DRAWN = tuple("0123456789"), 20_000
DIGEST = "4f1c22ab9d7e6f503c8b1a2d4e5f60718293a4b5c6d7e8f9012a3b4c5d6e7f80"


def estimate(name: str, value: float, spread: float, **more: Any) -> Estimate:
    """An estimate with normal intervals of standard error `spread`, kept at or above `floor`."""
    floor = more.pop("floor", 0.0)
    curve = tuple(
        Interval(level, max(floor, value - z * spread), value + z * spread)
        for level in LEVELS
        for z in [float(norm.ppf(0.5 + level / 2))]
    )
    given = {"n": DRAWN, "method": "normal", "unit": "ratio", "better": Better.HIGHER} | more
    return Estimate(name, value, curve, **given)


def representation(ratios: dict[str, float], *, spread: float = 0.02) -> Finding:
    """GA101 for groups of equal targets."""
    target = 1 / len(ratios)
    known: dict[str, Any] = {"perfect": Perfect(0.97, 0.94, 0.99), "minimum_detectable": 0.07, "from_draws": 0.6}
    estimates = [estimate("worst_share_ratio", min(ratios.values()), spread, **known)]
    for name, ratio in ratios.items():
        about: dict[str, Any] = {
            "better": Better.NEITHER,
            "group": name,
            "method": "corrected for the group classifier's errors",
        }
        perfect = Perfect(target, 0.95 * target, 1.05 * target)
        share = estimate("share", ratio * target, spread * target, unit="share", perfect=perfect, p_value=0.2, **about)
        scaled = estimate("share_ratio", ratio, spread, perfect=Perfect(1.0, 0.95, 1.05), **about)
        counted = estimate("uncorrected_share", ratio * target, spread * target / 2, unit="share", **about)
        estimates += [share, scaled, counted]
    perfect = Perfect(0.012, 0.005, 0.02)
    estimates.append(estimate("total_variation", 0.021, 0.004, unit="share", better=Better.LOWER, perfect=perfect))
    return Finding(
        code="GA101",
        title="Group representation",
        question="Does the model generate every group as often as it should?",
        outcome=Outcome.MEASURED,
        estimates=tuple(estimates),
        tables=_group_tables(ratios, target),
        exhibits=_group_exhibits(ratios),
        references=("Lang and Reiczigel 2014, doi:10.1016/j.prevetmed.2013.09.015",),
        settings={"targets": None, "perfect_repeats": 4000},
        seconds=0.42,
    )


def _group_tables(ratios: dict[str, float], target: float) -> tuple[Table, ...]:
    columns = (
        Column("group", "Group", Kind.TEXT),
        Column("share", "Share generated", Kind.SHARE),
        Column("share_low", "from (95 %)", Kind.SHARE),
        Column("share_high", "to (95 %)", Kind.SHARE),
        Column("target", "Target share", Kind.SHARE),
        Column("ratio", "Share / target", Kind.RATIO),
        Column("judged", "Samples judged so", Kind.COUNT),
    )
    rows = tuple(
        (name, *(factor * ratio * target for factor in (1, 0.9, 1.1)), target, ratio, round(DRAWN * ratio * target))
        for name, ratio in ratios.items()
    )
    classified = tuple(
        Column(f"classified_{place}", f"classified as {name}", Kind.COUNT) for place, name in enumerate(ratios)
    )
    confusion = tuple(
        (name, *(140 if row == column else 1 for column in range(len(ratios)))) for row, name in enumerate(ratios)
    )
    return (
        Table("groups", "Each group among the generated samples, beside its target", columns, rows),
        Table("confusion", "The group classifier on samples it had not seen", (columns[0], *classified), confusion),
    )


def _group_exhibits(ratios: dict[str, float]) -> tuple[Exhibit, ...]:
    names = list(ratios)
    worst = min(range(len(names)), key=lambda place: ratios[names[place]])

    def rows(place: int, count: int) -> tuple[int, ...]:
        return tuple(range(place, count * len(names), len(names)))

    question = (
        Pictures(f"{names[worst]}, real", "reference", rows(worst, 16)),
        Pictures(f"{names[worst]}, generated (as judged)", "generated", rows(worst, 16)),
    )
    every = tuple(Pictures(f"{name}, generated", "generated", rows(place, 8)) for place, name in enumerate(names))
    return (
        Exhibit("group_in_question_1", f"Group {names[worst]} of its target share", "grid", question),
        Exhibit("every_group", "The first generated samples of every group, not picked by hand", "grid", every),
    )


def neighbours(*, coverage: float = 0.91, spread: float = 0.012) -> Finding:
    """GA302 with a given coverage ratio."""
    values = {"precision": 0.97, "recall": 0.95, "coverage": coverage}
    estimates = []
    for name, ratio in values.items():
        known: dict[str, Any] = {"perfect": Perfect(1.0, 0.98, 1.02), "minimum_detectable": 0.04, "from_draws": 0.5}
        estimates.append(estimate(f"{name}_ratio", ratio, spread, **known))
        estimates.append(estimate(name, 0.97 * ratio, spread, unit="share", perfect=Perfect(0.97, 0.955, 0.982)))
    estimates.append(estimate("density", 1.04, 0.03, better=Better.NEITHER, perfect=Perfect(1.0, 0.95, 1.05)))
    return Finding(
        code="GA302",
        title="Fidelity and diversity of neighbours",
        question="Do generated samples lie where real data lie, and are all real data reached?",
        outcome=Outcome.MEASURED,
        estimates=tuple(estimates),
        seconds=1.9,
    )


def drivers(dimensions: int = 8) -> Finding:
    """GA201 on a few latent dimensions and two readouts."""
    rng = np.random.default_rng(3)
    shares = [float(share) for share in np.sort(rng.dirichlet(np.ones(dimensions)))[::-1]]
    about: dict[str, Any] = {"better": Better.NEITHER, "n": 256, "unit": "share"}
    estimates = [
        estimate("largest_share", shares[0], 0.01, **about),
        estimate("effective_dimensions", 3.8, 0.2, **(about | {"unit": "dimensions"})),
        estimate("unused_dimensions", 1, 0.5, **(about | {"unit": "count", "better": Better.LOWER})),
        *(estimate("share_of_effect", share, 0.01, group=f"z{place}", **about) for place, share in enumerate(shares)),
        *(estimate("share_of_effect", 0.5, 0.02, group=f"z0 → {readout}", **about) for readout in ("ink", "slant")),
        replace(estimate("completeness_error", 0.008, 0.1, better=Better.LOWER, n=256), curve=()),
    ]
    columns = (
        Column("quantity", "Quantity", Kind.TEXT),
        Column("observed", "This model"),
        Column("low", "Turned, 2.5 %"),
        Column("middle", "Turned, median"),
        Column("high", "Turned, 97.5 %"),
    )
    rows = (("Largest share of one dimension", shares[0], 0.151, 0.174, 0.213),)
    maps = [
        Pictures(f"z{place}, {shares[place]:.1%} of the effect", "attributions.maps", (place,)) for place in range(4)
    ]
    maps.append(Pictures("random directions, for comparison", "attributions.null_maps", (0, 1, 2, 3)))
    centre = (Pictures("mean latent", "attributions.sample", (0,)),)
    return Finding(
        code="GA201",
        title="What drives the output",
        question="Which latent dimensions drive the output, and which do nothing?",
        outcome=Outcome.MEASURED,
        estimates=tuple(estimates),
        tables=(Table("turned_axes", "The same model with its latent axes turned at random", columns, rows),),
        exhibits=(
            Exhibit("saliency", "Mean change of each output value per unit of a dimension", "signed_maps", tuple(maps)),
            Exhibit("centre", "The output at the mean latent", "grid", centre),
        ),
        settings={"method": "integrated gradients", "latent_dimensions": dimensions},
        seconds=3.1,
    )


def evidence(
    *, names: tuple[str, ...] = DIGITS, shape: tuple[int, int, int] = (1, 8, 8), n: int = 240, dimensions: int = 8
) -> Evidence:
    """Blobs that differ by group, and maps that differ by dimension."""
    rng = np.random.default_rng(0)
    c, h, w = shape
    y, x = np.mgrid[0:h, 0:w] / max(h, w)

    def blobs(count: int) -> np.ndarray:
        images = []
        for index in range(count):
            angle = 2 * np.pi * (index % len(names)) / len(names)
            distance = (x - 0.45 - 0.25 * np.cos(angle)) ** 2 + (y - 0.45 - 0.25 * np.sin(angle)) ** 2
            images.append(np.clip(np.exp(-30 * distance) + rng.normal(0, 0.05, (c, h, w)), 0, 1))
        return np.array(images, dtype=np.float32)

    k = len(names)
    real = Real(blobs(n), n, "digits", "bundled with scikit-learn", DIGEST)
    counts = np.full((k, k), 1) + 150 * np.eye(k, dtype=np.int64)
    maps = np.array([np.sin(3 * (i + 1) * x) * np.cos(4 * y + i) for i in range(dimensions)], dtype=np.float32)[
        :, None
    ].repeat(c, axis=1)
    draws = rng.normal(size=(16, dimensions)).astype(np.float32)
    attributions = Attributions(
        readouts=("ink",),
        latents=draws,
        baselines=draws[::-1].copy(),
        attributions=rng.normal(size=(1, 16, dimensions)),
        differences=rng.normal(size=(1, 16)),
        completeness_error=np.zeros((1, 16)),
        tolerance=np.array([0.01]),
        steps=np.array([32]),
        maps=maps,
        null_maps=(0.3 * rng.normal(size=(4, c, h, w))).astype(np.float32),
        sample=blobs(1),
    )
    groups = Groups(
        names=names,
        predicted=np.arange(n) % k,
        confusion=counts,
        reference_counts=np.full(k, n // k),
        classifier="logistic regression on pixels",
        parameters={},
        reference=np.arange(n) % k,
    )
    return Evidence(
        modality="image",
        generated=Generated(blobs(n), 0, "gan.safetensors", 0.3),
        reference=real,
        groups=(groups,),
        attributions=attributions,
        absent={"holdout": "no holdout data was given"},
    )


def record(
    findings: tuple[Finding, ...],
    *,
    policy: Policy | None = None,
    name: str = "gan.safetensors",
    names: tuple[str, ...] = DIGITS,
    **more: Any,
) -> Record:
    """A record of these findings, judged by the rules that look at them unless another policy is given."""
    policy, told = policy or judging(), tuple(with_facts(each) for each in findings)
    verdict = judge(findings, policy, drawn=DRAWN, today=date(2026, 3, 14))
    return Record(
        verdict=convert.verdict_part(verdict),
        checkpoint=CheckpointPart(
            name=name,
            sha256=DIGEST,
            format="safetensors",
            family="gan",
            modality="image",
            parameters=42_816,
            declared=more.get(
                "declared", {"data": "digits", "steps": 6000, "config": {"hidden": [128, 128], "latent_dim": 8}}
            ),
        ),
        data=DataParts(
            generated=DataPart(n=DRAWN, total=DRAWN, sha256=DIGEST[::-1], source=name, name="generated samples"),
            reference=DataPart(n=1437, total=1437, sha256=DIGEST, source="bundled with scikit-learn", name="digits"),
            holdout=None,
            groups=(GroupsPart(names=names, source="logistic regression on pixels, out of fold", accuracy=0.968),),
        ),
        findings=tuple(convert.finding_part(each) for each in told),
        diagnosis=diagnosis_part(diagnose(told, patterns_by_code())),
        coverage=convert.coverage_of(findings),
        policy=PolicyPart(
            name=policy.name,
            sha256=policy.sha256,
            source="shipped with genai-audit",
            content=policy.model_dump(mode="json"),
        ),
        environment=Environment(
            versions={"python": "3.11.9", "genai-audit": "0.1.0", "torch": "2.13.0"},
            platform="Linux x86_64",
            git="1f2e3d4c5b6a79880123456789abcdef01234567",
            device="cpu",
            dtype="float32",
            seed=0,
            samples=DRAWN,
            argv=more.get("argv", ("genai-audit", "run", name)),
            loader=more.get("loader"),
            started="2026-03-14T09:26:53+00:00",
            timings={"load": 0.11, "collect": 4.2, "audit": 5.4},
        ),
    )


SOUND = dict(zip(DIGITS, (1.02, 0.99, 0.97, 1.04, 0.95, 1.01, 1.0, 0.98, 1.03, 1.01), strict=True))


def variants() -> Iterator[tuple[str, Record]]:
    """Every kind of record that a reader can meet, by name."""
    sound = (representation(SOUND), drivers(), neighbours())
    yield "pass", record(sound)
    yield "fail", record((representation(SOUND | {"3": 0.04}), drivers(), neighbours()))
    yield (
        "inconclusive",
        record((representation(SOUND | {"3": 0.84}, spread=0.03), drivers(), neighbours(coverage=0.81))),
    )
    yield (
        "error",
        record(
            (sound[0], _without(sound[1], Outcome.NOT_APPLICABLE, "the model has no decode(z)"), _crashed(sound[2]))
        ),
    )
    yield (
        "nothing",
        record(
            tuple(
                _without(each, Outcome.NOT_APPLICABLE, "there is no reference data; give it with --reference")
                for each in sound
            )
        ),
    )
    yield "waived", record((sound[0], sound[1], neighbours(coverage=0.6)), policy=waiving(date(2030, 1, 31)))
    yield "expired", record((sound[0], sound[1], neighbours(coverage=0.6)), policy=waiving(date(2024, 1, 31)))
    yield "hostile", hostile()


def judging() -> Policy:
    """Rules for the estimates that stand in the findings here."""
    every = {"auditor": "GA302", "at_least": 0.8, "why": "asked"}
    rules = (
        every
        | {"id": "no-group-underrepresented", "auditor": "GA101", "estimate": "worst_share_ratio", "required": False},
        every | {"id": "samples-look-real", "estimate": "precision_ratio"},
        every | {"id": "reality-is-reached", "estimate": "recall_ratio"},
        every | {"id": "reality-is-covered", "estimate": "coverage_ratio"},
    )
    return Policy.model_validate({"version": 1, "name": "default", "rules": rules})


def waiving(expires: date) -> Policy:
    """These rules with one waiver."""
    content = judging().model_dump(mode="json")
    waiver = {"rule": "reality-is-covered", "owner": "A. Person", "reason": "known, fix planned in 2.1"}
    return Policy.model_validate(content | {"waivers": [waiver | {"expires": expires}]})


def hostile() -> Record:
    """Names that try to break out of the page, to reorder it, or to fill it."""
    names = (HOSTILE, LONG, "مجموعة", "two\nlines")
    finding = representation(dict(zip(names, (0.3, 1.1, 1.2, 1.4), strict=True)))
    table = Table(
        "hostile",
        HOSTILE,
        (Column("a", HOSTILE, Kind.TEXT), Column("b", LONG, Kind.NUMBER)),
        ((HOSTILE, None), (LONG, 1e-9)),
    )
    finding = replace(
        finding,
        title=HOSTILE,
        question=HOSTILE,
        tables=(*finding.tables, table),
        references=(HOSTILE, LONG),
        settings={HOSTILE: LONG, "b": [HOSTILE]},
    )
    broken = _without(
        neighbours(), Outcome.ERROR, f"Traceback (most recent call last):\n{HOSTILE}\nValueError: {HOSTILE}{LONG}"
    )
    unknown = replace(drivers(), code="GA999", title=LONG)
    return record(
        (finding, broken, unknown),
        name=HOSTILE + "\udcff",
        names=names,
        declared={HOSTILE: HOSTILE, "nested": {LONG: [None, True]}},
        argv=("genai-audit", "run", HOSTILE, LONG),
        loader=HOSTILE,
    )


def _without(finding: Finding, outcome: Outcome, reason: str) -> Finding:
    return Finding(finding.code, finding.title, finding.question, outcome, reason)


def _crashed(finding: Finding) -> Finding:
    frames = 'Traceback (most recent call last):\n  File "neighbours.py", line 80, in __call__\n'
    return _without(finding, Outcome.ERROR, f"{frames}MemoryError: 1.2 TiB asked for")
