"""Pipes and devices, numbers out of range, odd tensors, a model's own faults, damaged audits: one line and exit 2."""

import json
import os
import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from genai_audit.audit.cli import main
from genai_audit.audit.folder.binding import evidence_digests
from in_process import in_process

GOOD = ["good.npz", "--reference", "good.npz", "--only", "GA501"]
MODEL = """
import torch
import numpy as np
import pandas as pd
calls = 0

class Odd(Exception):
    def __str__(self):
        raise RuntimeError("no words")

class Model:
    modality = "{modality}"
    {attributes}
    def sample(self, n, *, generator, condition=None):
        global calls
        calls += 1
        x = torch.rand(n, 1, 8, 8, generator=generator)
        t = ["the cat sat"] * n
        d = pd.DataFrame({{"a": x[:, 0, 0, 0].numpy(), "b": ["p", "q"] * (n // 2)}})
        {body}

def load(path):
    return Model()
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with images, and everything that can stand in the place of a file."""
    np.savez(tmp_path / "good.npz", x=np.random.default_rng(0).random((60, 8, 8)), y=np.arange(60) % 3)
    (tmp_path / "good.txt").write_text("the cat sat\non the mat\n" * 20, encoding="utf-8")
    (tmp_path / "good.csv").write_text("a,b\n" + "0.25,p\n0.5,q\n" * 30, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENAI_AUDIT_CACHE", str(tmp_path / "cache"))
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), obj=in_process)


def assert_refused(result: Result, says: str) -> None:
    assert result.exit_code == 2, result.output
    lines = [line for line in result.output.splitlines() if line and not line.startswith(("Usage:", "Try "))]
    assert len(lines) == 1, result.output
    assert re.search(says, lines[0]), lines[0]


def pipe(place: Path) -> None:
    os.mkfifo(place)


def listening(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(place.name)


def endless(place: Path) -> None:
    place.symlink_to("/dev/zero")


ODD: dict[str, tuple[Callable[[Path], None], str]] = {
    "pipe": (pipe, "got a pipe"),
    "socket": (listening, "got a socket"),
    "device": (endless, "got a device"),
    "loop": (lambda place: place.symlink_to(place.name), "cannot be read"),
    "dangling link": (lambda place: place.symlink_to("gone"), "nothing is there"),
}
PLACES = {
    "checkpoint": (["run", "x.safetensors"], "x.safetensors"),
    "samples": (["run", "x.npz"], "x.npz"),
    "reference": (["run", "good.npz", "--reference", "x.npz"], "x.npz"),
    "holdout": (["run", *GOOD, "--holdout", "x.csv"], "x.csv"),
    "policy": (["run", *GOOD, "--policy", "x.yaml"], "x.yaml"),
    "types": (["run", *GOOD, "--types", "x.yaml"], "x.yaml"),
    "prompts": (["run", *GOOD, "--prompts", "x.txt"], "x.txt"),
    "loader": (["run", *GOOD, "--loader", "x.py:load"], "x.py"),
    "record to report": (["report", "x.json"], "x.json"),
    "record to judge": (["judge", "x.json"], "x.json"),
    "data to train on": (["train", "vae", "--data", "x.npz", "--out", "y.safetensors"], "x.npz"),
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("place", PLACES)
def test_no_pipe_or_device_is_opened_in_place_of_a_file(here: Path, place: str, odd: str) -> None:
    arguments, name = PLACES[place]
    make, says = ODD[odd]
    make(here / name)
    assert_refused(call(*arguments), says)
    assert not list(here.glob("audit-out*"))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["n" * 300, "f/" * 2500 + "x"], ids=["a long name", "a long path"])
def test_a_name_that_no_file_system_takes_is_refused(here: Path, place: str, name: str) -> None:
    arguments, short = PLACES[place]
    named = [each.replace(short, name + Path(short).suffix) for each in arguments]
    assert_refused(call(*named), "cannot be read|nothing is there|expected")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--device", "meta"], "--device: expected cpu or a device"),
        (["--device", "privateuseone"], "--device: expected cpu or a device"),
        (["--device", "cuda:99"], "--device: expected cpu or a device"),
        (["--device", ""], "--device: expected cpu or a device"),
        (["--samples", "1000000000000000"], "--samples: expected at most 10,000,000"),
        (["--samples", "0"], "--samples"),
        (["--seed", "1" + "0" * 30], "--seed: expected a whole number up to"),
        (["--seed", "-1"], "--seed"),
        (["--memory", "9" * 400 + "G"], "--memory"),
        (["--memory", "nan"], "--memory"),
        (["--only", ","], "--only"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else "",
)
def test_numbers_and_devices_that_are_none(here: Path, arguments: list[str], says: str) -> None:
    only = [] if "--only" in arguments else ["--only", "GA501"]
    assert_refused(call("run", "good.npz", "--reference", "good.npz", *only, *arguments), says)


QUIET = "import warnings; warnings.simplefilter('ignore')\n        "
TRAP = "@property\n    def {}(self): raise ValueError('trap')"
CODE: dict[str, tuple[str, str, str, str]] = {
    # modality, attributes, body of sample, and what the line says
    "meta": ("image", "", "return x.to('meta')", "on the device meta"),
    "sparse": ("image", "", "return x.to_sparse()", "layout sparse_coo"),
    "compressed rows": ("image", "", QUIET + "return x.reshape(n, 64).to_sparse_csr()", "layout sparse_csr"),
    "quantised": (
        "image",
        "",
        QUIET + "return torch.quantize_per_tensor(x, 0.01, 0, torch.quint8)",
        "quantis",
    ),
    "nested": ("image", "", "return torch.nested.nested_tensor(list(x), layout=torch.jagged)", "nested tensor"),
    "complex": ("image", "", "return x.to(torch.complex64)", "complex64"),
    "of no size": ("image", "", "return x[:, :, :0]", "none, of shape"),
    "of any size": ("image", "", "return torch.zeros(1).expand(10**9, 1, 8, 8)", "got \\(1000000000"),
    "meta later": ("image", "", "return x if calls < 4 else x.to('meta')", "on the device meta"),
    "sparse later": ("image", "", "return x if calls < 4 else x.to_sparse()", "layout sparse_coo"),
    "complex later": ("image", "", "return x if calls < 4 else x.to(torch.complex64)", "complex numbers"),
    "claims later": ("image", "", "return x if calls < 4 else torch.zeros(1).expand(10**12)", "1000000000000"),
    "a mapping later": ("image", "", "return x if calls < 4 else {}", "got a dict"),
    "nothing later": ("image", "", "return x if calls < 4 else None", "got a NoneType"),
    "texts without end": ("text", "", "return t if calls < 4 else iter(lambda: 'x', 'y')", "got 501 records"),
    "one text for all": ("text", "", "return t if calls < 4 else 'x' * n", "got a str"),
    "raises": ("image", "", "raise KeyError('own')", r"m\.py:\d+: .*KeyError: 'own'"),
    "raises later": ("image", "", "return x if calls < 4 else 1 / 0", r"m\.py:\d+: Model\.sample failed .*by zero"),
    "leaves": ("image", "", "raise SystemExit(0)", r"m\.py:\d+: .*SystemExit"),
    "leaves later": ("image", "", "return x if calls < 4 else exit(0)", r"m\.py:\d+: .*SystemExit"),
    "has no words": ("image", "", "raise Odd", r"m\.py:\d+: .*Odd"),
    "has no words later": ("image", "", "if calls > 3: raise Odd\n        return x", r"m\.py:\d+: .*Odd"),
    "is its own cause": (
        "image",
        "",
        "e = KeyError('own')\n        e.__cause__ = e\n        raise e",
        r"m\.py:\d+: .*KeyError: 'own'",
    ),
    "a trap for chunk": ("image", TRAP.format("chunk"), "return x", r"m\.py:\d+: .*trap"),
    "a trap for default_samples": ("image", TRAP.format("default_samples"), "return x", r"m\.py:\d+: .*trap"),
    "a trap for latent_dim": ("image", TRAP.format("latent_dim"), "return x", r"trap"),
    "a trap for modality": ("image", TRAP.format("modality"), "return x", r"m\.py:\d+: .*trap"),
    "no number of samples": ("image", "default_samples = 'many'", "return x", "default_samples of the model"),
    "endless samples": ("image", "default_samples = 10**15", "return x", "at most 10,000,000"),
    "chunks of nothing": ("image", "chunk = 0", "return x", "chunk"),
    "a trap for what is missing": (
        "image",
        "def __getattr__(self, name): raise RuntimeError('trap')",
        "return x",
        r"m\.py:\d+: .*trap",
    ),
    "a trap for everything": (
        "image",
        "def __getattribute__(self, name): raise RuntimeError('trap')",
        "return x",
        r"m\.py:\d+: .*trap",
    ),
    "a modality that is many": ("image", "modality = np.array(['image', 'text'])", "return x", "expected modality"),
    "a modality of another kind": ("image", "modality = []", "return x", "expected modality"),
}
CODE |= {
    f"sound that is {name}": ("audio", "sample_rate = 8000", f"return {given}", says)
    for name, given, says in (
        ("meta", "x[:, 0, 0].to('meta')", "on the device meta"),
        ("sparse", "x[:, 0, 0].to_sparse()", "layout sparse_coo"),
        ("empty", "x[:, 0, 0, :0]", "no sample of it"),
        ("meta later", "x[:, 0, 0] if calls < 4 else x[:, 0, 0].to('meta')", "on the device meta"),
    )
}
CODE |= {
    f"a table with {called}": ("tabular", "", f"if calls > {after}: d['b'] = {cells}\n        return d", says)
    for name, cells, says in (
        ("lists", "[[1]] * n", "a list in column 'b'"),
        ("objects", "[object() for _ in range(n)]", "a object in column 'b'"),
        ("periods", "pd.Period('2020', 'M')", "a Period in column 'b'"),
        ("intervals", "pd.Interval(0, 1)", "a Interval in column 'b'"),
        ("durations", "pd.Timedelta(days=1)", "in column 'b'"),
        ("bytes", "[b'x'] * n", "a bytes in column 'b'"),
        ("complex numbers", "1j", "complex128 in column 'b'"),
        ("tables", "[d.copy()] * n", "a DataFrame in column 'b'"),
    )
    for called, after in ((name, 0), (f"{name} later", 3))
}
CODE["a table with two levels"] = (
    "tabular",
    "",
    "d.columns = pd.MultiIndex.from_tuples([('a', '1'), ('b', '2')])\n        return d",
    "a name of its own, in one level",
)
CODE["a table of one name"] = ("tabular", "", "d.columns = ['a', 'a']\n        return d", "columns of different names")
NO_SAMPLES = ("a trap for default_samples", "no number of samples", "endless samples")


@pytest.mark.parametrize("name", CODE)
def test_what_a_models_code_does_is_told_as_its_own(here: Path, name: str) -> None:
    modality, attributes, body, says = CODE[name]
    if name == "a trap for latent_dim":
        attributes += "\n    def decode(self, z): return z"
    (here / "m.py").write_text(MODEL.format(modality=modality, attributes=attributes, body=body), encoding="utf-8")
    data = {"text": "good.txt", "tabular": "good.csv", "image": "good.npz"}.get(modality)
    number = [] if name in NO_SAMPLES else ["--samples", "600"]
    reference = [] if data is None else ["--reference", data]
    result = call("run", "good.npz", "--loader", "m.py:load", *reference, "--only", "GA501", *number)
    assert_refused(result, says)


def test_half_of_a_surrogate_pair_is_evidence_and_comes_back(here: Path) -> None:
    from genai_audit.audit.evidence.bundle import Evidence

    body = "t[1] = 'half \\ud800'\n        return t"
    (here / "m.py").write_text(MODEL.format(modality="text", attributes="", body=body), encoding="utf-8")
    result = call(
        "run", "good.npz", "--loader", "m.py:load", "--reference", "good.txt", "--only", "GA501", "--samples", "40"
    )
    assert result.exit_code in (1, 3), result.output
    finding = json.loads((here / "audit-out/record.json").read_text(encoding="utf-8"))["findings"]
    assert next(each for each in finding if each["code"] == "GA501")["outcome"] == "measured"
    (here / "audit-out/evidence/generated.samples.jsonl").read_text(encoding="utf-8")
    assert Evidence.load(here / "audit-out/evidence").generated.samples[1] == "half \ud800"


VALUES = {
    "missing truth values": "pd.array([True, None] * (n // 2), dtype='boolean')",
    "whole numbers of 400 digits": "[10**400] * n",
    "decimals that signal": "[__import__('decimal').Decimal('sNaN')] * n",
    "sparse": "pd.arrays.SparseArray(d['a'])",
    "categories": "d['b'].astype('category')",
}


@pytest.mark.parametrize("cells", VALUES.values(), ids=VALUES)
def test_odd_values_of_a_table_are_evidence(here: Path, cells: str) -> None:
    body = f"d['b'] = {cells}\n        return d"
    (here / "m.py").write_text(MODEL.format(modality="tabular", attributes="", body=body), encoding="utf-8")
    arguments = ["run", "good.npz", "--loader", "m.py:load", "--reference", "good.csv", "--only", "GA501"]
    result = call(*arguments, "--samples", "60")
    assert result.exit_code in (0, 1, 3), result.output


def test_names_that_are_not_utf_8_are_kept_and_told(here: Path) -> None:
    name = os.fsdecode(b"n\xff.npz")
    shutil.copy(here / "good.npz", here / name)
    assert call("run", name, "--reference", name, "--only", "GA501").exit_code in (0, 1, 3)
    record = json.loads((here / "audit-out/record.json").read_text(encoding="utf-8"))
    assert record["checkpoint"]["name"] == name
    assert call("report", "audit-out").exit_code == 0


def test_names_of_groups_that_no_encoding_has_are_refused(here: Path) -> None:
    np.savez(here / "half.npz", x=np.random.default_rng(0).random((60, 8, 8)), y=np.array(["\ud800", "b"] * 30))
    assert_refused(call("run", "good.npz", "--reference", "half.npz"), r"half\.npz: expected names of groups in UTF-8")


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit to damage copies of."""
    folder = tmp_path_factory.mktemp("audited")
    np.savez(folder / "good.npz", x=np.random.default_rng(0).random((60, 8, 8)))
    good = str(folder / "good.npz")
    result = call("run", good, "--reference", good, "--only", "GA501", "--out", str(folder / "o"))
    assert result.exit_code in (0, 1, 3), result.output
    return folder / "o"


def changed(name: str, text: str | bytes) -> Callable[[Path], object]:
    return lambda audit: (audit / name).write_bytes(text if isinstance(text, bytes) else text.encode())


def placed(name: str, make: Callable[[Path], None]) -> Callable[[Path], object]:
    def put(audit: Path) -> None:
        (audit / name).unlink()
        make(audit / name)

    return put


def recorded(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def put(audit: Path) -> None:
        record = json.loads((audit / "record.json").read_text(encoding="utf-8"))
        change(record)
        (audit / "record.json").write_text(json.dumps(record), encoding="utf-8")

    return put


def forged(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Evidence that was changed together with its digest."""

    def put(audit: Path) -> None:
        path = audit / "evidence" / name
        path.write_bytes(change(path.read_bytes()))
        recorded(lambda record: record.update(evidence=evidence_digests(audit / "evidence")))(audit)

    return put


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a version to come": recorded(lambda record: record.update(schema_version=99)),
    "a negative version": recorded(lambda record: record.update(schema_version=-1)),
    "a version in words": recorded(lambda record: record.update(schema_version="two")),
    "a number without end": recorded(lambda record: record["data"]["generated"].update(n=10**400)),
    "NaN": changed("record.json", '{"schema_version": 2, "verdict": NaN}'),
    "1e400": changed("record.json", '{"schema_version": 2, "verdict": 1e400}'),
    "a key twice": changed("record.json", '{"schema_version": 2, "schema_version": 2}'),
    "deep lists": changed("record.json", "[" * 100_000),
    "deep mappings": changed("record.json", '{"a":' * 50_000 + "1" + "}" * 50_000),
    "UTF-16": changed("record.json", '{"schema_version": 2}'.encode("utf-16")),
    "a record that is a folder": placed("record.json", Path.mkdir),
    "a record that is a pipe": placed("record.json", pipe),
    "a record without end": placed("record.json", endless),
    "evidence that is a folder": placed("evidence/generated.npz", Path.mkdir),
    "evidence that is a pipe": placed("evidence/generated.json", pipe),
    "evidence without end": placed("evidence/generated.npz", endless),
    "evidence that is gone": lambda audit: (audit / "evidence/generated.npz").unlink(),
    "evidence in one file": lambda audit: (shutil.rmtree(audit / "evidence"), (audit / "evidence").touch()),
    "a cut archive": forged("generated.npz", lambda content: content[:200]),
    "a damaged archive": forged("generated.npz", lambda content: content[:150] + b"\xff" * 50 + content[200:]),
    "no archive": forged("generated.npz", lambda content: b"words"),
    "an array of another kind": forged("generated.json", lambda content: content.replace(b'"seed": 0', b'"seed": "x"')),
    "deep evidence": forged("generated.json", lambda content: b"[" * 100_000),
    "no dataclass": forged("generated.json", lambda content: content.replace(b'"Generated"', b'"Nothing"')),
    "a list of evidence": forged("generated.json", lambda content: b"[1]"),
}


@pytest.mark.parametrize("command", ["report", "judge"])
@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_audit_is_refused(here: Path, audited: Path, name: str, command: str) -> None:
    shutil.copytree(audited, here / "w")
    DAMAGE[name](here / "w")
    before = sorted(here.rglob("*"))
    assert_refused(call(command, "w"), "w")
    assert sorted(here.rglob("*")) == before
