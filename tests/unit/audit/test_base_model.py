"""`--base-model`: a part of an adapter, or another model that scores of membership are compared with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genai_audit import UserError
from genai_audit.audit.base_model import base_model, compared, is_adapter, opening
from genai_audit.audit.request import Request
from genai_audit.models.adapters.opened import Options


def test_an_adapter_keeps_its_base_model_for_itself(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    asked = Request(str(tmp_path), base_model=tmp_path / "base")
    options = Options(base_model=asked.base_model)
    assert is_adapter(asked.checkpoint)
    assert compared(asked) is None
    assert opening(asked, options) == options
    assert base_model(asked, options, "image") is None


def test_another_checkpoint_is_opened_without_it(write_toy: Callable[..., Any]) -> None:
    toy = write_toy()
    asked = Request(str(toy.checkpoint), base_model=Path(toy.checkpoint), loader=toy.options.get("loader"))
    options = Options(base_model=asked.base_model)
    assert compared(asked) == Path(toy.checkpoint)
    assert opening(asked, options).base_model is None
    found = base_model(asked, options, "image")
    assert found is not None
    assert found.name.startswith(f"{Path(toy.checkpoint).name} (sha256 ")
    with pytest.raises(UserError, match=r"--base-model .*: expected a model of text records, .* of image records"):
        base_model(asked, options, "text")


def test_a_model_behind_an_address_takes_none() -> None:
    asked = Request("https://example.org/v1#m", base_model=Path("x"))
    assert compared(asked) is None
    assert opening(asked, Options(base_model=Path("x"))).base_model == Path("x")
