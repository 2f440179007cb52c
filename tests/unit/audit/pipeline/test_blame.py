"""What the model does wrong is the user's to put right; what an audit does wrong while it looks is not."""

from typing import Any

import numpy as np
import pytest

from genai_audit import UserError, audit_checkpoint
from genai_audit.audit.pipeline import collection
from unit.audit.pipeline.changing_model import Changing

REFERENCE = np.random.default_rng(0).random((400, 1, 8, 8))


def audit(model: Changing) -> Any:
    return audit_checkpoint(model, reference=REFERENCE, samples=800, looks=True)


@pytest.mark.parametrize("good", [150, 350])
def test_samples_that_do_not_fit_are_the_users_before_and_after_a_look(good: int) -> None:
    with pytest.raises(UserError, match=r"expected sample\(100\) to give images \(100, 1, 8, 8\), got"):
        audit(Changing(good))


def test_a_fault_of_ours_in_a_look_is_not_told_as_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(*_: Any, **__: Any) -> Any:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(collection, "judged", judged)
    with pytest.raises(ValueError, match=r"^a fault of ours$"):
        audit(Changing(10_000))
