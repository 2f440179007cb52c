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

PLACES, ROWS = 8, 32
"""Places whose contexts share what comes before the first of them, at least; and contexts read on together."""

CHECKED = 16
"""Tokens of the context on which it is checked that what is read once is what is read anew."""

SAME = 1e-3
"""Nats by which two passes over the same context may differ: more is not rounding."""


class NextToken:
    """What a token model says of the token after a context.

    Args:
        model: with `logits`.
        vocabulary: the number of its logits.
        sharing: whether what contexts have in common is read once, where the model can.
    """

    def __init__(self, model: Any, vocabulary: int, *, sharing: bool = True) -> None:
        self.model = model
        self.vocabulary = vocabulary
        self.device = parameter(model).device
        self.shares = sharing and all(callable(getattr(model, name, None)) for name in ("advance", "read_on"))

    @property
    def tokens(self) -> int:
        """How many tokens one pass takes."""
        return TOKENS if self.device.type == "cpu" else TOKENS_OF_A_GPU

    def rows(self, length: int) -> int:
        """How many contexts of that length one pass takes."""
        return max(1, min(max(length + 1, self.tokens // length), LOGITS // (self.vocabulary * length)))

    def nats(self, ids: Ints, targets: Ints) -> Floats:
        """Log-probabilities of the targets (m,) after contexts of one length (m, T), without gradients."""
        import torch

        size, parts = self.rows(ids.shape[1]), []
        with torch.no_grad():
            for start in range(0, len(ids), size):
                part = torch.from_numpy(ids[start : start + size].copy()).to(self.device)
                after = torch.from_numpy(targets[start : start + size].copy()).to(self.device)
                nats = self._after(part[:, None], after[:, None], [])[:, 0] if self.shares else self.of(part, after)
                parts.append(nats.cpu().numpy())
        return np.concatenate([np.zeros(0), *parts])

    def replaced(self, ids: Ints, targets: Ints, fill: Ints, *, places: int | None = None) -> Floats:
        """Log-probabilities of the targets where the token at each place is replaced; what precedes it is read once.

        Args:
            ids: (n, T), contexts of one length.
            targets: (n,).
            fill: (K, n, T), what replaces each token.
            places: whose contexts share what comes before the first of them; None where the rows of a pass decide.

        Returns:
            nats, (K, n, T).
        """
        import torch

        draws, n, length = fill.shape
        together = max(1, min(n, self.tokens // (draws * PLACES * length)))
        width = min(length, places or max(PLACES, -(-ROWS // (draws * together))))
        nats = np.empty(fill.shape)
        with torch.no_grad():
            for start in range(0, n, together):
                part, cache = slice(start, start + together), list[Any]()
                for first in range(0, length, width):
                    rests = _replacing(ids[part], fill[:, part], first, width)  # (n, K, w, T - first)
                    rows = torch.from_numpy(rests.reshape(len(rests), -1, length - first)).to(self.device)
                    after = torch.from_numpy(targets[part].copy()).to(self.device)[:, None].expand(rows.shape[:2])
                    found = self._after(rows, after, cache).cpu().numpy().reshape(rests.shape[:3])
                    nats[:, part, first : first + width] = found.transpose(1, 0, 2)
                    shared = torch.from_numpy(ids[part, first : first + width].copy()).to(self.device)
                    cache = self.model.advance(shared, cache)[1]
        return nats

    def _after(self, rests: "Tensor", targets: "Tensor", cache: list[Any]) -> "Tensor":
        """Of continuations (B, R, T) of what the cache holds, in double precision, (B, R)."""
        logits = self.model.read_on(rests.clone(), cache)
        if tuple(logits.shape) != (*rests.shape[:2], self.vocabulary):
            wanted = (*rests.shape[:2], self.vocabulary)
            raise UserError(f"read_on(ids, cache): expected shape {wanted}, got {tuple(logits.shape)}; correct it")
        return _nats(logits, targets)

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
        return _shares(logits[:, -1])


def _shares(logits: "Tensor") -> "Tensor":
    """Logits (…, V) to log-probabilities, in double precision."""
    last = logits.double()
    if bool(last.isnan().any()) or bool(last.isposinf().any()):
        raise UserError("logits(ids): expected numbers or −inf, got NaN or infinity; correct the model")
    return last.log_softmax(-1)


def _nats(logits: "Tensor", targets: "Tensor") -> "Tensor":
    """Logits (…, V) to log-probabilities of the targets (…,)."""
    shares = _shares(logits)
    nats: Tensor = shares.gather(-1, targets[..., None].to(shares.device)).squeeze(-1)
    return nats


def _replacing(ids: Ints, fill: Ints, first: int, width: int) -> Ints:
    """Contexts (n, T) from a place on, each of `width` tokens replaced by (K, n, T) in turn: (n, K, w, T - first)."""
    places = np.arange(min(width, ids.shape[1] - first))
    rests = np.broadcast_to(ids[:, None, None, first:], (len(ids), len(fill), len(places), ids.shape[1] - first)).copy()
    rests[:, :, places, places] = fill[:, :, first + places].transpose(1, 0, 2)
    return rests


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
    if ask.shares:
        _check_reading_on(ask, ids[:1], targets[:1])
    return ask


def _check_reading_on(ask: NextToken, ids: Ints, targets: Ints) -> None:
    """Refuse a `read_on` that gives other logits than `logits`, with nothing before or with something."""
    whole = NextToken(ask.model, ask.vocabulary, sharing=False)
    # Two places at a time and a few tokens, so that most of them come before what is read on.
    ids = ids[:, -CHECKED:]
    length, fill = ids.shape[1], np.roll(ids, 1, axis=1)
    each = np.repeat(ids, length, axis=0)
    each[np.arange(length), np.arange(length)] = fill[0]
    known = whole.nats(np.concatenate([ids, each]), np.repeat(targets, 1 + length))
    found = np.concatenate([ask.nats(ids, targets), ask.replaced(ids, targets, fill[None], places=2).ravel()])
    if not _alike(known, found):
        apart = np.abs(known - found).max()
        raise UserError(
            "logits(ids): expected read_on(ids, cache) to give its last logits, got log-probabilities that differ by "
            f"up to {apart:.2g}; correct read_on or leave it out"
        )


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
