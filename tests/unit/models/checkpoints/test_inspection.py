"""Files are read as tensors without running them, facts are right, and fresh weights are told from others."""

import hashlib
import io
import pickle
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from genai_audit.models.adapters.opened import Stored
from genai_audit.models.checkpoints import formats
from genai_audit.models.checkpoints.initialisers import Initialiser, initialisers, p_value, step
from genai_audit.models.checkpoints.inspection import UNFILLED, describe, inspect
from genai_audit.models.checkpoints.stored_tensors import stored_tensors
from genai_audit.models.checkpoints.weight_facts import TensorFacts, WeightFacts
from genai_audit.models.errors import UserError

NOWHERE = Path("/nowhere/at/all")


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def uniform(*shape: int, bound: float, seed: int = 0) -> Tensor:
    return torch.empty(shape).uniform_(-bound, bound, generator=seeded(seed))


def normal(*shape: int, deviation: float, seed: int = 0) -> Tensor:
    return deviation * torch.randn(*shape, generator=seeded(seed))


def facts(tensor: Tensor, name: str = "layer.weight", depth: int = 1) -> TensorFacts:
    return describe(Stored(name, tensor, "cpu"), depth)


def names(found: WeightFacts) -> list[str]:
    return [each.name for each in found.tensors]


def tagged(path: Path, device: bytes) -> Path:
    """The same torch file as if it had been saved from another device: its pickle names the device of each storage."""
    changed = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("data.pkl"):
                assert b"\x03\x00\x00\x00cpu" in content
                content = content.replace(b"\x03\x00\x00\x00cpu", bytes([len(device), 0, 0, 0]) + device)
            new.writestr(name, content)
    path.write_bytes(changed.getvalue())
    return path


def test_the_facts_of_a_tensor_are_those_of_its_finite_numbers() -> None:
    tensor = torch.tensor([[0.0, 1.0, torch.nan], [-3.0, torch.inf, 0.0]])
    found = facts(tensor)
    assert (found.shape, found.dtype, found.count, found.zeros, found.broken) == ((2, 3), "float32", 6, 2, 2)
    assert (found.low, found.high, found.mean) == (-3, 1, -0.5)
    assert found.deviation == pytest.approx(np.std([0, 1, -3, 0]))
    assert not found.tested
    assert found.sha256 == facts(tensor.clone()).sha256 != facts(tensor.flatten()).sha256
    assert found.sha256 != facts(tensor.double()).sha256


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (torch.full((3, 2), torch.nan), (0, 0, 0, 0, 6)),
        (torch.zeros(0, 4), (0, 0, 0, 0, 0)),
        (torch.tensor(2.5), (2.5, 0, 2.5, 2.5, 0)),
        (torch.tensor([1e300, -1e300], dtype=torch.float64), (0, 1e300, -1e300, 1e300, 0)),
    ],
)
def test_nothing_undefined_is_ever_a_fact(tensor: Tensor, expected: tuple[float, ...]) -> None:
    found = facts(tensor)
    assert (found.mean, found.deviation, found.low, found.high, found.broken) == expected


def test_a_large_tensor_is_counted_whole_and_measured_on_a_sample() -> None:
    tensor = uniform(3000, 1000, bound=1.0)
    tensor[2999, 999] = 7
    tensor[5, :40] = 0
    found = facts(tensor)
    assert (found.count, found.zeros, found.high) == (3_000_000, 40, 7)
    assert found.deviation == pytest.approx(3**-0.5, rel=0.002)


def test_strides_pick_every_column() -> None:
    for count, most in ((3_000_000, 1_000_000), (2**22, 1_000_000), (101, 100), (50, 100)):
        stride = step(count, most)
        assert count / stride <= most
        assert stride == 1 or np.gcd(stride, count) == 1


CUT = 300**-0.5 / 0.879625661034239
"""The deviation that leaves 1/√300 when what lies beyond two deviations is cut off."""

FRESH: dict[str, Callable[[], nn.Module]] = {
    "linear": lambda: nn.Linear(64, 100),
    "convolution": lambda: nn.Conv2d(16, 32, 3),
    "transposed": lambda: nn.ConvTranspose2d(64, 32, 4, 2),
    "embedding": lambda: nn.Embedding(50, 32),
    "padded embedding": lambda: nn.Embedding(50, 32, padding_idx=0),
    "lstm": lambda: nn.LSTM(40, 64),
    "gru": lambda: nn.GRU(40, 64),
    "attention": lambda: nn.MultiheadAttention(32, 4),
    "half": lambda: nn.Linear(64, 100).half(),
    "bfloat16": lambda: nn.Linear(300, 300).bfloat16(),
}


@pytest.mark.parametrize("kind", FRESH)
def test_fresh_layers_of_torch_agree_with_a_law(kind: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        module = FRESH[kind]()
    found = inspect(NOWHERE, module)
    tested = [each for each in found.tensors if each.tested]
    assert tested
    assert all(each.initial for each in tested)


@pytest.mark.parametrize(
    ("tensor", "distribution"),
    [
        (normal(200, 64, deviation=0.02), "normal, deviation 0.02"),
        (normal(200, 64, deviation=0.02 / 12**0.5), "normal, deviation 0.02/√12"),
        (uniform(64, 128, bound=(6 / 192) ** 0.5), "Glorot uniform, variance 2/(fan_in + fan_out)"),
        (uniform(3, 3, 16, 32, bound=(6 / (9 * 48)) ** 0.5), "Glorot uniform, variance 2/(fan_in + fan_out)"),
        (normal(100, 300, deviation=(2 / 300) ** 0.5), "He normal, variance 2/fan"),
        (
            nn.init.trunc_normal_(torch.empty(100, 300), 0, CUT, -2 * CUT, 2 * CUT, generator=seeded(1)),
            "LeCun normal cut at ±2σ, variance 1/fan",
        ),
        (torch.linalg.qr(normal(64, 64, deviation=1))[0].repeat(4, 1), "orthogonal"),
        (torch.linalg.qr(normal(256, 64, deviation=1))[0].T, "orthogonal"),
    ],
)  # fmt: skip
def test_each_law_is_named(tensor: Tensor, distribution: str) -> None:
    assert facts(tensor, depth=6).initial == distribution


def test_constants_are_named_but_not_tested() -> None:
    for tensor, distribution in (
        (torch.ones(500), "constant 1"),
        (torch.zeros(30, 30), "constant 0"),
        (torch.ones(9) / 2, ""),
    ):
        assert (facts(tensor).initial, facts(tensor).tested) == (distribution, False)


def test_what_departs_from_the_law_in_one_way_does_not_agree() -> None:
    fresh = uniform(100, 64, bound=1 / 8)
    assert facts(fresh).initial == "uniform ±1/√fan_in"
    beyond = fresh.clone()
    beyond[3, 4] = 0.126
    shifted_rows = normal(100, 64, deviation=0.02) + normal(100, 1, deviation=0.005)
    uneven_columns = normal(100, 64, deviation=0.02) * (1 + normal(1, 64, deviation=0.2))
    # Two values with the mean and the deviation of the distribution.
    two_values = torch.where(normal(100, 64, deviation=1) > 0, 0.02, -0.02)
    for changed in (beyond, shifted_rows, uneven_columns, two_values, 1.1 * normal(100, 64, deviation=0.02)):
        assert facts(changed).tested
        assert facts(changed).initial == ""


def test_fresh_tensors_are_missed_as_seldom_as_promised() -> None:
    distribution = initialisers((40, 30), recurrent=False, depth=1)[0]
    missed = sum(not facts(uniform(40, 30, bound=distribution.bound, seed=seed)).initial for seed in range(400))
    assert missed <= 8  # of 400, when about five tests at 0.001 or 0.0005 each are passed


@pytest.mark.parametrize("kind", ["uniform", "normal", "cut normal"])
def test_the_test_is_that_of_kolmogorov(kind: str) -> None:
    from scipy.stats import kstest, norm, truncnorm
    from scipy.stats import uniform as flat

    distribution = Initialiser("any", kind, 0.3)
    cut = 0.3 / 0.879625661034239
    exact = {
        "uniform": flat(-distribution.bound, 2 * distribution.bound),
        "normal": norm(0, 0.3),
        "cut normal": truncnorm(-2, 2, 0, cut),
    }[kind]
    assert exact.std() == pytest.approx(0.3)
    values = np.sort(exact.rvs(1000, random_state=np.random.default_rng(1)))
    assert p_value(values, distribution) == pytest.approx(kstest(values, exact.cdf, mode="asymp").pvalue)


def test_every_file_of_a_folder_is_read_and_hashed(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / ".hidden").mkdir()
    save_file({"a": torch.ones(2, 2)}, tmp_path / "inner" / "one.safetensors")
    torch.save({"state_dict": {"b": torch.ones(3), "steps": torch.tensor(4)}, "optimizer": [torch.ones(9)]},
               tmp_path / "two.pt")  # fmt: skip
    torch.save([torch.ones(5)], tmp_path / "optimizer.pt")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / ".hidden" / "x").write_text("x")
    found = inspect(tmp_path, None)
    assert names(found) == ["inner/one.safetensors: a", "two.pt: state_dict.b"]
    assert [name for name, _ in found.files] == ["config.json", "inner/one.safetensors", "optimizer.pt", "two.pt"]
    assert found.files[0][1] == hashlib.sha256(b"{}").hexdigest()
    assert names(inspect(tmp_path / "two.pt", None)) == ["state_dict.b"]


@pytest.mark.parametrize("new", [True, False])
def test_torch_files_name_the_device_that_each_tensor_was_saved_from(tmp_path: Path, new: bool) -> None:
    shared = normal(4, 4, deviation=1)
    path = tmp_path / "m.pt"
    content = {"a": shared, "tied": shared, "half": shared.half(), "whole": torch.arange(3)}
    torch.save(content, path, _use_new_zipfile_serialization=new)
    read = [(each.name, each.device) for each in stored_tensors(path)]
    assert read == [("a", "cpu"), ("tied", "cpu"), ("half", "cpu")]
    assert names(inspect(path, None)) == ["a", "half"]
    if new:
        found = inspect(tagged(path, b"cuda:0"), None)
        assert [(each.device, each.dtype) for each in found.tensors] == [("cuda:0", "float32"), ("cuda:0", "float16")]
        assert found.tensors[0].sha256 == facts(shared).sha256


@pytest.mark.filterwarnings("ignore:`torch.jit")  # deprecated, but such files are about
def test_files_that_need_code_or_hold_no_tensors_leave_the_loaded_model(tmp_path: Path) -> None:
    layer = nn.Linear(4, 4)
    (tmp_path / "code.pt").write_bytes(pickle.dumps(SimpleNamespace(a=1)))
    (tmp_path / "list.pkl").write_bytes(pickle.dumps([1, 2]))
    (tmp_path / "looks_like_safetensors.json").write_text('{"seed":{"a": 1}}')
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("none")
    torch.jit.save(torch.jit.trace(layer, torch.zeros(1, 4)), tmp_path / "program.pt")
    for path in (tmp_path, *tmp_path.iterdir()):
        assert path.is_dir() or list(stored_tensors(path)) == []
        assert names(inspect(path, layer)) == ["weight", "bias"]
        assert names(inspect(path, SimpleNamespace(net=layer, n=3))) == ["net.weight", "net.bias"]
        assert names(inspect(path, object())) == []


@pytest.mark.filterwarnings("default")
def test_damaged_files_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.ones(200)}, tmp_path / "whole.safetensors")
    torch.save({"a": torch.ones(200)}, tmp_path / "whole.pt", _use_new_zipfile_serialization=False)
    for name in ("whole.safetensors", "whole.pt"):
        damaged = tmp_path / name
        damaged.write_bytes(damaged.read_bytes()[:-300])
        with pytest.raises(UserError, match=r"whole\.\w+: reading its tensors failed with .*; save it again"):
            inspect(damaged, None)


def test_keras_and_hdf5_files_are_read(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="needs h5py: pip install 'genai-audit[keras]'")
    with h5py.File(tmp_path / "w.weights.h5", "w") as file:
        file["layers/dense/vars/0"] = np.ones((2, 3), np.float32)
        file["layers/dense/steps"] = np.array(3)
        file["optimizer/vars/0"] = np.ones(5, np.float32)
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.write(tmp_path / "w.weights.h5", "model.weights.h5")
        archive.writestr("config.json", "{}")
    for name in ("m.keras", "w.weights.h5"):
        (found,) = inspect(tmp_path / name, None).tensors
        assert (found.name, found.shape) == ("layers/dense/vars/0", (2, 3))


def test_onnx_files_are_read(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="needs onnx: pip install 'genai-audit[onnx]'")
    weight = onnx.numpy_helper.from_array(np.full((2, 3), 0.5, np.float16), "w")
    index = onnx.numpy_helper.from_array(np.arange(3), "i")
    graph = onnx.helper.make_graph([], "g", [], [], [weight, index])
    onnx.save(onnx.helper.make_model(graph), str(tmp_path / "m.onnx"))
    (found,) = inspect(tmp_path / "m.onnx", None).tensors
    assert (found.name, found.dtype, found.mean) == ("w", "float16", 0.5)


def test_weights_that_a_loader_left_unfilled_are_listed(tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = nn.ModuleDict({"body": nn.Linear(40, 40), "head": nn.Linear(40, 30)})
    model["body"].weight.data += normal(40, 1, deviation=0.1)
    save_file({"body.weight": model["body"].weight.data.half()}, tmp_path / "m.safetensors")
    model["body"].weight.data = model["body"].weight.data.half().float()
    found = inspect(tmp_path / "m.safetensors", model)
    assert names(found) == ["body.weight", f"{UNFILLED}head.weight"]
    assert [bool(each.initial) for each in found.tensors] == [False, True]
    save_file({name: each.data for name, each in model.named_parameters()}, tmp_path / "m.safetensors")
    assert UNFILLED not in "".join(names(inspect(tmp_path / "m.safetensors", model)))


def test_the_blocks_of_the_model_set_the_scale_of_their_last_layers() -> None:
    class Block(nn.Module):
        def __init__(self, seed: int) -> None:
            super().__init__()
            self.narrow = nn.Parameter(normal(64, 256, deviation=0.02 / 10**0.5, seed=seed))

    model = nn.ModuleDict({"blocks": nn.ModuleList(Block(seed) for seed in range(5))})
    assert {each.initial for each in inspect(NOWHERE, model).tensors} == {"normal, deviation 0.02/√10"}


def write(folder: Path, files: dict[str, dict[str, Any]]) -> Path:
    for name, tensors in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (torch.save if name.endswith((".pt", ".bin")) else save_file)(tensors, folder / name)
    return folder


A, B = normal(16, 16, deviation=0.3, seed=1), normal(16, 16, deviation=0.3, seed=2)


@pytest.mark.parametrize(
    ("files", "remark"),
    [
        ({"G.pt": {"0.weight": A}, "D.pt": {"0.weight": A}}, r"discriminator \(D.pt\) holds the same .* \(G.pt\)"),
        ({"m.pt": {"generator.0.weight": A, "discriminator.2.weight": A}}, r"\(discriminator\.\*\) holds the same"),
        ({"m.pt": {"generator.0.weight": A, "discriminator.2.weight": A.clone()}}, r"\(generator\.\*\): one was saved"),
        ({"netG_epoch_9.pt": {"a": A}, "netD_epoch_9.pt": {"a": A}}, "discriminator .* holds the same"),
        ({"encoder.pt": {"0.weight": A, "2.weight": B}}, "There is an encoder .* but no decoder or generator"),
        ({"m.pt": {"encoder.0.weight": A, "fc_mu.weight": B}}, "There is an encoder"),
        ({"model.safetensors": {"a": A}, "pytorch_model.bin": {"a": B}}, "of one name but hold different .* \\(a\\)"),
        ({"x/model.pt": {"a": A}, "y/model.pt": {"a": B}}, "x/model.pt and y/model.pt are of one name"),
        ({"m.pt": {"h.0.w": A, "h.1.w": B, "h.2.w": A.clone()}}, "Layers 0, 2 of m.pt: h hold the same weights"),
    ],
)
def test_contradictions_are_remarked_on(files: dict[str, dict[str, Tensor]], remark: str, tmp_path: Path) -> None:
    (said,) = inspect(write(tmp_path, files), None).remarks
    assert re.search(remark, said), said
    assert "\n" not in said
    assert said.endswith(".")


@pytest.mark.parametrize(
    "files",
    [
        {"G.pt": {"0.weight": A}, "D.pt": {"0.weight": B}},
        {"G.pt": {"0.weight": torch.ones(99)}, "D.pt": {"0.weight": torch.ones(99)}},
        {"encoder.pt": {"0.weight": A}, "decoder.pt": {"0.weight": B}},
        {"lm.pt": {"encoder.0.weight": A, "head.weight": B}},
        {"G.pt": {"encoder.0.weight": A, "up.weight": B}},
        {"model.safetensors": {"a": A, "b": B}, "pytorch_model.bin": {"a": A}},
        {"model.safetensors": {"a": A}, "model.bin": {"a": A.half()}},
        {"text_encoder/model.pt": {"a": A}, "unet/model.pt": {"decoder": B}},
        {"checkpoint-10/model.pt": {"a": A}, "checkpoint-20/model.pt": {"a": B}},
        {"m.pt": {"h.0.w": A, "h.1.w": A}},
        {"model-00001-of-00002.safetensors": {"a": A}, "model-00002-of-00002.safetensors": {"b": B}},
        {"m.pt": {"h.0.w": A, "h.0.norm": torch.ones(90), "h.1.w": B, "h.1.norm": torch.ones(90)}},
    ],
)
def test_what_belongs_together_is_not(files: dict[str, dict[str, Tensor]], tmp_path: Path) -> None:
    assert inspect(write(tmp_path, files), None).remarks == ()


def test_declared_components_of_a_pipeline_may_be_built_alike(tmp_path: Path) -> None:
    write(tmp_path, {"transformer/m.pt": {"a": A}, "transformer_2/m.pt": {"a": B}})
    assert len(inspect(tmp_path, None).remarks) == 1
    (tmp_path / "model_index.json").write_text("{}")
    assert inspect(tmp_path, None).remarks == ()


def test_parts_are_named_by_files_and_tensors(tmp_path: Path) -> None:
    write(tmp_path, {"vae.pt": {"encoder.a": A, "decoder.b": B}, "critic.pt": {"d": A}})
    assert inspect(tmp_path, None).parts == ("discriminator", "encoder", "decoder")


def test_a_digest_in_a_file_name_names_no_part(tmp_path: Path) -> None:
    save_file({"encoder.weight": normal(4, 4, deviation=1)}, tmp_path / "vae-6b8d978ec77da32d.safetensors")
    assert inspect(tmp_path, None).parts == ("encoder",)


def test_a_format_brings_the_reading_of_its_tensors_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Adding a format is its adapter and one line in `FORMATS`; its tensors are then read as well."""
    own = tmp_path / "weights.own"
    own.write_bytes(b"OWN\x00" + np.ones(6, np.float32).tobytes())
    assert list(stored_tensors(own)) == []

    def read(path: Path) -> Iterator[Stored] | None:
        content = path.read_bytes()
        if not content.startswith(b"OWN"):
            return None
        return iter([Stored("w", torch.from_numpy(np.frombuffer(content[4:], np.float32).copy()), "cpu")])

    adapter = SimpleNamespace(matches=lambda path: path.suffix == ".own", stored_tensors=read)
    monkeypatch.setitem(sys.modules, "genai_audit.models.adapters.own_file", adapter)
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, formats.Format("own", "own_file", "", "a test's own")))
    assert names(inspect(own, None)) == ["w"]
    save_file({"a": torch.ones(2, 2)}, tmp_path / "one.safetensors")
    assert names(inspect(tmp_path / "one.safetensors", None)) == ["a"]


def test_weights_that_are_on_no_device_are_refused_and_negated_views_are_read() -> None:
    values = torch.arange(6.0).reshape(2, 3)
    with pytest.raises(UserError, match="weights w: expected numbers, got a tensor on the device meta"):
        describe(Stored("w", values.to("meta"), "meta"))
    negated = describe(Stored("w", torch._neg_view(values), "cpu"))
    assert negated.sha256 == describe(Stored("w", -values, "cpu")).sha256
