"""A model whose code misbehaves, audited by the command as it is installed: real processes, real signals."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

MODEL = """
import asyncio, atexit, ctypes, os, signal, sys, threading, time
import click, torch


class Model:
    modality = "image"

    def sample(self, n, *, generator, condition=None):
        if n > 100:  # the contract is tried on fewer
{fault}
        return torch.rand(n, 1, 8, 8, generator=generator)


def load(path):
    return Model()
"""
LINE = 1 + MODEL.splitlines().index("{fault}")
"""Of the model's file, where the fault stands."""


def _as_in_a_terminal() -> None:
    """Signals do what they do by default, also where the tests run under `nohup` or in the background of a script."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


@dataclass(frozen=True)
class Case:
    """A folder with a model and its checkpoint."""

    folder: Path

    def write(self, fault: str) -> None:
        """Write the model, with statements that `sample` runs before it draws."""
        text = MODEL.format(fault=textwrap.indent(fault, " " * 12))
        (self.folder / "model.py").write_text(text, encoding="utf-8")

    def command(self, *more: str) -> list[str]:
        """The command that audits it."""
        fixed = ["run", "model.json", "--loader", "model.py:load", "--reference", "real.npz", "--samples", "200"]
        return [sys.executable, "-m", "genai_audit", *fixed, "--only", "GA501", "--out", "out", *more]

    def start(self, *more: str, **environ: str) -> "subprocess.Popen[str]":
        """Start the audit."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(
            self.command(*more), cwd=self.folder, env={**clean, **environ}, preexec_fn=_as_in_a_terminal, **pipes
        )

    def run(self, *more: str, **environ: str) -> tuple[int, str, str]:
        """Audit it: the exit code, and what was printed."""
        with self.start(*more, **environ) as process:
            said, wrong = process.communicate(timeout=120)
        return process.returncode, said, wrong

    @property
    def left(self) -> set[str]:
        """The names of what lies in the folder, beside what was written before the audit."""
        return {each.name for each in self.folder.iterdir()} - {
            "model.py",
            "model.json",
            "real.npz",
            "held.npz",
            "__pycache__",
            "temporary",
        }


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A folder with a checkpoint; the model's code is still to be written."""
    (tmp_path / "model.json").write_text(json.dumps({"weights": 1}), encoding="utf-8")
    # Not the bundled digits: to read those takes scikit-learn, a second of each of many processes.
    for seed, name in enumerate(("real.npz", "held.npz")):
        np.savez(tmp_path / name, x=np.random.default_rng(seed).random((200, 1, 8, 8), dtype=np.float32))
    (tmp_path / "temporary").mkdir()
    return Case(tmp_path)
