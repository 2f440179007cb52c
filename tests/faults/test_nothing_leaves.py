"""Nothing leaves the machine, and nothing is left in the home folder: one whole audit a format, traced by the kernel.

Each runs where there is no network (`unshare --net`) and under `strace`, which sees what native code does too: no
socket of the internet is opened, and none is spoken to.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from genai_audit.models.checkpoints import reference
from genai_audit.models.checkpoints.checkpoint import serialised
from genai_audit.models.data.datasets import load_data
from genai_audit.models.families.training.fitting import train

pytestmark = [
    pytest.mark.slow,
    # Keras saves in a way that numpy advises against.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]

SPEAKING = "connect,sendto,sendmsg,sendmmsg"
INTERNET = re.compile(r"AF_INET6?\b")

IN_PYTHON = """
import sys
from genai_audit import audit_checkpoint
for checkpoint, real in zip(sys.argv[1::2], sys.argv[2::2]):
    record = audit_checkpoint(checkpoint, reference=real, samples=200, only="GA501")
    assert record.coverage.measured, record.coverage
"""

LOADER = """
import torch
from torch import nn

class Model:
    modality, latent_dim = "image", 4

    def __init__(self, weights):
        self.network = nn.Sequential(nn.Linear(4, 64), nn.Sigmoid())
        self.network.load_state_dict(weights)

    def decode(self, z):
        return self.network(z).view(-1, 1, 8, 8)

    def sample(self, n, *, generator, condition=None):
        return self.decode(torch.randn(n, 4, generator=generator)).detach()

def load(path):
    return Model(torch.load(path, weights_only=True))
"""


def able(*command: str) -> bool:
    """Whether a program is here and this machine lets it do its work."""
    return shutil.which(command[0]) is not None and not subprocess.run(command, capture_output=True).returncode


ALONE = ("unshare", "--net", "--map-root-user")
TRACED = ("strace", "-f", "-qq", "--seccomp-bpf")
MISSING = [
    said
    for tool, said in (
        (ALONE, "gives no process a network of its own (unshare)"),
        (TRACED, "lets nobody trace (strace)"),
    )
    if not able(*tool, "true")
]


@dataclass(frozen=True)
class Traced:
    """A finished process: what it said, and the calls of the kernel in which the internet is named."""

    code: int
    said: str
    calls: tuple[str, ...]


def traced(command: list[str], folder: Path, **environ: str) -> Traced:
    """Run a command without a network, with an empty home folder, and note what it says to the kernel of sockets."""
    (folder / "home").mkdir(exist_ok=True)
    log = folder / "calls"
    prefix = [*(ALONE if able(*ALONE, "true") else ())]
    if able(*TRACED, "true"):
        prefix += [*TRACED, "-o", str(log), "-e", f"trace=socket,{SPEAKING}"]
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    environment = {**kept, "HOME": str(folder / "home"), "OMP_NUM_THREADS": "1", **environ}
    done = subprocess.run([*prefix, *command], env=environment, cwd=folder, capture_output=True, text=True, timeout=240)
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return Traced(done.returncode, done.stdout + done.stderr, tuple(line for line in lines if INTERNET.search(line)))


def left_in(home: Path) -> set[str]:
    return {str(each.relative_to(home)) for each in home.rglob("*")}


def finish() -> None:
    """Say what could not be looked at here."""
    if MISSING:
        pytest.skip(f"all else holds, but this machine {' and '.join(MISSING)}")


def images(folder: Path, edge: int = 8) -> Path:
    np.savez(folder / "real.npz", x=np.random.default_rng(0).random((300, edge, edge), dtype=np.float32))
    return folder / "real.npz"


def transformers(folder: Path) -> list[str]:
    from unit.models.adapters.saved_text_models import gpt2, save

    save(gpt2(), folder / "model")
    letters = np.random.default_rng(0).choice(list("abcdefgh "), (300, 20))
    (folder / "real.txt").write_text("\n".join("".join(each) for each in letters))
    return ["model", "--reference", "real.txt"]


def diffusers(folder: Path) -> list[str]:
    from unit.models.adapters.hugging_face.test_diffusers_folder import pipeline, save

    save(pipeline(steps=2, sample_size=[8, 8]), folder / "model")
    return ["model", "--reference", images(folder).name]


def adapter(folder: Path) -> list[str]:
    from unit.models.adapters.hugging_face.test_adapter_folder import factors, write

    arguments = transformers(folder)
    write(folder / "adapter", factors())
    return ["adapter", "--base-model", *arguments]


def prompted(folder: Path) -> list[str]:
    from unit.models.adapters.hugging_face.tiny_pipelines import save_pipeline

    save_pipeline("StableDiffusionPipeline", folder / "model")
    np.savez(folder / "real.npz", x=np.random.default_rng(0).random((300, 8, 8, 3), dtype=np.float32))
    (folder / "prompts.txt").write_text("a red cat\ntwo dogs\n")
    return ["model", "--prompts", "prompts.txt", "--steps", "1", "--reference", "real.npz"]


def keras(folder: Path) -> list[str]:
    from unit.models.adapters.keras.keras_examples import decoder, import_keras, save

    save(decoder(import_keras()), folder / "model.keras")
    return ["model.keras", "--reference", images(folder, 28).name]


def onnx(folder: Path) -> list[str]:
    from unit.models.adapters.test_onnx_file import graph

    graph(folder)
    return ["model.onnx", "--reference", images(folder).name]


def torchscript(folder: Path) -> list[str]:
    from unit.models.adapters.pytorch.test_torchscript_file import save

    save(nn.Sequential(nn.Linear(5, 64), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8))), folder)
    return ["model.pt", "--trust", "--reference", images(folder).name]


def exported(folder: Path) -> list[str]:
    from unit.models.adapters.pytorch.test_exported_file import network, save

    save(network(nn.Sigmoid()), folder)
    return ["model.pt2", "--trust", "--reference", images(folder).name]


def loader(folder: Path) -> list[str]:
    (folder / "load.py").write_text(LOADER)
    torch.save(nn.Sequential(nn.Linear(4, 64), nn.Sigmoid()).state_dict(), folder / "weights.pt")
    return ["weights.pt", "--loader", "load.py:load", "--reference", images(folder).name, "--only", "GA201,GA501,GA601"]


def samples(folder: Path) -> list[str]:
    return [images(folder).name, "--reference", "real.npz", "--only", "GA302,GA303,GA308,GA501"]


def kept(folder: Path) -> list[str]:
    """A reference model in the cache, where trainings of minutes would put it."""
    content = serialised(train("gan", load_data("digits", split="train"), seed=0, overrides={"steps": 2}))
    cache = folder / "home" / ".cache" / "genai-audit"
    cache.mkdir(parents=True)
    digest = reference.hashlib.sha256(content).hexdigest()
    (cache / f"gan-{reference._key('gan')}.{digest}.safetensors").write_bytes(content)
    return ["reference:gan"]


FORMATS: dict[str, tuple[Callable[[Path], list[str]], tuple[str, ...]]] = {
    "transformers": (transformers, ("transformers",)),
    "diffusers": (diffusers, ("diffusers",)),
    "adapter": (adapter, ("transformers",)),
    "text to image": (prompted, ("diffusers", "transformers")),
    "keras": (keras, ("keras",)),
    "onnx": (onnx, ("onnx", "onnxruntime")),
    "torchscript": (torchscript, ()),
    "torch.export": (exported, ()),
    "a state dict by a loader": (loader, ()),
    "samples alone": (samples, ()),
    "a reference model": (kept, ()),
}


@pytest.mark.parametrize("format_", FORMATS)
def test_an_audit_keeps_to_itself(format_: str, tmp_path: Path) -> None:
    make, needed = FORMATS[format_]
    for name in needed:
        if find_spec(name) is None:
            pytest.skip(f"{name} is missing; run: pip install 'genai-audit[formats]'")
    (tmp_path / "home").mkdir()
    arguments = make(tmp_path)
    before = left_in(tmp_path / "home")
    only = [] if "--only" in arguments else ["--only", "GA501,GA601"]
    command = [sys.executable, "-m", "genai_audit", "run", *arguments, *only, "--samples", "200", "--out", "out"]
    done = traced(command, tmp_path)
    assert done.code in (0, 1, 3), done.said
    assert done.calls == ()
    assert left_in(tmp_path / "home") == before
    finish()


def test_an_audit_in_a_program_keeps_to_itself(tmp_path: Path) -> None:
    arguments: list[str] = []
    for name in ("keras", "onnx", "transformers"):
        make, needed = FORMATS[name]
        if all(find_spec(each) for each in needed):
            (tmp_path / name).mkdir()
            checkpoint, _, real = make(tmp_path / name)
            arguments += [f"{name}/{checkpoint}", f"{name}/{real}"]
    done = traced([sys.executable, "-c", IN_PYTHON, *arguments], tmp_path)
    assert done.code == 0, done.said
    # urllib3 opens a socket to see whether there is IPv6, and closes it.
    assert [call for call in done.calls if not re.search(r"\bsocket\(AF_INET6, SOCK_STREAM", call)] == []
    assert left_in(tmp_path / "home") == set()
    finish()


@pytest.mark.skipif(not able(*TRACED, "true"), reason="this machine lets nobody trace (strace)")
@pytest.mark.parametrize("kind", ["AF_INET", "AF_INET6"])
def test_the_trace_sees_what_speaks(kind: str, tmp_path: Path) -> None:
    address = "('127.0.0.1', 9)" if kind == "AF_INET" else "('::1', 9)"
    code = f"import socket; socket.socket(socket.{kind}, socket.SOCK_DGRAM).sendto(b'x', {address})"
    calls: Any = traced([sys.executable, "-c", code], tmp_path).calls
    assert any(re.search(r"\bsocket\(", call) for call in calls)
    assert any(re.search(r"\bsendto\(", call) for call in calls)
