"""Support precision and support recall: how much of one sample lies within the support of another.

A record lies within the support of a sample if it passes two tests:

- jointly, at least two nearest-neighbour balls of that sample contain it. The largest third of the balls does not
  count, so that the huge ball around an outlier cannot make junk acceptable;
- one by one, none of its features has a value that the sample rules out. Distances in a thousand dimensions do not
  show that a single feature is impossible.

Precision is the share of generated records within the support of the reference; recall is the share of reference
records within that of the generated ones. Each is divided by the share of the supporting sample's own records that pass
when each is compared with the others, so that a perfect generator scores about 1.

Salvy et al. 2025, arXiv:2507.01761, limit radii, too. Both shares were designed to pass the checks of Räisä et al.
2025, arXiv:2505.22450.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..bits import Stacks, Words, at_least, bit_counts, open_ranks, packed, sorted_radii, stacked, up_to
from .clipped import own_counts
from .graph import Balls, Inside, balls, crossings, origin, tie_seed
from .prdc import checked_pair
from .splits import Flags, Neighbourhood, Parts, Values, own_pairs

SUPPORTS = ("generated_vouched", "reference_among_itself", "reference_vouched", "generated_among_itself")
"""What `support_replicates` computes: each direction's share, and that of the supporting sample among itself."""

# So many balls must hold a record; of the balls only those up to this quantile of radii count.
_ENOUGH, _QUANTILE = 2, 2 / 3
# A value this far past the end, as a share of the end's distance from the median, is still taken for possible.
_PAST = 0.25
# What Euclid's algorithm leaves of rounding, as a share of the largest value; and the finest step that is looked for:
# numbers in single precision all lie on steps of their own, finer than this.
_ROUNDING, _FINEST = 1e-9, 2e-6


class Support(NamedTuple):
    """Shares of the support, each in [0, 1]; 1 for a perfect generator, on average a little less.

    precision: of the generated records, within the support of the reference. recall: of the reference, within that of
    the generated records.
    """

    precision: float
    recall: float


def support(
    *,
    generated: ArrayLike,
    reference: ArrayLike,
    k: int,
    rng: np.random.Generator,
    steps: bool = False,
    standardised: bool = False,
    device: str | None = None,
) -> Support:
    """Compare the supports of two samples of one size; of the larger one, the first records are taken.

    Args:
        generated: (m, d).
        reference: (n, d).
        k: neighbours that set the radius of a ball.
        rng: orders equal distances.
        standardised: whether to take distances between features in units of the reference's spread.
        steps: whether a feature whose real values all lie on steps (as whole numbers do) forbids values between them.
        device: where torch multiplies; None: where the audit computes.

    Raises:
        ValueError: on wrong shapes, values that are not finite, a k out of range, or a sample none of whose records
            lies within the support of its others (as mostly with a k of 1).
    """
    x, y = checked_pair(generated=generated, reference=reference, k=k)
    size = min(len(x), len(y))
    x, y = x[:size], y[:size]
    spread = np.where(x.std(0) > 0, x.std(0), 1.0) if standardised else np.ones(x.shape[1])
    seed, centre = tie_seed(rng), origin(x / spread)
    reference_balls = balls(x / spread, depth=k, first=0, seed=seed, centre=centre, device=device)
    generated_balls = balls(y / spread, depth=k, first=size, seed=seed, centre=centre, device=device)
    held, recalled = np.zeros(size), np.zeros(size)
    limits = largest_vouching(reference_balls, k=k), largest_vouching(generated_balls, k=k)
    for block in crossings(reference_balls, generated_balls, k=k, depth=k, seed=seed):
        held += small_counts(block.forward, limits[0], size)
        recalled += small_counts(block.backward, limits[1], size)
    amid = [
        own_counts(each, k=k, limit=limit)
        for each, limit in zip((reference_balls, generated_balls), limits, strict=True)
    ]
    perfect = [vouched(own, alone(each, steps=steps)) for own, each in zip(amid, (x, y), strict=True)]
    if not min(perfect):
        raise ValueError("expected samples whose records lie within each other's support, got none that does; raise k")
    shares = [vouched(held, possible(y, x, steps=steps)), vouched(recalled, possible(x, y, steps=steps))]
    return Support(*(min(share / best, 1.0) for share, best in zip(shares, perfect, strict=True)))


def small_counts(inside: Inside, limit: float, size: int) -> Values:
    """In how many balls no larger than the limit each point lies: (size,)."""
    return np.bincount(inside.point[inside.level <= limit], minlength=size).astype(np.float64)


def largest_vouching(own: Balls, *, k: int) -> float:
    """The squared radius of the largest ball that counts."""
    return float(np.sort(own.levels[:, k - 1])[int(_QUANTILE * own.size)])


def vouched(counts: NDArray[np.floating], able: Flags) -> float:
    """The share of records that enough balls hold and no feature rules out."""
    return float(((counts >= _ENOUGH) & able).mean())


class Ends(NamedTuple):
    """Where the values of each feature of a sample end, (d,) each, and how far past its ends any value may lie.

    low, high: the ends. inner_low, inner_high: those of the others, for the record at an end. middle: the median.
    """

    low: Values
    inner_low: Values
    middle: Values
    inner_high: Values
    high: Values
    past: float


def ends(values: Values, *, steps: bool) -> Ends:
    """The ends of a sample (n, d), n of at least 2; `steps` as for `support`."""
    n = len(values)
    central = ((n - 1) // 2, n // 2)
    # In one go, as each feature must be sorted in part for it; side by side in memory, which is faster.
    ordered = np.partition(np.ascontiguousarray(values.T), sorted({0, 1, *central, n - 2, n - 1}), axis=1).T
    middle = (ordered[central[0]] + ordered[central[1]]) / 2
    return Ends(ordered[0], ordered[1], middle, ordered[-2], ordered[-1], _past(values, steps))


def possible(values: Values, among: Values, *, steps: bool, known: Ends | None = None) -> Flags:
    """Which records (n, d) have no feature that the values of another sample (m, d) rule out: (n,).

    `known` are the ends of that sample, if they are at hand.
    """
    able = _fit(values, known or ends(among, steps=steps))
    return able & _on_steps(values, among) if steps else able


def alone(values: Values, *, steps: bool, known: Ends | None = None) -> Flags:
    """Which records the others of their own sample would not rule out: (n,); `known` are its ends, if at hand."""
    found = known or ends(values, steps=steps)
    # Only the record at an end can be ruled out, by the end that the others have without it.
    return _fit(values, found._replace(low=found.inner_low, high=found.inner_high))


def _fit(values: Values, found: Ends) -> Flags:
    low, _, middle, _, high, past = found
    above = values >= low - np.maximum(_PAST * (middle - low), past)
    below = values <= high + np.maximum(_PAST * (high - middle), past)
    return np.asarray(np.logical_and(above, below).all(axis=1), dtype=np.bool_)


def _past(among: Values, steps: bool) -> float:
    """How far past an end any value may lie: features on one scale need not be exact where they hardly vary.

    A picture's corner that is black in all the data may be a little less black. Columns of a table have no such scale.
    """
    return 0.0 if steps else _PAST * float(np.sqrt(among.var(axis=0).mean()))


def step(values: Values) -> float:
    """The largest number of which all differences between values are multiples, or 0 if they have none to speak of.

    Euclid's algorithm on the differences: values of a continuous distribution soon leave a rest as small as their
    rounding.
    """
    known = np.unique(values[np.isfinite(values)])
    if len(known) < 2:
        return 0.0
    gaps, largest = np.diff(known), float(np.abs(known).max())
    common = float(gaps.min())
    while common > _FINEST * largest:
        times = np.round(gaps / common)
        # Least squares over all gaps takes away what rounding has added up to on the way.
        polished = float(gaps @ times / (times @ times))
        if (_rest(gaps, polished) <= _ROUNDING * largest).all():
            return polished
        rest = _rest(gaps, common)
        common = float(rest[rest > _ROUNDING * largest].min(initial=common / 2))
    return 0.0


def between_steps(values: Values, among: Values) -> Flags:
    """Which values (n,) lie between the steps on which all of another sample (m,) lie; none if those have no steps."""
    common = step(among)
    if not common:
        return np.zeros(len(values), dtype=bool)
    start = float(among[np.isfinite(among)][0])
    largest = np.maximum(np.abs(values), abs(start))
    with np.errstate(invalid="ignore"):
        between: Flags = _rest(values - start, common) > np.minimum(1e-6 * common + _ROUNDING * largest, common / 4)
    return between


def support_replicates(
    around: Neighbourhood, parts: Parts, able: tuple[Flags, Flags, Flags, Flags], *, k: int, splits: int
) -> Values:
    """The shares of `SUPPORTS` on parts of the reference and of the first generated set: (4, 2, 2, splits).

    Args:
        around: all sets, with the levels of the first generated one.
        parts: at least as many cuts as asked for.
        able: for the generated set among the reference, the reference alone, the reference among the generated set, and
            that set alone: which records no feature rules out, on all records.
        k: neighbours.
        splits: cuts that are used, from the first, a multiple of 64.
    """
    result = np.empty((4, 2, 2, splits))
    reals, made = ([packed(part[:, :splits]) for part in each] for each in (parts.reference, parts.generated[0]))
    allowed = [packed(np.repeat(each[:, None], splits, axis=1)) for each in able]
    reference = (around.reference, around.levels, around.forward[0], reals, made)
    generated = (around.generated[0], around.first_levels, around.backward[0], made, reals)
    for first, (nearest, levels, pairs, centres, points) in ((0, reference), (2, generated)):
        own = own_pairs(nearest, levels)
        by_own, by_point = stacked(own.point, len(nearest)), stacked(pairs.point, len(points[0]))
        for a, part in enumerate(centres):
            reaching = open_ranks(nearest, part, k=k)
            limit = _largest_in_part(levels, reaching, part)
            where = (slice(None), a) if first else (a, slice(None))
            result[first, *where] = _part_shares(pairs, reaching, limit, by_point, points, allowed[first])
            result[first + 1, *where] = _part_shares(own, reaching, limit, by_own, [part], allowed[first + 1])[0]
    return result


def _largest_in_part(levels: Values, reaching: Words, part: Words) -> Values:
    """As `largest_vouching`, of the balls of a part, in each split."""
    at = (_QUANTILE * bit_counts(part)[0]).astype(np.int64)
    largest: Values = np.take_along_axis(sorted_radii(levels, reaching, part), at[:, None], axis=1)[:, 0]
    return largest


def _part_shares(
    pairs: Inside, reaching: Words, limit: Values, by_point: Stacks, parts: Sequence[Words], able: Words
) -> Values:
    held = reaching[pairs.ball, pairs.rank] & up_to(pairs.level, limit)
    counted = at_least(held, by_point, _ENOUGH)[-1] & able
    return np.stack([bit_counts(counted & part)[0] / bit_counts(part)[0] for part in parts])


def _rest(gaps: Values, common: float) -> Values:
    """Distance to the nearest multiple."""
    rest: Values = np.abs(gaps - common * np.round(gaps / common))
    return rest


def _on_steps(values: Values, among: Values) -> Flags:
    able = np.ones(len(values), dtype=bool)
    for column in range(values.shape[1]):
        able &= ~between_steps(values[:, column], among[:, column])
    return able
