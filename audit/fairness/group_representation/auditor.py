"""GA101: is every group there, as often as it should be?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import TOO_FEW, Evidence
from ...finding import EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome
from ...pattern import Pattern
from ...statistics.shares.confusion import youden
from .by_hand import Source, chosen_otherwise, require_enough, seen_of, sources, told_by_hand, words
from .counted import counted_pictures, counted_table
from .estimates import (
    share_estimates,
    total_variation_estimate,
    uncorrected_estimates,
    worst_ratio,
)
from .exhibits import exhibits
from .facts import ESTIMATES
from .group_shares import GroupShares, measure_shares, refuse_weak_classifier
from .tables import tables

OF = "groups of "
"""In evidence, before the name of an attribute whose groups could not be told, and why."""

INCOMPLETE = ("share_ratio", "worst_share_ratio", "total_variation")
"""The estimates that are about all groups, so that a group without a share leaves them incomplete."""


@dataclass(frozen=True)
class GroupRepresentation:
    """Share of each group among the generated samples, corrected for the classifier's errors.

    Args:
        targets: the share each group should have, by name, summing to 1, or such shares under the name of each
            attribute; the reference's own shares without it.
        tolerance: refuse to answer where the classifier alone leaves a share more uncertain than this (± in shares).
        repeats: simulated audits of a perfect generator.
    """

    targets: Mapping[str, float | Mapping[str, float]] | None = None
    tolerance: float = 0.1
    repeats: int = 4_000

    code: ClassVar[str] = "GA101"
    title: ClassVar[str] = "Group representation"
    question: ClassVar[str] = "Does the model generate every group as often as it should?"
    needs: ClassVar[tuple[str, ...]] = ("groups",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern(
            "Under-represented group",
            "a group generated more rarely than it should be",
            "worst_share_ratio",
            False,
            0.2,
        ),
    )

    def __post_init__(self) -> None:
        if not 0 < self.tolerance < 1 or self.repeats < 100:
            got = f"{self.tolerance} and {self.repeats}"
            raise ValueError(f"expected a tolerance between 0 and 1 and at least 100 repeats, got {got}")
        for shares in _target_lists(self.targets):
            if min(shares, default=-1.0) < 0 or abs(sum(shares) - 1) > 1e-3:
                raise ValueError(f"expected target shares of at least 0 that sum to 1, got {self.targets}")
        if len({isinstance(each, Mapping) for each in (self.targets or {}).values()}) > 1:
            raise ValueError(
                f"expected target shares of groups, or such shares of attributes, got both: {self.targets}"
            )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure.

        Raises:
            NotApplicable: if there are no groups.
            Inconclusive: if groups could not be told apart, or not well enough.
        """
        told = sources(evidence)
        if not told:
            if evidence.judged:
                return self._counted(evidence)
            if "groups" in evidence.unmeasured:
                raise Inconclusive(evidence.unmeasured["groups"])
            raise NotApplicable(evidence.absent.get("groups", "no groups are known for the generated samples"))
        try:
            parts, refused = self._measured(evidence, told, rng)
        except Inconclusive as reason:
            if evidence.judged:
                return self._counted(evidence, str(reason))
            raise
        return self._found(evidence, told, parts, refused, rng)

    def _found(
        self,
        evidence: Evidence,
        told: Sequence[Source],
        parts: Sequence[GroupShares],
        refused: Mapping[str, str],
        rng: np.random.Generator,
    ) -> Finding:
        """The finding, of the attributes that were measured; the judge's counts of the others stand beside them."""
        open_ = [each for each in evidence.judged or () if each.attribute in refused]
        several = len(told) > 1
        by_attribute = {groups.attribute: (groups, labels) for groups, labels in told}
        gap = "; ".join(
            [
                *_too_few(parts, self.targets),
                *(f"{name}: {why}" for name, why in refused.items()),
                *(why for groups, labels in told if labels and (why := chosen_otherwise(groups, labels)) is not None),
            ]
        )
        drawn = len(evidence.generated.samples)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(
                worst_ratio(parts),
                *((worst_ratio([part], group=part.attribute) for part in parts) if several else ()),
                *(total_variation_estimate(part, rng, group=part.attribute if several else None) for part in parts),
                *(each for part in parts for each in share_estimates(part, several=several)),
                *(each for part in parts for each in uncorrected_estimates(part, several=several)),
            ),
            tables=(
                *(each for part in parts for each in tables(part, several=several)),
                *(counted_table(each) for each in open_),
            ),
            exhibits=(
                *exhibits([(part, seen_of(*by_attribute[part.attribute], drawn)) for part in parts], several=several),
                *counted_pictures(open_),
            ),
            references=(
                "Rogan and Gladen 1978, doi:10.1093/oxfordjournals.aje.a112510",
                "Lang and Reiczigel 2014, doi:10.1016/j.prevetmed.2013.09.015",
                "Fay and Feuer 1997, doi:10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#",
                "Berger 1982, doi:10.1080/00401706.1982.10487790",
                *(("Angelopoulos, Duchi and Zrnic 2023, arXiv:2311.01453",) if evidence.hand_labels else ()),
            ),
            settings={
                **self._settings(parts, by_attribute, refused, drawn),
                **{f"judge_{each.attribute}": each.judge for each in open_},
            },
            gaps=dict.fromkeys(INCOMPLETE, gap) if gap else {},
        )

    def _counted(self, evidence: Evidence, why: str | None = None) -> Finding:
        """The counts of a judge, uncorrected, where no attribute's shares could be measured."""
        judged = evidence.judged or ()
        reasons = {**evidence.absent, **evidence.unmeasured}
        stated = [reasons[key] for each in judged if (key := f"{OF}{each.attribute}") in reasons]
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.INCONCLUSIVE,
            reason=why or "; ".join(stated) or "the judge's counts could not be corrected",
            tables=tuple(counted_table(each) for each in judged),
            exhibits=tuple(counted_pictures(judged)),
            settings={f"judge_{each.attribute}": each.judge for each in judged},
            references=("Radford et al. 2021, arXiv:2103.00020",),
        )

    def _measured(
        self, evidence: Evidence, told: Sequence[Source], rng: np.random.Generator
    ) -> tuple[list[GroupShares], dict[str, str]]:
        """The shares of each attribute, that with the worst group first, and why those of others were not measured.

        Raises:
            Inconclusive: if no attribute could be measured.
        """
        reasons = {**evidence.absent, **evidence.unmeasured}
        refused = {kind.removeprefix(OF): why for kind, why in reasons.items() if kind.startswith(OF)}
        population = evidence.reference is not None and evidence.reference.population
        together = sum(len((groups if labels is None else told_by_hand(groups)).told_apart) for groups, labels in told)
        parts = []
        for groups, labels in told:
            try:
                if labels is not None:
                    require_enough(labels)
                targets = targets_of(groups.attribute, self.targets)
                part = measure_shares(
                    groups,
                    targets,
                    population=population,
                    repeats=self.repeats,
                    rng=rng,
                    together=together,
                    labels=labels,
                )
                refuse_weak_classifier(part, self.tolerance)
            except Inconclusive as reason:
                refused[groups.attribute] = str(reason)
            else:
                refused.pop(groups.attribute, None)
                parts.append(part)
        if not parts:
            raise Inconclusive(
                "; ".join(dict.fromkeys(refused.values())) if evidence.judged else next(iter(refused.values()))
            )
        return sorted(parts, key=lambda part: float(part.ratios.min())), refused

    def _settings(
        self, parts: Sequence[GroupShares], told: Mapping[str, Source], refused: Mapping[str, str], drawn: int
    ) -> dict[str, Json]:
        settings: dict[str, Json] = {
            "generated_samples": drawn,
            "attributes": ", ".join(part.attribute for part in parts),
            "targets": self._sources(parts),
            "tolerance": self.tolerance,
            "perfect_repeats": self.repeats,
        }
        settings |= {f"not_measured_{attribute}": why for attribute, why in refused.items()}
        for part in parts:
            of = f"_{part.attribute}" if len(parts) + len(refused) > 1 else ""
            groups, labels = told[part.attribute]
            if labels is None or part.hand is not None:
                settings[f"classifier{of}"] = groups.classifier
            if labels is not None:
                settings[f"hand_labels{of}"] = words(labels)
            if part.confusion is not None:
                settings |= {
                    f"classifier_accuracy{of}": float(np.trace(part.confusion) / part.confusion.sum()),
                    f"labelled_samples{of}": int(part.confusion.sum()),
                }
                if part.hand is None:
                    settings[f"classifier_smallest_youden_index{of}"] = float(youden(part.confusion).min())
        return settings

    def _sources(self, parts: Sequence[GroupShares]) -> str:
        """Where the targets of the measured attributes come from."""
        own = [part.attribute for part in parts if targets_of(part.attribute, self.targets) is not None]
        rest = [part for part in parts if part.attribute not in own]
        given = "given in the policy"
        if not rest:
            return given
        size = rest[0].size
        of_reference = (
            "shares of the reference, taken as the whole population"
            if size is None
            else f"shares of the reference, a sample of {size:,} records"
        )
        names = ", ".join(part.attribute for part in rest)
        return f"{given} for {', '.join(own)}; of {names} {of_reference}" if own else of_reference


def _too_few(parts: Sequence[GroupShares], targets: Mapping[str, float | Mapping[str, float]] | None) -> Iterator[str]:
    """Why groups that are wanted have no ratio of their own."""
    for part in parts:
        wanted = targets_of(part.attribute, targets) or part.too_few
        for name, number in part.too_few.items():
            if wanted.get(name, 0) > 0:
                records = "1 labelled record" if number == 1 else f"{number:,} labelled records"
                alone = "only together with others as rare" if TOO_FEW in part.names else "not"
                yield f"group {name} of {part.attribute} has {records}: its share was {alone} measured"


def targets_of(attribute: str, targets: Mapping[str, float | Mapping[str, float]] | None) -> Mapping[str, float] | None:
    """The target shares of one attribute's groups: under its name, or all of them where they are not nested."""
    if targets is None:
        return None
    nested = {name: dict(each) for name, each in targets.items() if isinstance(each, Mapping)}
    return (
        nested.get(attribute)
        if nested
        else {name: each for name, each in targets.items() if not isinstance(each, Mapping)}
    )


def _target_lists(targets: Mapping[str, float | Mapping[str, float]] | None) -> Iterator[list[float]]:
    if targets is None:
        return
    nested = [each for each in targets.values() if isinstance(each, Mapping)]
    yield from ([float(share) for share in each.values()] for each in nested)
    if not nested:
        yield [float(share) for share in targets.values() if not isinstance(share, Mapping)]
