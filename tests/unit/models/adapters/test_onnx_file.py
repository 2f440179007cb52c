"""ONNX graphs run by onnxruntime: generators open, everything else is refused with what it is."""

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from genai_audit.models.adapters.onnx_file import matches
from genai_audit.models.checkpoints.checkpoint import identify, load_model
from genai_audit.models.errors import UserError
from unit.models.adapters.opening import draw, refused

if find_spec("onnx") is None or find_spec("onnxruntime") is None:
    pytest.skip("onnx or onnxruntime is missing; run: pip install 'genai-audit[onnx]'", allow_module_level=True)

import onnx
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(0)
WEIGHT = RNG.normal(size=(4, 64)).astype(np.float32)


def graph(
    folder: Path,
    *nodes: Any,
    taken: Any = ("n", 4),
    given: Any = ("n", 64),
    dtype: int = TensorProto.FLOAT,
    name: str = "model.onnx",
    weight: Any = WEIGHT,
    **extra: Any,
) -> Path:
    made = helper.make_graph(
        list(nodes) or [helper.make_node("MatMul", ["z", "w"], ["a"]), helper.make_node("Sigmoid", ["a"], ["x"])],
        "g",
        [helper.make_tensor_value_info("z", dtype, taken)],
        [helper.make_tensor_value_info("x", dtype, given)],
        [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(np.array([-1, 1, 8, 8]), "image")],
    )
    imports = [helper.make_opsetid("", 20), *extra.pop("imports", [])]
    onnx.save(helper.make_model(made, opset_imports=imports, ir_version=9, **extra), folder / name)
    return folder / name


def node(kind: str, taken: str, given: str, **attributes: Any) -> Any:
    return helper.make_node(kind, taken.split(), [given], name=f"the_{kind}", **attributes)


def latents(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, 4, generator=torch.Generator().manual_seed(seed))


def test_a_generator_gives_the_images_of_its_formula(tmp_path: Path) -> None:
    model: Any
    model, checkpoint = load_model(graph(tmp_path))
    assert (checkpoint.format, checkpoint.family, checkpoint.modality) == ("onnx", "onnx generator", "image")
    assert checkpoint.parameters == 256
    assert checkpoint.declared["opset"] == {"ai.onnx": 20}
    assert model.latent_dim == 4
    expected = (latents(6, seed=5) @ torch.from_numpy(WEIGHT)).sigmoid().reshape(6, 1, 8, 8)
    torch.testing.assert_close(draw(model, 6, seed=5), expected)
    torch.testing.assert_close(draw(model, 500)[:2], draw(model, 500)[:2])
    assert not hasattr(model, "decode")
    assert any("gives no gradients" in note for note in checkpoint.notes)


@pytest.mark.parametrize(("shape", "given"), [((-1, 1, 8, 8), ("n", 1, 8, 8)), ((-1, 8, 8, 1), ("n", 8, 8, 1))])
def test_tanh_before_a_reshape_is_rescaled(tmp_path: Path, shape: Any, given: Any) -> None:
    path = _reshaped(tmp_path, shape, given)
    model, checkpoint = load_model(path)
    torch.testing.assert_close(
        draw(model, 3), ((latents(3) @ torch.from_numpy(WEIGHT)).tanh().reshape(3, 1, 8, 8) + 1) / 2
    )
    assert any("ends in tanh" in note for note in checkpoint.notes)


def _reshaped(folder: Path, shape: Any, given: Any) -> Path:
    constant = helper.make_node("Constant", [], ["s"], value=numpy_helper.from_array(np.array(shape)))
    steps = [node("MatMul", "z w", "a"), node("Tanh", "a", "b"), constant, node("Reshape", "b s", "x")]
    return graph(folder, *steps, given=given)


def test_a_fixed_batch_is_filled_up(tmp_path: Path) -> None:
    model, _ = load_model(graph(tmp_path, taken=(3, 4), given=(3, 64)))
    expected = (latents(7) @ torch.from_numpy(WEIGHT)).sigmoid().reshape(7, 1, 8, 8)
    torch.testing.assert_close(draw(model, 7), expected)


def whole(folder: Path, most: float, given: Any = ("n", 8, 8, 1)) -> Path:
    """A generator that ends in whole numbers from 0 to `most`, channels last."""
    parts = [
        node("MatMul", "z w", "a"), node("Sigmoid", "a", "b"), node("Mul", "b m", "c"), node("Round", "c", "d"),
        node("Cast", "d", "e", to=TensorProto.UINT8), node("Reshape", "e s", "x"),
        helper.make_node("Constant", [], ["m"], value=numpy_helper.from_array(np.array(most, np.float32))),
        helper.make_node("Constant", [], ["s"], value=numpy_helper.from_array(np.array([-1, 8, 8, 1]))),
    ]  # fmt: skip
    path = graph(folder, *parts[-2:], *parts[:-2], given=given)
    proto = onnx.load(str(path))
    proto.graph.output[0].type.tensor_type.elem_type = TensorProto.UINT8
    onnx.save(proto, path)
    return path


@pytest.mark.parametrize(("most", "divided"), [(255.0, 255), (1.0, 1)])
def test_whole_numbers_become_shares_of_the_largest(tmp_path: Path, most: float, divided: int) -> None:
    model, checkpoint = load_model(whole(tmp_path, most))
    images = draw(model, 5)
    expected = (latents(5) @ torch.from_numpy(WEIGHT)).sigmoid().reshape(5, 1, 8, 8)
    assert float((images - expected).abs().max()) <= 0.5 / divided + 1e-3
    assert float(images.max()) > 0.5
    assert any(f"whole numbers (uint8); its pixels were divided by {divided}" in note for note in checkpoint.notes)


def test_colours_may_come_last(tmp_path: Path) -> None:
    weight = RNG.normal(size=(4, 192)).astype(np.float32)
    shape = helper.make_node("Constant", [], ["s"], value=numpy_helper.from_array(np.array([-1, 8, 8, 3])))
    steps = [shape, node("MatMul", "z w", "a"), node("Sigmoid", "a", "b"), node("Reshape", "b s", "x")]
    model, _ = load_model(graph(tmp_path, *steps, given=("n", 8, 8, 3), weight=weight))
    expected = (latents(3) @ torch.from_numpy(weight)).sigmoid().reshape(3, 8, 8, 3).permute(0, 3, 1, 2)
    torch.testing.assert_close(draw(model, 3), expected)


def test_half_precision_is_converted_and_said(tmp_path: Path) -> None:
    path = graph(tmp_path, dtype=TensorProto.FLOAT16, weight=WEIGHT.astype(np.float16))
    model, checkpoint = load_model(path)
    images = draw(model, 3)
    assert images.dtype == torch.float32
    expected = (latents(3) @ torch.from_numpy(WEIGHT)).sigmoid().reshape(3, 1, 8, 8)
    torch.testing.assert_close(images, expected, atol=5e-3, rtol=0)
    assert any("computes in float16" in note for note in checkpoint.notes)


def test_what_torch_exports(tmp_path: Path) -> None:
    if find_spec("onnxscript") is None:
        pytest.skip("onnxscript is missing; run: pip install onnxscript")
    layers = [nn.ConvTranspose2d(4, 6, 4), nn.BatchNorm2d(6), nn.ReLU(), nn.ConvTranspose2d(6, 3, 4, 2, 1), nn.Tanh()]
    torch.manual_seed(0)
    net = nn.Sequential(*layers).eval()
    with warnings.catch_warnings():
        # The exporter itself uses what torch and Python advise against.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net,
            (torch.zeros(2, 4, 1, 1),),
            str(tmp_path / "g.onnx"),
            dynamo=True,
            external_data=True,
            verbose=False,
            dynamic_shapes=({0: torch.export.Dim("n")},),
        )
    model, checkpoint = load_model(tmp_path / "g.onnx")
    with torch.no_grad():
        torch.testing.assert_close(draw(model, 5), (net(latents(5)[:, :, None, None]) + 1) / 2, atol=1e-5, rtol=1e-4)
    assert checkpoint.parameters is not None
    assert checkpoint.parameters >= sum(each.numel() for each in nn.Sequential(layers[0], layers[3]).parameters())


def outside(folder: Path, location: str) -> Path:
    path = graph(folder)
    proto = onnx.load(str(path))
    onnx.external_data_helper.convert_model_to_external_data(proto, location="weights.bin", size_threshold=0)
    onnx.save(proto, path)
    proto = onnx.load(str(path), load_external_data=False)
    for tensor in proto.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    path.write_bytes(proto.SerializeToString())
    return path


def test_weights_in_a_file_beside_the_model(tmp_path: Path) -> None:
    path = outside(tmp_path, "weights.bin")
    model, checkpoint = load_model(path)
    assert list(checkpoint.declared["external_data"]) == ["weights.bin"]
    expected = (latents(3) @ torch.from_numpy(WEIGHT)).sigmoid().reshape(3, 1, 8, 8)
    torch.testing.assert_close(draw(model, 3), expected)
    (tmp_path / "weights.bin").unlink()
    refused(path, r"expected its weights in 'weights\.bin' beside it, but no file is there; copy both")


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/hostname", "link.bin"])
def test_weights_elsewhere_are_not_read(tmp_path: Path, location: str) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(4096))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    refused(outside(folder, location), rf"weights in the model's own folder, got '{location}'; it was not read")


def random_op(folder: Path) -> Path:
    noise = helper.make_node("RandomNormalLike", ["a"], ["b"], name="noise", seed=1.0)
    return graph(folder, node("MatMul", "z w", "a"), noise, node("Add", "a b", "c"), node("Sigmoid", "c", "x"))


def hidden_random_op(folder: Path) -> Path:
    draws = helper.make_node("RandomUniform", [], ["x1"], name="deep", shape=[2, 64])
    branch = helper.make_graph([draws], "b", [], [helper.make_tensor_value_info("x1", 1, None)])
    condition = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.array(True)))
    return graph(folder, condition, helper.make_node("If", ["c"], ["x"], then_branch=branch, else_branch=branch))


def custom_op(folder: Path) -> Path:
    return graph(
        folder,
        helper.make_node("Magic", ["z"], ["x"], name="m", domain="mine"),
        imports=[helper.make_opsetid("mine", 1)],
    )


def linear(folder: Path) -> Path:
    return graph(folder, node("MatMul", "z w", "x"))


def image_to_image(folder: Path) -> Path:
    return graph(folder, node("Sigmoid", "z", "x"), taken=("n", 1, 8, 8), given=("n", 1, 8, 8))


def flat_to_flat(folder: Path) -> Path:
    return graph(folder, node("Sigmoid", "z", "x"), taken=("n", 64), given=("n", 64))


def critic(folder: Path) -> Path:
    return graph(folder, node("MatMul", "z w", "x"), given=("n", 1), weight=WEIGHT[:, :1])


def tokens(folder: Path) -> Path:
    return graph(folder, node("Identity", "z", "x"), dtype=TensorProto.INT64)


def open_size(folder: Path) -> Path:
    return graph(folder, node("Sigmoid", "z", "x"), taken=("n", "size"), given=("n", "size"))


def broken(folder: Path) -> Path:
    return graph(folder, node("MatMul", "z w", "a"), node("NoSuchOperator", "a", "x"))


def batch_statistics(folder: Path) -> Path:
    steps = [node("MatMul", "z w", "a"), node("Sigmoid", "a", "b")]
    mean = helper.make_node("ReduceMean", ["b", "axes"], ["m"], keepdims=1)
    axes = helper.make_node("Constant", [], ["axes"], value=numpy_helper.from_array(np.array([0])))
    return graph(folder, *steps, axes, mean, node("Mul", "b m", "x"))


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "random": (random_op, "a graph without random numbers, got RandomNormalLike in node 'noise'.*noise as an input"),
    "random in a branch": (hidden_random_op, "got RandomUniform in node 'deep'"),
    "custom": (custom_op, "expected operators of ONNX, got Magic of 'mine' in node 'm', which needs a library"),
    "range": (linear, r"expected pixels in \[0, 1\], got -.* to .*; end the network with a sigmoid or tanh"),
    "image to image": (image_to_image, r"one input of latents.*got z tensor\(float\) \('n', 1, 8, 8\) → x tensor"),
    "flat to flat": (
        flat_to_flat,
        r"expected images .* from latents \(n, 64\), got \(8, 64\) .*autoencoder is no generator",
    ),
    "critic": (critic, r"expected images .* got \(8, 1\) from n = 8: a discriminator, encoder or autoencoder"),
    "tokens": (tokens, r"one input of latents, float .* got z tensor\(int64\) \('n', 4\) → x tensor\(int64\)"),
    "open size": (open_size, r"with a fixed L, .* got z tensor\(float\) \('n', 'size'\)"),
    "broken": (broken, "loading it with onnxruntime .* failed with"),
    "batch": (batch_statistics, "expected each image to depend on its own latent, but it changes with the others"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_generator_is_refused(name: str, tmp_path: Path) -> None:
    make, message = REFUSED[name]
    refused(make(tmp_path), message)


def test_a_truncated_file_is_damaged_and_another_is_no_onnx(tmp_path: Path) -> None:
    path = graph(tmp_path)
    path.write_bytes(path.read_bytes()[:200])
    refused(path, "reading it failed with .*; copy or export the file again")
    path.write_bytes(b"text")
    assert not matches(path)
    assert identify(path).format == "unknown"


def test_a_missing_library_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = graph(tmp_path)
    monkeypatch.setattr("genai_audit.models.adapters.opened.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs onnx, which is not installed; run: pip install 'genai-audit\[onnx\]'"):
        load_model(path)
