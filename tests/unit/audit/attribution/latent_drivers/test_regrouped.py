"""GA201: which dimension moves the group, by how much, and between which groups."""

import numpy as np
import pytest
import torch
from torch import Tensor

from genai_audit.audit.attribution.latent_drivers.auditor import Drivers
from genai_audit.audit.evidence.attributions.collect import collect_attributions
from genai_audit.audit.evidence.attributions.kind import QUANTILES, Attributions
from genai_audit.audit.evidence.attributions.readouts import image_panel
from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.finding import LEVELS, Finding


class Halves:
    """z0 brightens the left half, z1 the right one, z2 both and z3 nothing; the group is the brighter half."""

    latent_dim = 4

    def decode(self, z: Tensor) -> Tensor:
        left = 0.5 + 0.1 * (z[:, 0] + z[:, 2])
        right = 0.5 + 0.02 * z[:, 1] + 0.1 * z[:, 2]
        return torch.stack([left, right], dim=1)[:, None, None, :].expand(-1, 1, 4, 2)


def brighter(images: Tensor) -> Tensor:
    return images.mean(dim=(1, 2)).log_softmax(1)


def collected(n: int = 200) -> Attributions:
    return collect_attributions(Halves(), panel=image_panel(brighter, ("left", "right")), n=n)


def audited(found: Attributions) -> Finding:
    evidence = Evidence("image", Generated(np.zeros((1, 1, 4, 2), np.float32), 0, "toy"), attributions=found)
    return Drivers(rotations=99)(evidence, np.random.default_rng(0))


def rows(finding: Finding, table: str) -> list[tuple[object, ...]]:
    return list(next(each for each in finding.tables if each.name == table).rows)


def test_classes_are_told_of_draws_with_one_dimension_redrawn() -> None:
    found = collected(40)
    z, other = found.latents, found.baselines
    expected = np.empty((40, 6), np.int64)
    for place, latents in enumerate([z, other, *(np.where(np.arange(4) == k, other, z) for k in range(4))]):
        # Left wins where 0.1 z0 > 0.02 z1; z2 moves both halves alike.
        expected[:, place] = 0.1 * latents[:, 0] <= 0.02 * latents[:, 1]
    assert np.array_equal(found.told, expected)


def test_without_groups_nothing_is_told() -> None:
    assert collect_attributions(Halves(), n=8).told.shape == (0, 0)


def test_the_dimension_that_decides_the_group_is_found() -> None:
    finding = audited(collected())
    # Of z0 redrawn, half of the signs of 0.1 z0 − 0.02 z1 change but for what z1 holds: 2/π · acos √(…) by geometry.
    held = 0.02**2 / (0.1**2 + 0.02**2)
    estimate = finding.estimate("group_changes", "z0")
    assert estimate.interval(0.99).low <= np.arccos(held) / np.pi <= estimate.interval(0.99).high
    assert tuple(each.level for each in estimate.curve) == LEVELS
    small = finding.estimate("group_changes", "z1")
    assert small.interval(0.99).low <= np.arccos(1 - held) / np.pi <= small.interval(0.99).high
    for nothing in ("z2", "z3"):
        assert finding.estimate("group_changes", nothing).value == 0
        assert finding.estimate("group_changes", nothing).interval().high < 0.03
    whole = finding.estimate("group_changes", "all dimensions").interval(0.99)
    assert whole.low <= 0.5 <= whole.high
    first = rows(finding, "group_changes")[0]
    assert (first[0], first[4], first[5]) == ("z0", "left and right", 1.0)
    assert rows(finding, "group_changes")[-1][4] is None


def test_leading_dimensions_are_walked_along() -> None:
    found = collected(40)
    assert found.traversed.tolist()[0] == 0
    assert sorted(found.traversed.tolist()) == [0, 1, 2, 3]
    assert found.traversals.shape == (4 * len(QUANTILES), 1, 4, 2)
    middle = found.traversals[2]
    start = found.latents[0].copy()
    start[0] = 0.0
    assert middle == pytest.approx(Halves().decode(torch.from_numpy(start)[None])[0].numpy(), abs=1e-6)
    strip = found.traversals[:5, 0, 0, 0]
    assert strip[4] - strip[0] == pytest.approx(0.1 * 2 * 1.6449, abs=1e-4)
    exhibit = next(each for each in audited(found).exhibits if each.name == "traversals")
    assert [each.indices for each in exhibit.pictures][1] == (5, 6, 7, 8, 9)
    assert "0.05, 0.25, 0.5, 0.75, 0.95" in exhibit.caption
