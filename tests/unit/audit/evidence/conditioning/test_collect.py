"""What is asked for with common random numbers, of which slots and steps, and what is said where it cannot be."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit import UserError
from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.conditioning.collect import collect
from genai_audit.audit.evidence.conditioning.kind import Conditioning
from genai_audit.audit.evidence.conditioning.slots import FEWEST, MOST_VALUES, SEEDS, affordable, slots_of
from genai_audit.audit.evidence.conditioning.steps import windows_of
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured
from unit.audit.attribution.conditional_models import NAMES, Classes, Rows, Steps, evidence_of, plan_of


def ask(model: Any, **changed: Any) -> tuple[Conditioning, ...]:
    return collect(plan_of(model), replace(evidence_of(model), **changed), lambda share: None)


def test_every_value_gets_the_same_noise_and_the_first_is_drawn_again() -> None:
    (found,) = ask(Classes())
    assert (found.slot, found.how, found.values) == ("class", "class", NAMES)
    assert found.outputs.shape == (4, SEEDS, 16)
    assert found.repeats == 0
    # Only the pattern of the class differs, pixel by pixel, but for what is clipped.
    patterns = Classes().patterns.detach().numpy()
    inside = (found.outputs > 0).all(axis=(0, 2)) & (found.outputs < 1).all(axis=(0, 2))
    moved = (found.outputs[1] - found.outputs[0])[inside]
    assert np.allclose(moved, patterns[1] - patterns[0], atol=1e-6)
    assert found.shown.shape == (32, 1, 4, 4)
    assert found.no_steps.startswith("the model offers no sample_in_windows")


def test_the_size_of_a_call_changes_no_seed_and_nothing_is_left_changed() -> None:
    model = Classes()
    model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    (found,) = ask(model)
    # In training mode the layer of normalisation would have counted batches.
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert np.array_equal(found.outputs, ask(Classes())[0].outputs)


def test_a_model_that_changes_its_state_while_it_draws_breaks_the_evidence() -> None:
    class Counting(Classes):
        def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> torch.Tensor:
            with torch.no_grad():
                self.norm.running_mean += 1
            return super().sample(n, generator=generator, condition=condition)

    with pytest.raises(RuntimeError, match="expected sample to leave the model as it was"):
        ask(Counting())


def test_columns_of_a_table_are_asked_for_one_at_a_time() -> None:
    found = ask(Rows())
    assert [(each.slot, each.values) for each in found] == [("kind", ("x", "y")), ("shade", ("dark", "light"))]
    assert all(each.how == "column" for each in found)
    assert np.array_equal(found[1].outputs[0], found[1].outputs[1])


def test_prompts_stand_once_for_each_record() -> None:
    class Prompted(Classes):
        prompts_in_turn = ("a cat", "a dog", "a cat")

        def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> torch.Tensor:
            asked = condition or ["a cat"] * n
            assert len(asked) == n
            at = {"a cat": "a", "a dog": "b"}
            return super().sample(n, generator=generator, condition=at[asked[0]])

    (found,) = ask(Prompted())
    assert (found.slot, found.values, found.how) == ("prompt", ("a cat", "a dog"), "prompt")
    assert np.abs(found.outputs[0] - found.outputs[1]).max() > 0.1


def test_many_values_are_thinned_evenly_and_slow_models_asked_for_less() -> None:
    model = Classes()
    model.classes = tuple(map(str, range(1_000)))
    (slot,) = slots_of(model)
    (thin,), n = affordable([slot], outputs=10**6)
    assert (len(thin.values), thin.values[0], thin.values[-1], n) == (MOST_VALUES, "0", "999", 50)
    assert thin.available == 1_000
    (few,), n = affordable([slot], outputs=3 * FEWEST)
    assert (len(few.values), n) == (3, FEWEST)
    several, n = affordable(slots_of(Rows()), outputs=2 * FEWEST + 5)
    assert ([each.name for each in several], n) == (["kind"], 18)
    with pytest.raises(Unmeasured, match="comparing two values of class takes 32 outputs, but only 10 can be drawn"):
        affordable([slot], outputs=10)


def test_models_that_cannot_be_asked_for_two_things_are_told_so() -> None:
    model = Classes()
    for classes in ((), ("only",)):
        model.classes = classes
        with pytest.raises(Unavailable, match="takes no condition of which two values could be compared"):
            ask(model)
    with pytest.raises(Unavailable, match="samples only"):
        slots_of(None)


@pytest.mark.parametrize("conditions", [("kind", "shade"), {"kind": "xy"}, {"kind": 3}])
def test_conditions_that_are_no_lists_of_values_are_refused(conditions: Any) -> None:
    model = Rows()
    model.conditions = conditions
    with pytest.raises(UserError, match="conditions of the model: expected a mapping from columns to lists of values"):
        ask(model)


def test_unusable_answers_are_one_line() -> None:
    class Unaware(Classes):
        def sample(self, n: int, *, generator: torch.Generator) -> torch.Tensor:  # type: ignore[override]  # on purpose
            return super().sample(n, generator=generator)

    with pytest.raises(UserError, match=r"sample\(100, condition='a'\): .*its sample must take a condition"):
        ask(Unaware())

    class Broken(Classes):
        bad = float("nan")

        def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> torch.Tensor:
            return super().sample(n, generator=generator, condition=condition) * self.bad

    with pytest.raises(Unmeasured, match="some outputs are not finite numbers"):
        ask(Broken())

    class Short(Classes):
        def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> torch.Tensor:
            return super().sample(n, generator=generator, condition=condition)[1 if condition else 0 :]

    with pytest.raises(UserError, match=r"sample\(100, condition='a'\): expected sample\(100\) to give images"):
        ask(Short())


def test_steps_are_told_apart_with_the_noise_kept() -> None:
    (found,) = ask(Steps(listening=(15,)))
    assert found.windows[0] == "steps 1 to 2 of 16"
    assert found.no_steps == ""
    assert found.steps.shape == (64, 8)
    assert (found.steps[:, :-1] == 0).all()
    assert (found.steps[:, -1] > 0).all()


def test_windows_of_uneven_steps_start_where_the_model_is_told_so() -> None:
    model = Steps(listening=(0,))
    model.sampling_steps = 5
    assert windows_of(model, 10**6) == tuple(f"step {at} of 5" for at in range(1, 6))
    # With 3 windows of 5 steps, step s is told s * 3 // 5: 0, 0, 1, 1, 2.
    assert windows_of(model, 40) == ("steps 1 to 2 of 5", "steps 3 to 4 of 5", "step 5 of 5")
    with pytest.raises(Unmeasured, match="too few outputs"):
        windows_of(model, 20)
    model.sampling_steps = 1
    with pytest.raises(Unmeasured, match="takes one step"):
        windows_of(model, 10**6)


@pytest.mark.parametrize("steps", [0, True, 2.5, None])
def test_unusable_numbers_of_steps_are_refused(steps: Any) -> None:
    model = Steps(listening=(0,))
    model.sampling_steps = steps
    with pytest.raises(UserError, match="sampling_steps of the model: expected a whole number of at least 1"):
        windows_of(model, 100)


def test_windows_that_are_not_how_the_model_samples_are_not_believed() -> None:
    class Other(Steps):
        def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> torch.Tensor:
            torch.rand(1, generator=generator)
            return super().sample(n, generator=generator, condition=condition)

    (found,) = ask(Other(listening=(0,)))
    assert found.windows == ()
    assert "what it shows is not how the model samples" in found.no_steps


def test_groups_of_the_outputs_are_read_from_a_tables_columns() -> None:
    from genai_audit.audit.evidence.collect import collect as collect_all
    from genai_audit.models.data.datasets import with_groups
    from genai_audit.models.data.in_memory import data_in_memory

    real = Rows().sample(300, generator=torch.Generator().manual_seed(1))
    reference = with_groups(data_in_memory(real, "reference"), ("kind",))
    plan = replace(plan_of(Rows()), reference=reference)
    evidence: Evidence = collect_all(
        plan, needs=("conditioning",), guard=lambda work: (work(), None), progress=lambda step, share: None
    )
    assert evidence.conditioning is not None
    made = evidence.conditioning[0].outcomes["kind"]
    n = evidence.conditioning[0].outputs.shape[1]
    assert made.names == ("x", "y")
    assert (made.values == np.repeat([0, 1], n)).all()
