"""ONNX graphs that turn latents into images, run by onnxruntime on the CPU.

The graph is data for a fixed set of operators; what would take more (custom operators, files elsewhere) is refused. The
runtime gives no gradients, so the model can be sampled and has no `decode`.
"""

import math
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..digests import file_sha256
from ..errors import UserError
from .foreign import LOADER, attempt
from .latent_images import LatentSampler, check_images, in_batches, latent_size, picture_notes, shown_by, trial_latents
from .opened import Opened, Options, Stored, need

if TYPE_CHECKING:
    from torch import Tensor

DOMAINS = frozenset(("", "ai.onnx", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc"))
"""Whose operators onnxruntime has built in."""
RANDOM = frozenset(
    ("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial")
)
PASSING = frozenset(("Reshape", "Identity", "Cast", "Transpose", "Flatten", "Squeeze", "Unsqueeze"))
FLOATS = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(double)": "float64"}
NO_GRADIENTS = "onnxruntime gives no gradients: the model can be sampled, not attributed to its latents"


def matches(path: Path) -> bool:
    """Whether a file is an ONNX model, by its suffix and its first field, the version of the format."""
    if path.suffix.lower() != ".onnx" or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(1) == b"\x08"


def stored_tensors(path: Path) -> Iterator[Stored] | None:
    """The floating-point tensors of an ONNX file; None for any other file, and without onnx."""
    return _stored(path) if path.suffix.lower() == ".onnx" and find_spec("onnx") else None


def _stored(path: Path) -> Iterator[Stored]:
    import onnx
    import torch

    for each in onnx.load(str(path)).graph.initializer:
        if each.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE):
            yield Stored(each.name, torch.from_numpy(onnx.numpy_helper.to_array(each).copy()), "cpu")


def open_model(path: Path, options: Options) -> Opened:
    """The generator in an ONNX file.

    Raises:
        UserError: if onnx or onnxruntime is missing, or if the graph is damaged, draws random numbers, needs other
            operators or files, or does not map latents to images.
    """
    for module in ("onnx", "onnxruntime"):
        need(module, extra="onnx", path=path)
    import onnx

    with attempt(path, "reading it", "copy or export the file again"):
        proto = onnx.load(str(path), load_external_data=False)
    _check_operators(proto, path)
    beside = _external(proto, path)
    session = _session(path)
    network = OnnxNetwork(session, path)
    signed = _ends_in_tanh(proto.graph)
    with attempt(path, "the graph, tried on latents,", LOADER):
        raw = network(trial_latents(network.latent_dim))
    model = LatentSampler(network, network.latent_dim, shown_by(raw, network.latent_dim, path, signed=signed))
    check_images(model, path)
    notes = [NO_GRADIENTS, *picture_notes(model.picture)]
    half = sorted({dtype for dtype in (network.dtype, str(raw.dtype).removeprefix("torch.")) if dtype != "float32"})
    if half:
        notes.append(f"the graph computes in {' and '.join(half)}; its images were converted to float32")
    declared = {
        "producer": f"{proto.producer_name} {proto.producer_version}".strip(),
        "opset": {each.domain or "ai.onnx": each.version for each in proto.opset_import},
        "inputs": _signature(session.get_inputs()),
        "outputs": _signature(session.get_outputs()),
        "external_data": beside,
    }
    return Opened(model, "onnx generator", _parameters(proto.graph), declared, tuple(notes))


class OnnxNetwork:
    """An onnxruntime session as a function of latents.

    Raises:
        UserError: if the graph has another signature than one float input with latents and one float output.
    """

    def __init__(self, session: Any, path: Path) -> None:
        inputs, outputs = session.get_inputs(), session.get_outputs()
        what = f"{_signature(inputs)} → {_signature(outputs)}"
        size = latent_size(inputs[0].shape[1:]) if len(inputs) == 1 else None
        if size is None or len(outputs) != 1 or inputs[0].type not in FLOATS or outputs[0].type not in FLOATS:
            raise UserError(
                f"{path}: expected one input of latents, float (n, L) with a fixed L, and one output of images, got "
                f"{what}; export the generator or decoder alone, or {LOADER}"
            )
        self.session, self.name, self.latent_dim = session, inputs[0].name, size
        self.dtype = FLOATS[inputs[0].type]
        self.tail = inputs[0].shape[1:]
        batch = inputs[0].shape[0]
        self.batch = batch if isinstance(batch, int) else None

    def __call__(self, z: "Tensor") -> "Tensor":
        """Latents (n, L) to what the graph gives."""
        return in_batches(self._run, z, self.batch)

    def _run(self, z: "Tensor") -> "Tensor":
        import torch

        rows = z.detach().reshape(len(z), *self.tail).numpy().astype(self.dtype)
        return torch.from_numpy(self.session.run(None, {self.name: rows})[0])


def _session(path: Path) -> Any:
    import onnxruntime
    import torch

    options = onnxruntime.SessionOptions()
    options.use_deterministic_compute = True
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 4
    with attempt(path, f"loading it with onnxruntime {onnxruntime.__version__}", f"export it again, or {LOADER}"):
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _nodes(nodes: Any) -> Iterator[Any]:
    """All nodes, those of inner graphs (branches, loops) too."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
                yield from _nodes(graph.node)


def _check_operators(proto: Any, path: Path) -> None:
    own = {(function.domain, function.name) for function in proto.functions}
    for nodes in [proto.graph.node, *(function.node for function in proto.functions)]:
        for node in _nodes(nodes):
            if node.domain not in DOMAINS and (node.domain, node.op_type) not in own:
                raise UserError(
                    f"{path}: expected operators of ONNX, got {node.op_type} of {node.domain!r} in node {node.name!r}, "
                    f"which needs a library of its own; export without custom operators, or {LOADER}"
                )
            if node.domain in DOMAINS and node.op_type in RANDOM:
                raise UserError(
                    f"{path}: expected a graph without random numbers, got {node.op_type} in node {node.name!r}: its "
                    f"samples could not be repeated from a seed; export with the noise as an input"
                )


def _tensors(proto: Any) -> Iterator[Any]:
    """All numbers that a model holds, wherever they stand in it."""
    yield from _initializers(proto.graph)
    for nodes in [proto.graph.node, *(function.node for function in proto.functions)]:
        for node in _nodes(nodes):
            for attribute in node.attribute:
                yield from [*([attribute.t] if attribute.HasField("t") else []), *attribute.tensors]
                for graph in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
                    yield from _initializers(graph)


def _initializers(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)


def _external(proto: Any, path: Path) -> dict[str, str]:
    """The files beside the model that hold its weights, with their SHA-256.

    Raises:
        UserError: if one lies outside the model's folder, or is missing.
    """
    names = set()
    for tensor in _tensors(proto):
        names |= {entry.value for entry in tensor.external_data if entry.key == "location"}
    folder = path.resolve().parent
    digests = {}
    for name in sorted(names):
        file = (folder / name).resolve()
        if not file.is_relative_to(folder):
            raise UserError(f"{path}: expected weights in the model's own folder, got {name!r}; it was not read")
        if not file.is_file():
            raise UserError(f"{path}: expected its weights in {name!r} beside it, but no file is there; copy both")
        digests[name] = file_sha256(file)
    return digests


def _ends_in_tanh(graph: Any) -> bool:
    makers = {name: node for node in graph.node for name in node.output}
    node = makers.get(graph.output[0].name) if graph.output else None
    while node is not None and node.op_type in PASSING:
        node = makers.get(node.input[0])
    return node is not None and node.op_type == "Tanh"


def _parameters(graph: Any) -> int:
    floats = (1, 10, 11, 16)  # TensorProto: FLOAT, FLOAT16, DOUBLE, BFLOAT16
    return sum(math.prod(tensor.dims) for tensor in graph.initializer if tensor.data_type in floats)


def _signature(values: Any) -> str:
    return " and ".join(f"{each.name} {each.type} {tuple(each.shape)}" for each in values) or "none"
