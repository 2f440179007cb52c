"""Text-to-image pipelines that the real library saved: drawn with prompts in turn, or refused in one line."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("diffusers", reason="run: pip install 'genai-audit[diffusers]'")
pytest.importorskip("transformers", reason="run: pip install 'genai-audit[transformers]'")

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.samples.draws import collect_generated
from genai_audit.models.adapters.hugging_face import diffusers_folder
from genai_audit.models.adapters.hugging_face.text_to_image import PROMPTED
from genai_audit.models.adapters.opened import Opened, Options
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.errors import UserError
from unit.models.adapters.hugging_face.tiny_pipelines import SIDE, save_pipeline

PROMPTS = ("a red cat", "two dogs", "a boat")
OPTIONS = Options(prompts=PROMPTS, steps=2)
SD = "StableDiffusionPipeline"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_pipeline(SD, tmp_path_factory.mktemp("sd"))


@pytest.fixture(scope="module")
def opened(saved: Path) -> Opened:
    return diffusers_folder.open_model(saved, OPTIONS)


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def edit(path: Path, **entries: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def draw(model: Any, n: int = 1, condition: Any = None, seed: int = 0) -> torch.Tensor:
    return model.sample(n, generator=torch.Generator().manual_seed(seed), condition=condition)


@pytest.mark.parametrize("name", [each for each in PROMPTED if each != SD])
def test_each_pipeline_makes_images_that_depend_on_seed_and_prompt(name: str, tmp_path: Path) -> None:
    opened = diffusers_folder.open_model(save_pipeline(name, tmp_path), OPTIONS)
    model: Any = opened.model
    images = draw(model, condition="a cat")
    assert images.shape == (1, *model.image_shape)
    assert float(images.min()) >= 0
    assert float(images.max()) <= 1
    assert torch.equal(images, draw(model, condition="a cat"))
    assert not torch.equal(images, draw(model, condition="a dog"))
    assert not torch.equal(images, draw(model, condition="a cat", seed=1))
    assert opened.family == f"diffusers {name}"
    assert opened.declared["steps"] == 2
    if name == "StableDiffusion3Pipeline":
        assert any("no text_encoder_3" in note for note in opened.notes)


def test_the_library_draws_the_same_from_the_same_noise(saved: Path, opened: Opened) -> None:
    import diffusers

    model: Any = opened.model
    theirs = diffusers.StableDiffusionPipeline.from_pretrained(str(saved), local_files_only=True)
    theirs.set_progress_bar_config(disable=True)
    generator = torch.Generator().manual_seed(0)
    torch.randint(2**62, (), generator=generator)
    expected = theirs("a red cat", num_inference_steps=2, generator=generator, output_type="pt").images
    assert torch.allclose(draw(model), expected, atol=1e-5)


def test_prompts_take_turns_whatever_the_number_of_samples(opened: Opened, tmp_path: Path) -> None:
    few, more = (collect_generated(opened.model, n=n, seed=3, source="test") for n in (2, 5))
    assert np.array_equal(few.samples, more.samples[:2])
    prompt = more.attributes["prompt"]
    assert prompt.names == PROMPTS
    assert prompt.values.tolist() == [0, 1, 2, 0, 1]
    alone = draw(opened.model, condition="two dogs", seed=_seed_of(3, 1))
    assert np.array_equal(more.samples[1:2], alone.numpy())
    Evidence("image", more).save(tmp_path)
    kept = Evidence.load(tmp_path).generated.attributes["prompt"]
    assert kept.names == PROMPTS
    assert np.array_equal(kept.values, prompt.values)


def _seed_of(seed: int, index: int) -> int:
    return int(np.random.SeedSequence(seed).generate_state(index + 1, np.uint64)[index]) >> 1


def test_what_a_reviewer_must_know_is_said(opened: Opened) -> None:
    assert opened.model.image_shape == (3, SIDE, SIDE)  # type: ignore[attr-defined]  # of this model only
    assert opened.declared["prompts"] == 3
    assert opened.declared["safety_checker"] is True
    assert "prompt i modulo 3, in 2 steps of DDIMScheduler" in opened.notes[0]


def test_the_safety_checker_stays_unless_the_user_says_otherwise(copy: Path) -> None:
    weights = copy / "safety_checker" / "model.safetensors"
    from safetensors.torch import load_file, save_file

    tensors = load_file(weights)
    # Every picture is near enough to what is unsafe.
    tensors["concept_embeds_weights"] = torch.full_like(tensors["concept_embeds_weights"], -2.0)
    save_file(tensors, weights, {"format": "pt"})
    checked: Any = diffusers_folder.open_model(copy, OPTIONS).model
    assert not draw(checked, 2).any()
    assert "blackened 2 of the 2" in checked.later_notes()[0]
    opened = diffusers_folder.open_model(copy, Options(prompts=PROMPTS, steps=2, safety_checker=False))
    bare: Any = opened.model
    assert draw(bare).any()
    assert bare.later_notes() == ()
    assert "No safety checker looked at the pictures: the user left it out." in opened.notes
    edit(copy / "model_index.json", safety_checker=[None, None])
    assert "No safety checker looked at the pictures: the folder has none." in (
        diffusers_folder.open_model(copy, OPTIONS).notes
    )


def test_long_prompts_are_named(saved: Path) -> None:
    notes = diffusers_folder.open_model(saved, Options(prompts=("abcd " * 9, "a"), steps=1)).notes
    assert "1 of 2 prompts have more than the 16 tokens that tokenizer reads of one." in notes


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (Options(), "expected prompts, since a StableDiffusionPipeline makes images from texts, got none; give"),
        (Options(prompts=PROMPTS, steps=1001), "expected --steps of at most 1000"),
        (Options(prompts=PROMPTS, tokens=True), "--tokens means nothing to a diffusion pipeline"),
    ],
)
def test_options_that_do_not_fit_are_refused(saved: Path, options: Options, expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        load_model(saved, options=options)


@pytest.mark.parametrize(
    ("file", "entries", "expected"),
    [
        ("model_index.json", {"unet": [None, None]}, "got none of 1 \\(unet\\)"),
        ("model_index.json", {"controlnet": ["diffusers", "ControlNetModel"]}, "got also 1 \\(controlnet\\)"),
        ("model_index.json", {"unet": ["pipeline", "Mine"]}, "expected unet among UNet2DConditionModel, got pipeline"),
        ("model_index.json", {"text_encoder": ["os", "system"]}, "expected text_encoder among CLIPTextModel"),
        ("unet/config.json", {"auto_map": {"a": "b"}}, "got auto_map, which needs code"),
        ("unet/config.json", {"block_out_channels": [8, 16]}, "building UNet2DConditionModel failed|lack what"),
        ("vae/config.json", {"scaling_factor": None}, "making a picture of the first prompt failed with TypeError"),
        ("unet/config.json", {"layers_per_block": 2}, "lack what config.json asks for"),
        ("text_encoder/config.json", {"num_hidden_layers": 2}, "lack what config.json asks for"),
        ("tokenizer/tokenizer_config.json", {"auto_map": {"a": "b"}}, "asks for code of its own"),
    ],
)
def test_folders_that_are_not_data_or_not_whole_are_refused(
    copy: Path, file: str, entries: dict[str, Any], expected: str
) -> None:
    edit(copy / file, **entries)
    with pytest.raises(UserError, match=expected):
        diffusers_folder.open_model(copy, OPTIONS)


def test_a_missing_part_is_named(copy: Path) -> None:
    shutil.rmtree(copy / "vae")
    with pytest.raises(UserError, match="expected the folder vae of its AutoencoderKL, got none"):
        diffusers_folder.open_model(copy, OPTIONS)
