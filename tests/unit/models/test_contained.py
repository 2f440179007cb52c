"""No file is read that the user did not name: whatever names another file is refused in one line.

Each case is a small hostile file of a format that is read, with a secret that lies outside of what is named.
"""

import json
import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit.audit.request import Request
from genai_audit.audit.subject import prepare
from genai_audit.models.adapters.contained import check_links, contained
from genai_audit.models.adapters.pytorch.safetensors_file import read_header, tensor_bytes
from genai_audit.models.checkpoints.checkpoint import load_model, save_checkpoint
from genai_audit.models.data.datasets import load_data
from genai_audit.models.errors import UserError
from genai_audit.models.families.training.fitting import train

NEEDED = ("h5py", "keras", "transformers", "diffusers", "onnx", "onnxruntime")
missing = [name for name in NEEDED if find_spec(name) is None]
if missing:
    pytest.skip(f"{', '.join(missing)} missing; run: pip install 'genai-audit[formats]'", allow_module_level=True)

# Keras saves in a way that numpy advises against.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

SECRET = b"root:x:0:0:the secret\n" * 64


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One sound model of each format."""
    from unit.models.adapters.hugging_face.test_diffusers_folder import pipeline
    from unit.models.adapters.hugging_face.test_diffusers_folder import save as save_pipeline
    from unit.models.adapters.keras import keras_examples
    from unit.models.adapters.saved_text_models import gpt2
    from unit.models.adapters.saved_text_models import save as save_text
    from unit.models.adapters.test_onnx_file import graph

    folder = tmp_path_factory.mktemp("saved")
    save_text(gpt2(), folder / "text")
    save_pipeline(pipeline(), folder / "pipeline")
    keras = keras_examples.import_keras()
    keras_examples.save(keras_examples.decoder(keras), folder / "decoder.keras")
    graph(folder)
    save_checkpoint(folder / "gan.safetensors", train("gan", load_data("digits"), seed=0, overrides={"steps": 2}))
    return folder


@pytest.fixture
def place(saved: Path, tmp_path: Path) -> Path:
    """A copy of the models in `here`, and beside that folder a secret."""
    shutil.copytree(saved, tmp_path / "here")
    (tmp_path / "secret.csv").write_bytes(SECRET)
    (tmp_path / "others").mkdir()
    return tmp_path / "here"


def edit(path: Path, **entries: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def refused(path: Path, match: str) -> None:
    with pytest.raises(UserError, match=match) as refusal:
        load_model(path)
    assert "\n" not in str(refusal.value)
    assert "the secret" not in str(refusal.value)


def _external(file: Any, secret: Path) -> None:
    file.create_dataset("stolen", (len(SECRET),), "u1", external=[(str(secret), 0, len(SECRET))])


def _virtual(file: Any, secret: Path) -> None:
    import h5py

    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource(str(secret), "x", (4,))
    file.require_group("deep/down").create_virtual_dataset("stolen", layout)


def _linked(file: Any, secret: Path) -> None:
    import h5py

    file["stolen"] = h5py.ExternalLink(str(secret), "/x")


HDF5: dict[str, tuple[Callable[[Any, Path], None], str]] = {
    "external storage": (_external, r"/stolen has its numbers in another file \(external storage\); it was not read"),
    "virtual": (_virtual, r"/deep/down/stolen is a virtual data set, whose numbers lie in other files; it was not"),
    "external link": (_linked, r"/stolen is a link into another file; it was not read"),
}


def hdf5(path: Path, kind: str) -> Path:
    import h5py

    with h5py.File(path, "a") as file:
        file.require_group("w")["kept"] = np.ones(3, dtype=np.float32)
        HDF5[kind][0](file, path.parents[1] / "secret.csv")
    return path


@pytest.mark.parametrize("kind", HDF5)
def test_hdf5_beside_weights(kind: str, place: Path) -> None:
    hdf5(place / "text" / "tf_model.h5", kind)
    refused(place / "text", HDF5[kind][1])


@pytest.mark.parametrize("kind", HDF5)
def test_hdf5_inside_a_keras_file(kind: str, place: Path) -> None:
    import zipfile

    with zipfile.ZipFile(place / "decoder.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    (place / "w.h5").write_bytes(members["model.weights.h5"])
    members["model.weights.h5"] = hdf5(place / "w.h5", kind).read_bytes()
    with zipfile.ZipFile(place / "decoder.keras", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    refused(place / "decoder.keras", HDF5[kind][1])


def test_hdf5_that_a_loader_gets(place: Path) -> None:
    code = "import torch\nclass M:\n modality='image'\n def sample(self, n, *, generator, condition=None):\n"
    (place / "load.py").write_text(f"{code}  return torch.rand(n, 1, 8, 8)\ndef load(path): return M()\n")
    hdf5(place / "weights.h5", "external storage")
    with pytest.raises(UserError, match="external storage"):
        load_model(place / "weights.h5", loader=f"{place / 'load.py'}:load")


def test_links_inside_an_hdf5_file_are_none_of_its_faults(place: Path) -> None:
    import h5py

    from genai_audit.models.adapters.keras.weights_file import stored_tensors

    with h5py.File(place / "round.h5", "w") as file:
        file["a/w"] = np.ones(3, dtype=np.float32)
        file["a/again"] = file["a"]
        file["soft"] = h5py.SoftLink("/a/w")
    tensors = stored_tensors(place / "round.h5")
    assert tensors is not None
    assert [each.name for each in tensors] == ["a/w"]


def _index(place: Path, stem: str, part: str) -> Path:
    folder = place / "text"
    for file in folder.glob("model*.safetensors"):
        file.rename(place.parent / "others" / file.name)
    (folder / f"{stem}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": {"wte": part}}))
    return folder


@pytest.mark.parametrize("stem", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("part", ["../../others/model.safetensors", "/etc/passwd", ".."])
def test_parts_of_weights_elsewhere(stem: str, part: str, place: Path) -> None:
    refused(_index(place, stem, part), "expected the part .* of the weights, got none")


@pytest.mark.parametrize("named", ["../../others/model.safetensors", "other.safetensors", "/etc/passwd"])
def test_other_weights_than_those_that_are_digested(named: str, place: Path) -> None:
    (place / "text" / "other.safetensors").write_bytes((place / "text" / "model.safetensors").read_bytes())
    edit(place / "text" / "config.json", transformers_weights=named)
    refused(place / "text", f"names other weights, transformers_weights '{named}', than the model.safetensors beside")


def test_weights_that_are_named_as_they_are(place: Path) -> None:
    edit(place / "text" / "config.json", transformers_weights="model.safetensors")
    assert load_model(place / "text")[1].family == "transformers GPT2LMHeadModel"


@pytest.mark.parametrize("settings", ["tokenizer_config.json", "config.json", "special_tokens_map.json"])
@pytest.mark.parametrize("key", ["vocab_file", "spm_file"])
def test_settings_that_name_files(settings: str, key: str, place: Path) -> None:
    file = place / "text" / settings
    file.write_text(file.read_text() if file.exists() else "{}")
    edit(file, **{key: str(place.parent / "secret.csv")})
    refused(place / "text", rf"{settings} names the file '.*secret.csv' \({key}\), which lies outside")


def test_paths_of_another_machine_stand_in_many_folders(place: Path) -> None:
    there = "/elsewhere/.cache/huggingface/transformers/0f1e2d/special_tokens_map.json"
    edit(place / "text" / "tokenizer_config.json", special_tokens_map_file=there, name_or_path="/data/gpt2")
    assert load_model(place / "text")[0].modality == "text"


@pytest.mark.parametrize(
    ("folder", "link"),
    [
        ("text", "model.safetensors"),
        ("text", "config.json"),
        ("text", "tokenizer.json"),
        ("text", "notes/further/down.txt"),
        ("text", ".hidden"),
        ("pipeline", "unet/diffusion_pytorch_model.safetensors"),
        ("pipeline", "scheduler"),
        ("pipeline", "model_index.json"),
    ],
)
def test_links_out_of_a_folder(folder: str, link: str, place: Path) -> None:
    file = place / folder / link
    file.parent.mkdir(parents=True, exist_ok=True)
    target = place.parent / "others" / "target"
    if file.exists():
        file.rename(target)
    else:
        target.write_bytes(SECRET)
    file.symlink_to(target)
    refused(place / folder, f"but {link} is a link to {target}, which was not read; put a copy in its place")


def test_links_within_a_folder_and_to_nothing(place: Path) -> None:
    folder = place / "text"
    (folder / "weights").mkdir()
    (folder / "model.safetensors").rename(folder / "weights" / "best")
    (folder / "model.safetensors").symlink_to("weights/best")
    (folder / "latest").symlink_to("never/written")
    (folder / "round").symlink_to("round")
    (place / "named").symlink_to(folder)
    assert load_model(place / "named")[0].modality == "text"


def snapshot(place: Path, name: str = "models--me--tiny") -> Path:
    """The model of texts as the cache of Hugging Face keeps it."""
    revision = place / name / "snapshots" / ("a" * 40)
    blobs = place / name / "blobs"
    blobs.mkdir(parents=True)
    revision.mkdir(parents=True)
    for number, file in enumerate(sorted((place / "text").iterdir())):
        blob = blobs / f"{number:064x}"
        shutil.copy(file, blob)
        (revision / file.name).symlink_to(Path("../../blobs") / blob.name)
    return revision


def test_a_revision_in_the_cache_of_hugging_face_opens(place: Path) -> None:
    assert load_model(snapshot(place))[0].modality == "text"


def test_a_blob_that_many_models_share(place: Path) -> None:
    revision = snapshot(place)
    blob = (revision / "model.safetensors").resolve()
    shared = place / "blobs" / "0a" / ("b" * 64)
    shared.parent.mkdir(parents=True)
    blob.rename(shared)
    blob.symlink_to(shared)
    assert load_model(revision)[0].modality == "text"


@pytest.mark.parametrize("how", ["a blob that is a link", "no digest", "no cache"])
def test_what_only_looks_like_that_cache(how: str, place: Path) -> None:
    revision = snapshot(place, "mine" if how == "no cache" else "models--me--tiny")
    blob = (revision / "config.json").resolve()
    if how == "a blob that is a link":
        blob.unlink()
        blob.symlink_to(place.parent / "secret.csv")
    elif how == "no digest":
        (revision / "config.json").unlink()
        (revision / "config.json").symlink_to(blob.rename(blob.with_name("private")))
    refused(revision, "config.json is a link to")


def onnx_with(place: Path, location: str) -> Path:
    import onnx

    proto = onnx.load(place / "model.onnx")
    tensor = proto.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    (place / "model.onnx").write_bytes(proto.SerializeToString())
    return place / "model.onnx"


@pytest.mark.parametrize("location", ["../secret.csv", "/etc/passwd", "link.bin", "sub/../../secret.csv"])
def test_onnx_weights_elsewhere(location: str, place: Path) -> None:
    (place / "link.bin").symlink_to(place.parent / "secret.csv")
    refused(onnx_with(place, location), f"expected weights in the model's own folder, got '{location}'; it was not")


def test_onnx_beside_other_weights(place: Path) -> None:
    shutil.copy(onnx_with(place, "../../secret.csv"), place / "text" / "model.onnx")
    refused(place / "text", "expected weights in the model's own folder, got '../../secret.csv'")


def test_onnx_numbers_in_the_sparse_value_of_a_node(place: Path) -> None:
    import onnx

    proto = onnx.load(place / "model.onnx")
    values = onnx.TensorProto(name="v", dims=[1], data_type=1, data_location=onnx.TensorProto.EXTERNAL)
    values.external_data.add(key="location", value="../secret.csv")
    indices = onnx.numpy_helper.from_array(np.array([0]), "i")
    sparse = onnx.SparseTensorProto(values=values, indices=indices, dims=[4])
    proto.graph.node.append(onnx.helper.make_node("Constant", [], ["unused"], sparse_value=sparse))
    (place / "model.onnx").write_bytes(proto.SerializeToString())
    refused(place / "model.onnx", r"expected weights in the model's own folder, got '\.\./secret.csv'")


def test_the_symbols_of_a_keras_model(place: Path) -> None:
    from genai_audit.models.adapters.token_models.symbols import read_symbols

    (place / "vocabulary.txt").symlink_to(place.parent / "secret.csv")
    with pytest.raises(UserError, match="expected a file beside the model, got a link elsewhere, which was not read"):
        read_symbols(place / "words.keras", 64)


@pytest.mark.parametrize("name", ["a.png", "a.wav", "a.mid", "class/a.png", "class"])
def test_records_behind_links(name: str, place: Path) -> None:
    records = place / "records"
    (records / name).parent.mkdir(parents=True)
    target = place.parent / "others" / Path(name).name
    if name == "class":
        target.mkdir()
        (target / "a.png").write_bytes(SECRET)
    else:
        target.write_bytes(SECRET)
    (records / name).symlink_to(target)
    with pytest.raises(UserError, match=f"but {name} is a link to {target}, which was not read"):
        load_data(str(records))


def _naming(place: Path, source: str) -> Path:
    """A checkpoint that says that it was trained on what lies at `source`."""
    model, checkpoint = load_model(place / "gan.safetensors")
    assert isinstance(model, torch.nn.Module)
    declared = {**read_header(checkpoint.path)[0], "data": {**checkpoint.declared["data"], "source": source}}
    checkpoint.path.write_bytes(tensor_bytes(model.state_dict(), json.dumps(declared)))
    return checkpoint.path


def asked(checkpoint: Path, reference: str | None = None) -> Any:
    return prepare(Request(str(checkpoint), reference=reference), lambda step, share: None)


@pytest.mark.parametrize("source", ["/", "/etc/passwd", "secret.csv", "pipe.csv", "..", "~", "none.npz", "/dev/zero"])
def test_data_that_a_checkpoint_names(source: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.parent)
    os.mkfifo(place.parent / "pipe.csv")
    with pytest.raises(UserError, match=rf"names its training data, '{source}', but files that a checkpoint names are"):
        asked(_naming(place, source))


def test_data_that_the_user_names_too_are_split_as_in_the_training(place: Path) -> None:
    digits = load_data("digits")
    np.savez(place / "mine.npz", x=digits.samples, y=digits.labels)
    mine = load_data(str(place / "mine.npz"), split="train", seed=3)
    save_checkpoint(place / "mine.safetensors", train("gan", mine, seed=3, overrides={"steps": 2}))
    (place / "mine.npz").rename(place / "moved.npz")
    subject = asked(place / "mine.safetensors", str(place / "moved.npz"))
    assert subject.reference.sha256 == mine.sha256
    assert len(subject.reference) + len(subject.holdout) == len(digits)
    # Other data are no control, and taken whole.
    np.savez(place / "other.npz", x=digits.samples[:300])
    other = asked(place / "mine.safetensors", str(place / "other.npz"))
    assert (len(other.reference), other.holdout) == (300, None)


def test_members_of_an_archive_are_never_unpacked_to_where_they_say(place: Path) -> None:
    before = {each.name for each in place.parent.iterdir()}
    np.savez(place / "images.npz", **{"x": np.zeros((2, 4, 4), np.uint8), "../../evil": np.arange(2)})
    assert load_data(str(place / "images.npz")).modality == "image"
    assert {each.name for each in place.parent.iterdir()} == before


def test_what_lies_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "round").symlink_to("round")
    assert contained(tmp_path / "folder" / "a" / ".." / "b", tmp_path / "folder") == tmp_path / "folder" / "b"
    assert contained(tmp_path / "folder" / ".." / "b", tmp_path / "folder") is None
    assert contained(tmp_path / "folder-2", tmp_path / "folder") is None
    check_links(tmp_path / "folder")
    check_links(tmp_path / "none")
