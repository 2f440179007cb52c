"""Does a model of texts, tables, melodies or sound keep its contract? The same checks as for images, in their forms."""

from typing import Any, NoReturn

from ..base import FillsIn
from ..errors import UserError
from ..reading.plain_table import plain_table
from ..reading.plain_tensor import oddness
from ..records import MODALITIES

FEW = 2
"""Records drawn to see whether a model works at all."""

LOUDEST = 1 + 1e-6

TOLERANCE = 1e-6
"""By which a log-probability may exceed 0 by rounding."""


def check_records(model: Any, origin: str, run: Any) -> None:
    """Draw two records twice, and look at their form.

    Args:
        model: its `modality` is any but images.
        origin: named at the start of each message.
        run: runs a call of the user's code under a description; see `contract.Run`.

    Raises:
        UserError: if the form is wrong, or equal generators give different records.
    """
    import torch

    assert model.modality in MODALITIES
    call = f"sample({FEW}, generator=…)"
    drawn = [run(lambda: model.sample(FEW, generator=torch.Generator().manual_seed(0)), call) for _ in range(2)]
    check = {"text": _texts, "tabular": _rows, "music": _pieces, "audio": _waves}[model.modality]
    if check(drawn[0], origin, model) != check(drawn[1], origin, model):
        refuse_unequal(origin)
    check_log_prob(model, drawn[0], origin, run)


def _texts(drawn: Any, origin: str, model: Any) -> Any:
    if not isinstance(drawn, list | tuple) or len(drawn) != FEW or not all(isinstance(each, str) for each in drawn):
        raise UserError(f"{origin}: expected sample({FEW}, …) to be a list of {FEW} str, got {_short(drawn)}")
    return list(drawn)


def _rows(drawn: Any, origin: str, model: Any) -> Any:
    import pandas as pd

    if not isinstance(drawn, pd.DataFrame) or len(drawn) != FEW:
        raise UserError(f"{origin}: expected sample({FEW}, …) to be a DataFrame of {FEW} rows, got {_short(drawn)}")
    names = [str(name) for name in drawn.columns]
    if not names or len(set(names)) < len(names):
        raise UserError(f"{origin}: expected columns of different names, got {', '.join(names) or 'none'}")
    try:
        return plain_table(drawn).to_csv(index=False)
    except ValueError as error:
        raise UserError(f"{origin}: expected sample({FEW}, …) to hold plain values, got {error}; convert it") from error


def _pieces(drawn: Any, origin: str, model: Any) -> Any:
    import numpy as np

    good = (
        isinstance(drawn, list | tuple) and len(drawn) == FEW and all(isinstance(each, list | tuple) for each in drawn)
    )
    if not good or not all(isinstance(pitch, int | np.integer) for piece in drawn for pitch in piece):
        raise UserError(
            f"{origin}: expected sample({FEW}, …) to be {FEW} lists of MIDI pitches (whole numbers, rest −1), "
            f"got {_short(drawn)}"
        )
    return [[int(pitch) for pitch in piece] for piece in drawn]


def _waves(drawn: Any, origin: str, model: Any) -> Any:
    import torch

    if not isinstance(drawn, torch.Tensor) or drawn.ndim != 2 or len(drawn) != FEW or not drawn.is_floating_point():
        raise UserError(f"{origin}: expected sample({FEW}, …) as a float tensor ({FEW}, t), got {_short(drawn)}")
    odd = oddness(drawn)
    if odd is not None or not drawn.shape[1]:
        raise UserError(
            f"{origin}: expected sample({FEW}, …) to hold sound, got {odd or 'no sample of it'}; convert it"
        )
    drawn = drawn.float()
    if not torch.isfinite(drawn).all() or float(drawn.abs().max()) > LOUDEST:
        raise UserError(f"{origin}: expected finite waves within [−1, 1] from sample({FEW}, …); rescale them")
    rate = getattr(model, "sample_rate", None)
    if not isinstance(rate, int) or isinstance(rate, bool) or rate < 1:
        raise UserError(f"{origin}: expected sample_rate in Hz beside sample, a whole number, got {rate!r}; add it")
    # Parallel sums round differently, so bits may differ where the sound does not.
    return (drawn * 1000).round().tolist()


def refuse_unequal(origin: str) -> NoReturn:
    """Say that a seed does not repeat a draw.

    Raises:
        UserError: always.
    """
    raise UserError(
        f"{origin}: expected equal samples from generators of equal seed, got different ones; "
        f"pass generator= to every random function in sample, and call eval()"
    )


def check_log_prob(model: Any, drawn: Any, origin: str, run: Any) -> None:
    """Try `log_prob`, where the model has it, on two samples of any modality.

    Args:
        model: the model under test.
        drawn: two samples that it drew.
        origin: where the model comes from, which begins each message.
        run: calls a function and turns its failure into a `UserError`; takes the function and the call in words.

    Raises:
        UserError: if its kind is not said, or it gives something else than two numbers.
    """
    import torch

    if not hasattr(model, "log_prob"):
        return
    kind = getattr(model, "log_prob_kind", None)
    if kind not in ("exact", "lower_bound"):
        raise UserError(f'{origin}: expected log_prob_kind beside log_prob, "exact" or "lower_bound", got {kind!r}')
    log_probs = run(lambda: model.log_prob(drawn), "log_prob(samples)")
    if (
        not isinstance(log_probs, torch.Tensor)
        or oddness(log_probs) is not None
        or tuple(log_probs.shape) != (FEW,)
        or bool(torch.isnan(log_probs).any())
    ):
        raise UserError(
            f"{origin}: expected log_prob(samples) as a tensor ({FEW},) without NaN, got {_short(log_probs)}"
        )


def _short(value: Any) -> str:
    text = f"{type(value).__name__} {value!r}".replace("\n", " ")
    return text if len(text) <= 80 else text[:79] + "…"


SENTENCES = ("She said so.", "she", "a")
"""Tried one after another with models of masked tokens, which need not know all."""


def check_fills_in(model: Any, origin: str, run: Any) -> FillsIn:
    """A model of masked tokens that draws nothing, after one place of each of two rows was masked.

    Args:
        model: has `masked_log_prob`.
        origin: named at the start of each message.
        run: runs a call of the user's code under a description; see `contract.Run`.

    Raises:
        UserError: if an attribute is missing, or has the wrong type, shape or range.
    """
    import torch

    modality = getattr(model, "modality", None)
    if modality != "text":
        raise UserError(f'{origin}: expected modality = "text" beside masked_log_prob, got {modality!r}')
    if not callable(getattr(model, "encode_text", None)):
        raise UserError(f"{origin}: expected encode_text beside masked_log_prob, got none; add encode_text(text)")
    ids = next((each for each in (_encoded(model, text, run) for text in SENTENCES) if each), None)
    if ids is not None:
        rows, places = torch.tensor([ids, ids]), torch.tensor([0, len(ids) - 1])
        with torch.no_grad():
            nats = run(lambda: model.masked_log_prob(rows, places), "masked_log_prob(ids, places)")
        if not isinstance(nats, torch.Tensor) or tuple(nats.shape) != (2,) or not nats.is_floating_point():
            got = f"shape {tuple(nats.shape)}" if isinstance(nats, torch.Tensor) else type(nats).__name__
            raise UserError(f"{origin}: expected masked_log_prob(ids, places) to give floats of shape (2,), got {got}")
        if torch.isnan(nats).any() or bool((nats > TOLERANCE).any()):
            said = ", ".join(f"{each:.4g}" for each in nats.tolist())
            raise UserError(f"{origin}: expected masked_log_prob(ids, places) in nats, at most 0, got {said}")
    checked: FillsIn = model
    return checked


def _encoded(model: Any, text: str, run: Any) -> list[int]:
    try:
        return [int(each) for each in run(lambda: model.encode_text(text), f"encode_text({text!r})")]
    except UserError:
        return []  # It has no token for a part of it.
