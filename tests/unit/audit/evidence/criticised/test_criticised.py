"""The collector of what the critic says: its contract, its guards, and that it leaves the model as it was."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from genai_audit import UserError
from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.evidence.criticised.collect import collect
from genai_audit.audit.evidence.criticised.kind import Criticised
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured
from unit.audit.attribution.region_examples import Judge, evidence, nothing, pictures, plan


def brightness(x: Tensor) -> Tensor:
    return x.flatten(1).sum(1)


def asked(critic: Callable[[Tensor], Tensor], **state: nn.Module) -> Criticised:
    return collect(plan(Judge(critic, **state)), evidence(pictures(40, 0), pictures(30, 1)), nothing)


def test_contract() -> None:
    found = asked(brightness)
    assert (len(found.generated.rows), len(found.reference.rows)) == (40, 30)
    assert found.generated.effects.shape == (40, 64)
    assert found.reference.attributions.shape == (30, 64)
    assert found.groups == ("a", "b")
    assert (found.generated.members == found.generated.rows % 2).all()
    assert found.maps.shape == (3, 1, 8, 8)
    assert found.null_maps.shape == (1, 1, 8, 8)
    assert found.sample.shape == (1, 1, 8, 8)
    assert found.regions.border.sum() == 28
    [map_] = found.checked
    assert map_.values.shape == map_.other_values.shape == (24, 64)
    assert map_.violations == ()


def test_the_maps_are_differences_of_means() -> None:
    found = asked(brightness)
    apart = found.generated.effects.mean(axis=0) - found.reference.effects.mean(axis=0)
    assert found.maps[0, 0].reshape(-1) == pytest.approx(apart, abs=1e-6)


def test_the_same_seed_gives_the_same() -> None:
    assert np.array_equal(asked(brightness).generated.effects, asked(brightness).generated.effects)


def test_without_a_critic_or_a_model_there_is_nothing_to_ask() -> None:
    seen = evidence(pictures(40, 0), pictures(30, 1))
    with pytest.raises(Unavailable, match=r"offers no critic\(x\)"):
        collect(plan(object()), seen, nothing)
    with pytest.raises(Unavailable, match="only samples were given"):
        collect(plan(None), seen, nothing)
    texts = Evidence("text", Generated(["a"], 0, "m"), Real(["b"], 1, "r", "r", ""))
    with pytest.raises(Unavailable, match="images, sounds or tables"):
        collect(plan(Judge(brightness), "text"), texts, nothing)


def test_a_random_critic_is_refused() -> None:
    with pytest.raises(Unmeasured, match="different scores for the same record"):
        asked(lambda x: brightness(x) + torch.rand(len(x)))


def test_a_critic_that_looks_at_the_batch_is_refused() -> None:
    with pytest.raises(Unmeasured, match="by the others of its batch"):
        asked(lambda x: brightness(x) - brightness(x).mean())


@pytest.mark.parametrize(
    ("critic", "said"),
    [
        (lambda x: x.flatten(1).mean(1, keepdim=True), r"expected a tensor \(8,\) for 8 records, got shape \(8, 1\)"),
        (lambda x: float(x.sum()), r"expected a tensor \(8,\) for 8 records, got float"),
        (lambda x: brightness(x) * torch.nan, "expected finite numbers, got 8 of 8 that are not"),
    ],
)
def test_wrong_scores_get_one_line(critic: Callable[[Tensor], Tensor], said: str) -> None:
    with pytest.raises(UserError, match=said):
        asked(critic)


def test_work_in_place_changes_nothing_of_ours() -> None:
    made, real = pictures(40, 0), pictures(30, 1)
    kept = made.copy(), real.copy()
    found = collect(plan(Judge(lambda x: brightness(x.mul_(2)))), evidence(made, real), nothing)
    assert np.array_equal(made, kept[0])
    assert np.array_equal(real, kept[1])
    assert found.generated.effects == pytest.approx(2 * asked(brightness).generated.effects, abs=1e-4)
    assert found.generated.attributions.shape == (40, 64)


@pytest.mark.parametrize("cut", [lambda x: x.detach(), lambda x: torch.from_numpy(x.detach().numpy())])
def test_without_a_gradient_occlusion_remains(cut: Callable[[Tensor], Tensor]) -> None:
    found = asked(lambda x: brightness(cut(x)))
    assert found.generated.attributions.shape == (0, 64)
    assert found.remarks == ("no integrated gradients: critic(x) passes no gradient to x",)
    assert found.generated.effects.any()


def test_gradients_that_do_not_add_up_are_left_out() -> None:
    found = asked(lambda x: brightness(x).detach().round() + 1e-3 * brightness(x))
    assert len(found.generated.attributions) == 0
    assert "do not add up" in found.remarks[0]


def test_gradients_that_are_no_numbers_are_left_out() -> None:
    # The root has an infinite gradient at 0, times 0: not a number, although every score is one.
    found = asked(lambda x: brightness(x) + 0 * (x * 0).sqrt().flatten(1).sum(1))
    assert len(found.generated.attributions) == 0
    assert "do not add up" in found.remarks[0]


def test_eval_mode_inside_and_the_former_mode_after() -> None:
    norm = nn.BatchNorm2d(1)
    norm.train()
    found = asked(lambda x: brightness(norm(x)), norm=norm)
    assert norm.training
    assert int(norm.num_batches_tracked or 0) == 0
    assert found.generated.effects.any()


def test_a_critic_that_changes_its_state_is_caught() -> None:
    norm = nn.BatchNorm2d(1)

    def critic(x: Tensor) -> Tensor:
        norm.running_mean += 1
        return brightness(x)

    with pytest.raises(RuntimeError, match="a parameter or buffer changed"):
        asked(critic, norm=norm)


def test_inference_mode_of_the_caller_is_left() -> None:
    with torch.inference_mode():
        assert len(asked(brightness).generated.attributions) == 40


def test_columns_of_a_table_get_the_same_values_for_all_rows() -> None:
    rng = np.random.default_rng(0)
    tables = [
        pd.DataFrame({"age": rng.integers(20, 60, n), "sex": rng.choice(["f", "m"], n), "noise": rng.random(n)})
        for n in (50, 60)
    ]

    class Critic:
        modality = "tabular"

        def critic(self, table: pd.DataFrame) -> Tensor:
            return torch.tensor(table["age"].to_numpy() / 10 + (table["sex"] == "f").to_numpy())

    seen = Evidence("tabular", Generated(tables[0], 0, "m"), Real(tables[1], 60, "r", "r", ""))
    found = collect(plan(Critic(), "tabular"), seen, nothing)
    assert found.regions.names == ("age", "sex", "noise")
    ages = found.generated.effects[:, 0] - tables[0]["age"].to_numpy()[found.generated.rows] / 10
    # Every row's age is compared with the mean of the same ages.
    assert ages == pytest.approx(np.full(50, ages[0]))
    assert np.abs(found.generated.effects[:, 2]).max() < 1e-12
    assert found.maps.size == found.sample.size == 0
    assert found.remarks == ("no integrated gradients: a table has no gradient",)


def test_sounds_are_cut_into_spans() -> None:
    rng = np.random.default_rng(0)
    sounds = [rng.standard_normal((40, 160)).astype(np.float32) for _ in range(2)]
    seen = Evidence("audio", Generated(sounds[0], 0, "m", sample_rate=80), Real(sounds[1], 40, "r", "r", ""))
    found = collect(plan(Judge(lambda x: x[:, :5].sum(1)), "audio"), seen, nothing)
    assert len(found.regions.names) == 16
    assert found.regions.names[0] == "0–0.0625 s (edge)"
    assert np.abs(found.generated.effects[:, 1:]).max() < 1e-6
    assert found.generated.effects[:, 0].any()
