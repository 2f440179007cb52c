"""Exact Shapley values, against captum's and against games solved by hand."""

import numpy as np
import pytest
import torch
from captum.attr import ShapleyValues

from genai_audit.audit.statistics.attribution.shapley import shapley


def test_two_players_who_need_each_other_share_alike() -> None:
    # x1 · x2 at (2, 3) from (0, 0): 6 in all, 3 each. max(x1, x2): 1 and 2. Section 6 of the notes on explanations.
    np.testing.assert_allclose(shapley([[0.0, 0.0], [0.0, 2.0], [0.0, 3.0], [6.0, 3.0]]), [[3.0, 1.0], [3.0, 2.0]])


@pytest.mark.parametrize("players", [1, 3, 6])
def test_they_equal_captums_of_the_same_game(players: int) -> None:
    rng = np.random.default_rng(players)
    table = torch.from_numpy(rng.normal(size=2**players))
    bits = 2 ** torch.arange(players)

    def game(kept: torch.Tensor) -> torch.Tensor:
        return table[(kept * bits).sum(dim=1).long()]

    theirs = ShapleyValues(game).attribute(torch.ones(1, players, dtype=torch.float64), perturbations_per_eval=1)
    ours = shapley(table.numpy()[:, None])[:, 0]
    np.testing.assert_allclose(ours, theirs[0].numpy(), atol=1e-5)


def test_they_add_up_to_all_less_none() -> None:
    table = np.random.default_rng(0).normal(size=(3, 32, 7))
    np.testing.assert_allclose(shapley(table).sum(axis=-2), table[:, -1] - table[:, 0])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (np.zeros((3, 2)), "expected values"),
        (np.zeros(4), "expected values"),
        (np.full((4, 1), np.nan), "expected finite values"),
    ],
)
def test_what_is_no_game_is_refused(table: np.ndarray, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        shapley(table)
