"""Kinds of files that no adapter opens, told by more than their first bytes: by name, folder or weights.

What a user is told is what the file is and which way leads to an audit of it.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple


class Unsupported(NamedTuple):
    """What something is that no adapter opens, and what to do with it."""

    what: str
    way: str


LOADER = "name code that builds the model by --loader FILE.py:FUNCTION (`genai-audit init loader` writes a start)"
TABLE = "save the rows as .csv with commas, or as .parquet"

TENSORFLOW = Unsupported("a TensorFlow checkpoint", f"export it to ONNX, or {LOADER}")
EXPORT = f"export the model that it was made from to ONNX, or {LOADER}"

NAMES: tuple[tuple[str, Unsupported], ...] = (
    (r".*\.data-[0-9]{5}-of-[0-9]{5}|.*ckpt.*\.(index|meta)", TENSORFLOW),
    (r".*\.mar", Unsupported("an archive of TorchServe", f"unpack it; with the code inside it, {LOADER}")),
    (r".*\.msgpack", Unsupported("weights of Flax", f"save the model for PyTorch, or {LOADER}")),
    (r".*\.mlmodel", Unsupported("a Core ML model", EXPORT)),
    (r".*\.(engine|plan|trt)", Unsupported("an engine of TensorRT", EXPORT)),
    (r".*\.caffemodel", Unsupported("weights of Caffe", EXPORT)),
    (
        r".*\.(mat|rds|rda|rdata|sas7bdat|sav|dta|orc|avro|xls|ods|arff)",
        Unsupported("a table of another program", TABLE),
    ),
    (r".*\.(tfrecords?|recordio)", Unsupported("records of TensorFlow", "save the records in a format that is read")),
    (r".*\.(mp4|mov|avi|mkv|webm)", Unsupported("a video", "save its pictures as PNG, or its sound as .wav")),
)
"""Patterns of whole names in small letters."""

FOLDERS: tuple[tuple[str, Unsupported], ...] = (
    ("manifest.ocdbt", Unsupported("a checkpoint of Orbax (JAX)", f"save the model for PyTorch, or {LOADER}")),
    ("_CHECKPOINT_METADATA", Unsupported("a checkpoint of Orbax (JAX)", f"save the model for PyTorch, or {LOADER}")),
    (
        "*.distcp",
        Unsupported(
            "a distributed checkpoint of PyTorch",
            f"make one file of it: python -m torch.distributed.checkpoint.format_utils dcp_to_torch; or {LOADER}",
        ),
    ),
    (
        "*/*model_states.pt",
        Unsupported("a checkpoint of DeepSpeed", f"make one file of it by its zero_to_fp32.py, or {LOADER}"),
    ),
    ("MLmodel", Unsupported("a model of MLflow", f"name the file or folder of the model in data/, or {LOADER}")),
    ("Data/com.apple.CoreML", Unsupported("a Core ML model", EXPORT)),
    (
        "dataset_info.json",
        Unsupported("a data set of Hugging Face", "save it: datasets.load_from_disk(...).to_parquet('x.parquet')"),
    ),
    ("data.mdb", Unsupported("an LMDB data base", "save the records in a format that is read")),
)
"""Patterns of what lies in a folder."""

WEB_PAGE = Unsupported("a web page, perhaps in place of what was to be downloaded", "download the file again")
OPENVINO = Unsupported("weights of OpenVINO", EXPORT)


def by_name(name: str) -> Unsupported | None:
    """What a file is by its name alone, where that says it."""
    return next((kind for pattern, kind in NAMES if re.fullmatch(pattern, name.lower())), None)


def of_weights(names: Iterable[str]) -> Unsupported | None:
    """What weights are for that no configuration describes, by their names."""
    known = list(names)
    if any("lora_" in name or ".lora." in name for name in known):
        return Unsupported(
            "weights of a LoRA adapter", "merge it into its base (fuse_lora, merge_and_unload) and save that folder"
        )
    if any(name.startswith(("model.diffusion_model.", "first_stage_model.")) for name in known):
        return Unsupported(
            "a whole pipeline in one file, as for Stable Diffusion",
            "make a folder of it: diffusers' from_single_file(FILE).save_pretrained(FOLDER)",
        )
    return None
