"""Audits of toy generators through the whole pipeline."""

from collections.abc import Callable
from typing import Any

import pytest
from planted.audits import JUDGED

from genai_audit import Record, audit_checkpoint


@pytest.fixture
def audit_toy(write_toy: Callable[..., Any]) -> Callable[..., Record]:
    """Audit the toy with the given departure against fresh real data of the distribution; returns the record."""

    def audit(seed: int, **departure: Any) -> Record:
        toy = write_toy(seed, **departure)
        return audit_checkpoint(toy.checkpoint, samples=10_000, only=JUDGED, **toy.options)

    return audit
