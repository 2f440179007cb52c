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
        # The verdict is to be right about the toy, not about how well a sample of real data shows its shares.
        return audit_checkpoint(toy.checkpoint, samples=10_000, only=JUDGED, population=True, **toy.options)

    return audit
