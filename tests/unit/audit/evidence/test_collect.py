"""Kinds are collected after what they need, and what could not be had is said; groups of attributes come together."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.evidence.bundle import COLLECTORS, DECLARED, Evidence, Features
from genai_audit.audit.evidence.collect import Guard, collect, collector, in_order
from genai_audit.audit.evidence.features import collect as features
from genai_audit.audit.evidence.plan import Digest, Plan
from genai_audit.audit.evidence.unavailable import Partial, Unavailable, Unmeasured
from genai_audit.models.checkpoints.weight_facts import WeightFacts
from genai_audit.models.data.datasets import Dataset
from genai_audit.models.records import Attribute, digest, table_attribute


def collected(
    modality: str,
    samples: Any,
    generated: Any,
    attributes: dict[str, Attribute],
    guard: Guard = lambda work: (work(), None),
) -> Evidence:
    real = Dataset("real", modality, samples, "real", digest(samples, attributes), attributes)
    made = Dataset("made", modality, generated, "made", digest(generated, {}))
    plan = Plan(modality=modality, source="made", samples=made, reference=real)
    return collect(plan, needs=("features", "groups"), guard=guard, progress=lambda step, share: None)


def test_a_reference_may_be_declared_to_be_all_there_is() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    data = Dataset("real", "tabular", frame, "real", digest(frame, {}))
    for population in (False, True):
        plan = Plan("tabular", "made", samples=data, reference=data, holdout=data, population=population)
        found = collect(plan, needs=(), guard=lambda work: (work(), None), progress=lambda step, share: None)
        assert found.reference is not None
        assert found.holdout is not None
        assert (found.reference.population, found.holdout.population) == (population, False)


def texts(n: int) -> list[str]:
    return [f"{'she' if index % 2 else 'he'} is a {'nurse' if index % 3 else 'farmer'}" for index in range(n)]


def test_all_attributes_of_texts_are_judged_at_once() -> None:
    index = np.arange(300)
    attributes = {
        "pronoun": Attribute(("he", "she"), index % 2),
        "job": Attribute(("farmer", "nurse"), (index % 3 > 0).astype(np.int64)),
    }
    found = collected("text", texts(300), texts(120), attributes).groups
    assert found is not None
    assert [each.attribute for each in found] == ["pronoun", "job"]
    assert found[0].predicted.tolist() == [each % 2 for each in range(120)]
    assert found[1].predicted.tolist() == [int(each % 3 > 0) for each in range(120)]


def test_an_attribute_of_one_group_is_left_out_beside_others() -> None:
    constant = Attribute(("en",), np.zeros(300, np.int64))
    pronoun = Attribute(("he", "she"), np.arange(300) % 2)
    evidence = collected("text", texts(300), texts(60), {"lang": constant, "pronoun": pronoun})
    assert evidence.groups is not None
    assert [each.attribute for each in evidence.groups] == ["pronoun"]
    assert not any("lang" in kind for kind in evidence.absent)
    alone = collected("text", texts(300), texts(60), {"lang": constant})
    assert alone.groups is None
    assert "one group only" in alone.absent["groups"]


def test_groups_of_a_table_are_read_and_unseen_values_make_a_group() -> None:
    real = pd.DataFrame({"sex": ["f", "m"] * 50, "age": range(100)})
    made = pd.DataFrame({"sex": ["f", "m", "x", None] * 10, "age": range(40)})
    attributes = {
        "sex": table_attribute(real, "sex"),
        "age": table_attribute(real, "age", names=("young", "old"), edges=(30.0,)),
    }
    found = collected("tabular", real, made, attributes).groups
    assert found is not None
    # An invented value and none at all are two things.
    assert found[0].names == ("f", "m", "(missing)", "(not in the reference)")
    assert found[0].classifier == DECLARED
    assert found[0].predicted.tolist() == [0, 1, 3, 2] * 10
    assert found[0].reference_counts.tolist() == [50, 50, 0, 0]
    assert found[1].predicted.tolist() == [0] * 30 + [1] * 10


@pytest.mark.parametrize(("opened", "before", "read"), [("as opened", "as opened", 1), (None, "read 1", 2)])
def test_files_are_digested_again_only_after_the_audit_or_after_a_users_code(
    opened: str | None, before: str, read: int
) -> None:
    calls: list[str] = []

    def now() -> str:
        calls.append(f"read {len(calls) + 1}")
        return calls[-1]

    plan = Plan(
        modality="text",
        source="made",
        samples=Dataset("made", "text", texts(20), "made", ""),
        inspect=lambda: WeightFacts((), (), (), ()),
        fingerprint=Digest(opened, now),
    )
    found = collect(plan, needs=("weights",), guard=lambda work: (work(), None), progress=lambda step, share: None)
    assert found.weights is not None
    assert (found.weights.file_before, found.weights.file_after) == (before, f"read {read}")


def test_every_kind_has_a_collector_and_is_collected_after_what_it_needs() -> None:
    for kind in COLLECTORS:
        needs = collector(kind).NEEDS
        assert set(needs) <= set(COLLECTORS)
        order = in_order([kind])
        assert order[-1] == kind
        assert set(needs) <= set(order)
    assert in_order(["attributions"]) == ("features", "groups", "attributions")
    # Weights are looked at last: they are proof that collecting all others changed nothing.
    assert in_order(COLLECTORS)[-1] == "weights"
    # What is at hand in every audit needs no collector.
    assert in_order(["generated", "reference", "latents"]) == ("latents",)


def with_features_that(answer: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Evidence:
    """Evidence where the collector of features gives this answer, and groups are asked for."""
    monkeypatch.setattr(features, "collect", lambda plan, so_far, progress: answer())
    attributes = {"pronoun": Attribute(("he", "she"), np.arange(60) % 2)}
    return collected("text", texts(60), texts(20), attributes, guard=guarded)


def guarded(work: Callable[[], Any]) -> tuple[Any, str | None]:
    try:
        return work(), None
    except (Unavailable, Unmeasured):
        raise
    except Exception as error:
        return None, str(error)


def test_what_needs_a_missing_kind_is_missing_for_the_same_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(reason: Exception) -> Any:
        raise reason

    found = with_features_that(lambda: refuse(Unavailable("no such data")), monkeypatch)
    assert found.absent == {"features": "no such data", "groups": "no such data"}
    found = with_features_that(lambda: refuse(Unmeasured("not finite")), monkeypatch)
    assert (found.absent, found.unmeasured) == ({}, {"features": "not finite", "groups": "not finite"})
    # A crash never looks clean: groups that need broken features are no question that cannot arise.
    found = with_features_that(lambda: 1 / 0, monkeypatch)
    assert (found.absent, found.unmeasured) == ({}, {})
    assert found.crashed["features"] == "division by zero"
    assert "division by zero" in found.crashed["groups"]


def test_a_part_that_could_be_had_stands_and_the_rest_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = Features(np.zeros((20, 1)), np.zeros((60, 1)), np.empty((0, 0)), "toy")
    missing = {"features of dates": Unavailable("there are none"), "features of notes": Unmeasured("too few")}
    found = with_features_that(lambda: Partial(vectors, missing), monkeypatch)
    assert found.features is vectors
    assert found.absent["features of dates"] == "there are none"
    assert found.unmeasured["features of notes"] == "too few"
