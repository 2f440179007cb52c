"""What can be said of a checkpoint's weights without running the model, from its files and from the loaded model."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..adapters.opened import Stored
from ..digests import file_sha256
from ..errors import UserError
from ..reading.plain_tensor import oddness
from .initialisers import FEWEST, agreeing, orthogonal, step
from .stored_tensors import stored_tensors
from .weight_facts import TensorFacts, WeightFacts
from .weight_remarks import Entry, parts_of, remarks

MOST = 1_000_000
"""Numbers of a tensor from which mean and deviation are taken, at most."""

UNFILLED = "(loaded model, in no file) "
"""Stands before the name of a tensor of the loaded model that looks fresh and that no file holds."""


def inspect(path: Path | None, model: Any) -> WeightFacts:
    """The facts about the weights at `path` and of the model that was loaded from there.

    Tensors come from the files where these can be read as tensors, else from the model. To those of files are added
    the parameters of the model that agree with a distribution of fresh weights and are in no file: what a loader left
        unfilled.

    Args:
        path: a file or folder; None, or where nothing is there, as for a model that is asked over a network, it has
            no files.
        model: a torch module, or an object with torch modules in its attributes, or anything else.

    Raises:
        UserError: if a file of a known format is damaged.
    """
    files = _files(path)
    held = list(_held(model))
    depth = _depth(each.name for each in held)
    entries: list[Entry] = []
    digests: set[str] = set()
    for name, file in files.items():
        for stored in stored_tensors(file):
            facts = describe(stored, depth)
            entries.append(Entry(name, facts, stored.tied))
            # Weights that are stored in half precision are loaded as single precision.
            digests.add(facts.sha256 if facts.dtype == "float32" else _digest(stored.tensor.float()))
    if entries:
        remarked, entries = entries, _used(entries, held)
        entries += [Entry("", facts) for facts in _unfilled(held, depth, digests)]
    else:
        entries = [Entry("", describe(each, depth), each.tied) for each in held]
        remarked = entries
    several = len({entry.file for entry in entries} - {""}) > 1
    own = [entry for entry in entries if not entry.tied]
    return WeightFacts(
        tensors=tuple(entry.named(prefixed=several) for entry in own),
        files=tuple((name, file_sha256(file)) for name, file in files.items()),
        parts=parts_of(remarked),
        remarks=remarks(remarked, tuple(files)),
    )


def _used(entries: list[Entry], held: list[Stored]) -> list[Entry]:
    """The stored tensors that the loaded model holds, where it holds nothing else; otherwise all.

    Beside the weights a file may hold averages of them, or an earlier state, which no sample depends on.
    """
    own = {_digest(each.tensor.detach().cpu().float()) for each in held if each.tensor.numel() >= FEWEST}
    stored = {entry.facts.sha256 for entry in entries if entry.facts.dtype == "float32"}
    if not own or not own <= stored:
        return entries
    every = {_digest(each.tensor.detach().cpu().float()) for each in held}
    return [entry for entry in entries if entry.facts.sha256 in every]


def describe(stored: Stored, depth: int = 1) -> TensorFacts:
    """The facts of one floating-point tensor; `depth` is how many blocks its network has, see `initialisers`."""
    odd = oddness(stored.tensor)
    if odd is not None:
        raise UserError(f"weights {stored.name}: expected numbers, got {odd}; load them, and save the checkpoint again")
    tensor = stored.tensor.detach().cpu().resolve_neg().contiguous()
    numbers = _plain(tensor)
    some = numbers[:: step(len(numbers), MOST)]
    low, high = _range(numbers)
    broken = 0
    if not (math.isfinite(low) and math.isfinite(high)):
        finite = numbers.isfinite()
        broken = int((~finite).sum())
        some, (low, high) = some[some.isfinite()], _range(numbers[finite])
    # Scaled, because the squares of large numbers could overflow.
    extreme = max(abs(low), abs(high)) or 1.0
    values = some.double() / extreme
    # Of eight bits too few numbers can be told apart for a distribution to be recognised.
    tested = tensor.dim() > 1 and len(values) >= FEWEST and low < high and not broken and tensor.element_size() > 1
    if tested:
        initial = _initial(stored.name, tensor, extreme, depth)
    else:
        initial = f"constant {low:g}" if tensor.numel() and low == high and low in (0, 1) and not broken else ""
    return TensorFacts(
        name=stored.name,
        shape=tuple(tensor.shape),
        dtype=str(tensor.dtype).removeprefix("torch."),
        device=stored.device,
        count=tensor.numel(),
        mean=extreme * float(values.mean()) if len(values) else 0.0,
        deviation=extreme * float(values.std(correction=0)) if len(values) else 0.0,
        low=low,
        high=high,
        zeros=len(numbers) - int(numbers.count_nonzero()),
        broken=broken,
        sha256=_digest(tensor),
        initial=initial,
        tested=tested,
    )


def _initial(name: str, tensor: Tensor, extreme: float, depth: int) -> str:
    rounding = torch.finfo(tensor.dtype).eps
    if orthogonal(tensor, rounding):
        return "orthogonal"
    rows = tensor.flatten(1)[:, :MOST]
    rows = rows[:: math.ceil(rows.numel() / MOST)].double()
    if tensor.dim() == 2:
        rows = rows[rows.any(dim=1)]  # The embedding of a padding token is set to zero.
    return agreeing(rows.numpy(), name=name, shape=tuple(tensor.shape), extreme=extreme, depth=depth, rounding=rounding)


def _unfilled(held: Iterable[Stored], depth: int, digests: set[str]) -> Iterator[TensorFacts]:
    for each in held:
        if isinstance(each.tensor, nn.Parameter) and each.tensor.numel() >= FEWEST and not each.tied:
            facts = describe(each, depth)
            if facts.tested and facts.initial and _digest(each.tensor.detach().cpu().float()) not in digests:
                yield replace(facts, name=UNFILLED + facts.name)


def _held(model: Any) -> Iterator[Stored]:
    """The floating-point parameters and buffers of the torch modules that a model is or has."""
    if isinstance(model, nn.Module):
        modules = [("", model)]
    else:
        modules = [(name, each) for name, each in getattr(model, "__dict__", {}).items() if isinstance(each, nn.Module)]
    seen: set[int] = set()
    for top, module in modules:
        parameters = module.named_parameters(top, remove_duplicate=False)
        for name, tensor in [*parameters, *module.named_buffers(top, remove_duplicate=False)]:
            dense = tensor.layout is torch.strided and not tensor.is_quantized and not tensor.is_meta
            if dense and tensor.is_floating_point():
                yield Stored(name, tensor, str(tensor.device), tied=id(tensor) in seen)
                seen.add(id(tensor))


def _depth(names: Iterable[str]) -> int:
    """The greatest number of numbered parts side by side, e.g. the blocks of a transformer."""
    beside: dict[str, set[str]] = defaultdict(set)
    for name in names:
        words = name.split(".")
        for place, word in enumerate(words):
            if word.isdecimal():
                beside[".".join(words[:place])].add(word)
    return max(map(len, beside.values()), default=1)


def _files(path: Path | None) -> dict[str, Path]:
    """The files at `path` by their place in it, in order of their names; hidden ones are no part of a checkpoint."""
    if path is None:
        return {}
    if path.is_file():
        return {path.name: path}
    files = ((each.relative_to(path), each) for each in path.rglob("*") if each.is_file())
    return {
        name.as_posix(): file for name, file in sorted(files) if not any(part.startswith(".") for part in name.parts)
    }


def _plain(tensor: Tensor) -> Tensor:
    """The numbers in a type in which torch computes everything."""
    return tensor.flatten() if tensor.dtype in (torch.float32, torch.float64) else tensor.flatten().float()


def _range(numbers: Tensor) -> tuple[float, float]:
    if not len(numbers):
        return 0.0, 0.0
    low, high = numbers.aminmax()
    return float(low), float(high)


def _digest(tensor: Tensor) -> str:
    plain = tensor.detach().resolve_neg().contiguous()
    state = hashlib.sha256(repr((str(plain.dtype), tuple(plain.shape))).encode())
    state.update(plain.flatten().view(torch.uint8).numpy().data)
    return state.hexdigest()
