"""Which scores a model offers, in the order in which conclusions may rest on them."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError, one_line
from ....models.records import is_array, read, take
from ..criticised.scores import REPEATED
from ..criticised.scores import scores as critic_scores
from ..likelihoods.chosen import UNITS, Ask
from ..likelihoods.collect import nats_of
from ..likelihoods.kind import Scored
from ..likelihoods.reconstructions import errors_of
from ..regions.records import as_input

Floats = NDArray[np.float64]

LIKELIHOODS = ("likelihood", "denoising")
"""Kinds of scores that two models of the same records may be compared by."""

TIMES = tuple((step + 0.5) / 6 for step in range(6))
"""The shares of the noise schedule at which a diffusion model is asked: the middles of six equal parts."""

NOISE_SEED = 0
"""Of the noises, one a time, which are the same for every record of every set."""

Reuse = Callable[[str], Scored | None]
"""What is known already of the records of a set: `training`, `holdout` or `generated`."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One score that a model offers.

    Args:
        name: in words.
        kind: see `MembershipScore`.
        ask: asks for the score of some records.
        source: the kind of evidence that may hold it already, with `sign` times its values; empty for none.
        sign: 1, or −1 where that is an error.
        per_unit: whether it is divided by the units of a record.
    """

    name: str
    kind: str
    ask: Ask
    source: str = ""
    sign: float = 1.0
    per_unit: bool = False


def offers(model: Any, modality: str, records: Any) -> list[Offer]:
    """All scores that the model offers: the first is what conclusions rest on, chosen by what the model is alone.

    Args:
        model: None where there are only samples.
        modality: of the records.
        records: some real ones, to see what they are.
    """
    return [] if model is None else list(_offers(model, modality, records))


def _offers(model: Any, modality: str, records: Any) -> Iterator[Offer]:
    has = partial(_has, model)
    exact = has("log_prob") and getattr(model, "log_prob_kind", None) in ("exact", "lower_bound")
    denoises = is_array(records) and has("denoising_loss")
    if denoises:
        yield Offer("minus the denoising loss", "denoising", partial(_denoised, model))
    if exact and not denoises:
        bound = "" if model.log_prob_kind == "exact" else "lower bound of the "
        counted = modality in ("text", "music")
        unit = f" per {UNITS[modality]}" if counted else ""
        nats = partial(nats_of, model)
        yield Offer(f"{bound}log-likelihood{unit}", "likelihood", nats, "likelihoods", per_unit=counted)
    if has("critic") and modality in ("image", "audio", "tabular"):
        yield Offer("the critic's score", "critic", partial(critic_scores, model))
    if is_array(records) and has("encode") and has("decode") and not tuple(getattr(model, "classes", ()) or ()):
        yield Offer(
            "minus the error of reconstruction",
            "reconstruction",
            lambda some: -errors_of(model, some),
            "reconstructions",
            sign=-1.0,
        )


def compressed(scored: Scored, texts: Any) -> Scored:
    """The log-likelihoods of texts per byte of what a general compressor makes of them, from the same pass.

    Common texts compress well and are likely to any model; this takes out what is so of every text.

    Reference: Carlini et al. 2021, arXiv:2012.07805, section 5.1.
    """
    sizes = [len(zlib.compress(each.encode("utf-8", "surrogatepass"), 9)) for each in take(texts, scored.rows)]
    return Scored(scored.rows, scored.values / np.array(sizes, dtype=np.float64), np.ones(len(sizes), dtype=np.int64))


def settled(offer: Offer, records: Any) -> bool:
    """Whether a record gets the same score a second time, and of a critic by itself as among others.

    What a bound draws may depend on the place of a record among others, which tells nothing of the set it is from.
    """
    some = read(records, np.arange(min(4, len(records))))
    first, others = offer.ask(some), [offer.ask(some)]
    if offer.kind == "critic":
        others.append(np.concatenate([offer.ask(read(some, np.array([at]))) for at in range(len(some))]))
    known = np.isfinite(first)
    near = REPEATED * np.maximum(1.0, np.abs(first[known]))
    return all(
        bool((known == np.isfinite(other)).all() and (np.abs(first[known] - other[known]) <= near).all())
        for other in others
    )


def _has(model: Any, name: str) -> bool:
    return callable(getattr(model, name, None))


def _denoised(model: Any, records: Any) -> Floats:
    """Minus the denoising loss of each record, (n,), its mean over `TIMES` with one fixed noise at each.

    Raises:
        UserError: if the model does not give one finite number a record.
    """
    import torch

    x = as_input(model, records)
    generator = torch.Generator().manual_seed(NOISE_SEED)
    total = np.zeros(len(records))
    for time in TIMES:
        # One noise for all records: common random numbers, so that a score depends on its record alone.
        noise = torch.randn(x.shape[1:], generator=generator).to(x).expand_as(x).clone()
        with torch.no_grad():
            given = model.denoising_loss(x.clone(), t=x.new_full((len(x),), time), noise=noise)
        total += _checked(given, len(x))
    return -total / len(TIMES)


def _checked(given: Any, n: int) -> Floats:
    import torch

    try:
        losses = np.asarray(torch.as_tensor(given).detach().cpu(), dtype=np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise UserError(
            f"denoising_loss: expected {n} numbers for {n} records, got {one_line(error)}; correct it"
        ) from error
    if losses.shape != (n,) or not np.isfinite(losses).all():
        got = f"shape {losses.shape}" if losses.shape != (n,) else "NaN or infinity"
        raise UserError(f"denoising_loss: expected a tensor ({n},) of finite losses, got {got}; correct it")
    return losses
