"""LoRA adapters in the form that PEFT saves them: the base computes as if the adapter ran beside it, or is refused."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

pytest.importorskip("transformers", reason="run: pip install 'genai-audit[transformers]'")

from genai_audit.models.adapters.hugging_face import transformers_folder
from genai_audit.models.adapters.opened import Options
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.digests import fingerprint
from genai_audit.models.errors import UserError
from unit.models.adapters.saved_text_models import SIZE, draw, gpt2, save

RANK, ALPHA = 2, 6
ATTENTION, HEAD, TABLE = "transformer.h.1.attn.c_attn", "lm_head", "transformer.wte"
BEFORE = "base_model.model."
CONFIG = {
    "peft_type": "LORA", "base_model_name_or_path": "someone/base", "r": RANK, "lora_alpha": ALPHA,
    "target_modules": ["c_attn", "wte"], "fan_in_fan_out": True,
}  # fmt: skip


def factors(scale: float = 1.0) -> dict[str, torch.Tensor]:
    """Both factors of a layer and of an embedding, and a bias in full."""
    random = torch.Generator().manual_seed(1)

    def made(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=random)

    return {
        f"{BEFORE}{ATTENTION}.lora_A.weight": made(RANK, 16),
        f"{BEFORE}{ATTENTION}.lora_B.weight": made(48, RANK) * scale,
        f"{BEFORE}{TABLE}.lora_embedding_A": made(RANK, SIZE),
        f"{BEFORE}{TABLE}.lora_embedding_B": made(16, RANK) * scale,
        f"{BEFORE}{ATTENTION}.base_layer.bias": made(48),
    }


def write(folder: Path, tensors: Mapping[str, torch.Tensor], **config: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps({**CONFIG, **config}))
    save_file(dict(tensors), folder / "adapter_model.safetensors", {"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(gpt2(), tmp_path_factory.mktemp("base"))


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    return write(tmp_path / "adapter", factors())


def beside(network: nn.Module, tensors: Mapping[str, torch.Tensor], scale: float) -> None:
    """Let an adapter run beside its layers, as it does in training."""
    plain = {name.removeprefix(BEFORE): each for name, each in tensors.items()}
    first, second = (plain[f"{ATTENTION}.lora_{side}.weight"] for side in "AB")
    layer: Any = network.get_submodule(ATTENTION)
    layer.bias.data = plain[f"{ATTENTION}.base_layer.bias"]
    layer.register_forward_hook(lambda _, x, y: y + scale * (x[0] @ first.T @ second.T))
    table = (plain[f"{TABLE}.lora_embedding_{side}"] for side in "AB")
    rows, columns = table
    network.get_submodule(TABLE).register_forward_hook(lambda _, x, y: y + scale * (rows.T[x[0]] @ columns.T))


@pytest.mark.parametrize(
    ("settings", "scale"), [({}, 3.0), ({"use_rslora": True}, 6 / 2**0.5), ({"lora_alpha": 1}, 0.5)]
)
def test_logits_are_those_of_the_adapter_beside_its_base(
    base: Path, tmp_path: Path, settings: dict[str, Any], scale: float
) -> None:
    folder = write(tmp_path / "adapter", factors(), **settings)
    model: Any = transformers_folder.open_model(folder, Options(base_model=base)).model
    plain: Any = transformers_folder.open_model(base, Options()).model
    ids = torch.tensor([[1, 5, 6, 7]])
    with torch.no_grad():
        assert not torch.allclose(model.logits(ids), plain.logits(ids), atol=1e-2)
        beside(plain.network, factors(), scale)
        assert torch.allclose(model.logits(ids), plain.logits(ids), atol=1e-4)
    assert len(draw(model)) == 6


def test_an_alpha_of_its_own_and_tensors_in_full(base: Path, tmp_path: Path) -> None:
    head = torch.randn(SIZE, 16, generator=torch.Generator().manual_seed(2))
    tensors = {**factors(), f"{BEFORE}{HEAD}.modules_to_save.weight": head}
    folder = write(tmp_path / "adapter", tensors, alpha_pattern={"c_attn": 0})
    opened = transformers_folder.open_model(folder, Options(base_model=base))
    network: Any = opened.model.network  # type: ignore[attr-defined]  # of a model of transformers
    plain = load_file(base / "model.safetensors")
    assert torch.equal(network.get_parameter(f"{ATTENTION}.weight"), plain[f"{ATTENTION}.weight"])
    assert torch.equal(network.lm_head.weight, head)
    assert not torch.equal(network.transformer.wte.weight, head)
    assert any("also replaces 2" in note for note in opened.notes)


def test_the_digest_covers_both_and_the_record_says_which(base: Path, adapter: Path, tmp_path: Path) -> None:
    _, checkpoint = load_model(adapter, options=Options(base_model=base))
    assert checkpoint.family == "transformers GPT2LMHeadModel with LoRA"
    assert checkpoint.declared["base_model"] == base.name
    assert checkpoint.declared["adapter_layers"] == 2
    assert "added to 2 layers of the base model" in checkpoint.notes[0]
    assert checkpoint.sha256 == fingerprint(adapter, base)
    other = Path(shutil.copytree(base, tmp_path / "other"))
    (other / "README.md").write_text("changed")
    assert load_model(adapter, options=Options(base_model=other))[1].sha256 != checkpoint.sha256


def test_an_adapter_that_changes_nothing_is_named(base: Path, tmp_path: Path) -> None:
    tensors = {name: each for name, each in factors(0.0).items() if "bias" not in name}
    opened = transformers_folder.open_model(write(tmp_path / "adapter", tensors), Options(base_model=base))
    assert any("The adapter changes nothing" in note for note in opened.notes)


@pytest.mark.parametrize(
    ("change", "config", "expected"),
    [
        ({f"{BEFORE}h.9.lora_A.weight": torch.ones(2, 3), f"{BEFORE}h.9.lora_B.weight": torch.ones(3, 2)}, {},
         "expected a base model with h.9.weight, which this adapter changes, got one without"),
        ({f"{BEFORE}{ATTENTION}.lora_B.weight": torch.ones(24, RANK)}, {},
         r"whose transformer.h.1.attn.c_attn has the shape \(16, 24\), .* got \(16, 48\); give the model that it"),
        ({f"{BEFORE}{ATTENTION}.base_layer.bias": torch.ones(3)}, {}, r"has the shape \(3,\), .* got \(48,\)"),
        ({f"{BEFORE}{ATTENTION}.lora_B.weight": torch.ones(48, 5)}, {}, "expected two factors of .* that fit"),
        ({}, {"peft_type": "IA3"}, r"expected a plain LoRA adapter, got IA3; merge it into its base"),
        ({}, {"use_dora": True}, "expected a plain LoRA adapter, got use_dora"),
        ({}, {"lora_alpha": "much"}, "expected lora_alpha in adapter_config.json as a number, got 'much'"),
    ],
)  # fmt: skip
def test_adapters_that_do_not_fit_are_refused(
    base: Path, tmp_path: Path, change: dict[str, torch.Tensor], config: dict[str, Any], expected: str
) -> None:
    folder = write(tmp_path / "adapter", {**factors(), **change}, **config)
    with pytest.raises(UserError, match=expected):
        transformers_folder.open_model(folder, Options(base_model=base))


def test_a_missing_or_odd_base_is_refused(base: Path, adapter: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"the base model \(someone/base\) of this adapter, got none; give .*--base-model"
    ):
        load_model(adapter)
    with pytest.raises(UserError, match=r"the base of .*, got another adapter; check --base-model"):
        load_model(adapter, options=Options(base_model=adapter))
    with pytest.raises(UserError, match="got something else; check --base-model"):
        load_model(adapter, options=Options(base_model=tmp_path))
    with pytest.raises(UserError, match="--base-model means nothing to a whole model"):
        load_model(base, options=Options(base_model=adapter))
