"""What in a melody's past makes the model go on as pieces of one group do: every subset of its spans, as evidence.

A prompt is the beginning of a real piece, its slots are spans of steps. Pieces of two groups are paired at random, and
a pair is the sampling unit. A span that is not kept has the notes of another pair's pieces at the same steps.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import Attribute, pitch_name
from ...finding import NOMINAL
from ...statistics.attribution.disparity import gap_by_cluster
from ..bundle import Evidence
from ..contexts.choosing import SHORTEST, encoder_of, tokenised, vocabulary_of
from ..contexts.next_token import NextToken, asked, steady
from ..contexts.symbols import symbol
from ..decoding import networks
from ..explained.kind import CheckedMap
from ..plan import Plan, stream
from ..samples.given import reference_labels
from ..unavailable import Unavailable, Unmeasured
from .checking import PIECES, checked_melodies
from .kind import PromptReliance
from .told_by_notes import Notes, notes_of, place_of, slot_name, slots_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Pieces = tuple[list[Ints], list[Ints]]
"""Token ids of pieces of the two groups, marks of the beginning left out."""

CANDIDATES = 500
"""Pieces of each group that are turned into tokens."""

PAIRS, FEWEST = 48, 12
"""Pairs of pieces that are asked about, at most and at least; as many pieces more of each group say what tells them."""

PRODUCTS = 8e10
"""Products of a weight and a number that asking may take: one or two seconds of a processor."""

MOST_ATTRIBUTES = 4
"""Attributes that are looked at, the main one first."""

BASELINES = (
    "the same steps of the next pair’s two pieces, averaged",
    "at each step the note there of another pair’s two pieces, averaged",
)
UNIT = "pair of pieces, one of each group"
READOUT = "log-odds that the next note is of the first group, each note counted by its share in either group’s pieces"


@dataclass(frozen=True, slots=True, eq=False)
class Beginnings:
    """Beginnings of n = 2 m pieces, those of a pair one after the other, first group first.

    Args:
        notes: what the next note is judged by.
        ids: int64 (n, T), the steps.
        following: int64 (n,), the token that truly follows.
        before: int64 (b,), marks of the beginning that stand before every piece: one or none.
        donors: int64 (2, 2, n, T), by baseline and group what stands at a step that is not kept.
    """

    notes: Notes
    ids: Ints
    following: Ints
    before: Ints
    donors: Ints

    @property
    def slots(self) -> list[slice]:
        """The spans of steps that are kept or not."""
        return slots_of(self.ids.shape[1])

    def first(self, pairs: int) -> "Beginnings":
        """Those of the first pairs."""
        n = 2 * pairs
        return replace(self, ids=self.ids[:n], following=self.following[:n], donors=self.donors[:, :, :n])

    def kept(self) -> NDArray[np.bool_]:
        """Which steps each subset of slots keeps, (2^k, T); bit j of its number is slot j."""
        of = np.repeat(np.arange(len(self.slots)), [each.stop - each.start for each in self.slots])
        kept: NDArray[np.bool_] = (np.arange(2 ** len(self.slots))[:, None] >> of & 1).astype(bool)
        return kept

    def contrasts(self, ask: NextToken, ids: Ints) -> Floats:
        """The contrast, and the control if there is one, after steps (m, T): (1 or 2, m)."""
        before = np.broadcast_to(self.before, (len(ids), len(self.before)))
        said = ask.of_sets(np.hstack([before, ids]), self.notes.weights)
        return said[:, ::2].T - said[:, 1::2].T

    def subsets(self, ask: NextToken, baseline: int) -> Floats:
        """The same of every subset of slots, averaged over the donors of both groups: (1 or 2, 2^k, n)."""
        mixed = np.where(self.kept()[:, None], self.ids, self.donors[baseline][:, None])
        said = self.contrasts(ask, mixed.reshape(-1, self.ids.shape[1]))
        mean: Floats = said.reshape(len(said), *mixed.shape[:3]).mean(axis=1)
        return mean

    def swapped(self, ask: NextToken) -> Floats:
        """The contrast with the steps of one slot from the other piece of the pair, (k, n)."""
        partner = self.ids.reshape(-1, 2, self.ids.shape[1])[:, ::-1].reshape(self.ids.shape)
        steps = np.arange(self.ids.shape[1])
        moved = [np.where((steps >= each.start) & (steps < each.stop), partner, self.ids) for each in self.slots]
        return np.stack([self.contrasts(ask, each)[0] for each in moved])


def of_melodies(
    plan: Plan, so_far: Evidence, progress: Callable[[float], None]
) -> tuple[tuple[PromptReliance, ...], tuple[CheckedMap, ...], Mapping[str, Unavailable | Unmeasured]]:
    """One entry for each attribute of the reference, maps of some with what their checks need, and what is missing.

    Raises:
        Unavailable: if the model is none of notes, or the reference has no groups.
        Unmeasured: if no attribute could be looked at.
        UserError: if its logits have the wrong shape or are not numbers, or asking it changes it.
    """
    encode = encoder_of(plan.model, plan.modality)
    labels = {name: each.attribute for name, each in reference_labels(plan).items() if len(each.attribute.names) > 1}
    if so_far.reference is None or not labels:
        raise Unavailable("the reference has no groups of pieces; give pieces with attributes, or a folder a group")
    found: list[PromptReliance] = []
    checked: list[CheckedMap | None] = []
    missing: dict[str, Unavailable | Unmeasured] = {}
    chosen = list(labels.items())[:MOST_ATTRIBUTES]
    with steady(plan.model):
        for at, (name, attribute) in enumerate(chosen):
            try:
                rng = stream(plan.seed, f"reliance {name}")
                sides, pieces = _sides(attribute, encode, so_far.reference.samples, rng)
                ask, beginnings = _beginnings(plan.model, sides, pieces, rng)
                found.append(_evidence(plan, name, sides, ask, beginnings))
                checked.append(_checked(found[-1], ask, beginnings.first(PIECES), plan.seed))
            except Unmeasured as reason:
                missing[f"reliance of {name}"] = reason
            progress((at + 1) / len(chosen))
    if not found:
        raise next(iter(missing.values()))
    return tuple(found), tuple(each for each in checked if each is not None), missing


def _sides(
    attribute: Attribute, encode: Callable[[Any], Sequence[int]], samples: Any, rng: np.random.Generator
) -> tuple[tuple[str, str], Pieces]:
    """The two largest groups, chosen without a look at the pieces, and tokens of some pieces of each at random."""
    counts = np.bincount(attribute.values, minlength=len(attribute.names))
    first, second = sorted(np.argsort(-counts, kind="stable")[:2].tolist())
    sides = attribute.names[first], attribute.names[second]
    pieces = []
    for group, side in zip((first, second), sides, strict=True):
        rows = np.sort(rng.permutation(np.flatnonzero(attribute.values == group))[:CANDIDATES])
        read = list(tokenised(encode, samples, rows).values())
        pieces.append([read[each] for each in rng.permutation(len(read))])
        if len(read) < 2 * FEWEST:
            raise Unmeasured(
                f"expected at least {2 * FEWEST} pieces of {side} of which the model has all notes, got {len(read)}; "
                "give more"
            )
    return sides, (pieces[0], pieces[1])


def _beginnings(
    model: Any, sides: tuple[str, str], pieces: Pieces, rng: np.random.Generator
) -> tuple[NextToken, Beginnings]:
    """What is asked about: half of the pieces say what tells the groups apart, the model is asked about the others.

    Raises:
        Unmeasured: if too few pieces are long enough, or single notes do not tell the groups apart.
    """
    before = vocabulary_of([*pieces[0], *pieces[1]]).begins
    marks = pieces[0][0][: int(before)]
    steps = [[ids[int(before) :] for ids in each] for each in pieces]
    some = np.stack([ids[:SHORTEST] for ids in (*pieces[0][:2], *pieces[1][:2])])
    ask = asked(model, some, np.array([ids[SHORTEST - 1] for ids in some]))
    looked_at, rest = [each[::2] for each in steps], [each[1::2] for each in steps]
    notes = notes_of(looked_at, ask.vocabulary, rng)
    place = place_of(looked_at, notes)
    long_enough = [[ids for ids in each if len(ids) > place] for each in rest]
    pairs = min(_affordable(model, place), *map(len, long_enough))
    if pairs < FEWEST:
        raise Unmeasured(f"expected {FEWEST} pieces a group of more than {place} steps, got {pairs}; give longer ones")
    donated = _donated(np.stack([[ids[:place] for ids in each[:pairs]] for each in long_enough]), rng)
    chosen = [ids for pair in zip(*(each[:pairs] for each in long_enough), strict=True) for ids in pair]
    _tell_apart(chosen, notes, sides)
    following = np.array([ids[place] for ids in chosen])
    return ask, Beginnings(notes, np.stack([ids[:place] for ids in chosen]), following, marks, donated)


def _donated(pairs: Ints, rng: np.random.Generator) -> Ints:
    """What stands at steps that are not kept: the next pair's pieces, and at each step those of another pair.

    Args:
        pairs: int64 (2, m, T), the beginnings by group and pair.
        rng: says which pair at each step.
    """
    sides, m, steps = pairs.shape
    others = (np.arange(m)[:, None] + rng.integers(1, m, steps)) % m
    by_baseline = np.stack([np.roll(pairs, -1, axis=1), pairs[:, others, np.arange(steps)]])
    return np.repeat(by_baseline, sides, axis=2)


def _affordable(model: Any, steps: int) -> int:
    """How many pairs can be asked about in a second or two, by the size of the model alone."""
    weights = max(1, sum(each.numel() for network in networks(model) for each in network.parameters()))
    contexts = 2 * (4 * 2 ** len(slots_of(steps)) + len(slots_of(steps)))
    return int(np.clip(PRODUCTS / (contexts * steps * weights), FEWEST, PAIRS))


def _tell_apart(chosen: Sequence[Ints], notes: Notes, sides: tuple[str, str]) -> None:
    """Refuse groups that single notes do not tell apart, by pieces that were not looked at to choose the notes.

    Raises:
        Unmeasured: if the pieces of the first group do not surely speak for it more than those of the second.
    """
    said, pair = np.array([notes.piece(ids) for ids in chosen]), np.arange(len(chosen))
    (limits,) = gap_by_cluster(values=said, sides=pair % 2, clusters=pair // 2).limits((NOMINAL,))
    if limits.low <= 0:
        raise Unmeasured(
            f"pieces of {sides[0]} and of {sides[1]} do not surely differ in their notes, so that the next note cannot "
            "say which of them the model goes on with; give more pieces, or other groups"
        )


def _evidence(plan: Plan, name: str, sides: tuple[str, str], ask: NextToken, asked: Beginnings) -> PromptReliance:
    baselines = [asked.subsets(ask, at) for at in range(len(asked.donors))]
    values = np.stack([each[0] for each in baselines])
    control = np.stack([each[1] for each in baselines[:1]]) if len(baselines[0]) > 1 else np.zeros((0, 0, 0))
    control = control if np.isfinite(control).all() else np.zeros((0, 0, 0))
    decode = getattr(plan.model, "decode_pitches", None)
    n = len(asked.ids)
    return PromptReliance(
        name=name,
        source=plan.reference.source if plan.reference else "",
        sha256=plan.reference.sha256 if plan.reference else "",
        contrast=f"notes of {sides[0]} over notes of {sides[1]}",
        control="notes over others of which both groups have as many" if control.size else "",
        sides=sides,
        slots=tuple(slot_name(each) for each in asked.slots),
        baselines=BASELINES,
        unit=UNIT,
        side=np.tile([0, 1], n // 2).astype(np.int64),
        cluster=(np.arange(n) // 2).astype(np.int64),
        fillers=tuple(tuple(_shown(decode, ids[each].tolist()) for each in asked.slots) for ids in asked.ids),
        prompts=tuple(_shown(decode, ids.tolist()) for ids in asked.ids),
        values=values,
        swapped=asked.swapped(ask),
        control_values=control,
        readout=READOUT,
        followed=np.stack([1 / (1 + np.exp(-values[0, -1])), asked.notes.first[asked.following]]),
    )


def _shown(decode: Any, ids: Sequence[int]) -> str:
    """Notes by name; tokens that are none, or that a model cannot name, by their number."""
    texts = [symbol(decode, int(each), "music") for each in ids]
    return " ".join(pitch_name(int(each)) if each.lstrip("-").isdigit() else each or "mark" for each in texts)


def _checked(found: PromptReliance, ask: NextToken, few: Beginnings, seed: int) -> CheckedMap | None:
    return checked_melodies(found, lambda model: few.subsets(NextToken(model, ask.vocabulary), 0)[0], ask.model, seed)
