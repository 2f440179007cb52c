"""Score sentences by a model that fills in masked tokens: each token is masked alone, all others are seen.

Such a model has no probability of a sentence. What it has is compared between sentences of one item only:

- of pairs, the sum over the tokens that the sentences share, each given the rest of its own sentence: what differs is
  given and never scored, so that a rare word counts against nobody;
- of associations, where the sentences differ in one token, the probability of that token given the rest: the
  difference of two is the model's odds of one group's word over the other's in this place.

Reference: Nangia et al. 2020, CrowS-Pairs, doi:10.18653/v1/2020.emnlp-main.154 (section 3); Salazar et al. 2020, Masked
language model scoring, arXiv:1910.14659.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..decoding import undisturbed
from .kinds import MASKED, PAIRS
from .probe_file import ProbeFile
from .scoring import IMPOSSIBLE, LONG, Compared, Progress, encoded

TOKENS = 4096
"""Tokens that the model reads at once."""

NOTHING_SHARED = "the sentences share no token"
SEVERAL = "the sentences differ in more than one token, of which a model of masked tokens gives no odds"
ALONE = "the other sentences could not be scored, and masked tokens are only compared"

Row = tuple[int, ...]
Asked = tuple[Row, int]
"""A sentence's ids, and the place that is masked."""


def fills_in(model: Any) -> bool:
    """Whether a model scores masked tokens."""
    return all(callable(getattr(model, name, None)) for name in ("encode_text", "masked_log_prob"))


def score_masked(model: Any, files: Sequence[ProbeFile], progress: Progress) -> list[Compared]:
    """The scores of the sentences of each set; no place of a sentence is asked for twice.

    Args:
        model: has `encode_text` and `masked_log_prob`.
        files: of sentences.
        progress: told the share that is done.
    """
    with undisturbed(model):
        rows, reasons = _rows(model, files)
        chosen = [[_places(file, item.texts, rows) for item in file.items] for file in files]
        asked = dict.fromkeys(
            (rows[text], place)
            for file, items in zip(files, chosen, strict=True)
            for item, (places, _) in zip(file.items, items, strict=True)
            for name, at in places.items()
            for place, text in ((each, item.texts[name]) for each in at)
        )
        nats = _nats(model, list(asked), progress)
    return [_compared(file, items, rows, reasons, nats) for file, items in zip(files, chosen, strict=True)]


def _rows(model: Any, files: Sequence[ProbeFile]) -> tuple[dict[str, Row], dict[str, str]]:
    """The ids of each text that the model reads, and why it does not read the others."""
    texts = list(dict.fromkeys(text for file in files for item in file.items for text in item.texts.values()))
    found, unknown = encoded(model, texts)
    context = getattr(model, "context", None)
    long = [place for place, row in enumerate(found) if context is not None and len(row) > context]
    why = {texts[place]: reason for place, reason in {**unknown, **dict.fromkeys(long, LONG)}.items()}
    return {text: tuple(row) for text, row in zip(texts, found, strict=True) if text not in why}, why


def _places(file: ProbeFile, texts: Mapping[str, str], rows: Mapping[str, Row]) -> tuple[dict[str, list[int]], str]:
    """The places of each variant that are scored, and why those of others are not."""
    able = {name: rows[text] for name, text in texts.items() if text in rows}
    if len(able) < 2:
        return {}, ""
    places = shared(list(able.values())) if file.form == PAIRS else differing(list(able.values()))
    named = {name: each for name, each in zip(able, places, strict=True) if each}
    return named, NOTHING_SHARED if file.form == PAIRS else SEVERAL


def shared(rows: Sequence[Row]) -> list[list[int]]:
    """The places, in each row of ids, of the tokens that all rows have in the same order; none where there are none."""
    first, others = rows[0], rows[1:]
    pairs = [dict(_matched(first, other)) for other in others]
    kept = [place for place in range(len(first)) if all(place in each for each in pairs)]
    return [kept, *([each[place] for place in kept] for each in pairs)]


def _matched(one: Row, other: Row) -> Iterator[tuple[int, int]]:
    for block in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            yield block.a + step, block.b + step


def differing(rows: Sequence[Row]) -> list[list[int]]:
    """The one place in which rows of ids differ, of the most rows that differ in one place alone; [] of others."""
    alike: dict[tuple[int, Row], list[int]] = {}
    for at, row in enumerate(rows):
        for place in range(len(row)):
            alike.setdefault((place, row[:place] + row[place + 1 :]), []).append(at)
    place, found = max(((key[0], each) for key, each in alike.items()), key=lambda each: len(set(each[1])))
    several = len({rows[at] for at in found}) > 1
    return [[place] if several and at in found else [] for at in range(len(rows))]


def _nats(model: Any, asked: Sequence[Asked], progress: Progress) -> dict[Asked, float]:
    """The log-probability of each token asked for; sentences of one length go together, so that nothing is padded."""
    import torch

    found: dict[Asked, float] = {}
    with torch.no_grad():
        for length, same in groupby(sorted(asked, key=_length), key=_length):
            waiting, size = list(same), max(1, TOKENS // length)
            for start in range(0, len(waiting), size):
                batch = waiting[start : start + size]
                ids, places = (torch.tensor(each) for each in zip(*batch, strict=True))
                nats = torch.as_tensor(model.masked_log_prob(ids, places))
                if tuple(nats.shape) != (len(batch),):
                    raise ValueError(f"expected masked_log_prob to give ({len(batch)},) nats, got {tuple(nats.shape)}")
                found.update(zip(batch, nats.double().cpu().tolist(), strict=True))
                progress(len(found) / len(asked))
    return found


def _length(asked: Asked) -> int:
    return len(asked[0])


def _compared(
    file: ProbeFile,
    chosen: Sequence[tuple[dict[str, list[int]], str]],
    rows: Mapping[str, Row],
    reasons: Mapping[str, str],
    nats: Mapping[Asked, float],
) -> Compared:
    shape = len(file.items), len(file.variants)
    sums, tokens, left = np.zeros(shape), np.zeros(shape, dtype=np.int64), []
    scored: NDArray[np.bool_] = np.zeros(shape, dtype=bool)
    for at, (item, (places, why)) in enumerate(zip(file.items, chosen, strict=True)):
        for column, name in enumerate(file.variants):
            text = item.texts.get(name)
            if text is None:
                continue
            own = places.get(name, [])
            total = sum(nats[rows[text], place] for place in own)
            if own and np.isfinite(total):
                sums[at, column], tokens[at, column], scored[at, column] = total, len(own), True
            else:
                left.append(IMPOSSIBLE if own else reasons.get(text, why or ALONE))
    return Compared(sums, tokens, scored, left, MASKED)
