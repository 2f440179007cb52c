"""Collect contexts: which tokens of real and of generated records drive the model's prediction of the next one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from ...statistics.attribution.positions import distance_profile, profiles_apart
from ..bundle import Evidence
from ..decoding import networks
from ..explained.checks import Explained, Question, checked_map
from ..plan import Plan, stream
from ..unavailable import Partial, Unavailable, Unmeasured
from .affordable import Size, affordable
from .choosing import CANDIDATES, Beginnings, Vocabulary, encoder_of, paired, tokenised, vocabulary_of
from .copies import Copies
from .gradients import gradients_of
from .kind import MATERIAL, Contexts, ContextSet
from .maps import CHECK_DRAWS, DRAWS, Layout, laid_out, map_of, masked_readout
from .next_token import NextToken, asked, steady
from .symbols import symbols_of

NEEDS = ()
WITHOUT_DRAWS = True  # The first records that were drawn, however many follow.

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BASELINES = ("tokens drawn from the reference’s frequencies", "the reference’s commonest token")

UNITS = {"text": "token", "music": "note"}


@dataclass(frozen=True, slots=True)
class _Both:
    """Contexts of real and of generated records, with what replaces their tokens."""

    real: Beginnings
    generated: Beginnings
    layouts: tuple[Layout, Layout]


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Contexts | Partial:
    """Maps of contexts of real records, of generated ones, and of copies of the model that know nothing.

    Raises:
        Unavailable: if the model is none of tokens, or there are no real records.
        Unmeasured: if there are too few records with tokens, or the model's answers are not of the context alone.
        UserError: if its logits have the wrong shape or are not numbers, or asking it changes it.
    """
    encode = encoder_of(plan.model, plan.modality)
    if so_far.reference is None:
        raise Unavailable("next tokens are asked for in real records, of which there are none; give --reference")
    rng = stream(plan.seed, "contexts")
    with steady(plan.model):
        real = _some(encode, so_far.reference.samples, rng)
        generated = _some(encode, so_far.generated.samples[:CANDIDATES], rng)
        return _collected(plan, real, generated, rng, progress)


def _some(encode: Callable[[Any], Sequence[int]], samples: Any, rng: np.random.Generator) -> dict[int, Ints]:
    return tokenised(encode, samples, np.sort(rng.permutation(len(samples))[:CANDIDATES]))


def _collected(
    plan: Plan,
    real: dict[int, Ints],
    generated: dict[int, Ints],
    rng: np.random.Generator,
    told: Callable[[float], None],
) -> Contexts | Partial:
    size = affordable(networks(plan.model), [len(each) for each in real.values()], len(BASELINES) - 1 + DRAWS)
    longest = min(size.longest, getattr(plan.model, "context", None) or size.longest)
    pairs = paired(real, generated, most=size.pairs, longest=longest, rng=rng)
    vocabulary = vocabulary_of(list(real.values()))
    same = pairs[0].ids[0].size
    alike = [row for row, each in enumerate(pairs[0].ids) if each.size == same][:4]
    try:
        ask = asked(plan.model, np.stack([pairs[0].ids[row] for row in alike]), pairs[0].targets[alike])
        both, impossible = _possible(ask, pairs, vocabulary, rng)
        return _measured(plan, ask, both, vocabulary, size, impossible, told)
    except UserError as error:
        if str(error).startswith("logits(ids)"):
            raise
        raise Unmeasured(f"the model refused a context: {error}") from error


def _possible(
    ask: NextToken, pairs: tuple[Beginnings, Beginnings], vocabulary: Vocabulary, rng: np.random.Generator
) -> tuple[_Both, int]:
    """The pairs of contexts whose next token has a probability, also where tokens are replaced; how many have none."""
    width = max(len(each) for each in pairs[0].ids)
    uniform = rng.random((DRAWS, len(pairs[0].rows), width))
    layouts = [laid_out(each, vocabulary, uniform) for each in pairs]
    fine = np.logical_and(*(np.isfinite(each.full(ask)) for each in layouts))
    if fine.sum() < 2:
        raise Unmeasured("the model gives what follows in real and generated records no probability")
    kept = np.flatnonzero(fine)
    chosen = [each.some(kept) for each in pairs]
    again = tuple(laid_out(each, vocabulary, uniform[:, kept]) for each in chosen)
    return _Both(chosen[0], chosen[1], (again[0], again[1])), int((~fine).sum())


def _measured(
    plan: Plan,
    ask: NextToken,
    both: _Both,
    vocabulary: Vocabulary,
    size: Size,
    impossible: int,
    progress: Callable[[float], None],
) -> Contexts | Partial:
    sets = _sets(ask, both, progress)
    few = both.layouts[0].first(size.checked)
    copies = Copies(ask, few)
    for seed in range(1, size.copies + 1):
        copies.map(seed)
    fresh = copies.all()
    shown = _nearer(sets[0].attributions, sets[0].lengths, fresh, few.lengths)
    progress(0.8)
    gradients, complete, steps, why = _gradients(ask, few, shown)
    progress(0.9)
    symbol_ids, symbols = symbols_of(plan.model, plan.modality, [sets[0], sets[1]])
    item = Contexts(
        longest=size.longest,
        cut=size.cut,
        impossible=impossible,
        unit=UNITS[plan.modality],
        baselines=BASELINES,
        shown=shown,
        draws=tuple(len(each) for each in few.fills),
        begins=vocabulary.begins,
        real=sets[0],
        generated=sets[1],
        fresh=fresh,
        gradients=gradients,
        gradient_complete=complete,
        gradient_steps=steps,
        symbols=symbols,
        symbol_ids=symbol_ids,
    )
    item = replace(item, checked=_checked(ask, few, item, copies, stream(plan.seed, "contexts: checks")))
    return item if why is None else Partial(item, {"contexts.gradients": why})


def _sets(ask: NextToken, both: _Both, progress: Callable[[float], None]) -> list[ContextSet]:
    """The maps of real and of generated contexts."""
    done = 0

    def told(count: int) -> None:
        nonlocal done
        done += count
        progress(0.6 * done / (2 * len(both.real.rows)))

    sets = [
        _set(ask, each, layout, told) for each, layout in zip((both.real, both.generated), both.layouts, strict=True)
    ]
    if not all(np.isfinite(each.attributions).all() and np.isfinite(each.effects).all() for each in sets):
        raise Unmeasured("with a token replaced, the model gives what truly follows no probability at all")
    return sets


def _set(ask: NextToken, contexts: Beginnings, layout: Layout, told: Callable[[int], None]) -> ContextSet:
    nats = layout.full(ask)
    values, effects = map_of(ask, layout, nats, told)
    return ContextSet(contexts.rows, layout.lengths, layout.ids, layout.targets, nats, values, effects)


def _nearer(values: Floats, lengths: Ints, fresh: Floats, fresh_lengths: Ints) -> int:
    """The baseline whose profile is nearer to that of the copies: what it shows is the less of the two."""
    if not fresh.size:
        return 0
    apart = [
        profiles_apart(
            distance_profile(values[at], lengths),
            distance_profile(fresh[at].reshape(-1, fresh.shape[-1]), np.tile(fresh_lengths, fresh.shape[1])),
        )
        for at in range(len(values))
    ]
    return int(np.argmin(apart))


def _gradients(ask: NextToken, few: Layout, shown: int) -> tuple[Floats, NDArray[np.bool_], Ints, Unmeasured | None]:
    try:
        return *gradients_of(ask, few, few.fills[shown][:1]), None
    except Unmeasured as reason:
        none = np.zeros(0, dtype=np.int64)
        return np.zeros((0, few.ids.shape[1])), none.astype(bool), none, reason


def _checked(ask: NextToken, few: Layout, item: Contexts, copies: Copies, rng: np.random.Generator) -> tuple[Any, ...]:
    """The shown map on the first real contexts, put to the test over as many of the last tokens as all of them have."""
    if not len(few.ids) or not np.abs(item.real.attributions[item.shown]).any():
        return ()
    parts, at = int(few.lengths.min()), item.shown

    def repeat() -> Floats:
        return map_of(ask, few, few.full(ask), lambda count: None)[0][at, :, -parts:]

    question = Question(
        question="Which tokens of a context drive the prediction of the next one?",
        readout="log-probability of the token that truly follows, in nats",
        contrast="the same context with tokens replaced",
        baseline=item.baselines[at],
        sampling_unit="record",
        method="ablation of one token",
        other_method="integrated gradients at the embedding",
        material=MATERIAL,
    )
    other = item.gradients[:, -parts:] if len(item.gradients) else None
    explained = Explained(
        # In passes of other sizes the last digits differ, so the map is computed as the second run computes it.
        values=repeat(),
        masked=masked_readout(ask, few, few.fills[at][:CHECK_DRAWS]),
        clusters=np.arange(len(few.ids), dtype=np.int64),
        other_values=other,
        repeat=repeat,
        copied=(lambda seed: copies.map(seed)[at, :, -parts:]) if copies.made else None,
    )
    return (checked_map(question, explained, rng),)
