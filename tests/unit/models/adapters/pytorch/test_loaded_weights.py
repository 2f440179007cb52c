"""Weights are found in whatever was saved around them, under the names that the network gives them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.optim.swa_utils import AveragedModel

import genai_audit
from genai_audit import UserError, load_weights


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


STATE: dict[str, Any] = network().state_dict()
COPY = {name: tensor + 1 for name, tensor in STATE.items()}


def prefixed(prefix: str) -> dict[str, Any]:
    return {f"{prefix}{name}": tensor for name, tensor in STATE.items()}


@pytest.mark.parametrize(
    "content",
    [
        STATE,
        {"state_dict": STATE, "epoch": 3},
        {"model": {"state_dict": STATE}, "step": torch.tensor(5)},
        {"model": STATE, "ema": COPY, "optimizer": {"state": {0: torch.zeros(2)}}},
        {"ema": STATE, "args": {"lr": 0.1}},
        prefixed("module."),
        prefixed("_orig_mod."),
        {"model": prefixed("module._orig_mod.")},
        AveragedModel(network()).state_dict(),
    ],
)
def test_a_network_takes_what_was_found(content: Any, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "w.pt")
    found = load_weights(tmp_path / "w.pt")
    assert list(found) == list(STATE)
    assert all(torch.equal(found[name], STATE[name]) for name in STATE)
    network().load_state_dict(found)


def test_safetensors_are_read_too(tmp_path: Path) -> None:
    save_file(prefixed("module."), tmp_path / "w.safetensors")
    assert sorted(load_weights(str(tmp_path / "w.safetensors"))) == sorted(STATE)


def test_the_user_names_another_entry(tmp_path: Path) -> None:
    torch.save({"model": STATE, "ema": COPY, "nets": {"g.1": COPY}}, tmp_path / "w.pt")
    for key in ("ema", "nets.g.1"):
        assert torch.equal(load_weights(tmp_path / "w.pt", key=key)["0.bias"], COPY["0.bias"])


class Code:
    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return print, ("the code ran",)


@pytest.mark.parametrize(
    ("content", "key", "expected"),
    [
        ({"nets": {"g": STATE}}, None, r"expected tensors by name, got nets; name the entry .* key="),
        ({"nets": {"g": STATE}}, "d", r"expected an entry 'd', got nets; name one of these"),
        ({"nets": {"g": STATE}}, "nets", "expected tensors by name under 'nets', got nets"),
        ([1, 2], None, "expected tensors by name, got list"),
        ({"state_dict": Code()}, None, r"would run code \(it asks for builtins.print\)"),
    ],
)
def test_what_holds_no_weights_is_refused(
    content: Any, key: str | None, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(UserError, match=expected):
        load_weights(tmp_path / "w.pt", key=key)
    assert "ran" not in capsys.readouterr().out


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.pt: expected a file of weights"):
        genai_audit.load_weights(tmp_path / "none.pt")
