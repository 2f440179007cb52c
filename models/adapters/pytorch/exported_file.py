"""Programs saved by `torch.export.save`: a graph of operators with its weights, from latents to images.

Reading one can run code of the file's: torch unpickles sample inputs, weights and constants without restriction where
plain reading fails, evaluates the expressions of open sizes, and looks the graph's functions up by names that reach all
of torch and what it imports. Its documentation says never to load what one does not trust. So it needs `--trust`.

Reference: https://docs.pytorch.org/docs/stable/export/api_reference.html (torch.export.load, warnings).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import UserError
from ..foreign import LOADER, attempt, members
from ..latent_images import LatentImages, check_images, latent_size, picture_notes, shown_by, trial_latents
from ..opened import Opened, Options

RAN = "torch.export.load could run code of the file's, which the user trusted"
PASSING = frozenset(
    (
        *("view", "reshape", "_unsafe_view", "flatten", "unflatten", "squeeze", "unsqueeze", "permute"),
        *("clone", "contiguous", "to", "_to_copy", "alias"),
    )
)


def matches(path: Path) -> bool:
    """Whether a file is a zip with the members of a torch.export archive."""
    inner = _inner(path)
    programs = any(name.startswith(("models/", "data/aotinductor/")) for name in inner)
    return "archive_format" in inner and programs


def open_model(path: Path, options: Options) -> Opened:
    """The generator in a torch.export archive.

    Raises:
        UserError: if the user does not trust it, if it cannot be loaded, or if it does not map latents to images.
    """
    if "models/model.json" not in _inner(path):
        raise UserError(
            f"{path}: expected a program saved by torch.export.save, got a compiled package (AOTInductor), which holds "
            f"machine code alone; save the exported program itself"
        )
    if not options.trust:
        raise UserError(
            f"{path}: a torch.export program, which torch reads by means that can run code of the file's (pickle, "
            f"evaluated expressions); --trust loads and runs it, and the record will say so; else save the state_dict "
            f"as safetensors"
        )
    import torch

    remedy = "export it again with this version of torch"
    with path.open("rb") as file, attempt(path, "loading it with torch.export.load", remedy), _unlogged():
        program = torch.export.load(file)
    network, size = _network(program, path)
    with attempt(path, "the program, tried on latents,", LOADER), torch.no_grad():
        raw = network(trial_latents(size))
    model = LatentImages(network, size, shown_by(raw, size, path, signed=_ends_in_tanh(program)))
    check_images(model, path)
    notes = [RAN, *picture_notes(model.picture)]
    if network.dtype != torch.float32:
        notes.append(f"the program computes in {str(network.dtype)[6:]}; its images were converted to float32")
    declared = {"signature": _signature(program), "latent_dim": size, "batch": network.batch}
    parameters = sum(each.numel() for each in program.parameters())
    return Opened(model, "torch.export program", parameters, declared, tuple(notes))


@contextmanager
def _unlogged() -> Iterator[None]:
    """Without torch's log messages: it also raises what it logs here, and one line is enough."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _inner(path: Path) -> set[str]:
    """The names in the archive, without the folder that all of them lie in."""
    return {name.partition("/")[2] for name in members(path)}


def _network(program: Any, path: Path) -> tuple[Any, int]:
    from .torch_networks import Exported

    inputs, outputs = program.graph_signature.user_inputs, program.graph_signature.user_outputs
    value = _values(program).get(inputs[0]) if len(inputs) == 1 else None
    shape = list(getattr(value, "shape", ()))
    size = latent_size(shape[1:])
    if value is None or size is None or len(outputs) != 1 or not value.dtype.is_floating_point:
        raise UserError(
            f"{path}: expected one input of latents, float (n, L) with a fixed L, and one output of images, got "
            f"{_signature(program)}; export the generator or decoder alone, or {LOADER}"
        )
    batch, least = (shape[0], 1) if isinstance(shape[0], int) else (None, _least(program, shape[0]))
    tail = tuple(int(each) for each in shape[1:])
    return Exported(program.module(), tail, value.dtype, batch, least), size


def _least(program: Any, rows: Any) -> int:
    """The smallest batch that a program with an open batch takes: tracing often rules out single rows."""
    bounds = program.range_constraints.get(rows.node.expr)
    return max(1, int(bounds.lower)) if bounds is not None else 1


def _values(program: Any) -> dict[str, Any]:
    return {node.name: node.meta.get("val") for node in program.graph.nodes}


def _signature(program: Any) -> str:
    values = _values(program)
    sides = (program.graph_signature.user_inputs, program.graph_signature.user_outputs)
    return " → ".join(
        " and ".join(f"({', '.join(str(each) for each in getattr(values.get(name), 'shape', '?'))})" for name in side)
        for side in sides
    )


def _ends_in_tanh(program: Any) -> bool:
    nodes = {node.name: node for node in program.graph.nodes}
    node = nodes.get(program.graph_signature.user_outputs[0])
    while node is not None and _operator(node) in PASSING:
        node = node.args[0]
    return node is not None and _operator(node) == "tanh"


def _operator(node: Any) -> str:
    return str(node.target).split(".")[1] if str(node.target).startswith("aten.") else ""
