"""Every bad input ends in exit code 2 with one clear line, no traceback, and nothing written."""

import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from genai_audit.audit.cli import main
from genai_audit.models.checkpoints.checkpoint import identify
from in_process import in_process

LOADER = """
import torch

class Model:
    modality = "image"
    def sample(self, n, *, generator, condition=None):
        return {samples}

def load(path):
    return {returned}
"""


def loader(samples: str = "torch.rand(n, 1, 8, 8, generator=generator)", returned: str = "Model()") -> bytes:
    return LOADER.format(samples=samples, returned=returned).encode()


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


class Exploding:
    """A pickle that would run code."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch exploded",)


POLICY = "version: 1\nname: x\nrules:\n  - {id: a, auditor: GA302, estimate: precision, at_least: 0.5, why: y}\n"
IMAGES = np.random.default_rng(0).random((60, 8, 8))
FILES: dict[str, bytes] = {
    "good.py": loader(),
    "empty.safetensors": b"",
    "text.safetensors": b"just some words, no weights",
    "code.pt": pickle.dumps(Exploding(), protocol=2),
    "good.npz": npz(x=IMAGES, y=np.arange(60) % 3),
    "nan.npz": npz(x=np.where(IMAGES > 0.99, np.nan, IMAGES)),
    "large.npz": npz(x=np.random.default_rng(1).random((60, 12, 12))),
    "loud.npz": npz(x=IMAGES * 300),
    "nox.npz": npz(images=IMAGES),
    "labels.npz": npz(x=IMAGES, y=np.arange(10)),
    "pickled.npz": npz(x=np.array([{"a": 1}], dtype=object)),
    "words.npz": b"not a zip",
    "policy.yaml": POLICY.encode(),
    "typo.yaml": POLICY.replace("at_least", "at_leest").encode(),
    "auditor.yaml": POLICY.replace("GA302", "GA999").encode(),
    "estimate.yaml": POLICY.replace("precision", "precison").encode(),
    "setting.yaml": (POLICY + "settings: {GA302: {neighbours: 3}}\n").encode(),
    "broken.yaml": b"version: [1\n",
    "none.py": loader(returned="None"),
    "nosample.py": b"def load(path):\n    class Model:\n        modality = 'image'\n    return Model()\n",
    "raises.py": b"def load(path):\n    raise RuntimeError('no such layer')\n",
    "flat.py": loader(samples="torch.rand(n, 64, generator=generator)"),
    "nanout.py": loader(samples="torch.full((n, 1, 8, 8), float('nan'))"),
    "signed.py": loader(samples="torch.randn(n, 1, 8, 8, generator=generator)"),
    "mixed.py": loader(returned="type('T', (Model,), {'modality': 'text'})()"),
    "text.py": loader("['words'] * n", "type('T', (Model,), {'modality': 'text'})()"),
    "odd.py": b"def load(path:\n",
    "columns.csv": b"sent_more,bias_type\na,b\n",
    "prose.txt": b"Some words in no layout.\n",
    "one.json": b'{"women": {"Ann": ["Ann is"]}, "men": {"Bob": ["Bob is"]}}',
}
GOOD = ["good.npz", "--reference", "good.npz"]
MODEL = ["policy.yaml", "--reference", "good.npz", "--loader"]

# Arguments of `run`, and what the one line must say.
TABLE: dict[str, tuple[list[str], str]] = {
    "no such checkpoint": (["missing.safetensors"], "missing.safetensors"),
    "empty checkpoint": (["empty.safetensors"], "empty"),
    "words as checkpoint": (["text.safetensors"], "text.safetensors"),
    "pickled code": (["code.pt"], "code"),
    "unknown reference model": (["reference:nope"], "expected a model family among vae, gan"),
    "no such data": (["good.npz", "--reference", "nowhere.npz"], "nowhere.npz"),
    "NaN in data": (["good.npz", "--reference", "nan.npz"], "nan.npz"),
    "values out of range": (["good.npz", "--reference", "loud.npz"], "loud.npz"),
    "data of another size": (["good.npz", "--reference", "large.npz"], "1 × 8 × 8, but those of large.npz 1 × 12 × 12"),
    "holdout of another size": ([*GOOD, "--holdout", "large.npz"], "large.npz"),
    "no x in data": (["good.npz", "--reference", "nox.npz"], "nox.npz"),
    "labels that do not align": (["good.npz", "--reference", "labels.npz"], "10"),
    "pickled data": (["good.npz", "--reference", "pickled.npz"], "pickle"),
    "words as data": (["good.npz", "--reference", "words.npz"], "words.npz"),
    "unknown policy key": ([*GOOD, "--policy", "typo.yaml"], "typo.yaml:4: rules.0.at_leest: unknown key"),
    "unknown auditor": ([*GOOD, "--policy", "auditor.yaml"], "auditor.yaml:4: rule a: no auditor 'GA999'"),
    "unknown estimate": ([*GOOD, "--policy", "estimate.yaml"], "estimate.yaml:4: rule a: GA302 gives no estimate"),
    "unknown setting": ([*GOOD, "--policy", "setting.yaml"], "settings.GA302: no parameter neighbours"),
    "broken policy": ([*GOOD, "--policy", "broken.yaml"], "broken.yaml:2: not YAML"),
    "no such policy": ([*GOOD, "--policy", "nowhere.yaml"], "nowhere.yaml: expected a policy in YAML"),
    "no such shipped policy": ([*GOOD, "--policy", "txet"], "a shipped one: default, image, sentences, tabular, text"),
    "no such probes": ([*GOOD, "--probes", "nowhere.csv"], "nowhere.csv: expected a file of probes"),
    "probes without a column": ([*GOOD, "--probes", "columns.csv"], "columns.csv:1: expected the columns sent_more"),
    "probes in no layout": ([*GOOD, "--probes", "prose.txt"], "prose.txt: expected CrowS-Pairs CSV"),
    "a file of one prompt": (
        [*GOOD, "--probes", "one.json"],
        "one.json: expected at least two prompts about each group",
    ),
    "unknown code": ([*GOOD, "--only", "GA999"], "--only: no auditor GA999"),
    "unknown group": ([*GOOD, "--groups", "age"], "--groups age: expected an attribute of good.npz (class)"),
    "no such device": ([*GOOD, "--device", "abacus"], "--device"),
    "negative samples": ([*GOOD, "--samples", "-3"], "--samples"),
    "loader without function": ([*MODEL, "good.py"], "good.py"),
    "no such loader": ([*MODEL, "nowhere.py:load"], "nowhere.py"),
    "no such function": ([*MODEL, "good.py:lode"], "lode"),
    "loader gives nothing": ([*MODEL, "none.py:load"], "None"),
    "model cannot sample": ([*MODEL, "nosample.py:load"], "sample"),
    "loader raises": ([*MODEL, "raises.py:load"], "no such layer"),
    "loader is no Python": ([*MODEL, "odd.py:load"], "odd.py"),
    "samples are no images": ([*MODEL, "flat.py:load"], "(2, 64)"),
    "samples are not finite": ([*MODEL, "nanout.py:load"], "finite"),
    "samples out of range": ([*MODEL, "signed.py:load"], "[0, 1]"),
    "samples are no texts": ([*MODEL, "mixed.py:load"], "expected sample(2, …) to be a list of 2 str, got Tensor"),
    "other modality": ([*MODEL, "text.py:load"], "makes text records, but good.npz holds image records"),
    "out is a file": ([*GOOD, "--out", "good.npz"], "--out good.npz: expected a folder"),
    "out holds other files": ([*GOOD, "--out", "."], "--out .: expected a folder of its own"),
    "unknown option": ([*GOOD, "--frobnicate"], "--frobnicate"),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all the files, as the working folder."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENAI_AUDIT_CACHE", str(tmp_path / "cache"))
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), obj=in_process)


@pytest.mark.parametrize(("arguments", "says"), TABLE.values(), ids=TABLE)
def test_one_clear_line(here: Path, arguments: list[str], says: str) -> None:
    before = set(here.iterdir())
    result = call("run", *arguments)
    assert result.exit_code == 2, result.output
    assert says in result.output
    message = [line for line in result.output.splitlines() if line and not line.startswith(("Usage:", "Try "))]
    assert len(message) == 1, result.output
    assert "Traceback" not in result.output
    assert {path for path in here.iterdir() if path.name != "__pycache__"} == before


def test_the_same_input_without_the_mistake_works(here: Path) -> None:
    assert call("run", *MODEL, "good.py:load", "--samples", "500").exit_code in (0, 1, 3)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["judge", "missing"], "expected a record written by genai-audit"),
        (["judge", "policy.yaml"], "expected a record written by genai-audit"),
        (["report", "missing"], "expected a record written by genai-audit"),
        (["explain", "GA999"], "no auditor 'GA999'; known: GA101"),
        (["explain", "../../etc"], "no auditor"),
        (["train", "nope", "--out", "x.safetensors"], "expected a model family"),
        (["train", "vae", "--plant", "rot=3", "--out", "x.safetensors"], "--plant"),
        (["train", "vae", "--plant", "drop-mode=77", "--out", "x.safetensors"], "77"),
        (["train", "vae", "--data", "nan.npz", "--out", "x.safetensors"], "nan.npz"),
        (["train", "vae", "--out", "nowhere/x.safetensors"], "existing folder"),
        (["train", "vae", "--set", "hidden", "--out", "x.safetensors"], "--set: expected NAME=NUMBER"),
        (["train", "vae", "--set", "hidden=wide", "--out", "x.safetensors"], "--set: expected NAME=NUMBER"),
        (["train", "vae", "--set", "latent_dim=-3", "--out", "x.safetensors"], "latent_dim"),
        (["train", "vae", "--set", "wings=2", "--out", "x.safetensors"], "wings"),
        (["list", "nonsense"], "nonsense"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_other_commands_refuse_as_clearly(here: Path, arguments: list[str], says: str) -> None:
    before = set(here.iterdir())
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert says in result.output
    assert "Traceback" not in result.output
    assert set(here.iterdir()) == before


def test_a_defect_of_ours_is_no_verdict(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("genai_audit.audit.commands.outputs.write", broken)
    result = call("run", *MODEL, "good.py:load", "--samples", "500")
    assert result.exit_code == 4
    assert "ZeroDivisionError" in result.output


def test_an_interrupt_leaves_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("genai_audit.audit.pipeline.collection.collect", interrupted)
    before = set(here.iterdir())
    result = call("run", *GOOD)
    assert result.exit_code == 130
    assert set(here.iterdir()) == before


def test_pickled_code_never_ran(here: Path) -> None:
    call("run", "code.pt")
    assert not (here / "exploded").exists()


def test_a_state_dict_needs_and_gets_a_loader(here: Path, write_toy: Callable[..., Any]) -> None:
    net = torch.nn.Sequential(torch.nn.Linear(4, 64), torch.nn.Sigmoid())
    torch.save(net.state_dict(), here / "net.pt")
    result = call("run", "net.pt", "--reference", "good.npz")
    assert result.exit_code == 2
    assert "--loader" in result.output
    (here / "net.py").write_text(
        """
import torch
class Model(torch.nn.Module):
    modality = "image"
    latent_dim = 4
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(4, 64), torch.nn.Sigmoid())
    def decode(self, z):
        return self.net(z).unflatten(1, (1, 8, 8))
    def sample(self, n, *, generator, condition=None):
        return self.decode(torch.randn(n, 4, generator=generator))
def load(path):
    model = Model()
    model.net.load_state_dict(torch.load(path, weights_only=True))
    return model
""",
        encoding="utf-8",
    )
    result = call("run", "net.pt", "--reference", "good.npz", "--loader", "net.py:load", "--samples", "500")
    assert result.exit_code in (1, 3), result.output
    assert "Report: audit-out/report.html" in result.output


def test_the_textbook_widths_can_be_asked_for(here: Path) -> None:
    call("train", "vae", "--steps", "2", "--set", "hidden=128", "--set", "latent_dim=2", "--out", "small.safetensors")
    config = identify(here / "small.safetensors").declared["config"]
    assert (config["hidden"], config["latent_dim"]) == ([128], 2)
