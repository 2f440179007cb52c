"""Language models in ONNX, laid out as optimum exports them: drawn as the network they came from, or refused."""

import json
import shutil
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from genai_audit.models.adapters.onnx_graph import language_folder
from genai_audit.models.adapters.opened import Options
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.errors import UserError
from unit.models.adapters.saved_text_models import SIZE, characters, draw

if any(find_spec(name) is None for name in ("onnx", "onnxruntime", "onnxscript", "transformers")):
    pytest.skip(
        "a library is missing; run: pip install 'genai-audit[onnx,transformers]' onnxscript", allow_module_level=True
    )

HEADS, WIDTH, CONTEXT = 2, 16, 80
NAMES = ["input_ids", "attention_mask", "position_ids"]


class Tiny(nn.Module):
    """One layer of causal attention."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.words, self.places = nn.Embedding(SIZE, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.mix, self.head = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, SIZE)

    def forward(
        self, ids: Tensor, mask: Tensor, places: Tensor, key: Any = None, value: Any = None
    ) -> tuple[Tensor, ...]:
        x = self.words(ids) + self.places(places)
        query, new_key, new_value = (
            each.unflatten(-1, (HEADS, -1)).transpose(1, 2) for each in self.mix(x).chunk(3, -1)
        )
        if key is not None:
            new_key, new_value = torch.cat([key, new_key], 2), torch.cat([value, new_value], 2)
        key, value = new_key, new_value
        ahead = torch.arange(mask.shape[1])[None, None, None] > places[:, None, :, None]
        scores = (query @ key.transpose(-1, -2)).masked_fill(ahead | (mask == 0)[:, None, None], -1e9)
        return self.head((scores.softmax(-1) @ value).transpose(1, 2).flatten(2) + x), key, value


class Bare(nn.Module):
    """The same without a memory."""

    def __init__(self) -> None:
        super().__init__()
        self.tiny = Tiny()

    def forward(self, ids: Tensor) -> Tensor:
        places = torch.zeros_like(ids) + torch.arange(ids.shape[1])
        logits: Tensor = self.tiny(ids, torch.ones_like(ids), places)[0]
        return logits


def export(folder: Path, *, past: bool) -> Path:
    ids = torch.ones(2, 3, dtype=torch.int64)
    n, t, p = (torch.export.Dim(name) for name in ("n", "t", "p"))
    memory = torch.zeros(2, HEADS, 4, WIDTH // HEADS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if past:
            whole = torch.export.Dim("whole")
            given = (ids, torch.ones(2, 7, dtype=torch.int64), ids.clone(), memory, memory.clone())
            torch.onnx.export(
                Tiny().eval(), given, folder / "model.onnx",
                dynamo=True, verbose=False,
                input_names=[*NAMES, "past_key_values.0.key", "past_key_values.0.value"],
                output_names=["logits", "present.0.key", "present.0.value"],
                dynamic_shapes=({0: n, 1: t}, {0: n, 1: whole}, {0: n, 1: t}, {0: n, 2: p}, {0: n, 2: p}),
            )  # fmt: skip
        else:
            torch.onnx.export(
                Bare().eval(), (ids,), folder / "model.onnx", dynamo=True, verbose=False, input_names=["input_ids"],
                output_names=["logits"], dynamic_shapes=({0: n, 1: t},),
            )  # fmt: skip
    config = {"model_type": "gpt2", "vocab_size": SIZE, "bos_token_id": 1, "eos_token_id": 2, "n_positions": CONTEXT}
    (folder / "config.json").write_text(json.dumps(config))
    characters(folder)
    return folder


@pytest.fixture(scope="module", params=[True, False], ids=["with past", "without past"])
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("onnx"), past=request.param)


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def test_logits_are_those_of_the_network(saved: Path) -> None:
    model: Any
    model, checkpoint = load_model(saved)
    assert checkpoint.format == "onnx language model"
    assert checkpoint.family == "onnx gpt2"
    ids = torch.tensor([[1, 5, 6, 7], [1, 9, 9, 4]])
    with torch.no_grad():
        torch.testing.assert_close(model.logits(ids), Bare()(ids), atol=1e-5, rtol=1e-4)
    assert not hasattr(model, "embedding")
    assert any("no gradients" in note for note in checkpoint.notes)


def test_texts_are_drawn_and_scored_as_with_the_network_itself(saved: Path) -> None:
    from genai_audit.models.adapters.token_models.token_drawing import Steps

    model: Any
    model, checkpoint = load_model(saved)
    texts = draw(model)
    assert texts == draw(model)
    assert len(set(texts)) > 1
    steps, ids = Steps(model.network, None), torch.tensor([[1, 5, 6, 7, 8]])
    assert checkpoint.declared["with_past"] is (
        steps.name == "input_ids" and "past_key_values.0.key" in model.network.inputs
    )
    for length in (2, 4, 5):
        with torch.no_grad():
            torch.testing.assert_close(steps(ids[:, :length]), Bare()(ids[:, :length])[:, -1], atol=1e-5, rtol=1e-4)
    assert torch.isfinite(model.log_prob(["abc", "a"])).all()


def test_token_ids_and_prompts(copy: Path) -> None:
    for file in copy.glob("*token*"):
        file.unlink()
    model: Any = language_folder.open_model(copy, Options(tokens=True, prompts=("4 5", "6"))).model
    assert all(each.isdigit() for text in draw(model) for each in text.split())
    with pytest.raises(UserError, match="expected a tokenizer beside the model"):
        language_folder.open_model(copy, Options())


def test_what_does_not_fit_is_refused(copy: Path) -> None:
    with pytest.raises(UserError, match="the graph of a language model; name the folder that holds it"):
        load_model(copy / "model.onnx")
    (copy / "encoder_model.onnx").write_bytes((copy / "model.onnx").read_bytes())
    with pytest.raises(UserError, match=r"expected one graph .*, got an encoder and a decoder"):
        load_model(copy)
    (copy / "encoder_model.onnx").unlink()
    with pytest.raises(UserError, match="--steps means nothing to a language model exported to ONNX"):
        load_model(copy, options=Options(steps=3))
    import onnx

    proto = onnx.load(str(copy / "model.onnx"))
    proto.graph.output[0].name = "hidden"
    for node in proto.graph.node:
        for place, name in enumerate(node.output):
            if name == "logits":
                node.output[place] = "hidden"
    onnx.save(proto, copy / "model.onnx")
    with pytest.raises(UserError, match=r"expected a causal language model as optimum exports it, .* to logits"):
        load_model(copy)


def test_a_graph_below_the_folder_is_found(copy: Path) -> None:
    (copy / "onnx").mkdir()
    for file in copy.glob("model.onnx*"):
        file.rename(copy / "onnx" / file.name)
    assert load_model(copy)[1].declared["graph"] == "onnx/model.onnx"
