"""Language models that the real library saved are opened as they are, or refused in one line."""

import json
import math
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("transformers", reason="run: pip install 'genai-audit[transformers]'")

from genai_audit.models.adapters.hugging_face import transformers_folder
from genai_audit.models.adapters.opened import Opened, Options
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.errors import UserError
from unit.models.adapters.saved_text_models import SIZE, WORDS, characters, draw, gpt2, save


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(gpt2(), tmp_path_factory.mktemp("gpt2"))


@pytest.fixture(scope="module")
def opened(saved: Path) -> Opened:
    return transformers_folder.open_model(saved, Options())


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def edit(path: Path, **entries: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def test_a_folder_is_a_checkpoint(saved: Path, opened: Opened) -> None:
    model, checkpoint = load_model(saved)
    assert (checkpoint.format, checkpoint.modality) == ("transformers folder", "text")
    assert checkpoint.family == opened.family
    assert draw(model) == draw(opened.model)


def test_a_saved_model_is_known_by_its_config_and_without_the_library(saved: Path, tmp_path: Path) -> None:
    assert transformers_folder.matches(saved)
    assert not transformers_folder.matches(saved / "config.json")
    assert not transformers_folder.matches(tmp_path)
    for text in ('{"_class_name": "UNet2DModel"}', "[]", "no JSON", '{"model_type": 3}'):
        (tmp_path / "config.json").write_text(text)
        assert not transformers_folder.matches(tmp_path), text


def test_what_it_says_of_itself(opened: Opened) -> None:
    assert opened.family == "transformers GPT2LMHeadModel"
    assert opened.parameters == sum(each.numel() for each in gpt2().parameters())
    assert opened.declared["weights"] == "safetensors"
    assert opened.declared["vocabulary"] == SIZE
    assert opened.declared["context"] == 80
    assert opened.notes == ("Texts are cut after 64 tokens.",)
    assert not any(module.training for module in opened.model.modules())


def test_opening_leaves_global_random_numbers_alone(saved: Path) -> None:
    before = torch.get_rng_state()
    transformers_folder.open_model(saved, Options())
    assert torch.equal(torch.get_rng_state(), before)


def test_sharded_half_precision_llama_with_untied_weights(tmp_path: Path) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=SIZE + 2, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=128, initializer_range=0.3, bos_token_id=1, eos_token_id=2, tie_word_embeddings=False,
    )  # fmt: skip
    original = LlamaForCausalLM(config).to(torch.bfloat16)
    folder = save(original, tmp_path, max_shard_size="4KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    opened = transformers_folder.open_model(folder, Options())
    model: Any = opened.model
    assert {each.dtype for each in model.parameters()} == {torch.float32}
    assert any("half precision (BF16)" in note for note in opened.notes)
    assert any("2 rows of the embedding belong to no token" in note for note in opened.notes)
    ids, same = torch.tensor([[1, 4, 5, 6]]), LlamaForCausalLM(config)
    same.load_state_dict(original.state_dict())
    assert torch.allclose(model.logits(ids), same(ids).logits, atol=1e-5)
    assert len(draw(model)) == 6
    next(folder.glob("model-00002*")).unlink()
    with pytest.raises(UserError, match=r"expected the part model-00002.* got none; copy it too"):
        transformers_folder.open_model(folder, Options())
    edit(folder / "model.safetensors.index.json", weight_map={})
    with pytest.raises(UserError, match=r"index.json: expected a weight_map of names to files; save the model again"):
        transformers_folder.open_model(folder, Options())


def test_pickled_weights_are_read_as_tensors_only(copy: Path) -> None:
    from safetensors.torch import load_file

    weights = load_file(copy / "model.safetensors")
    (copy / "model.safetensors").unlink()
    torch.save(weights, copy / "pytorch_model.bin")
    opened = transformers_folder.open_model(copy, Options())
    assert "Weights came from a pickle, of which only tensors were read." in opened.notes
    assert len(draw(opened.model)) == 6

    torch.save({**weights, "extra": print}, copy / "pytorch_model.bin")
    with pytest.raises(UserError, match="would run code, which is refused; save the model as safetensors"):
        transformers_folder.open_model(copy, Options())
    with (copy / "pytorch_model.bin").open("wb") as file:
        pickle.dump({"weight": Path("x")}, file)
    with pytest.raises(UserError, match=r"pytorch_model.bin: loading this pickle would run code"):
        transformers_folder.open_model(copy, Options())


def test_weights_that_do_not_fit_are_refused_or_noted(copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    how = {"metadata": {"format": "pt"}}
    save_file({**weights, "value_head.weight": torch.zeros(2, 2)}, copy / "model.safetensors", **how)
    notes = transformers_folder.open_model(copy, Options()).notes
    assert "The folder holds weights that GPT2LMHeadModel does not use: 1 (value_head.weight)." in notes

    lost = {name: value for name, value in weights.items() if "h.1.attn" not in name}
    save_file(lost, copy / "model.safetensors", **how)
    with pytest.raises(UserError, match=r"lacks weights that GPT2LMHeadModel needs: \d \(transformer.h.1.attn"):
        transformers_folder.open_model(copy, Options())

    name = "transformer.wpe.weight"
    save_file({**weights, name: weights[name][:10].clone()}, copy / "model.safetensors", **how)
    with pytest.raises(UserError, match=r"building GPT2LMHeadModel with transformers failed|weights of another shape"):
        transformers_folder.open_model(copy, Options())

    save_file({**weights, name: torch.full_like(weights[name], math.nan)}, copy / "model.safetensors", **how)
    with pytest.raises(UserError, match="expected finite logits, got NaN or infinity; the weights are damaged"):
        transformers_folder.open_model(copy, Options())

    (copy / "model.safetensors").write_bytes((copy / "model.safetensors").read_bytes()[:-100])
    with pytest.raises(UserError, match=r"truncated or damaged|building GPT2LMHeadModel with transformers failed"):
        transformers_folder.open_model(copy, Options())
    (copy / "model.safetensors").unlink()
    with pytest.raises(UserError, match=r"expected weights .model.safetensors or pytorch_model.bin.*, got config.json"):
        transformers_folder.open_model(copy, Options())


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_code_of_its_own_is_refused(copy: Path, name: str) -> None:
    (copy / "modeling.py").write_text("raise SystemExit('the code ran')")
    edit(copy / name, auto_map={"AutoModelForCausalLM": "modeling.Model", "AutoTokenizer": ["modeling.T", None]})
    with pytest.raises(UserError, match=f"{name} asks for code of its own .auto_map., which is never run; .*--loader"):
        transformers_folder.open_model(copy, Options(trust=True))


def test_other_architectures_are_refused(copy: Path) -> None:
    for name in ("BertForSequenceClassification", "GPT2Model", "os.system"):
        edit(copy / "config.json", architectures=[name])
        with pytest.raises(UserError, match=f"language model that transformers knows, got {name}; "):
            transformers_folder.open_model(copy, Options())
    edit(copy / "config.json", architectures=None)
    assert transformers_folder.open_model(copy, Options()).family == "transformers GPT2LMHeadModel"
    edit(copy / "config.json", quantization_config={"quant_method": "gptq"})
    with pytest.raises(UserError, match="expected plain weights, got quantised ones"):
        transformers_folder.open_model(copy, Options())
    (copy / "adapter_config.json").write_text('{"peft_type": "LORA", "base_model_name_or_path": "someone/model"}')
    with pytest.raises(UserError, match=r"expected the base model \(someone/model\) of this adapter, got none"):
        transformers_folder.open_model(copy, Options())
    (copy / "config.json").unlink()
    assert transformers_folder.matches(copy)


def test_a_network_that_sees_later_tokens_is_refused(tmp_path: Path) -> None:
    from transformers import BertConfig, BertLMHeadModel

    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = BertConfig(vocab_size=SIZE, max_position_embeddings=80, initializer_range=0.4, is_decoder=False, **sizes)
    save(BertLMHeadModel(config), tmp_path)
    with pytest.raises(UserError, match="its logits depend on later tokens; name a causal one"):
        transformers_folder.open_model(tmp_path, Options())


def test_a_missing_or_foreign_tokenizer_is_refused(copy: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (copy / name).unlink()
    with pytest.raises(UserError, match=r"expected a tokenizer beside the model .*got config.json, generation_config"):
        transformers_folder.open_model(copy, Options())
    (copy / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match=r"opening the tokenizer failed with|expected a tokenizer for 14 tokens"):
        transformers_folder.open_model(copy, Options())
    characters(copy, {**WORDS, "x": SIZE, "y": SIZE + 1})
    with pytest.raises(UserError, match=r"for 14 tokens, got one with 16, of which 2 \(x, y\) lie beyond"):
        transformers_folder.open_model(copy, Options())


def test_special_tokens_outside_the_vocabulary(copy: Path) -> None:
    # As for a small model whose configuration kept the library's defaults.
    for name in ("config.json", "generation_config.json"):
        edit(copy / name, bos_token_id=50256, eos_token_id=50256)
    opened = transformers_folder.open_model(copy, Options())
    assert "End token 1 (50256) lies outside the vocabulary of 14 and is not used." in opened.notes
    assert "Start token 1 (50256) lies outside the vocabulary of 14 and is not used." in opened.notes
    model: Any = opened.model
    assert (model.special.start, model.special.ends) == ((1,), (2,))

    characters(copy, bos_token=None)
    opened = transformers_folder.open_model(copy, Options())
    assert "Texts start from the end token, as there is no start token." in opened.notes
    characters(copy, bos_token=None, eos_token=None)
    with pytest.raises(UserError, match="a start or end token to start texts from, got none within the vocabulary"):
        transformers_folder.open_model(copy, Options())
    opened = transformers_folder.open_model(copy, Options(prompts=("ab",)))
    assert "No end token is within the vocabulary, so that every text runs until it is cut." in opened.notes
    assert len(draw(opened.model)) == 6
    edit(copy / "generation_config.json", suppress_tokens=list(range(SIZE)))
    with pytest.raises(
        UserError, match=r"tokens that may be drawn, but generation_config.json suppresses all 14; corr"
    ):
        transformers_folder.open_model(copy, Options(prompts=("ab",)))
    edit(copy / "generation_config.json", suppress_tokens=None)

    # A padding token was added to the tokenizer but not to the model.
    characters(copy, pad_token="[PAD]")
    opened = transformers_folder.open_model(copy, Options())
    assert any("special tokens 1 ([PAD]) lie outside the model's vocabulary" in note for note in opened.notes)
    with pytest.raises(
        UserError, match=r"tokens below 14, the model's vocabulary, got 14 in 'ab\[PAD\]'; leave special"
    ):
        draw(opened.model, condition="ab[PAD]")


def test_settings_of_the_folder_are_not_followed_but_said(copy: Path) -> None:
    edit(copy / "generation_config.json", do_sample=True, top_p=0.5, temperature=0.1, suppress_tokens=[4, 5])
    opened = transformers_folder.open_model(copy, Options())
    assert any("not by the folder's settings (temperature 0.1, top_p 0.5)" in note for note in opened.notes)
    assert any("2 tokens are never drawn" in note for note in opened.notes)
    assert not set("".join(draw(opened.model, 50))) & {"a", "b"}
    assert opened.model.log_prob(["a", "c"]).isfinite().tolist() == [False, True]  # type: ignore[attr-defined]  # offered


def test_without_the_library_the_error_says_what_to_install(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genai_audit.models.adapters.opened.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs transformers, .* pip install 'genai-audit\[transformers\]'"):
        transformers_folder.open_model(saved, Options())


def test_nothing_of_the_libraries_talk_is_seen(saved: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from transformers.utils import logging

    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    draw(transformers_folder.open_model(saved, Options()).model)
    assert capfd.readouterr() == ("", "")
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
