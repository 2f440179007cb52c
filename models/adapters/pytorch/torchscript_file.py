"""TorchScript archives: a network with its own code, which runs when it is loaded and called.

So one is opened only where the user trusts it. Its `decode`, else its `forward`, must map latents (n, L) or
(n, L, 1, 1) to images; L is its attribute `latent_dim`, else read from its first layer.
"""

import warnings
from pathlib import Path
from typing import Any

from ...errors import UserError
from ..foreign import LOADER, attempt, members
from ..latent_images import LatentImages, check_images, picture_notes, shown_by, trial_latents
from ..opened import Opened, Options

RAN = "the file's own TorchScript code ran, because the user trusted it"
PASSING = frozenset(
    f"aten::{name}"
    for name in ("view", "reshape", "flatten", "unflatten", "contiguous", "to", "squeeze", "unsqueeze", "permute")
)


def matches(path: Path) -> bool:
    """Whether a file is a zip with the code and constants of a TorchScript archive."""
    inner = [name.partition("/")[2] for name in members(path)]
    return "constants.pkl" in inner and any(name.startswith("code/") for name in inner)


def open_model(path: Path, options: Options) -> Opened:
    """The generator in a TorchScript archive.

    Raises:
        UserError: if the user does not trust it, if it cannot be loaded, or if it does not map latents to images.
    """
    if not options.trust:
        raise UserError(
            f"{path}: a TorchScript archive, which runs code of its own; --trust loads and runs it, and the record "
            f"will say so; else save the state_dict as safetensors"
        )
    import torch

    with warnings.catch_warnings():
        # torch tells everyone who uses TorchScript to move on; the person with a file cannot.
        warnings.filterwarnings("ignore", r"`torch\.jit\.", DeprecationWarning)
        with attempt(path, "loading it with torch.jit.load", "copy the file, or script the model again"):
            loaded = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]  # as torch wrote it
        script: Any = loaded.eval()
    half = sorted({str(each.dtype) for each in script.parameters() if each.is_floating_point()} - {"torch.float32"})
    notes = [RAN]
    if half:
        script = script.float()
        notes.append(f"its weights were converted from {' and '.join(half).replace('torch.', '')} to float32")
    entry = "decode" if hasattr(script, "decode") else "forward"
    size = _latent_dim(script, path)
    network = _network(script, entry, size, path)
    with torch.no_grad():
        raw = network(trial_latents(size))
    model = LatentImages(network, size, shown_by(raw, size, path, signed=_ends_in_tanh(script, entry)))
    check_images(model, path)
    notes += picture_notes(model.picture)
    declared = {"class": str(script.original_name), "entry": entry, "latent_dim": size}
    parameters = sum(each.numel() for each in script.parameters())
    return Opened(model, f"torchscript {script.original_name}", parameters, declared, tuple(notes))


def _network(script: Any, entry: str, size: int, path: Path) -> Any:
    """The network in the first form of latents that it takes: (n, L), or (n, L, 1, 1) as convolutions want them."""
    import torch

    from .torch_networks import Scripted

    first = next((each.original_name for each in script.modules() if hasattr(each, "weight")), "")
    tails: tuple[tuple[int, ...], ...] = ((size,), (size, 1, 1))
    if first.startswith("Conv"):
        tails = tails[::-1]
    works = []
    for tail in tails:
        network = Scripted(script, entry, tail)
        try:
            with torch.no_grad():
                network(trial_latents(size))
        except RuntimeError:
            continue
        works.append(network)
    if works:
        return works[0]
    with attempt(path, f"{entry}, tried on latents (n, {size}),", f"give it an int attribute latent_dim, or {LOADER}"):
        return Scripted(script, entry, (size,))(trial_latents(size))


def _latent_dim(script: Any, path: Path) -> int:
    said = getattr(script, "latent_dim", None)
    if isinstance(said, int) and not isinstance(said, bool) and said > 0:
        return said
    for module in script.modules():
        weight = getattr(module, "weight", None)
        if weight is None:
            continue
        if module.original_name == "Linear":
            return int(weight.shape[1])
        if module.original_name.startswith("Conv"):
            return int(weight.shape[0 if "Transpose" in module.original_name else 1])
    matrix = next((each for each in script.parameters() if each.ndim == 2), None)
    if matrix is not None:
        return int(matrix.shape[1])
    raise UserError(
        f"{path}: expected an int attribute latent_dim, or a first layer that tells the size of the latents, got "
        f"neither; script the model with the attribute, or {LOADER}"
    )


def _ends_in_tanh(script: Any, entry: str) -> bool:
    outputs = list(getattr(script, entry).inlined_graph.outputs())
    node = outputs[0].node() if len(outputs) == 1 else None
    while node is not None and node.kind() in PASSING:
        node = next(node.inputs()).node()
    return node is not None and node.kind() in ("aten::tanh", "aten::tanh_")
