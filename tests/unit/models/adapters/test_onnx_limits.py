"""ONNX graphs that never end, or that make any tensor of a few bytes, are stopped by time and by memory."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.errors import UserError

if find_spec("onnx") is None or find_spec("onnxruntime") is None:
    pytest.skip("onnx or onnxruntime is missing; run: pip install 'genai-audit[onnx]'", allow_module_level=True)

import onnx
from onnx import TensorProto, helper, numpy_helper

CONSTANTS = {
    "w": np.zeros((4, 64), np.float32),
    "image": np.array([-1, 1, 8, 8]),
    "huge": np.array([10**5, 10**5]),
    "many": np.array(2**62),
    "true": np.array(True),
}
IMPORTS = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]


def node(kind: str, taken: str, given: str, **attributes: Any) -> Any:
    return helper.make_node(kind, taken.split(), [given], **attributes)


def loop() -> Any:
    body = helper.make_graph(
        [node("Identity", "go", "go_on"), node("Identity", "value", "same")],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("value", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("same", TensorProto.FLOAT, None),
        ],
    )
    return node("Loop", "many true a", "b", body=body)


def nested(times: int) -> list[Any]:
    """Functions that call the one before them twice each."""
    functions = [helper.make_function("own", "F0", ["x"], ["y"], [node("Neg", "x", "y")], IMPORTS)]
    for number in range(1, times):
        calls = [node(f"F{number - 1}", each, to, domain="own") for each, to in (("x", "a"), ("a", "y"))]
        functions.append(helper.make_function("own", f"F{number}", ["x"], ["y"], calls, IMPORTS))
    return functions


def saved(path: Path, *between: Any, functions: Any = ()) -> Path:
    """A generator with nodes between its latents, `a`, and its pixels, `b`."""
    nodes = [node("MatMul", "z w", "a"), *between, node("Sigmoid", "b", "s"), node("Reshape", "s image", "x")]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in CONSTANTS.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=IMPORTS, ir_version=8, functions=list(functions)), path)
    return path


BOMBS = {
    "constant": [
        node("ConstantOfShape", "huge", "c"),
        node("ReduceMax", "c", "r", keepdims=0),
        node("Add", "a r", "b"),
    ],
    "expand": [
        node("ReduceMax", "a", "q", keepdims=0),
        node("Expand", "q huge", "c"),
        node("ReduceMax", "c", "r", keepdims=0),
        node("Add", "a r", "b"),
    ],
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_graph_that_makes_any_tensor(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"expected at most 8 GiB of memory for the graph, but it asks for more") as bad:
        load_model(saved(tmp_path / "x.onnx", *BOMBS[name]))
    assert "GENAI_AUDIT_LIMITS=graph=N" in str(bad.value)


def test_a_loop_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENAI_AUDIT_LIMITS", "trial=1")
    with pytest.raises(UserError, match=r"expected at most 1 seconds for the first eight records .*still running"):
        load_model(saved(tmp_path / "x.onnx", loop()))


def test_functions_that_multiply(tmp_path: Path) -> None:
    sound = saved(tmp_path / "sound.onnx", node("F4", "a", "b", domain="own"), functions=nested(5))
    assert load_model(sound)[1].format == "onnx"
    bad = saved(tmp_path / "x.onnx", node("F39", "a", "b", domain="own"), functions=nested(40))
    with pytest.raises(UserError, match="expected at most 1,000,000 nodes in an ONNX graph, got more"):
        load_model(bad)
