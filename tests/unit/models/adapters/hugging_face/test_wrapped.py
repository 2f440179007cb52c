"""Weights in a library's folder under a wrapper's name, or one level down, are the same model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

pytest.importorskip("diffusers", reason="run: pip install 'genai-audit[diffusers]'")
pytest.importorskip("transformers", reason="run: pip install 'genai-audit[transformers]'")

from genai_audit.models.adapters.hugging_face import diffusers_folder, transformers_folder
from genai_audit.models.adapters.hugging_face.folder import UNWRAPPED, quiet
from genai_audit.models.adapters.opened import Options
from genai_audit.models.errors import UserError
from unit.models.adapters.saved_text_models import gpt2, save

Tensors = dict[str, torch.Tensor]


def pipeline(folder: Path) -> Path:
    """A diffusion pipeline of a few weights; returns the file of them."""
    with quiet("diffusers") as library:
        torch.manual_seed(0)
        network = library.UNet2DModel(
            sample_size=8, in_channels=1, out_channels=1, layers_per_block=1, norm_num_groups=4,
            block_out_channels=(8, 8), down_block_types=("DownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "UpBlock2D"), add_attention=False,
        )  # fmt: skip
        made = library.DDIMPipeline(unet=network, scheduler=library.DDIMScheduler(num_train_timesteps=5))
        made.save_pretrained(str(folder))
    return folder / "unet" / "diffusion_pytorch_model.safetensors"


def language_model(folder: Path) -> Path:
    """A small GPT-2; returns the file of its weights."""
    return save(gpt2(), folder) / "model.safetensors"


def prefixed(prefix: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {prefix + name: tensor for name, tensor in tensors.items()}


def safely(file: Path, tensors: Tensors) -> None:
    save_file(tensors, file, metadata={"format": "pt"})


def pickled(key: str | None) -> Callable[[Path, Tensors], None]:
    def write(file: Path, tensors: Tensors) -> None:
        file.unlink()
        stem = "pytorch_model" if file.stem == "model" else "diffusion_pytorch_model"
        torch.save(tensors if key is None else {key: tensors, "epoch": 3}, file.with_name(f"{stem}.bin"))

    return write


@pytest.mark.parametrize(
    ("renamed", "write"),
    [
        (prefixed("module."), safely),
        (prefixed("_orig_mod.module."), safely),
        (prefixed("module."), pickled(None)),
        (prefixed(""), pickled("state_dict")),
        (prefixed("module."), pickled("model")),
    ],
    ids=["module", "both", "pickle", "one level down", "module one level down"],
)
@pytest.mark.parametrize(("make", "adapter"), [(pipeline, diffusers_folder), (language_model, transformers_folder)])
def test_wrapped_weights_are_the_same_model(
    make: Callable[[Path], Path], adapter: Any, renamed: Any, write: Any, tmp_path: Path
) -> None:
    file = make(tmp_path)
    drawn = []
    for wrapped in (False, True):
        if wrapped:
            write(file, renamed(load_file(file)))
        opened = adapter.open_model(tmp_path, Options())
        assert (UNWRAPPED in opened.notes) is wrapped
        drawn.append(opened.model.sample(2, generator=torch.Generator().manual_seed(0)))
    assert drawn[0] == drawn[1] if isinstance(drawn[0], list) else torch.equal(*drawn)


def test_wrapped_weights_that_lack_some_are_refused(tmp_path: Path) -> None:
    file = pipeline(tmp_path)
    tensors = prefixed("module.")(load_file(file))
    safely(file, dict(list(tensors.items())[1:]))
    with pytest.raises(UserError, match=r"the weights lack what config\.json asks for"):
        diffusers_folder.open_model(tmp_path, Options())
