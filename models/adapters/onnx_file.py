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
from .contained import contained
from .foreign import LOADER, attempt
from .latent_images import LatentSampler, check_images, in_batches, latent_size, picture_notes, shown_by, trial_latents
from .libraries import imported
from .onnx_graph.limits import check_nodes, limit_memory, run_in_time
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
BYTES = "tensor(uint8)"
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

    proto = onnx.load(str(path), load_external_data=False)
    _files_beside(proto, path)
    onnx.load_external_data_for_model(proto, str(path.resolve().parent))
    for each in proto.graph.initializer:
        if each.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE):
            yield Stored(each.name, torch.from_numpy(onnx.numpy_helper.to_array(each).copy()), "cpu")


def open_model(path: Path, options: Options) -> Opened:
    """The generator in an ONNX file.

    Raises:
        UserError: if onnx or onnxruntime is missing, or if the graph is damaged, draws random numbers, needs other
            operators or files, or does not map latents to images.
    """
    proto, session, beside = open_graph(path)
    _refuse_language(session, path)
    network = OnnxNetwork(session, path)
    signed = _ends_in_tanh(proto.graph) and network.whole is None
    with attempt(path, "the graph, tried on latents,", LOADER):
        raw = network(trial_latents(network.latent_dim))
    model = LatentSampler(network, network.latent_dim, shown_by(raw, network.latent_dim, path, signed=signed))
    check_images(model, path, step=0.0 if network.whole is None else 1 / network.whole)
    network.limit = "run"
    notes = [NO_GRADIENTS, *picture_notes(model.picture)]
    if network.whole is not None:
        notes.append(f"the graph gives whole numbers (uint8); its pixels were divided by {network.whole}")
    half = sorted({dtype for dtype in (network.dtype, str(raw.dtype).removeprefix("torch.")) if dtype != "float32"})
    if half:
        notes.append(f"the graph computes in {' and '.join(half)}; its images were converted to float32")
    declared = {
        "producer": f"{proto.producer_name} {proto.producer_version}".strip(),
        "opset": {each.domain or "ai.onnx": each.version for each in proto.opset_import},
        "inputs": signature(session.get_inputs()),
        "outputs": signature(session.get_outputs()),
        "external_data": beside,
    }
    return Opened(model, "onnx generator", parameters_in(proto.graph), declared, tuple(notes))


def _refuse_language(session: Any, path: Path) -> None:
    """Refuse a language model's graph by itself, whose tokens nothing in it spells."""
    if any(each.name == "input_ids" for each in session.get_inputs()):
        raise UserError(
            f"{path}: the graph of a language model; name the folder that holds it, with config.json and the tokenizer "
            f"beside it or above it"
        )


def open_graph(path: Path) -> tuple[Any, Any, dict[str, str]]:
    """What an ONNX file holds, a session that computes it, and the digests of the files beside it.

    Raises:
        UserError: if onnx or onnxruntime is missing, or if the graph is damaged, draws random numbers, or needs other
            operators or files.
    """
    for module in ("onnx", "onnxruntime"):
        need(module, extra="onnx", path=path)
    import onnx

    with attempt(path, "reading it", "copy or export the file again"):
        proto = onnx.load(str(path), load_external_data=False)
    _check_operators(proto, path)
    beside = _external(proto, path)
    return proto, _session(path), beside


class OnnxNetwork:
    """An onnxruntime session as a function of latents.

    Raises:
        UserError: if the graph has another signature than one float input with latents and one float output.
    """

    def __init__(self, session: Any, path: Path) -> None:
        inputs, outputs = session.get_inputs(), session.get_outputs()
        what = f"{signature(inputs)} → {signature(outputs)}"
        size = latent_size(inputs[0].shape[1:]) if len(inputs) == 1 else None
        fits = size is not None and inputs[0].type in FLOATS and len(outputs) == 1
        if size is None or not fits or outputs[0].type not in (*FLOATS, BYTES):
            raise UserError(
                f"{path}: expected one input of latents, float (n, L) with a fixed L, and one output of images, got "
                f"{what}; export the generator or decoder alone, or {LOADER}"
            )
        self.session, self.name, self.latent_dim = session, inputs[0].name, size
        self.path, self.limit = path, "trial"
        self.dtype = FLOATS[inputs[0].type]
        self.tail = inputs[0].shape[1:]
        batch = inputs[0].shape[0]
        self.batch = batch if isinstance(batch, int) else None
        self.whole: int | None = self._most() if outputs[0].type == BYTES else None

    def __call__(self, z: "Tensor") -> "Tensor":
        """Latents (n, L) to what the graph gives; whole numbers become shares of the largest that there can be."""
        raw = in_batches(self._run, z, self.batch)
        return raw if self.whole is None else raw / self.whole

    def _most(self) -> int:
        """What white is where pixels are whole numbers: 255, unless the network makes black and white pictures of 1."""
        with attempt(self.path, "the graph, tried on latents,", LOADER):
            return 255 if in_batches(self._run, trial_latents(self.latent_dim), self.batch).max() > 1 else 1

    def _run(self, z: "Tensor") -> "Tensor":
        import torch

        rows = z.detach().reshape(len(z), *self.tail).numpy().astype(self.dtype)
        return torch.from_numpy(run_in_time(self.session, {self.name: rows}, self.limit, self.path)[0])


def _session(path: Path) -> Any:
    onnxruntime: Any = imported("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.use_deterministic_compute = True
    # As torch's networks: which bits come out must not depend on how many cores there are.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    limit_memory(options, onnxruntime, path)
    with attempt(path, f"loading it with onnxruntime {onnxruntime.__version__}", f"export it again, or {LOADER}"):
        return onnxruntime.InferenceSession(str(path.resolve()), options, providers=["CPUExecutionProvider"])


def _nodes(nodes: Any) -> Iterator[Any]:
    """All nodes, those of inner graphs (branches, loops) too."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
                yield from _nodes(graph.node)


def _check_operators(proto: Any, path: Path) -> None:
    check_nodes(proto, _nodes, path)
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
                sparse = [*([attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else [])]
                for each in [*sparse, *attribute.sparse_tensors]:
                    yield from (each.values, each.indices)
                for graph in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
                    yield from _initializers(graph)


def _initializers(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)


def check_contained(path: Path) -> None:
    """Refuse an ONNX file whose weights lie outside its folder; anything else is let through.

    Raises:
        UserError: naming the place, or if it is damaged.
    """
    if path.suffix.lower() == ".onnx" and find_spec("onnx"):
        import onnx

        with attempt(path, "reading it", "copy or export the file again"):
            _files_beside(onnx.load(str(path), load_external_data=False), path)


def _external(proto: Any, path: Path) -> dict[str, str]:
    """The files beside the model that hold its weights, with their SHA-256."""
    return {name: file_sha256(file) for name, file in _files_beside(proto, path).items()}


def _files_beside(proto: Any, path: Path) -> dict[str, Path]:
    """The files beside the model that hold its weights, by the names that it gives them.

    Raises:
        UserError: if one lies outside the model's folder, or is missing.
    """
    names = set()
    for tensor in _tensors(proto):
        names |= {entry.value for entry in tensor.external_data if entry.key == "location"}
    folder = path.resolve().parent
    files = {}
    for name in sorted(names):
        file = contained(folder / name, folder)
        if file is None:
            raise UserError(f"{path}: expected weights in the model's own folder, got {name!r}; it was not read")
        if not file.is_file():
            raise UserError(f"{path}: expected its weights in {name!r} beside it, but no file is there; copy both")
        files[name] = file
    return files


def _ends_in_tanh(graph: Any) -> bool:
    makers = {name: node for node in graph.node for name in node.output}
    node = makers.get(graph.output[0].name) if graph.output else None
    while node is not None and node.op_type in PASSING:
        node = makers.get(node.input[0])
    return node is not None and node.op_type == "Tanh"


def parameters_in(graph: Any) -> int:
    """How many numbers the weights in a graph are."""
    floats = (1, 10, 11, 16)  # TensorProto: FLOAT, FLOAT16, DOUBLE, BFLOAT16
    return sum(math.prod(tensor.dims) for tensor in graph.initializer if tensor.data_type in floats)


def signature(values: Any) -> str:
    """Names, types and shapes of inputs or outputs, for a message."""
    return " and ".join(f"{each.name} {each.type} {tuple(each.shape)}" for each in values) or "none"
