"""How likely each of many sentences is to a model: one pass over them, those of similar length together.

A sentence's score is the sum of the log-probabilities of its tokens, in nats, each given those before. The end of a
text is not asked for: a sentence may go on. Where a model begins every text with a token of its own, that token is
given and the first one of the sentence is scored; else the first one is given.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from ..decoding import parameter, undisturbed
from ..unavailable import Unavailable

if TYPE_CHECKING:
    from torch import Tensor

ROWS, LOGITS = 256, 8_000_000
"""Sentences in a batch, and logits computed for it, at most."""

UNKNOWN = "the model has no token for a part of the sentence"
LONG = "the sentence is longer than the model reads"
FIRST = "the model does not score the first token, and there the sentences differ"
IMPOSSIBLE = "the model gives it no probability"

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Scores:
    """Of n sentences: sums in nats, tokens behind each, whether it was scored, and if not, why.

    Args:
        nats: float64 (n,), 0 where not scored.
        tokens: int64 (n,).
        scored: bool (n,).
        reasons: of each that was not, by its place.
        first: the first token of each where that was given, not scored; −1 elsewhere, int64 (n,).
        by: `logits` or `log_prob`.
    """

    nats: NDArray[np.float64]
    tokens: NDArray[np.int64]
    scored: NDArray[np.bool_]
    reasons: dict[int, str]
    first: NDArray[np.int64]
    by: str


@dataclass(frozen=True, slots=True)
class Compared:
    """The scores of one set of n items, of V sentences each.

    Args:
        nats: float64 (n, V), 0 where not scored.
        tokens: int64 (n, V), behind each.
        scored: bool (n, V).
        left_out: why not, of each that was not.
        by: the model's method.
    """

    nats: NDArray[np.float64]
    tokens: NDArray[np.int64]
    scored: NDArray[np.bool_]
    left_out: list[str]
    by: str


def score(model: Any, texts: Sequence[str], progress: Progress) -> Scores:
    """The scores of sentences by a model's next-token distributions, else by its `log_prob` of whole texts.

    Raises:
        Unavailable: if the model has neither.
    """
    if _by(model) == "logits":
        with undisturbed(model):
            return _by_tokens(model, texts, progress)
    if _by(model) == "log_prob":
        with undisturbed(model):
            return _by_text(model, texts, progress)
    raise Unavailable(
        "the model gives no probability of a text: it offers neither logits with encode_text nor log_prob nor "
        "masked_log_prob, so sentences cannot be scored"
    )


def scores_texts(model: Any) -> bool:
    """Whether a model gives probabilities of whole texts."""
    return bool(_by(model))


def _by(model: Any) -> str:
    if all(callable(getattr(model, name, None)) for name in ("encode_text", "logits")):
        return "logits"
    return "log_prob" if callable(getattr(model, "log_prob", None)) else ""


def encoded(model: Any, texts: Sequence[str]) -> tuple[list[list[int]], dict[int, str]]:
    """The ids of each text, empty where there are none, and why."""
    rows: list[list[int]] = []
    reasons: dict[int, str] = {}
    for place, text in enumerate(texts):
        try:
            rows.append([int(each) for each in model.encode_text(text)])
        except UserError:
            rows.append([])
        if not rows[-1]:
            reasons[place] = UNKNOWN
    return rows, reasons


def _by_tokens(model: Any, texts: Sequence[str], progress: Progress) -> Scores:
    import torch

    rows, reasons = encoded(model, texts)
    begins = len({row[0] for row in rows if row}) == 1
    context = getattr(model, "context", None)
    nats, scored = np.zeros(len(rows)), np.zeros(len(rows), dtype=bool)
    able = [place for place, row in enumerate(rows) if len(row) > 1]
    reasons |= {place: UNKNOWN for place, row in enumerate(rows) if len(row) == 1}
    if context is not None:
        reasons |= {place: LONG for place in able if len(rows[place]) > context}
        able = [place for place in able if len(rows[place]) <= context]
    waiting = _buckets(rows, able, ROWS)
    width, done = 1, 0
    with torch.no_grad():
        while waiting:
            batch = waiting.pop()
            size = max(1, LOGITS // (width * len(rows[batch[-1]])))
            if len(batch) > size:
                waiting += [batch[:size], batch[size:]]
                continue
            try:
                sums, seen = _summed(model, [rows[place] for place in batch])
            except UserError:
                # A model may refuse what is too long for it; which of a batch that is, only halves tell.
                if len(batch) == 1:
                    reasons[batch[0]] = LONG
                else:
                    waiting += [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
                continue
            width = max(width, seen)
            nats[batch], scored[batch] = sums, True
            done += len(batch)
            progress(done / max(len(able), 1))
    finite = np.isfinite(nats)
    reasons |= {int(place): IMPOSSIBLE for place in np.flatnonzero(scored & ~finite)}
    scored &= finite
    tokens = np.array([len(row) - 1 for row in rows]).clip(0)
    first = np.array([-1 if begins or not row else row[0] for row in rows])
    return Scores(np.where(scored, nats, 0.0), np.where(scored, tokens, 0), scored, reasons, first, "logits")


def _buckets(rows: Sequence[Sequence[int]], able: Sequence[int], most: int) -> list[list[int]]:
    """Places of the rows by length, at most so many together: in order of length little of a batch is padding."""
    order = sorted(able, key=lambda place: len(rows[place]))
    return [order[start : start + most] for start in range(0, len(order), most)]


def _summed(model: Any, rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.float64], int]:
    """The nats of rows of ids that are of similar length, (b,), and the number of logits of a place."""
    import torch

    lengths = torch.tensor([len(row) for row in rows])
    longest = int(lengths.max())
    # Filled up on the right with a token of their own, which no earlier place sees.
    ids = torch.tensor([[*row, *[row[-1]] * (longest - len(row))] for row in rows], device=parameter(model).device)
    logits: Tensor = model.logits(ids[:, :-1])
    if logits.ndim != 3 or logits.shape[:2] != ids[:, :-1].shape:
        wanted = f"({len(ids)}, {longest - 1}, V)"
        raise ValueError(f"expected logits {wanted} for ids {tuple(ids[:, :-1].shape)}, got {tuple(logits.shape)}")
    if not bool(ids.max() < logits.shape[-1]):
        raise ValueError(f"expected ids below the {logits.shape[-1]} logits, got {int(ids.max())}")
    taken = logits.gather(2, ids[:, 1:, None].to(logits.device)).squeeze(2)
    each = (taken.double() - logits.logsumexp(-1).double()).cpu()
    inside = torch.arange(longest - 1) < (lengths - 1)[:, None]
    return each.masked_fill(~inside, 0.0).sum(1).numpy(), int(logits.shape[-1])


def _by_text(model: Any, texts: Sequence[str], progress: Progress) -> Scores:
    import torch

    nats = np.empty(len(texts))
    with torch.no_grad():
        for start in range(0, len(texts), ROWS):
            part = list(texts[start : start + ROWS])
            nats[start : start + len(part)] = torch.as_tensor(model.log_prob(part)).double().cpu().numpy()
            progress((start + len(part)) / len(texts))
    scored = np.isfinite(nats)
    reasons = {int(place): IMPOSSIBLE for place in np.flatnonzero(~scored)}
    words = np.array([max(1, len(text.split())) for text in texts])
    first = np.full(len(texts), -1)
    return Scores(np.where(scored, nats, 0.0), np.where(scored, words, 0), scored, reasons, first, "log_prob")


def counted(reasons: Iterable[str]) -> dict[str, int]:
    """How many sentences each reason kept out, the most frequent first."""
    return dict(Counter(reasons).most_common())
