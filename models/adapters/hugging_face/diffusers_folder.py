"""Diffusion pipelines that Hugging Face `diffusers` saved: a folder of model_index.json, network and noise schedule.

Pipelines that make images in pixel space are opened here, unconditional or told a class, those from texts to images in
`text_to_image`; nothing of the folder runs and nothing is fetched. The loop over the steps is written here, so that all
its noise comes from the passed generator.

Reference: Ho, Jain, Abbeel 2020, Denoising diffusion probabilistic models, arXiv:2006.11239 (algorithm 2);
Song, Meng, Ermon 2021, Denoising diffusion implicit models, arXiv:2010.02502 (section 4.2, fewer steps; table 1).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UserError
from ..foreign import attempt
from ..opened import Opened, Options, need, refuse_unused
from .folder import (
    UNWRAPPED,
    WAY_OUT,
    building,
    half_note,
    loading_notes,
    parameters,
    quiet,
    read_json,
    some,
    stored_types,
    unwrapped,
    weight_files,
)
from .sizes import check_settings, within
from .text_to_image import PROMPTED, check_steps, open_text_to_image

if TYPE_CHECKING:
    from torch import Tensor

TAKES = ("prompts", "steps", "safety_checker")
PIPELINES = ("DDPMPipeline", "DDIMPipeline", "PNDMPipeline")
SCHEDULERS = (
    "DDPMScheduler", "DDIMScheduler", "PNDMScheduler", "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler",
    "DEISMultistepScheduler", "UniPCMultistepScheduler", "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler",
    "HeunDiscreteScheduler",
)  # fmt: skip
STEPS = 50
ANCESTRAL_STEPS = 100
"""DDPM's own sampler is worse at few steps than DDIM's: 100 of them are about as good as 50 (Song 2021, table 1)."""
LARGE = ("fixed_large", "fixed_large_log")


def matches(path: Path) -> bool:
    """Whether a folder holds model_index.json with the class of a pipeline."""
    return path.is_dir() and "_class_name" in (read_json(path / "model_index.json") or {})


def open_model(path: Path, options: Options) -> Opened:
    """The pipeline of a folder, in float32.

    Raises:
        UserError: if it is no pipeline of images in pixel space, needs code, or something in it is missing.
    """
    index = read_json(path / "model_index.json") or {}
    if isinstance(index["_class_name"], str) and index["_class_name"] in PROMPTED:
        return open_text_to_image(path, index, options)
    refuse_unused(options, ("steps",), path, "a pipeline that is asked with no texts")
    pipeline, scheduler_name = _pipeline(path, index), _component(path, index, "scheduler", SCHEDULERS)
    _component(path, index, "unet", ("UNet2DModel",))
    settings = _config(path, "unet", "UNet2DModel")
    learned = "learned" in str(_config(path, "scheduler", scheduler_name).get("variance_type"))
    _check_network(path, settings, learned=learned and scheduler_name == "DDPMScheduler")
    need("diffusers", extra="diffusers", path=path)
    files = _files(path / "unet")
    with quiet("diffusers") as library:
        network, notes = _network(path / "unet", library, files)
        scheduler, steps, more = _scheduler(path, library, scheduler_name, options.steps)
        from .denoising import DiffusionImages

        model = DiffusionImages(network, scheduler, steps).eval()
    notes += half_note(stored_types(files))
    if model.classes:
        notes.append(f"Classes, where none is asked for, are drawn with equal shares of 1/{len(model.classes)}.")
    declared = {
        "pipeline": pipeline,
        "scheduler": type(scheduler).__name__,
        "steps": steps,
        "trained_steps": scheduler.config.num_train_timesteps,
        "diffusers_version": index.get("_diffusers_version"),
        "weights": files[0].suffix[1:],
        "image_shape": list(model.image_shape),
        "classes": len(model.classes),
    }
    return Opened(model, f"diffusers {pipeline}", parameters(network), declared, (*more, *notes))


def _pipeline(path: Path, index: Mapping[str, Any]) -> str:
    name = index["_class_name"]
    if not isinstance(name, str):
        raise UserError(f"{path}: the pipeline is code of its own ({name}), which is never run; {WAY_OUT}")
    if name not in PIPELINES:
        raise UserError(
            f"{path}: expected a pipeline of images in pixel space, unconditional or told a class "
            f"({', '.join(PIPELINES)}), or from texts ({', '.join(PROMPTED)}), got {name}; {WAY_OUT}"
        )
    parts = {
        key
        for key, value in index.items()
        if not key.startswith("_") and isinstance(value, list) and value != [None, None]
    }
    if parts != {"unet", "scheduler"}:
        raise UserError(f"{path}: expected the components unet and scheduler, got {some(parts)}; {WAY_OUT}")
    return name


def _component(path: Path, index: Mapping[str, Any], part: str, known: tuple[str, ...]) -> str:
    named = index[part]
    if len(named) != 2 or named[0] != "diffusers" or named[1] not in known:
        got = ".".join(str(each) for each in named)
        raise UserError(f"{path}: expected {part} among {', '.join(known)} of diffusers, got {got}; {WAY_OUT}")
    return str(named[1])


def _config(path: Path, part: str, name: str) -> Mapping[str, Any]:
    file = path / part / ("config.json" if part == "unet" else "scheduler_config.json")
    config = read_json(file)
    if config is None:
        raise UserError(f"{path}: expected {part}/{file.name} as a JSON object, got none; save the pipeline again")
    if config.get("_class_name") != name or config.get("auto_map") is not None:
        raise UserError(
            f"{path}: expected {part}/{file.name} of a {name}, got {config.get('_class_name')!r}"
            f"{' with code of its own' if config.get('auto_map') is not None else ''}; save the pipeline again, or "
            f"{WAY_OUT}"
        )
    check_settings(config, file)
    return config


def _check_network(path: Path, config: Mapping[str, Any], *, learned: bool) -> None:
    size, kind = config.get("sample_size"), config.get("class_embed_type")
    channels, given = config.get("in_channels", 3), config.get("out_channels", 3)
    sides = [size, size] if not isinstance(size, list) else size
    if len(sides) != 2 or not all(isinstance(side, int) and 1 <= side <= 4096 for side in sides):
        raise UserError(f"{path}: expected unet/config.json to give sample_size in pixels, got {size!r}; add it there")
    if not isinstance(channels, int) or not 1 <= channels <= 16:
        raise UserError(f"{path}: expected in_channels from 1 to 16, got {channels!r}; {WAY_OUT}")
    if given != (2 if learned else 1) * channels:
        raise UserError(
            f"{path}: expected a network that gives {'noise and variance' if learned else 'noise'} of {channels} "
            f"channels, got out_channels {given!r}; {WAY_OUT}"
        )
    if kind is not None:
        raise UserError(f"{path}: expected classes told by num_class_embeds, got class_embed_type {kind!r}; {WAY_OUT}")


def _files(folder: Path) -> list[Path]:
    stem = "diffusion_pytorch_model"
    half = folder / f"{stem}.fp16.safetensors"
    if half.is_file() and not (folder / f"{stem}.safetensors").is_file():
        return [half]
    return weight_files(folder, stem, stem)


def _network(folder: Path, library: Any, files: list[Path]) -> tuple[Any, list[str]]:
    """The network with exactly the stored weights, and what to note of them."""
    import torch

    with building(folder, "UNet2DModel with diffusers", files), within(files, folder):
        renamed = unwrapped(files)
        if renamed is not None:
            network, report = _filled(folder, library, renamed)
        else:
            network, report = library.UNet2DModel.from_pretrained(
                str(folder), local_files_only=True, use_safetensors=files[0].suffix == ".safetensors",
                variant="fp16" if ".fp16." in files[0].name else None, torch_dtype=torch.float32,
                low_cpu_mem_usage=False, output_loading_info=True,
            )  # fmt: skip
    if report["missing_keys"]:
        raise UserError(
            f"{folder}: the weights lack what config.json asks for: {some(report['missing_keys'])}; they were saved "
            f"from another network or in part; save the whole pipeline again"
        )
    notes = loading_notes("UNet2DModel", report, files)
    return network, notes if renamed is None else [*notes, UNWRAPPED]


def _filled(folder: Path, library: Any, tensors: "dict[str, Tensor]") -> tuple[Any, dict[str, Any]]:
    """The network of the folder's configuration with these weights, and which of them are missing or unexpected."""
    network = library.UNet2DModel.from_config(library.UNet2DModel.load_config(str(folder), local_files_only=True))
    found = network.load_state_dict({name: each.float() for name, each in tensors.items()}, strict=False)
    return network.eval(), {"missing_keys": found.missing_keys, "unexpected_keys": found.unexpected_keys}


def _scheduler(path: Path, library: Any, name: str, asked: int | None) -> tuple[Any, int, list[str]]:
    """The noise schedule with its sampler, how many steps it takes, and what to note of that."""
    with attempt(path, f"building {name} with diffusers from scheduler/", "save it again"):
        scheduler = getattr(library, name).from_pretrained(str(path / "scheduler"), local_files_only=True)
        trained = scheduler.config.num_train_timesteps
        large = name == "DDPMScheduler" and scheduler.config.variance_type in LARGE and trained > ANCESTRAL_STEPS
        if large:
            scheduler = library.DDIMScheduler.from_config(scheduler.config)
        # Solvers of higher order divide by the distance between steps, so theirs must all differ after rounding.
        most = trained if name in ("DDPMScheduler", "DDIMScheduler") else max(1, trained - 1)
        steps = asked or min(most, ANCESTRAL_STEPS if name == "DDPMScheduler" and not large else STEPS)
        check_steps(path, steps, most)
        scheduler.set_timesteps(steps)
    note = f"Images are drawn in {steps} of the {trained} steps of its noise schedule ({name})."
    if large:
        note = f"Images are drawn by DDIM in {steps} steps: {name} with the large variance needs all {trained} steps."
    return scheduler, steps, [note]
