"""The parts of a text-to-image pipeline, each opened by its own class of the libraries and with exactly its weights.

The libraries' own opening of a whole pipeline fills what is missing with random numbers and takes classes from the
folder's word; here a part is one of a few classes that are known to be data, or it is refused.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import UserError
from ..foreign import attempt
from ..libraries import imported
from .folder import WAY_OUT, building, loading_notes, read_json, some, weight_files
from .sizes import check_settings, check_tokenizer, within
from .transformers_folder import check_named_files, refuse_additions

NETWORKS = ("AutoencoderKL", "UNet2DConditionModel", "SD3Transformer2DModel", "FluxTransformer2DModel")
TEXTS = ("CLIPTextModel", "CLIPTextModelWithProjection", "T5EncoderModel")
TOKENIZERS = ("CLIPTokenizer", "CLIPTokenizerFast", "T5Tokenizer", "T5TokenizerFast")
READERS = ("CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPImageProcessorPil", "CLIPFeatureExtractor")
CHECKER = "StableDiffusionSafetyChecker"
DENOISING = (
    "DDPMScheduler", "DDIMScheduler", "PNDMScheduler", "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler",
    "DEISMultistepScheduler", "UniPCMultistepScheduler", "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler",
    "HeunDiscreteScheduler", "LMSDiscreteScheduler", "KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler",
    "LCMScheduler", "TCDScheduler",
)  # fmt: skip
FLOWS = ("FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler")


def open_part(path: Path, part: str, named: Any, known: tuple[str, ...]) -> tuple[Any, list[str], list[Path]]:
    """A part of a pipeline, what to note of it, and the files of its weights.

    Args:
        path: the pipeline's folder.
        part: its name there, which is that of its own folder.
        named: library and class, as model_index.json has them.
        known: the classes that it may be of.

    Raises:
        UserError: if it is of another class, asks for code, or something of it is missing.
    """
    library, name = named if isinstance(named, list) and len(named) == 2 else (None, None)
    if library not in ("diffusers", "transformers", "stable_diffusion") or name not in known:
        got = ".".join(map(str, named)) if isinstance(named, list) else repr(named)
        raise UserError(f"{path}: expected {part} among {', '.join(known)}, got {got}; {WAY_OUT}")
    folder = path / part
    if not folder.is_dir():
        raise UserError(f"{path}: expected the folder {part} of its {name}, got none; copy the whole pipeline")
    if name in TOKENIZERS:
        return _tokenizer(folder, name), [], []
    if name in READERS:
        return _reader(folder), [], []
    if name in (*DENOISING, *FLOWS):
        return _scheduler(folder, name), [], []
    return _network(folder, name)


def _tokenizer(folder: Path, name: str) -> Any:
    refuse_additions(folder)
    check_named_files(folder, {}, [folder / "model.safetensors"])
    check_tokenizer(folder)
    kind = getattr(imported("transformers"), name)
    with attempt(folder, "opening the tokenizer", "save it again"):
        return kind.from_pretrained(str(folder), local_files_only=True)


def _reader(folder: Path) -> Any:
    """What scales pictures for the safety checker; one class, whose name changed over the years."""
    _settings(folder / "preprocessor_config.json")
    with attempt(folder, "opening the image processor", "save it again"):
        return imported("transformers").CLIPImageProcessor.from_pretrained(str(folder), local_files_only=True)


def _scheduler(folder: Path, name: str) -> Any:
    _settings(folder / "scheduler_config.json")
    with attempt(folder, f"building {name} with diffusers", "save it again"):
        return getattr(imported("diffusers"), name).from_pretrained(str(folder), local_files_only=True)


def _network(folder: Path, name: str) -> tuple[Any, list[str], list[Path]]:
    """A network with exactly the stored weights."""
    import torch

    diffusers = name in NETWORKS
    settings = _settings(folder / "config.json")
    if diffusers and settings.get("_class_name") != name:
        raise UserError(
            f"{folder}: expected config.json of a {name}, got {settings.get('_class_name')!r}; save the pipeline again"
        )
    stem = "diffusion_pytorch_model" if diffusers else "model"
    files, variant = _files(folder, stem, stem if diffusers else "pytorch_model")
    if not diffusers:
        refuse_additions(folder)
        check_named_files(folder, settings, files)
    own: dict[str, Any] = (
        {"torch_dtype": torch.float32, "low_cpu_mem_usage": False}
        if diffusers
        else {"dtype": torch.float32, "weights_only": True}
    )
    with building(folder, name, files), within(files, folder):
        network, report = _kind(name).from_pretrained(
            str(folder), local_files_only=True, use_safetensors=files[0].suffix == ".safetensors", variant=variant,
            output_loading_info=True, **own,
        )  # fmt: skip
    for problem in ("missing_keys", "mismatched_keys"):
        if report[problem]:
            raise UserError(
                f"{folder}: the weights lack what config.json asks for: {some(report[problem])}; they were saved from "
                f"another network or in part; save the whole pipeline again"
            )
    return network.eval().requires_grad_(False), loading_notes(name, report, files), files


def _kind(name: str) -> Any:
    if name == CHECKER:
        return getattr(imported("diffusers.pipelines.stable_diffusion.safety_checker"), name)
    return getattr(imported("diffusers" if name in NETWORKS else "transformers"), name)


def _files(folder: Path, stem: str, pickled: str) -> tuple[list[Path], str | None]:
    """The files of the weights, and their variant: half precision, where there is no other."""
    for variant in (None, "fp16", "bf16"):
        whole = folder / (f"{stem}.safetensors" if variant is None else f"{stem}.{variant}.safetensors")
        if variant is not None and whole.is_file():
            return [whole], variant
        if variant is None and (whole.is_file() or any(folder.glob(f"{stem}.safetensors.index.json"))):
            break
    return weight_files(folder, stem, pickled), None


def _settings(file: Path) -> Mapping[str, Any]:
    config = read_json(file)
    if config is None:
        raise UserError(f"{file.parent}: expected {file.name} as a JSON object, got none; save the pipeline again")
    for name in ("auto_map", "quantization_config"):
        if config.get(name) is not None:
            raise UserError(
                f"{file}: expected plain settings, got {name}, which needs code or a library of its own; {WAY_OUT}"
            )
    check_settings(config, file)
    return config
