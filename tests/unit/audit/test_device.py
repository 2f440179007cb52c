"""The device that a user names reaches the model and the kernels, and changes no result."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit import UserError, audit_checkpoint
from genai_audit.audit import run
from genai_audit.audit.collapse.distribution_distance.auditor import Distance
from genai_audit.audit.collapse.effective_diversity.auditor import EffectiveSupport
from genai_audit.audit.collapse.neighbour_fidelity.auditor import Neighbours
from genai_audit.audit.request import Request
from genai_audit.audit.statistics.distances.effective_number import similarity_matrix
from genai_audit.audit.statistics.distances.kernel_sums import pair_sums
from genai_audit.audit.statistics.neighbours.cloud import cloud
from genai_audit.audit.statistics.where import kernel_device, kernels_on
from unit.audit.collapse.feature_evidence import feature_evidence

NO_GPU = "there is no GPU that torch can use on this machine"
POINTS = np.random.default_rng(0).normal(size=(20, 3))


def test_kernels_compute_where_the_audit_does() -> None:
    assert kernel_device() == "cpu"
    with kernels_on("meta"):
        assert kernel_device() == "meta"
        # Nothing can be read back from there, so whoever computes there fails.
        with pytest.raises(RuntimeError, match="meta"):
            pair_sums(POINTS, None, lambda x, y: x @ y.T)
        with pytest.raises(RuntimeError, match="meta"):
            cloud(POINTS, POINTS[0])
        assert cloud(POINTS, POINTS[0], "cpu").exact.device.type == "cpu"
    assert kernel_device() == "cpu"
    assert cloud(POINTS, POINTS[0]).exact.device.type == "cpu"


@pytest.mark.parametrize("auditor", [Neighbours(), Distance(), EffectiveSupport()], ids=lambda each: each.code)
def test_auditors_leave_it_to_the_audit_where_to_compute(auditor: Any) -> None:
    normal = [np.random.default_rng(seed).normal(size=(200, 4)) for seed in range(2)]
    with kernels_on("meta"), pytest.raises(RuntimeError, match="meta"):
        auditor(feature_evidence(*normal), np.random.default_rng(2))


def test_matrices_of_similarities_are_computed_there() -> None:
    with kernels_on("meta"), pytest.raises(RuntimeError, match="meta"):
        similarity_matrix(POINTS, width=1.0)


def test_the_device_of_a_request_is_that_of_its_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def prepare(request: Request, progress: Any) -> Any:
        seen.extend((kernel_device(), torch.backends.cudnn.allow_tf32))
        raise UserError("enough")

    # No device of this machine can be told from the processor, so one is named that nothing can be read back from.
    monkeypatch.setattr(run, "check_request", lambda request: None)
    monkeypatch.setattr(run, "prepare", prepare)
    before = torch.backends.cudnn.allow_tf32
    with pytest.raises(UserError, match="enough"):
        run.audit(Request(checkpoint="any", device="meta"))
    assert seen == ["meta", False]
    assert (kernel_device(), torch.backends.cudnn.allow_tf32) == ("cpu", before)


def _on(device: str, checkpoint: str, out: Path) -> dict[tuple[str, str, str | None], float]:
    record = audit_checkpoint(checkpoint, device=device, samples=1000, looks=False, out=out)
    assert not record.coverage.error
    return {
        (finding.code, each.name, each.group): each.value
        for finding in record.findings
        for each in finding.estimates
        if each.unit != "seconds"
    }


@pytest.mark.skipif(not torch.cuda.is_available(), reason=NO_GPU)
@pytest.mark.parametrize("name", ["vae", "gan", "gpt"])
def test_a_gpu_gives_the_same_results(name: str, tmp_path: Path) -> None:
    there = _on("cuda", f"reference:{name}", tmp_path / "cuda")
    here = _on("cpu", f"reference:{name}", tmp_path / "cpu")
    assert there.keys() == here.keys()
    for key, value in here.items():
        assert there[key] == pytest.approx(value, rel=1e-4, abs=1e-4), key
