"""Folders whose settings ask for more than is stored are refused while the network is built, before there is memory."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers", reason="run: pip install 'genai-audit[transformers]'")
pytest.importorskip("diffusers", reason="run: pip install 'genai-audit[diffusers]'")

from genai_audit.models.adapters.hugging_face.sizes import check_settings
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.errors import UserError
from unit.models.adapters.hugging_face.test_diffusers_folder import pipeline
from unit.models.adapters.hugging_face.test_diffusers_folder import save as save_pipeline
from unit.models.adapters.saved_text_models import gpt2, save


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(gpt2(), tmp_path_factory.mktemp("gpt2"))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_pipeline(pipeline(), tmp_path_factory.mktemp("ddim"))


def refusal(saved: Path, copy: Path, file: str, **entries: Any) -> str:
    shutil.copytree(saved, copy)
    content = json.loads((copy / file).read_text())
    (copy / file).write_text(json.dumps({**content, **entries}))
    with pytest.raises(UserError) as refused:
        load_model(copy)
    assert str(refused.value).isprintable()
    return str(refused.value)


REPLACE = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 100}


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ({"n_layer": 1_000_000}, "expected at most 4,096 layers in a configuration, got n_layer 1,000,000"),
        ({"n_layer": 4000}, "stored weights can fill, but its configuration asks for"),
        ({"n_embd": 2**20}, "stored weights can fill, but its configuration asks for"),
        ({"vocab_size": 2 * 10**9}, "stored weights can fill, but its configuration asks for"),
        ({"num_labels": 10**9}, "expected at most 100,000 labels in a configuration, got 1,000,000,000"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_language_models(text: Path, tmp_path: Path, entries: dict[str, Any], says: str) -> None:
    assert says in refusal(text, tmp_path / "copy", "config.json", **entries)


def test_tokenizers(text: Path, tmp_path: Path) -> None:
    decoder = {"type": "Sequence", "decoders": [REPLACE] * 6}
    said = refusal(text, tmp_path / "longer", "tokenizer.json", decoder=decoder)
    assert "expected a decoder that makes texts at most 1000 times longer, got one that makes them 1e+12" in said
    model = {**json.loads((text / "tokenizer.json").read_text())["model"], "vocab": {"a" * 20_000: 0}}
    said = refusal(text, tmp_path / "long", "tokenizer.json", model=model)
    assert "expected tokens of at most 10,000 characters, got one of 20,000" in said


@pytest.mark.parametrize(
    ("file", "entries", "says"),
    [
        ("unet/config.json", {"block_out_channels": [8, 2**20]}, "stored weights can fill, but its configuration asks"),
        ("unet/config.json", {"layers_per_block": 10**6}, "expected at most 4,096 layers in a configuration, got"),
        ("scheduler/scheduler_config.json", {"num_train_timesteps": 10**9}, "got num_train_timesteps 1,000,000,000"),
    ],
)
def test_pipelines(images: Path, tmp_path: Path, file: str, entries: dict[str, Any], says: str) -> None:
    assert says in refusal(images, tmp_path / "copy", file, **entries)


def test_widths_are_no_layers(tmp_path: Path) -> None:
    check_settings(
        {"vocab_size_per_layer_input": 262_144, "block_size": 131_072, "layer_norm_eps": 1e-5, "tie": True}, tmp_path
    )
