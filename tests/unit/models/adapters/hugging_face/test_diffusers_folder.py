"""Diffusion pipelines that the real library saved: drawn as the library draws them, or refused in one line."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("diffusers", reason="run: pip install 'genai-audit[diffusers]'")

from genai_audit.models.adapters.hugging_face import diffusers_folder
from genai_audit.models.adapters.hugging_face.folder import quiet
from genai_audit.models.adapters.opened import Opened, Options
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.errors import UserError

CLASSES = 4


def pipeline(
    scheduler: str = "DDIMScheduler", *, steps: int = 20, settings: dict[str, Any] | None = None, **unet: Any
) -> Any:
    with quiet("diffusers") as library:
        torch.manual_seed(0)
        sizes: dict[str, Any] = {
            "sample_size": [8, 6], "in_channels": 1, "out_channels": 1, "layers_per_block": 1, "norm_num_groups": 4,
            "block_out_channels": (8, 8), "down_block_types": ("DownBlock2D", "DownBlock2D"),
            "up_block_types": ("UpBlock2D", "UpBlock2D"), "add_attention": False,
        }  # fmt: skip
        network = library.UNet2DModel(**{**sizes, **unet})
        schedule = getattr(library, scheduler)(num_train_timesteps=steps, **(settings or {}))
        kind = library.DDPMPipeline if scheduler == "DDPMScheduler" else library.DDIMPipeline
        made = kind(unet=network, scheduler=schedule)
        made.scheduler = schedule  # DDIMPipeline replaces other schedules by its own
    made.set_progress_bar_config(disable=True)
    return made


def save(made: Any, folder: Path, **how: Any) -> Path:
    with quiet("diffusers"):
        made.save_pretrained(str(folder), **how)
    edit(folder / "model_index.json", scheduler=["diffusers", type(made.scheduler).__name__])
    return folder


def edit(path: Path, **entries: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(pipeline(num_class_embeds=CLASSES), tmp_path_factory.mktemp("told"))


@pytest.fixture(scope="module")
def opened(saved: Path) -> Opened:
    return diffusers_folder.open_model(saved, Options())


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def draw(model: Any, n: int = 3, seed: int = 0, condition: Any = None) -> torch.Tensor:
    return model.sample(n, generator=torch.Generator().manual_seed(seed), condition=condition)


def test_a_pipeline_is_known_by_its_index(saved: Path, tmp_path: Path) -> None:
    assert diffusers_folder.matches(saved)
    assert not diffusers_folder.matches(saved / "unet")
    assert not diffusers_folder.matches(tmp_path)
    (tmp_path / "model_index.json").write_text("{")
    assert not diffusers_folder.matches(tmp_path)


@pytest.mark.parametrize(
    ("scheduler", "trained", "steps", "settings"),
    [
        ("DDPMScheduler", 300, 100, {}),
        ("DDPMScheduler", 20, 20, {"variance_type": "fixed_large"}),
        ("DDIMScheduler", 20, 20, {}),
        ("DDIMScheduler", 200, 50, {}),
    ],
)
def test_images_are_those_of_the_library(
    scheduler: str, trained: int, steps: int, settings: dict[str, Any], tmp_path: Path
) -> None:
    made = pipeline(scheduler, steps=trained, settings=settings)
    opened = diffusers_folder.open_model(save(made, tmp_path), Options())
    assert opened.notes == (f"Images are drawn in {steps} of the {trained} steps of its noise schedule ({scheduler}).",)
    images = draw(opened.model)
    expected = made(
        batch_size=3, generator=torch.Generator().manual_seed(0), num_inference_steps=steps, output_type="np"
    ).images
    assert images.shape == (3, 1, 8, 6)
    assert images.dtype == torch.float32
    assert torch.allclose(images, torch.from_numpy(expected).permute(0, 3, 1, 2), atol=1e-5)
    assert images.std() > 0.01


def test_the_large_variance_is_not_left_in_the_images(tmp_path: Path) -> None:
    made = pipeline("DDPMScheduler", steps=1000, settings={"variance_type": "fixed_large"})
    opened = diffusers_folder.open_model(save(made, tmp_path), Options())
    assert opened.declared["scheduler"] == "DDIMScheduler"
    assert opened.notes == (
        "Images are drawn by DDIM in 50 steps: DDPMScheduler with the large variance needs all 1000 steps.",
    )
    assert draw(opened.model).shape == (3, 1, 8, 6)


@pytest.mark.parametrize(
    "scheduler", [name for name in diffusers_folder.SCHEDULERS if name[:4] not in ("DDPM", "DDIM")]
)
def test_every_schedule_draws_by_the_generator_alone(scheduler: str, tmp_path: Path) -> None:
    opened = diffusers_folder.open_model(save(pipeline(scheduler, num_class_embeds=CLASSES), tmp_path), Options())
    torch.manual_seed(0)
    before = torch.get_rng_state()
    images = draw(opened.model)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.isfinite(images).all()
    assert torch.equal(draw(opened.model), images)
    assert not torch.equal(draw(opened.model, seed=1), images)


@pytest.mark.parametrize("scheduler", ["DDIMScheduler", "DDPMScheduler", "HeunDiscreteScheduler"])
def test_another_class_can_be_told_in_some_steps_alone(scheduler: str, tmp_path: Path) -> None:
    model: Any = diffusers_folder.open_model(
        save(pipeline(scheduler, num_class_embeds=CLASSES), tmp_path), Options(steps=6)
    ).model

    def told(*conditions: str) -> torch.Tensor:
        made: torch.Tensor = model.sample_in_windows(
            3, generator=torch.Generator().manual_seed(0), conditions=list(conditions)
        )
        return made

    assert model.sampling_steps >= 6
    assert torch.equal(told("1", "1", "1"), draw(model, condition="1"))
    ends = told("1", "1", "2"), told("2", "1", "1")
    assert not any(torch.equal(each, told("1")) for each in ends)
    assert not torch.equal(*ends)
    for conditions in ([], ["1"] * 99):
        with pytest.raises(ValueError, match=rf"expected 1 to {model.sampling_steps} conditions"):
            told(*conditions)


def test_what_it_says_of_itself(opened: Opened) -> None:
    assert opened.family == "diffusers DDIMPipeline"
    made = pipeline(num_class_embeds=CLASSES).unet
    assert opened.parameters == sum(each.numel() for each in made.parameters())
    assert opened.declared["image_shape"] == [1, 8, 6]
    assert opened.declared["steps"] == 20
    assert opened.declared["classes"] == CLASSES
    assert "Classes, where none is asked for, are drawn with equal shares of 1/4." in opened.notes


def test_opening_and_drawing_change_nothing(saved: Path, opened: Opened, capfd: pytest.CaptureFixture[str]) -> None:
    before = torch.get_rng_state()
    model: Any = diffusers_folder.open_model(saved, Options()).model
    assert not any(module.training for module in model.modules())
    state = {name: value.clone() for name, value in model.state_dict().items()}
    first = draw(model)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(draw(model), first)
    assert torch.equal(draw(opened.model), first)
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert capfd.readouterr() == ("", "")


def test_a_folder_is_a_checkpoint(saved: Path, opened: Opened) -> None:
    model, checkpoint = load_model(saved)
    assert (checkpoint.format, checkpoint.modality) == ("diffusers folder", "image")
    assert checkpoint.family == opened.family
    assert torch.equal(draw(model), draw(opened.model))


def test_classes_are_told_to_the_network(opened: Opened) -> None:
    model: Any = opened.model
    assert model.classes == ("0", "1", "2", "3")
    ones, twos = draw(model, condition=1), draw(model, condition="2")
    assert not torch.allclose(ones, twos, atol=1e-3)
    mixed = draw(model, condition=[1, 2, 1])
    assert torch.allclose(mixed[[0, 2]], ones[[0, 2]], atol=1e-5)
    assert torch.allclose(mixed[1], twos[1], atol=1e-5)
    with pytest.raises(ValueError, match="index from 0 to 3, got 4"):
        draw(model, condition=4)


def test_many_images_come_in_batches(opened: Opened) -> None:
    images = draw(opened.model, 60)
    assert images.shape == (60, 1, 8, 6)
    assert len(torch.unique(images.flatten(1), dim=0)) == 60
    assert 0 <= float(images.min()) < float(images.max()) <= 1


def test_unconditional_networks_know_no_classes(tmp_path: Path) -> None:
    model: Any = diffusers_folder.open_model(save(pipeline(), tmp_path), Options()).model
    assert model.classes == ()
    with pytest.raises(ValueError, match="the model knows no classes"):
        draw(model, condition=1)


def test_half_precision_and_pickled_weights(saved: Path, copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights, name = load_file(copy / "unet" / "diffusion_pytorch_model.safetensors"), "diffusion_pytorch_model"
    (copy / "unet" / f"{name}.safetensors").unlink()
    half = {key: value.half() for key, value in weights.items()}
    save_file(half, copy / "unet" / f"{name}.fp16.safetensors", metadata={"format": "pt"})
    opened = diffusers_folder.open_model(copy, Options())
    assert "Weights stored in half precision (F16) were computed with in float32." in opened.notes
    assert {each.dtype for each in opened.model.parameters()} == {torch.float32}  # type: ignore[attr-defined]  # a module
    (copy / "unet" / f"{name}.fp16.safetensors").unlink()

    torch.save(weights, copy / "unet" / f"{name}.bin")
    opened = diffusers_folder.open_model(copy, Options())
    assert "Weights came from a pickle, of which only tensors were read." in opened.notes
    assert torch.equal(draw(opened.model), draw(diffusers_folder.open_model(saved, Options()).model))
    torch.save({**weights, "extra": print}, copy / "unet" / f"{name}.bin")
    with pytest.raises(UserError, match="would run code, which is refused; save the model as safetensors"):
        diffusers_folder.open_model(copy, Options())


def test_weights_that_do_not_fit_are_refused_or_noted(copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = copy / "unet" / "diffusion_pytorch_model.safetensors"
    weights, how = load_file(file), {"metadata": {"format": "pt"}}
    save_file({**weights, "more.weight": torch.zeros(2)}, file, **how)
    notes = diffusers_folder.open_model(copy, Options()).notes
    assert "The folder holds weights that UNet2DModel does not use: 1 (more.weight)." in notes
    save_file({name: value for name, value in weights.items() if "mid_block" not in name}, file, **how)
    with pytest.raises(UserError, match=r"the weights lack what config.json asks for: \d+ \(mid_block"):
        diffusers_folder.open_model(copy, Options())
    save_file({**weights, "conv_in.weight": torch.zeros(8, 2, 3, 3)}, file, **how)
    with pytest.raises(
        UserError, match=r"building UNet2DModel with diffusers failed with .*conv_in.weight.*; save it again"
    ):
        diffusers_folder.open_model(copy, Options())
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"building UNet2DModel with diffusers failed|truncated or damaged"):
        diffusers_folder.open_model(copy, Options())
    file.unlink()
    with pytest.raises(
        UserError, match=r"expected weights \(diffusion_pytorch_model.safetensors or .*got config.json;"
    ):
        diffusers_folder.open_model(copy, Options())


def test_other_pipelines_are_refused_by_name(copy: Path) -> None:
    for name in ("StableDiffusionImg2ImgPipeline", "LDMPipeline", "DiTPipeline"):
        edit(copy / "model_index.json", _class_name=name)
        with pytest.raises(UserError, match=f"images in pixel space, .*, got {name}; name code .* --loader"):
            diffusers_folder.open_model(copy, Options())


def test_the_user_may_say_how_many_steps(saved: Path) -> None:
    opened = diffusers_folder.open_model(saved, Options(steps=3))
    assert opened.declared["steps"] == 3
    assert "drawn in 3 of the 20 steps" in opened.notes[0]
    with pytest.raises(UserError, match=r"expected --steps of at most 20, .*, got 21"):
        diffusers_folder.open_model(saved, Options(steps=21))
    with pytest.raises(UserError, match="--prompts means nothing to a pipeline that is asked with no texts"):
        diffusers_folder.open_model(saved, Options(prompts=("a cat",)))


def test_code_of_its_own_is_refused(copy: Path) -> None:
    (copy / "my_pipeline.py").write_text("raise SystemExit('the code ran')")
    (copy / "unet" / "my_unet.py").write_text("raise SystemExit('the code ran')")
    edit(copy / "model_index.json", _class_name=["my_pipeline", "MyPipeline"])
    with pytest.raises(UserError, match=r"the pipeline is code of its own .*, which is never run; .*--loader"):
        diffusers_folder.open_model(copy, Options(trust=True))
    edit(copy / "model_index.json", _class_name="DDIMPipeline", unet=["my_unet", "MyUNet"])
    with pytest.raises(UserError, match=r"expected unet among UNet2DModel of diffusers, got my_unet.MyUNet; "):
        diffusers_folder.open_model(copy, Options(trust=True))


def test_parts_that_do_not_belong_are_refused(copy: Path) -> None:
    index, network, schedule = (
        copy / name for name in ("model_index.json", "unet/config.json", "scheduler/scheduler_config.json")
    )
    texts = {each: each.read_text() for each in (index, network, schedule)}

    def refused(path: Path, message: str, **entries: Any) -> None:
        edit(path, **entries)
        with pytest.raises(UserError, match=message):
            diffusers_folder.open_model(copy, Options())
        path.write_text(texts[path])

    refused(
        index, r"the components unet and scheduler, got 3 \(scheduler, unet, vae\)", vae=["diffusers", "AutoencoderKL"]
    )
    refused(index, "expected scheduler among .*, got diffusers.DPMSolverSDE", scheduler=["diffusers", "DPMSolverSDE"])
    refused(network, "expected unet/config.json of a UNet2DModel, got 'UNet1DModel'", _class_name="UNet1DModel")
    refused(network, "of a UNet2DModel, got 'UNet2DModel' with code of its own", auto_map={"a": "b.C"})
    refused(network, "expected unet/config.json to give sample_size in pixels, got None", sample_size=None)
    refused(network, "expected in_channels from 1 to 16, got 1000000", in_channels=10**6)
    refused(network, "gives noise of 1 channels, got out_channels 2", out_channels=2)
    refused(network, "expected classes told by num_class_embeds, got class_embed_type", class_embed_type="timestep")
    refused(network, "building UNet2DModel with diffusers failed with", block_out_channels=[7])
    refused(schedule, "building DDIMScheduler with diffusers from scheduler/ failed", beta_schedule="none such")
    schedule.unlink()
    with pytest.raises(UserError, match=r"expected scheduler/scheduler_config.json as a JSON object, got none"):
        diffusers_folder.open_model(copy, Options())


def test_nan_is_left_for_an_auditor_to_see(copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = copy / "unet" / "diffusion_pytorch_model.safetensors"
    weights = load_file(file)
    damaged = {**weights, "conv_in.bias": torch.full_like(weights["conv_in.bias"], math.nan)}
    save_file(damaged, file, metadata={"format": "pt"})
    assert draw(diffusers_folder.open_model(copy, Options()).model).isnan().all()


def test_without_the_library_the_error_says_what_to_install(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genai_audit.models.adapters.opened.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs diffusers, .* pip install 'genai-audit\[diffusers\]'"):
        diffusers_folder.open_model(saved, Options())
