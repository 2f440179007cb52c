"""The readout: the log-probability of the token that truly follows a context, asked safely."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from ..decoding import parameter, undisturbed
from ..unavailable import Unmeasured

if TYPE_CHECKING:
    from torch import Tensor

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LOGITS = 8_000_000
"""Logits computed in one pass, at most."""

TOKENS, TOKENS_OF_A_GPU = 4_096, 262_144
"""Tokens of one pass, but a context with all its places replaced in turn: more fall out of a processor's cache."""

SAME = 1e-3
"""Nats by which two passes over the same context may differ: more is not rounding."""


class NextToken:
    """What a token model says of the token after a context.

    Args:
        model: with `logits`.
        vocabulary: the number of its logits.
    """

    def __init__(self, model: Any, vocabulary: int) -> None:
        self.model = model
        self.vocabulary = vocabulary
        self.device = parameter(model).device

    def rows(self, length: int) -> int:
        """How many contexts of that length one pass takes."""
        tokens = TOKENS if self.device.type == "cpu" else TOKENS_OF_A_GPU
        return max(1, min(max(length + 1, tokens // length), LOGITS // (self.vocabulary * length)))

    def nats(self, ids: Ints, targets: Ints) -> Floats:
        """Log-probabilities of the targets (m,) after contexts of one length (m, T), without gradients."""
        import torch

        size, parts = self.rows(ids.shape[1]), []
        with torch.no_grad():
            for start in range(0, len(ids), size):
                part = torch.from_numpy(ids[start : start + size].copy()).to(self.device)
                after = torch.from_numpy(targets[start : start + size].copy()).to(self.device)
                parts.append(self.of(part, after).cpu().numpy())
        return np.concatenate([np.zeros(0), *parts])

    def of_sets(self, ids: Ints, weights: Floats) -> Floats:
        """Log-probabilities of S weighted sets of tokens (V, S) after contexts of one length (m, T), as (m, S)."""
        import torch

        size, parts = self.rows(ids.shape[1]), [np.zeros((0, weights.shape[1]))]
        sets = torch.from_numpy(weights)
        with torch.no_grad():
            for start in range(0, len(ids), size):
                part = torch.from_numpy(ids[start : start + size].copy()).to(self.device)
                shares = self._log_shares(part).exp()
                parts.append((shares @ sets.to(shares.device)).log().cpu().numpy())
        return np.concatenate(parts)

    def of(self, ids: "Tensor", targets: "Tensor") -> "Tensor":
        """The same of tensors, in double precision, with gradients where these are on.

        Raises:
            UserError: if the logits have the wrong shape or one is not a number, or the model refuses the context.
        """
        shares = self._log_shares(ids)
        nats: Tensor = shares.gather(1, targets[:, None].to(shares.device)).squeeze(1)
        return nats

    def _log_shares(self, ids: "Tensor") -> "Tensor":
        # A copy, as a model may work in place.
        logits = self.model.logits(ids.clone())
        if tuple(logits.shape) != (*ids.shape, self.vocabulary):
            wanted = (*ids.shape, self.vocabulary)
            raise UserError(f"logits(ids): expected shape {wanted}, got {tuple(logits.shape)}; correct it")
        last = logits[:, -1].double()
        if bool(last.isnan().any()) or bool(last.isposinf().any()):
            raise UserError("logits(ids): expected numbers or −inf, got NaN or infinity; correct the model")
        return last.log_softmax(-1)


def asked(model: Any, ids: Ints, targets: Ints) -> NextToken:
    """The model as it can be asked, once it has shown on some contexts (m, T) that its answers are of these alone.

    Raises:
        UserError: if `logits` gives no logits of each token.
        Unmeasured: if the answers are random, or depend on other contexts of the pass.
    """
    import torch

    some = torch.from_numpy(ids[:1].copy()).to(parameter(model).device)
    with torch.no_grad():
        logits = model.logits(some)
    if not isinstance(logits, torch.Tensor) or logits.ndim != 3 or logits.shape[:2] != some.shape:
        got = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise UserError(f"logits(ids): expected (1, {ids.shape[1]}, V) for ids (1, {ids.shape[1]}), got {got}")
    most = int(max(ids.max(), targets.max()))
    if most >= logits.shape[-1]:
        raise UserError(f"logits(ids): expected a logit for each token id, got {logits.shape[-1]} and the id {most}")
    ask = NextToken(model, int(logits.shape[-1]))
    at_once, again = ask.nats(ids, targets), ask.nats(ids, targets)
    if not _alike(at_once, again):
        raise Unmeasured("logits(ids) gives other numbers for the same tokens: attributions need a model without noise")
    alone = np.concatenate([ask.nats(ids[row : row + 1], targets[row : row + 1]) for row in range(len(ids))])
    if not _alike(at_once, alone):
        raise Unmeasured("logits(ids) depends on the other rows of the batch: attributions need each context alone")
    return ask


def _alike(one: Floats, other: Floats) -> bool:
    return bool(np.allclose(one, other, atol=SAME, rtol=1e-4))


@contextmanager
def steady(model: Any) -> Iterator[None]:
    """Inside, the model is in eval mode and draws whatever it draws on its own alike in every run.

    Raises:
        UserError: if asking it changed it.
    """
    import torch

    try:
        with undisturbed(model), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            yield
    except RuntimeError as error:
        if "leave the model as it was" not in str(error):
            raise
        raise UserError(
            "logits(ids): expected the model to stay as it was in eval mode, but a parameter or buffer changed; "
            "compute without changing it"
        ) from error


@contextmanager
def unwrapped(model: Any) -> Iterator[Any]:
    """The model without `torch.compile`, and without layers that overwrite their input; as it was afterwards.

    Integrated gradients at a layer need its output, which a compiled graph hides and the next layer may overwrite.
    """
    import torch

    bare = getattr(model, "_orig_mod", model)
    held = dict(getattr(bare, "__dict__", {})) if not isinstance(bare, torch.nn.Module) else dict(bare._modules)
    compiled: dict[str, Any] = {name: each for name, each in held.items() if hasattr(each, "_orig_mod")}
    for name, each in compiled.items():
        setattr(bare, name, each._orig_mod)
    roots = [bare] if isinstance(bare, torch.nn.Module) else [e for e in vars(bare).values() if _is_module(e)]
    overwriting = [each for root in roots for each in root.modules() if getattr(each, "inplace", False) is True]
    for layer in overwriting:
        layer.inplace = False
    try:
        yield bare
    finally:
        for layer in overwriting:
            layer.inplace = True
        for name, each in compiled.items():
            setattr(bare, name, each)


def _is_module(value: Any) -> bool:
    import torch

    return isinstance(value, torch.nn.Module)
