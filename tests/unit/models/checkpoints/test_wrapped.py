"""Weights under a wrapper's name or one level down are the model's; optimiser states and copies are none."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from genai_audit.models.adapters.opened import is_training_state, plain_names
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.checkpoints.inspection import inspect
from genai_audit.models.errors import UserError
from genai_audit.models.families.catalogue import parts


@pytest.fixture
def content() -> dict[str, Any]:
    torch.manual_seed(0)
    family = parts("vae")
    config = family.config(image_shape=(1, 8, 8), hidden=(16,), latent_dim=2)
    model = family.model(config)
    return {"family": "vae", "config": {"image_shape": (1, 8, 8), "hidden": (16,), "latent_dim": 2},
            "state_dict": model.state_dict()}  # fmt: skip


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "_orig_mod.module."])
def test_names_under_a_wrapper_are_the_models(tmp_path: Path, content: dict[str, Any], prefix: str) -> None:
    own = content["state_dict"]
    content["state_dict"] = {prefix + name: tensor for name, tensor in own.items()}
    torch.save(content, tmp_path / "a.pt")
    model: Any = load_model(tmp_path / "a.pt")[0]
    assert all(torch.equal(model.state_dict()[name], tensor) for name, tensor in own.items())


@pytest.mark.parametrize("key", ["model", "model_state_dict", "state_dict", "ema"])
def test_weights_one_level_down_are_found(tmp_path: Path, content: dict[str, Any], key: str) -> None:
    own = content.pop("state_dict")
    for nested in ({key: own}, {"state_dict": {key: own}}):
        torch.save({**content, **nested}, tmp_path / "a.pt")
        model: Any = load_model(tmp_path / "a.pt")[0]
        assert all(torch.equal(model.state_dict()[name], tensor) for name, tensor in own.items())


def test_only_what_the_model_uses_is_counted(tmp_path: Path, content: dict[str, Any]) -> None:
    own = content["state_dict"]
    copies = {name: tensor + torch.rand_like(tensor) for name, tensor in own.items()}
    state = {0: {"exp_avg": torch.rand(500), "step": torch.tensor(3.0)}}
    content |= {"ema_state_dict": copies, "optimizer_g": {"state": state}, "d_optim": {"state": state}}
    torch.save(content, tmp_path / "a.pt")
    facts = inspect(tmp_path / "a.pt", load_model(tmp_path / "a.pt")[0])
    assert sum(each.count for each in facts.tensors) == sum(tensor.numel() for tensor in own.values())


def test_names_that_only_some_tensors_have_stay() -> None:
    tensors = {"module.a": torch.zeros(1), "b": torch.zeros(1)}
    assert plain_names(tensors).keys() == tensors.keys()


@pytest.mark.parametrize(
    "name", ["optimizer.state.0.exp_avg", "g_optimizer", "optim_d", "opt", "adam_state", "lr_scheduler"]
)
def test_states_of_the_training_are_told(name: str) -> None:
    assert is_training_state(name)


@pytest.mark.parametrize("name", ["decoder.opt.weight", "model", "options.weight", "generator.0.weight"])
def test_weights_are_no_states_of_the_training(name: str) -> None:
    assert not is_training_state(name)


@pytest.mark.parametrize("deep", [True, False])
def test_a_pointer_of_git_lfs_in_a_folder_is_named(tmp_path: Path, deep: bool) -> None:
    folder = tmp_path / "unet" if deep else tmp_path
    folder.mkdir(exist_ok=True)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    (folder / "model.safetensors").write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\n")
    with pytest.raises(UserError, match=r"model.safetensors: .* a pointer of Git LFS to it; run `git lfs pull`"):
        load_model(tmp_path)
