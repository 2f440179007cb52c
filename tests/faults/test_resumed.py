"""A slow audit that is interrupted and gone on with ends as if nothing had happened: real processes, real signals."""

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import Case

SLOW = """
import time
import torch


class Model:
    modality, chunk = "image", 50

    def sample(self, n, *, generator, condition=None):
        time.sleep(n / 200)
        return torch.rand(n, 1, 8, 8, generator=generator)


def load(path):
    return Model()
"""
OF_TIME = ("started", "timings", "argv", "seconds", "judged_on", "seal")
"""What may differ between two equal audits, beside how they were called."""


def without_time(value: Any) -> Any:
    match value:
        case dict():
            return {name: without_time(each) for name, each in value.items() if name not in OF_TIME}
        case list():
            return [without_time(each) for each in value]
        case _:
            return value


def record(folder: Path) -> Any:
    return json.loads((folder / "record.json").read_text(encoding="utf-8"))


@pytest.fixture
def slow(case: Case) -> Case:
    (case.folder / "model.py").write_text(SLOW, encoding="utf-8")
    return case


def kept(case: Case, cache: str, chunks: int) -> None:
    """Wait until so many calls of the model were kept."""
    for _ in range(1200):
        if len(list((case.folder / cache).glob("genai-audit/draws/*/*/chunk.json"))) >= chunks:
            return
        time.sleep(0.05)
    raise AssertionError("the samples were never kept")


def test_an_audit_interrupted_twice_ends_in_the_same_record(slow: Case) -> None:
    more = ("--looks", "--samples", "800")
    caches = {name: str(slow.folder / name) for name in ("one", "other")}
    assert slow.run(*more, XDG_CACHE_HOME=caches["one"])[0] == 3
    whole = record(slow.folder / "out")
    # The first look is at 200 samples, so one interruption comes before it and one between looks.
    for chunks, again in ((2, ()), (9, ("--resume",))):
        with slow.start(*more, *again, "--out", "cut", XDG_CACHE_HOME=caches["other"]) as process:
            kept(slow, "other", chunks)
            process.send_signal(signal.SIGINT)
            _, wrong = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "the samples drawn so far are kept: add --resume to go on" in wrong
    assert slow.run(*more, "--resume", "--out", "cut", XDG_CACHE_HOME=caches["other"])[0] == 3
    cut = record(slow.folder / "cut")
    assert without_time(cut) == without_time(whole)
    assert [each["n"] for each in cut["drawing"]["looks"]] == [200, 400, 800]


def test_a_raised_budget_goes_on_within_one_error(slow: Case) -> None:
    more = ("--looks", "--samples", "800")
    cache = str(slow.folder / "cache")
    assert slow.run(*more, "--budget", "1s", XDG_CACHE_HOME=cache)[0] == 3
    first = record(slow.folder / "out")
    assert first["drawing"]["stopped"] == "time"
    assert slow.run(*more, "--budget", "5m", "--resume", XDG_CACHE_HOME=cache)[0] == 3
    second = record(slow.folder / "out")
    looks = second["drawing"]["looks"]
    assert (looks[-1]["n"], second["drawing"]["stopped"]) == (800, "most")
    assert sum(each["part"] for each in looks) <= 1 + 1e-9
    # What the first audit spent is taken from what the second may spend, so it is no further look at the question.
    assert looks[0]["n"] == first["drawing"]["looks"][0]["n"]
    assert second["looks"] == 1
    # Anew with another number of samples, it is.
    slow.run("--looks", "--samples", "600", XDG_CACHE_HOME=cache)
    assert record(slow.folder / "out")["looks"] == 2
