"""Text-to-image pipelines that `diffusers` saved: Stable Diffusion 1, 2, XL and 3, and Flux.

The library's own pipeline draws the images, from parts that were opened here one by one; nothing of the folder runs and
nothing is fetched. What a pipeline's safety checker takes for unsafe is blackened, as its users see it, unless the user
of the audit leaves the checker out.

Reference: Rombach et al. 2022, High-resolution image synthesis with latent diffusion models, arXiv:2112.10752;
Esser et al. 2024, Scaling rectified flow transformers for high-resolution image synthesis, arXiv:2403.03206.
"""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import UserError
from ...limits import check
from ..foreign import attempt
from ..opened import Opened, Options, need, refuse_unused
from .folder import WAY_OUT, half_note, parameters, quiet, some, stored_types
from .pipeline_parts import CHECKER, DENOISING, FLOWS, READERS, TOKENIZERS, open_part

CLIP, T5 = ("CLIPTextModel", "CLIPTextModelWithProjection"), ("T5EncoderModel",)
GUARD = {"safety_checker": (CHECKER,), "feature_extractor": READERS}
FEW_STEPS = 4
"""Of a Flux model without guidance, which was distilled to make images in so many."""

TRIAL_STEPS = 2
"""Of the one picture that is made to see whether the parts fit."""


class Kind(NamedTuple):
    """The parts of a pipeline, by name the classes that each may be of, and those that may be missing."""

    parts: Mapping[str, tuple[str, ...]]
    optional: tuple[str, ...] = ()


PROMPTED: Mapping[str, Kind] = {
    "StableDiffusionPipeline": Kind(
        {
            "vae": ("AutoencoderKL",),
            "text_encoder": CLIP,
            "tokenizer": TOKENIZERS,
            "unet": ("UNet2DConditionModel",),
            "scheduler": DENOISING,
            **GUARD,
        },
        tuple(GUARD),
    ),
    "StableDiffusionXLPipeline": Kind(
        {
            "vae": ("AutoencoderKL",),
            "text_encoder": CLIP,
            "text_encoder_2": CLIP,
            "tokenizer": TOKENIZERS,
            "tokenizer_2": TOKENIZERS,
            "unet": ("UNet2DConditionModel",),
            "scheduler": DENOISING,
        }
    ),
    "StableDiffusion3Pipeline": Kind(
        {
            "vae": ("AutoencoderKL",),
            "text_encoder": CLIP,
            "text_encoder_2": CLIP,
            "text_encoder_3": T5,
            "tokenizer": TOKENIZERS,
            "tokenizer_2": TOKENIZERS,
            "tokenizer_3": TOKENIZERS,
            "transformer": ("SD3Transformer2DModel",),
            "scheduler": FLOWS,
        },
        ("text_encoder_3", "tokenizer_3"),
    ),
    "FluxPipeline": Kind(
        {
            "vae": ("AutoencoderKL",),
            "text_encoder": CLIP,
            "text_encoder_2": T5,
            "tokenizer": TOKENIZERS,
            "tokenizer_2": TOKENIZERS,
            "transformer": ("FluxTransformer2DModel",),
            "scheduler": FLOWS,
        }
    ),
}
"""The pipelines that are opened, by their class in the library."""

UNUSED = ("image_encoder", "feature_extractor", "safety_checker")
"""Parts that a folder may have and that take no part in making an image from a text."""


def open_text_to_image(path: Path, index: Mapping[str, Any], options: Options) -> Opened:
    """The pipeline of a folder, in float32, asked with the user's prompts in turn.

    Raises:
        UserError: if there are no prompts, or a part is missing, unknown or damaged.
    """
    name = str(index["_class_name"])
    kind = PROMPTED[name]
    if "safety_checker" not in kind.parts:
        refuse_unused(options, ("prompts", "steps"), path, f"a {name}, which has no safety checker")
    if not options.prompts:
        raise UserError(
            f"{path}: expected prompts, since a {name} makes images from texts, got none; give --prompts FILE.txt, a "
            f"prompt a line"
        )
    for module in ("diffusers", "transformers"):
        need(module, extra="diffusers,transformers", path=path)
    _check_parts(path, name, index)
    left_out = () if options.safety_checker else tuple(GUARD)
    with quiet("transformers"), quiet("diffusers") as library:
        parts, notes, files = _parts(path, kind, index, left_out)
        pipeline = _build(path, getattr(library, name), parts, index)
        model = _model(path, pipeline, options)
        notes += _cut(pipeline, options.prompts)
    _try(path, model)
    declared = {
        "pipeline": name,
        "scheduler": type(pipeline.scheduler).__name__,
        "steps": model.steps,
        "trained_steps": int(pipeline.scheduler.config.num_train_timesteps),
        "guidance_scale": model.guidance,
        "diffusers_version": index.get("_diffusers_version"),
        "image_shape": list(model.image_shape),
        "prompts": len(options.prompts),
        "safety_checker": parts.get("safety_checker") is not None,
    }
    if "safety_checker" in kind.parts and not declared["safety_checker"]:
        why = "the user left it out" if left_out else "the folder has none"
        notes.append(f"No safety checker looked at the pictures: {why}.")
    notes += half_note(stored_types(files))
    return Opened(model, f"diffusers {name}", parameters(model), declared, (_drawn_how(model), *notes))


def _model(path: Path, pipeline: Any, options: Options) -> Any:
    """The pipeline with its prompts and steps, where it makes pictures of a size that it says."""
    from .prompted_images import PromptedImages

    steps = _steps(pipeline, options.steps)
    check_steps(path, steps, int(pipeline.scheduler.config.num_train_timesteps))
    model = PromptedImages(pipeline, options.prompts, steps).eval()
    if model.side is None:
        raise UserError(f"{path}: expected sample_size of the network as a whole number, got none; {WAY_OUT}")
    check("pixels", model.image_shape[1] * model.image_shape[2], path)
    return model


def _drawn_how(model: Any) -> str:
    number, scheduler = len(model.prompts_in_turn), type(model.pipeline.scheduler).__name__
    return (
        f"Sample i was made from prompt i modulo {number}, in {model.steps} steps of {scheduler} at the "
        f"library's guidance scale of {model.guidance:g}."
    )


def _try(path: Path, model: Any) -> None:
    """Make a picture in a step or two: parts of different pipelines each open, and do not fit.

    Raises:
        UserError: if they do not.
    """
    import torch

    from .prompted_images import PromptedImages

    trial = PromptedImages(model.pipeline, model.prompts_in_turn, min(TRIAL_STEPS, model.steps))
    with attempt(path, "making a picture of the first prompt", "save the whole pipeline again"):
        image = trial.sample(1, generator=torch.Generator().manual_seed(0))
    shape = tuple(image.shape[1:])
    if shape != model.image_shape:
        raise UserError(f"{path}: expected a picture {model.image_shape}, got {shape}; save the whole pipeline again")


def check_steps(path: Path, steps: int, most: int) -> None:
    """Refuse more steps than there are in the schedule of noise.

    Raises:
        UserError: with their number.
    """
    if steps > most:
        raise UserError(f"{path}: expected --steps of at most {most}, as its schedule of noise has, got {steps}")


def _check_parts(path: Path, name: str, index: Mapping[str, Any]) -> None:
    """Refuse a pipeline that has other parts than those of its class, or lacks one."""
    kind = PROMPTED[name]
    there = {
        key
        for key, value in index.items()
        if not key.startswith("_") and isinstance(value, list) and value != [None, None]
    }
    unknown = there - set(kind.parts) - set(UNUSED)
    missing = set(kind.parts) - there - set(kind.optional)
    if unknown or missing:
        got = f"also {some(unknown)}" if unknown else f"none of {some(missing)}"
        raise UserError(f"{path}: expected the parts {', '.join(kind.parts)} of a {name}, got {got}; {WAY_OUT}")


def _parts(
    path: Path, kind: Kind, index: Mapping[str, Any], left_out: tuple[str, ...]
) -> tuple[dict[str, Any], list[str], list[Path]]:
    """The parts by name, what to note of them, and the files of their weights."""
    parts: dict[str, Any] = {}
    notes, files = list[str](), list[Path]()
    for part, known in kind.parts.items():
        named = index.get(part)
        if part in left_out or named in (None, [None, None]):
            parts[part] = None
            if part not in GUARD:
                notes.append(f"The pipeline has no {part}, and was drawn from without it, as the library does.")
            continue
        parts[part], said, weights = open_part(path, part, named, known)
        notes += said
        files += weights
    if parts.get("safety_checker") is not None and parts["feature_extractor"] is None:
        raise UserError(f"{path}: expected a feature_extractor beside the safety checker, got none; copy it too")
    return parts, notes, files


def _build(path: Path, kind: Any, parts: Mapping[str, Any], index: Mapping[str, Any]) -> Any:
    names = inspect.signature(kind.__init__).parameters
    settings: dict[str, Any] = {}
    if "requires_safety_checker" in names:
        settings["requires_safety_checker"] = parts["safety_checker"] is not None
    if "add_watermarker" in names:
        settings["add_watermarker"] = False
    if "force_zeros_for_empty_prompt" in names:
        settings["force_zeros_for_empty_prompt"] = index.get("force_zeros_for_empty_prompt", True) is True
    with attempt(path, "putting the pipeline together", "save it again"):
        pipeline = kind(**parts, **settings)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _steps(pipeline: Any, asked: int | None) -> int:
    """What the user asks for, else what is usual for the pipeline, as far as its schedule has so many."""
    if asked is not None:
        return asked
    usual = int(inspect.signature(type(pipeline).__call__).parameters["num_inference_steps"].default)
    transformer = getattr(pipeline, "transformer", None)
    if transformer is not None and transformer.config.get("guidance_embeds") is False:
        usual = FEW_STEPS
    # Solvers of higher order divide by the distance between steps, so theirs must all differ after rounding.
    return min(usual, max(1, int(pipeline.scheduler.config.num_train_timesteps) - 1))


def _cut(pipeline: Any, prompts: tuple[str, ...]) -> list[str]:
    """What to note of prompts that the pipeline does not read to their end."""
    notes = []
    for part in ("tokenizer", "tokenizer_2"):
        tokenizer = getattr(pipeline, part, None)
        if tokenizer is None or not type(tokenizer).__name__.startswith("CLIP"):
            continue
        most = int(tokenizer.model_max_length)
        long = sum(len(tokenizer(each, verbose=False).input_ids) > most for each in prompts)
        if long:
            notes.append(f"{long} of {len(prompts)} prompts have more than the {most} tokens that {part} reads of one.")
    return notes
