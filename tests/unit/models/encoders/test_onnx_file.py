"""ONNX graphs as encoders of pictures; everything else is one line."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genai_audit.models.encoders.catalogue import open_encoders
from genai_audit.models.encoders.pictures import IMAGENET_MEAN, IMAGENET_STD
from genai_audit.models.errors import UserError

if find_spec("onnx") is None or find_spec("onnxruntime") is None:
    pytest.skip("onnx or onnxruntime is missing; run: pip install 'genai-audit[onnx]'", allow_module_level=True)

import onnx
from onnx import TensorProto, helper

IMAGES = np.random.default_rng(0).random((70, 1, 8, 8)).astype(np.float32)


def graph(
    folder: Path, *, taken: Any, given: Any = ("n", 3, 1, 1), kind: int = TensorProto.FLOAT, op: str = ""
) -> Path:
    nodes = [helper.make_node(op or "GlobalAveragePool", ["x"], ["y"])]
    inputs, outputs = (
        [helper.make_tensor_value_info(name, kind, shape)] for name, shape in (("x", taken), ("y", given))
    )
    made = helper.make_graph(nodes, "g", inputs, outputs)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=9, producer_name="test")
    onnx.save(model, folder / "tiny.onnx")
    return folder / "tiny.onnx"


def features(path: Path, modality: str = "image", records: Any = IMAGES) -> np.ndarray:
    (encoder,) = open_encoders([str(path)], modality=modality, records=records)
    return np.asarray(encoder.encode([records], reference=0, progress=lambda share: None).vectors[0])


@pytest.mark.parametrize("taken", [("n", 3, 8, 8), (4, 3, 8, 8), ("n", 3, "h", "w")])
def test_pictures_are_scaled_and_run_in_the_batches_that_it_takes(tmp_path: Path, taken: Any) -> None:
    path = graph(tmp_path, taken=taken, given=(taken[0], 3, 1, 1))
    found = features(path)
    means = IMAGES.mean(axis=(1, 2, 3))[:, None]
    np.testing.assert_allclose(found, (means - IMAGENET_MEAN) / IMAGENET_STD, atol=0.02)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (
            {"taken": ("n", 7), "given": ("n", 7), "kind": TensorProto.INT64, "op": "Identity"},
            r"expected one input of pictures",
        ),
        ({"taken": ("n", 4, 8, 8), "given": ("n", 4, 1, 1)}, r"float \(n, 3, h, w\), got x tensor\(float\)"),
        (
            {"taken": ("n", 3, 8, 8), "given": ("n", 3, 8, 8), "op": "Identity"},
            r"a row for each of 3 records, got an array of",
        ),
    ],
)
def test_other_graphs_are_one_line(tmp_path: Path, how: Any, said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        features(graph(tmp_path, **how))
    assert "\n" not in str(error.value)


def test_only_encoders_of_pictures_are_opened(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"got ONNX, of which only encoders of pictures are opened; name code that calls"
    ):
        features(graph(tmp_path, taken=("n", 3, 8, 8)), "text", ["a", "b"])
