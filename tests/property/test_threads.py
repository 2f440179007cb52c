"""Weights, samples, evidence and record are the same bytes on any number of threads."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import torch
from threadpoolctl import threadpool_limits

from genai_audit.audit.request import Request
from genai_audit.audit.run import audit
from genai_audit.models.checkpoints.checkpoint import save_checkpoint
from genai_audit.models.data.datasets import load_data
from genai_audit.models.families.catalogue import FAMILIES
from genai_audit.models.families.training.fitting import train
from genai_audit.models.families.training.plants import parse_plant

TIMES = frozenset({"seconds", "timings", "started", "evidence", "judged_on", "seal"})
"""Fields of a record that differ between equal runs; the digests of evidence hold how long the draw took."""


@contextmanager
def threads(number: int) -> Iterator[None]:
    """So many threads in torch and in every library of linear algebra, as on a machine of so many cores."""
    assert scipy.linalg, "its library must be loaded to be told"
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        with threadpool_limits(number):
            yield
    finally:
        torch.set_num_threads(before)


def timeless(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: timeless(value) for name, value in part.items() if name not in TIMES}
    return [timeless(each) for each in part] if isinstance(part, list) else part


def files(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {each.name: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    found["generated.json"] = timeless(json.loads(found["generated.json"]))
    return found


@pytest.mark.parametrize(
    ("family", "records", "numbers"),
    [
        ("vae", 250, (1, 8)),
        ("tabular-gan", 250, (1, 2, 8)),
        ("gpt", 200, (1, 8)),
        ("music-lstm", 200, (1, 8)),
        ("audio", 120, (1, 8)),
    ],
)
def test_an_audit_is_the_same_on_any_number_of_threads(
    family: str, records: int, numbers: tuple[int, ...], tmp_path: Path
) -> None:
    data = FAMILIES[family].data
    shown, held_out = (load_data(data, split=part).subset(np.arange(records)) for part in ("train", "holdout"))
    path, seen = tmp_path / "model.safetensors", []
    for number in numbers:
        with threads(number):
            save_checkpoint(path, train(family, shown, overrides={"steps": 2}, plant=parse_plant("collapse=12")))
            request = Request(checkpoint=str(path), reference=shown, holdout=held_out, samples=records, population=True)
            record, evidence = audit(request)
        evidence.save(tmp_path / str(number))
        found = timeless(json.loads(record.to_json()))
        seen.append((path.read_bytes(), files(tmp_path / str(number)), found))
    for other in seen[1:]:
        for part, same in zip(other, seen[0], strict=True):
            assert part == same
