"""Collect how much records look like ones that the model learned from: of training, holdout and generated records."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from ..bundle import Evidence
from ..control import groups_of_held
from ..criticised.collect import members
from ..decoding import undisturbed
from ..likelihoods.chosen import asked_about
from ..likelihoods.kind import Scored
from ..plan import Plan, stream
from ..samples.real import rows_at_hand
from ..split.collect import both
from ..unavailable import Unmeasured
from .chosen import Sets, chosen_rows
from .closeness import closeness
from .kind import Membership, MembershipScore
from .offered import LIKELIHOODS, Offer, compressed, offers, settled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEEDS = ("features", "groups")

FEWEST = 20
"""Records of either set below which nothing can be said."""

NEAREST, CROWD = 4_000, 10_000
"""Records of each set whose nearest generated record is looked for, and generated records among which."""


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Membership:
    """Every score that the model offers; the nearest generated record's closeness where it offers no likelihood.

    Raises:
        Unavailable: without training data or a holdout (`--holdout`).
        Unmeasured: with too few records, or where no score can be had.
        UserError: if what the model gives is not a number for each record.
    """
    sets = _sets(so_far)
    model = plan.model
    remarks: list[str] = []
    scores: list[MembershipScore] = []
    with undisturbed(model, "scoring records"):
        offered = [each for each in offers(model, plan.modality, sets.training) if _usable(each, sets, remarks)]
        for at, offer in enumerate(offered):
            scores.append(_scored(offer, plan, so_far, sets))
            progress(0.8 * (at + 1) / (len(offered) + 1))
    if not any(each.kind in LIKELIHOODS for each in scores):
        scores += _closeness(so_far, plan, remarks)
    if not scores:
        raise Unmeasured("no score of membership can be had: " + ("; ".join(remarks) or "the model offers none"))
    if plan.base is not None:
        scores[0] = _with_base(scores[0], plan.base.model, plan.modality, sets)
    if plan.modality == "text":
        scores += _per_byte(scores[0], sets)
    return _membership(plan, so_far, sets, tuple(scores), tuple(remarks))


def _sets(so_far: Evidence) -> Sets:
    training, holdout = both(so_far)
    sets = Sets(training.samples, holdout.samples, so_far.generated.samples)
    few = min(len(sets.training), len(sets.holdout))
    if few < FEWEST:
        raise Unmeasured(f"{few} records on one side are too few to tell members from others: give at least {FEWEST}")
    return sets


def _usable(offer: Offer, sets: Sets, remarks: list[str]) -> bool:
    if settled(offer, sets.training):
        return True
    remarks.append(f"{offer.name}: a record gets another score a second time, or among other records")
    return False


def _scored(offer: Offer, plan: Plan, so_far: Evidence, sets: Sets) -> MembershipScore:
    rows = chosen_rows(offer, plan, sets)
    parts = {}
    for name, side in (("training", "reference"), ("holdout", "holdout"), ("generated", "generated")):
        known = None if not offer.source else getattr(getattr(so_far, offer.source), side, None)
        parts[name] = _asked(offer, getattr(sets, name), rows[name], plan.modality, known)
    return MembershipScore(offer.name, offer.kind, parts["training"], parts["holdout"], parts["generated"])


def _asked(offer: Offer, records: Any, rows: Ints, modality: str, known: Scored | None) -> Scored:
    """Scores of the records at `rows`, asking only about those of which nothing is known yet."""
    left = rows if known is None else np.setdiff1d(rows, known.rows)
    found = asked_about(records, left, modality, offer.ask)
    if known is not None:
        # What other questions asked for already is used, also beyond the rows that were chosen here.
        every = np.concatenate([found.rows, known.rows])
        order = np.argsort(every, kind="stable")
        values = np.concatenate([found.values, offer.sign * known.values])
        units = np.concatenate([found.units, known.units])
        found = Scored(every[order], values[order], units[order])
    return Scored(found.rows, found.per_unit if offer.per_unit else found.values, found.units)


def _closeness(so_far: Evidence, plan: Plan, remarks: list[str]) -> list[MembershipScore]:
    features = so_far.features
    if features is None or not len(features.holdout) or not len(features.generated):
        remarks.append("closeness of the nearest generated record: no features of all three sets")
        return []
    rng = stream(plan.seed, "membership by closeness")
    crowd = _some(len(features.generated), CROWD, rng)
    sides = []
    for points in (features.reference, features.holdout):
        rows = _some(len(points), NEAREST, rng)
        sides.append(_plain(rows, closeness(points[rows], features.generated[crowd])))
    own = _some(len(crowd), NEAREST // 4, rng)
    made = closeness(features.generated[crowd[own]], features.generated[crowd], own=own)
    name = f"closeness of the nearest of {len(crowd):,} generated records ({features.extractor})"
    return [MembershipScore(name, "closeness", sides[0], sides[1], _plain(crowd[own], made))]


def _some(total: int, most: int, rng: np.random.Generator) -> Ints:
    return np.sort(rng.permutation(total)[:most]).astype(np.int64)


def _plain(rows: Ints, values: Floats) -> Scored:
    return Scored(rows, values, np.ones(len(rows), dtype=np.int64))


def _per_byte(score: MembershipScore, sets: Sets) -> list[MembershipScore]:
    """The same log-likelihoods by what a compressor makes of each text."""
    if score.kind != "likelihood":
        return []
    sides = [
        compressed(Scored(each.rows, each.values * np.maximum(each.units, 1), each.units), records)
        for each, records in (
            (score.training, sets.training),
            (score.holdout, sets.holdout),
            (score.generated, sets.generated),
        )
    ]
    training, holdout, generated = sides
    return [MembershipScore("log-likelihood per compressed byte", "likelihood", training, holdout, generated)]


def _with_base(score: MembershipScore, base: Any, modality: str, sets: Sets) -> MembershipScore:
    """The score with what the base model gives the same training and holdout records.

    Raises:
        UserError: if the base model does not offer the score.
    """
    offered = offers(base, modality, sets.training)
    if score.kind not in LIKELIHOODS:
        raise UserError(
            "--base-model: expected a model that gives likelihoods or denoising losses, to compare two by them, got "
            f"one whose best score is {score.name}; leave it out"
        )
    same = next((each for each in offered if each.name == score.name), None)
    if same is None:
        raise UserError(
            f"--base-model: expected a model that offers the same score ({score.name}), got one that does not; name a "
            "model of the same kind"
        )
    with undisturbed(base, "scoring records"):
        training = _asked(same, sets.training, score.training.rows, modality, None)
        holdout = _asked(same, sets.holdout, score.holdout.rows, modality, None)
    return MembershipScore(
        score.name, score.kind, score.training, score.holdout, score.generated, training.values, holdout.values
    )


def _membership(
    plan: Plan, so_far: Evidence, sets: Sets, scores: tuple[MembershipScore, ...], remarks: tuple[str, ...]
) -> Membership:
    assert so_far.reference is not None
    assert so_far.holdout is not None
    assert plan.reference is not None
    main = next(iter(so_far.groups or ()), None)
    held = None
    if main is not None:
        held = groups_of_held(main, so_far, so_far.holdout, np.arange(len(sets.holdout)))
    if held is None:
        main = None
    numbers = rows_at_hand(plan.reference, stream(plan.seed, "reference"))
    return Membership(
        scores=scores,
        attribute="" if main is None else main.attribute,
        groups=() if main is None else main.told_apart,
        training_members=members(main, "reference", np.arange(len(sets.training))),
        holdout_members=members(held, "generated", np.arange(len(sets.holdout))),
        training_numbers=np.asarray(numbers, dtype=np.int64),
        training_total=so_far.reference.total,
        thinned=so_far.reference.unit is not None,
        base="" if plan.base is None else plan.base.name,
        remarks=remarks,
    )
