"""Collect what a model makes of what it is asked for: as many records of each class, and the group that each is of."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.encoders.builtin.catalogue import DEFAULTS
from ....models.errors import UserError
from ....models.records import is_array, read, table_attribute
from ..bundle import DECLARED, Evidence, Ints
from ..plan import Plan, stream
from ..samples.conditions import PROMPT
from ..samples.draws import CHUNK
from ..samples.generated import FORMS, joined
from ..unavailable import Unmeasured, needed
from .asking import ask, call_text, pace
from .kind import Conditioned
from .prompted import by_prompts
from .requests import Request, requests_of

NEEDS = ("features", "groups")

WITHOUT_DRAWS = True
"""What is asked for is drawn once, apart from all other samples, and not at each look at these."""

EACH, ALL = 400, 10_000
"""Records of each request, and of all together, at most."""

SPARED = 5
"""One record is asked for, at most, for so many drawn without asking: a fifth of their time."""

QUICK, FEW = 4.0, 40
"""So many records of each request are drawn in any case, where all take no more than so many seconds."""

SHOWN, SHOWN_IN_ALL = 8, 160
"""Images of each request that are kept, and of all together, at most."""


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> tuple[Conditioned, ...]:
    """What the model made, one entry for each attribute that it can be asked for.

    Raises:
        Unavailable: if it cannot be asked for anything.
        Unmeasured: if it can, but nothing tells whether it does it, or too few records could be drawn.
        UserError: if the model has no such condition after all, or gives unusable records.
    """
    if PROMPT in so_far.generated.attributes:
        return by_prompts(so_far)
    requests = requests_of(plan, so_far)
    number = sum(len(each.names) for each in requests)
    each, more = records_each(number, drawn=len(so_far.generated.samples), pace=pace(plan, so_far))
    made = []
    for index, request in enumerate(requests):

        def told(share: float, index: int = index) -> None:
            progress((index + share) / len(requests))

        made.append(_asked(plan, so_far, request, each, more, told))
    return tuple(made)


def records_each(requests: int, *, drawn: int, pace: float) -> tuple[int, bool]:
    """How many records to draw of each request, and whether that would be more had more been drawn without asking.

    Args:
        requests: how many there are.
        drawn: records drawn without asking.
        pace: seconds that one takes.

    Raises:
        Unmeasured: if there would be none of some request.
    """
    most = max(1, min(EACH, ALL // requests))
    spared = drawn // (SPARED * requests)
    # A quick model is asked for enough to see something, however few samples the audit is of.
    few = FEW if requests * FEW * pace <= QUICK else 0
    each = min(most, max(spared, few))
    if each < 1:
        raise Unmeasured(
            f"one record of each of {requests:,} classes would take about {requests * pace:,.0f} s, which is more than "
            f"a fifth of the time for {drawn:,} samples; draw more (--samples, --budget)"
        )
    return each, each < most


def _asked(
    plan: Plan, so_far: Evidence, request: Request, each: int, more: bool, progress: Callable[[float], None]
) -> Conditioned:
    size = plan.draws.chunk if plan.draws is not None else CHUNK
    rng = stream(plan.seed, f"conditioned {request.groups.attribute}")
    form, parts, first = FORMS[plan.modality], [], None
    for at, condition in enumerate(request.conditions):
        for start in range(0, each, size):
            n = min(size, each - start)
            drawn = ask(plan.model, n, int(rng.integers(2**63)), condition)
            try:
                parts.append(form(drawn, n, first))
            except ValueError as error:
                raise UserError(f"{call_text(n, condition)}: {error}") from error
            first = parts[0]
        progress((at + 1) / len(request.conditions))
    records = plan.conform(joined(parts))
    names, made = _made(plan, so_far, request, records)
    asked = np.repeat(np.arange(len(request.names)), each).astype(np.int64)
    shown, shown_asked = _shown(records, asked, each)
    return Conditioned(
        attribute=request.groups.attribute,
        how=request.how,
        requests=request.names,
        wanted=request.wanted,
        names=names,
        asked=asked,
        made=made,
        more=more,
        shown=shown,
        shown_asked=shown_asked,
    )


def _made(plan: Plan, so_far: Evidence, request: Request, records: Any) -> tuple[tuple[str, ...], Ints]:
    """The names of the groups, and that of each record: read from its column, or told by the group classifier."""
    from ..group_classifier import classifier_scores

    groups, labels = request.groups, request.labels
    if groups.classifier == DECLARED:
        read = table_attribute(records, labels.column or groups.attribute, names=groups.names, edges=labels.edges)
        return read.names, read.values
    if "landmarks" not in groups.parameters:
        raise Unmeasured(f"what told {groups.attribute} apart ({groups.classifier}) cannot be asked about more records")
    needed(so_far, "features")
    assert so_far.reference is not None
    encoder = plan.encoders[0] if plan.encoders else DEFAULTS[plan.modality]
    sets = [records, so_far.reference.samples]
    rate = so_far.generated.sample_rate
    encoded = encoder.encode(sets, reference=1, sample_rate=rate, progress=lambda share: None)
    features: NDArray[np.float64] = encoded.vectors[0].astype(np.float64)
    if not np.isfinite(features).all():
        raise Unmeasured("some features of what was asked for are not finite numbers: look at the generated values")
    return groups.told_apart, classifier_scores(groups.parameters, features).argmax(axis=1).astype(np.int64)


def _shown(records: Any, asked: Ints, each: int) -> tuple[NDArray[np.float32], Ints]:
    """The first images of each request, and their requests; none where records are no images."""
    if not is_array(records) or records.ndim != 4:
        return np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int64)
    requests = int(asked.max()) + 1
    number = min(each, SHOWN, max(1, SHOWN_IN_ALL // requests))
    rows = (np.arange(requests)[:, None] * each + np.arange(number)).reshape(-1)
    return np.asarray(read(records, rows), dtype=np.float32), asked[rows]
