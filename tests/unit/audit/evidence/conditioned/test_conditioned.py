"""What a model is asked for, how often, and what is said where it cannot be asked or gives nothing usable."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from genai_audit import UserError
from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.collect import collect as collect_all
from genai_audit.audit.evidence.conditioned.collect import ALL, EACH, FEW, collect, records_each
from genai_audit.audit.evidence.conditioned.kind import Conditioned
from genai_audit.audit.evidence.conditioned.prompted import by_prompts, named
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured
from genai_audit.models.data.datasets import with_groups
from genai_audit.models.data.in_memory import data_in_memory
from genai_audit.models.records import Attribute
from unit.audit.fairness.requested_world import world

MODELS = world()
CLASSES = MODELS.WORLDS["apart"]


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    found: Evidence = MODELS.evidence_of(MODELS.sound(CLASSES), seed=1, needs=("features", "groups"))
    return found


def ask(evidence: Evidence, model: Any) -> tuple[Conditioned, ...]:
    plan = MODELS.plan_of(MODELS.sound(CLASSES), evidence_seed=1)
    return collect(replace(plan, model=model), evidence, lambda share: None)


def test_every_class_is_asked_for_as_often_and_a_swap_shows_in_the_counts(evidence: Evidence) -> None:
    (found,) = ask(evidence, MODELS.swapped(CLASSES))
    assert found.requests == found.names == MODELS.NAMES
    assert (np.bincount(found.asked) == 80).all()  # 2,400 / 5 / 6
    assert found.more
    assert (found.counts.argmax(axis=1) == [0, 1, 3, 2, 4, 5]).all()
    assert found.shown.shape == (48, 1, 6, 6)
    assert (np.bincount(found.shown_asked) == 8).all()


def test_the_same_records_are_drawn_again_whatever_is_asked_besides(evidence: Evidence) -> None:
    once, again = (ask(evidence, MODELS.sound(CLASSES))[0] for _ in range(2))
    assert (once.made == again.made).all()
    assert (once.shown == again.shown).all()


@pytest.mark.parametrize(
    ("requests", "drawn", "pace", "expected"),
    [
        (10, 20_000, 1e-4, (EACH, False)),
        (10, 3_000, 1e-4, (60, True)),
        (10, 100, 1e-4, (FEW, True)),
        (10, 100, 1.0, (2, True)),  # A slow model is asked for no more than a fifth of what was drawn.
        (100, 20_000, 1e-4, (FEW, True)),
        (100, 200_000, 1e-4, (ALL // 100, False)),
    ],
)
def test_how_many_records_of_each_are_drawn(requests: int, drawn: int, pace: float, expected: tuple[int, bool]) -> None:
    assert records_each(requests, drawn=drawn, pace=pace) == expected


def test_a_slow_model_of_many_classes_is_not_asked_at_all() -> None:
    with pytest.raises(Unmeasured, match=r"1,000 classes would take about 2,000 s.*--samples, --budget"):
        records_each(1_000, drawn=200, pace=2.0)


def test_models_that_cannot_be_asked_are_told_from_those_that_nobody_can_check(evidence: Evidence) -> None:
    model = MODELS.sound(CLASSES)
    model.classes = ()
    with pytest.raises(Unavailable, match="cannot be asked for a class or a value"):
        ask(evidence, model)
    with pytest.raises(Unavailable, match="samples only"):
        collect(replace(MODELS.plan_of(model, evidence_seed=1), model=None), evidence, lambda share: None)
    unlabelled = replace(evidence, groups=None, absent={"groups": "the reference has no labels"})
    with pytest.raises(Unmeasured, match="nothing tells what it makes then: the reference has no labels"):
        ask(unlabelled, MODELS.sound(CLASSES))
    strange = MODELS.sound(CLASSES)
    strange.classes = ("cat", "dog")
    with pytest.raises(Unmeasured, match=r"classes \(cat, dog\) are not the groups of the reference \(a, b"):
        ask(evidence, strange)


def test_classes_that_the_reference_lacks_are_not_asked_for(evidence: Evidence) -> None:
    model = MODELS.sound(CLASSES)
    model.classes = ("a", "b", "c", "d", "e", "f", "g")
    (found,) = ask(evidence, model)
    assert found.requests == MODELS.NAMES


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (10, "expected a list of names, got 10"),
        ("abc", "expected a list of names, got 'abc'"),
        (("a", "a"), "expected different names, got a, a"),
    ],
)
def test_classes_that_are_no_names_are_refused(evidence: Evidence, classes: Any, said: str) -> None:
    model = MODELS.sound(CLASSES)
    model.classes = classes
    with pytest.raises(UserError, match=f"classes of the model: {said}"):
        ask(evidence, model)


def test_a_model_with_classes_must_take_them_and_give_records(evidence: Evidence) -> None:
    class Unaware:
        classes = MODELS.NAMES

        def sample(self, n: int, *, generator: Any) -> None:
            raise AssertionError("never called")

    with pytest.raises(UserError, match=r"sample\(80, condition='a'\): .*its sample must take a condition"):
        ask(evidence, Unaware())

    class Short(Unaware):
        def sample(self, n: int, *, generator: Any, condition: Any = None) -> Any:
            return np.zeros((n - 1, 1, 6, 6), dtype=np.float32)

    with pytest.raises(UserError, match=r"sample\(80, condition='a'\): expected sample\(80\) to give images"):
        ask(evidence, Short())


class Rows:
    """A model of a table that can be told a column's value, and mixes up one of them."""

    modality = "tabular"
    conditions = {"sex": ("f", "m"), "age": ("old", "young")}  # noqa: RUF012 – as a user's class has it

    def sample(self, n: int, *, generator: Any, condition: Any = None) -> pd.DataFrame:
        rng = np.random.default_rng(int(generator.initial_seed() % 2**32))
        rows = pd.DataFrame({"sex": rng.choice(["f", "m"], n), "age": rng.choice(["old", "young"], n)})
        for column, value in (condition or {}).items():
            rows[column] = "old" if column == "age" else value
        return rows


def test_tables_are_asked_by_column_and_read() -> None:
    real = Rows().sample(300, generator=torch.Generator().manual_seed(1))
    reference = with_groups(data_in_memory(real, "reference"), ("sex", "age"))
    plan = Plan("tabular", "rows", model=Rows(), reference=reference, n=1_000)

    def unguarded(work: Any) -> Any:
        return work(), None

    evidence = collect_all(plan, needs=("conditioned",), guard=unguarded, progress=lambda step, share: None)
    assert evidence.conditioned is not None
    found = {each.attribute: each for each in evidence.conditioned}
    assert set(found) == {"sex", "age"}
    assert (found["sex"].counts == [[50, 0], [0, 50]]).all()
    assert (found["age"].counts == [[50, 0], [50, 0]]).all()


def test_a_prompt_asks_for_a_group_if_it_names_that_alone(evidence: Evidence) -> None:
    names = ("cat", "dog", "hot dog")
    assert [named(each, names) for each in ("a photo of a CAT", "catalogue", "a cat and a dog", "one dog.")] == [
        0,
        -1,
        -1,
        1,
    ]
    n = len(evidence.generated.samples)
    prompts = Attribute(("a picture of a", "a picture"), np.resize([0, 1], n))
    found = by_prompts(replace(evidence, generated=replace(evidence.generated, attributes={"prompt": prompts})))
    assert found[0].requests == ("a picture of a", "a picture")
    assert len(found[0].made) == n
