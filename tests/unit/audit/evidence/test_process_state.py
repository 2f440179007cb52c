"""What a model's code changes in its process reaches nothing that is computed after it."""

import decimal
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit.audit.evidence.process_state import as_found


def state() -> dict[str, Any]:
    return {
        "folder": os.getcwd(),
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device(),
        "threads": torch.get_num_threads(),
        "gradients": torch.is_grad_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "decimals": decimal.getcontext().prec,
        "errors": np.geterr(),
    }


def change(folder: Path) -> None:
    os.chdir(folder)
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    torch.set_num_threads(torch.get_num_threads() + 1)
    torch.set_grad_enabled(not torch.is_grad_enabled())
    torch.use_deterministic_algorithms(True)
    decimal.getcontext().prec = 3
    np.seterr(all="raise")


def test_everything_is_put_back(tmp_path: Path) -> None:
    before = state()
    with as_found():
        change(tmp_path)
        changed = state()
    assert all(changed[name] != before[name] for name in before)
    assert state() == before


def test_everything_is_put_back_after_an_exception_too(tmp_path: Path) -> None:
    before = state()

    def work() -> None:
        with as_found():
            change(tmp_path)
            raise SystemExit(0)

    with pytest.raises(SystemExit):
        work()
    assert state() == before
