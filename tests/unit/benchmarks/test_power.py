"""The study of power: its defects are what they are called, and new estimates appear in its tables by themselves."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from genai_audit.models.data.datasets import Dataset, load_data


@pytest.fixture(scope="module")
def power(study: Callable[[str], ModuleType]) -> ModuleType:
    return study("power")


@pytest.fixture(scope="module")
def defects(power: ModuleType) -> ModuleType:
    return sys.modules["common.defects"]


def made(defects: ModuleType, world: str, defect: str, seed: int = 0) -> tuple[Dataset, Dataset, Dataset]:
    """Reference, pool and generated records."""
    known, rng = defects.WORLDS[world], np.random.default_rng(seed)
    real, pool = known.deal(known.n, rng)
    return real, pool, known.defects[defect](pool, known.n, rng)


def test_all_sides_have_the_declared_size(defects: ModuleType) -> None:
    for name, world in defects.WORLDS.items():
        real, pool, generated = made(defects, name, "none")
        assert len(real) == len(generated) == world.n < len(pool)


def test_the_grid_does_not_say_which_mode_is_whose(defects: ModuleType) -> None:
    real, pool, _ = made(defects, "grid", "none")
    assert real.attributes == {}
    points = 10 * pool.samples.reshape(-1, 2).astype(float) - 5
    assert np.abs(points - defects.CENTRES[pool.labels]).max() < 6 * defects.SPREAD


def test_modes_are_dropped_halved_and_made_uneven(defects: ModuleType) -> None:
    def counts(defect: str) -> Any:
        parts = [np.bincount(made(defects, "grid", defect, seed)[2].labels, minlength=25) for seed in range(40)]
        return np.sum(parts, axis=0) / (40 * 500)

    assert (counts("drop 3 of 25")[:3] == 0).all()
    # 2 % of 20,000 records have a standard error of 0.1 %.
    assert counts("halve 1 of 25") == pytest.approx(np.r_[0.5, np.ones(24)] / 24.5, abs=0.005)
    shares = np.arange(1, 26) ** -0.3
    assert counts("imbalance rank^−0.3") == pytest.approx(shares / shares.sum(), abs=0.008)


def test_modes_are_narrowed(defects: ModuleType) -> None:
    _, _, generated = made(defects, "grid", "mode sd × 0.6")
    away = 10 * generated.samples.reshape(-1, 2).astype(float) - 5 - defects.CENTRES[generated.labels]
    assert np.sqrt(np.square(away).mean()) == pytest.approx(0.6 * defects.SPREAD, rel=0.1)


@pytest.mark.parametrize("world", ["images", "text", "music", "tables"])
def test_junk_replaces_so_many_records_by_others_of_the_same_form(defects: ModuleType, world: str) -> None:
    # Both draw the same records of the pool before anything else.
    sound, junk = (made(defects, world, defect)[2].samples for defect in ("none", "5 % junk"))
    if world == "tables":
        assert (sound.dtypes == junk.dtypes).all()
        changed = (sound != junk).any(axis=1).to_numpy()
    else:
        assert np.shape(sound[0]) == np.shape(junk[0])
        changed = np.array([np.any(np.array(a) != np.array(b)) for a, b in zip(sound, junk, strict=True)])
    assert 0.02 < changed.mean() < 0.09


def test_copies_are_of_other_records(defects: ModuleType) -> None:
    _, _, generated = made(defects, "images", "5 % copies")
    distinct = len(np.unique(generated.samples.reshape(len(generated), -1), axis=0))
    assert 0.92 * len(generated) < distinct < 0.98 * len(generated)


def test_the_reference_and_the_pool_share_no_record(defects: ModuleType) -> None:
    real, pool, _ = made(defects, "images", "none")
    both = [each.samples.reshape(len(each), -1) for each in (load_data("digits"), real, pool)]
    everything, *parts = ({row.tobytes() for row in rows} for rows in both)
    assert not parts[0] & parts[1]
    assert parts[0] | parts[1] <= everything


def test_an_audit_of_dropped_modes_is_seen_by_the_panel_and_named(power: ModuleType, defects: ModuleType) -> None:
    real, _, generated = made(defects, "grid", "drop 3 of 25")
    found = power.audited(real, generated, 0)
    assert set(power.PANEL) <= set(found.p_values)
    assert found.panel
    assert "Dropped modes" in found.named


@pytest.mark.parametrize(("p", "expected"), [(0.9, True), (1.1, False)])
def test_the_panel_adjusts_for_all_its_members(power: ModuleType, p: float, expected: bool) -> None:
    # One member was measured; the others count all the same.
    assert power.Seen({power.PANEL[2]: p * power.LEVEL / len(power.PANEL)}, ()).panel is expected


def test_estimates_outside_the_panel_do_not_count_in_it(power: ModuleType) -> None:
    assert not power.Seen({("GA999", "new_estimate"): 1e-9}, ()).panel


def test_a_new_estimate_appears_in_the_tables(
    power: ModuleType, defects: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    new = power.Seen({("GA999", "new_estimate"): 0.01, power.PANEL[0]: 0.5}, ("Junk",))
    old = power.Seen({power.PANEL[0]: 0.5}, ())
    power.report(defects.WORLDS["grid"], {"none": [new, old], "5 % junk": [old], "2 % junk": [new]})
    printed = capsys.readouterr().out
    assert "| `new_estimate` (GA999) | 0.50 | – | 1.00 |" in printed
    assert "| 2 % junk | 1 | `new_estimate` 1.00 | 0.00 (0.00–0.97) | junk 1.00 |" in printed
