"""Opening a user's group classifier: what it tells apart, and what is refused before anything is drawn."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.group_membership import collect
from genai_audit.audit.evidence.judged.collect import collect as collect_judged
from genai_audit.audit.evidence.judged.kind import Judged
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.samples.real import real_data
from genai_audit.audit.evidence.unavailable import Unmeasured
from genai_audit.audit.group_classifying import opened_classifier
from genai_audit.audit.request import Request
from genai_audit.models.data.datasets import Dataset
from genai_audit.models.errors import UserError
from genai_audit.models.records import Attribute

WORDS = ["she ran", "he sat", "they sang"]


def data(n, *, names=("f", "m"), modality="text", column=None, source="r.jsonl"):
    values = np.arange(n) % len(names)
    return Dataset(
        name="r",
        modality=modality,
        samples=[WORDS[k] for k in values],
        source=source,
        sha256="ab",
        attributes={"sex": Attribute(names, values, column)},
    )


def by_word(records):
    return [{"she": "f", "he": "m"}.get(each.split()[0], "x") for each in records]


@dataclass
class Subject:
    reference: Any
    samples: Any = None
    model: Any = None
    modality: str = "text"

    @property
    def checkpoint(self):
        return SimpleNamespace(modality=self.modality)


def opened(function=by_word, *, reference=None, validation=None, groups=(), modality="text"):
    request = Request("model", group_classifier=function, groups=groups)
    return opened_classifier(request, Subject(reference, modality=modality), validation)


def test_groups_come_from_the_function_or_from_labels():
    assert opened(reference=data(8)).groups == {"sex": ("f", "m")}
    assert opened(validation=data(8)).groups == {"sex": ("f", "m")}
    assert opened_classifier(Request("model"), Subject(None), None) is None

    def named(records):
        return by_word(records)

    named.names, named.attribute = ("x", "m", "f"), "pronoun"
    assert opened(named, reference=data(8)).groups == {"pronoun": ("x", "m", "f")}


def test_errors_are_counted_on_the_validation_data():
    errors = opened(validation=data(9, source="v.jsonl")).errors["sex"]
    assert errors.confusion.tolist() == [[5, 0], [0, 4]]
    assert errors.counted_on == "9 labelled records of v.jsonl that it had not learned from"


def swapped(records):
    return ["m" if each == "f" else "f" for each in by_word(records)]


def other(records):
    return by_word(records)


other.names = ("women", "men")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"function": swapped, "validation": data(8)}, "better than chance, got one that recognises 0%"),
        ({"reference": None}, "expected at least two different groups"),
        ({"function": other, "reference": data(8)}, r"that the reference names \(f, m\), got women, men"),
        ({"function": other, "validation": data(8)}, r"that the validation data names \(f, m\), got women, men"),
        ({"validation": data(9, names=("f", "m", "y"))}, r"expected groups of sex \(f, m, y\), got x"),
        ({"reference": data(8, column="sex"), "modality": "tabular"}, "sex is a column of the table"),
        ({"reference": data(8), "validation": data(8), "groups": ("age",)}, "age"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(arguments, said):
    with pytest.raises(UserError, match=said) as caught:
        opened(**arguments)
    assert "\n" not in str(caught.value)


def evidence(judge, holdout=None):
    rng = np.random.default_rng(0)
    reference = data(8)
    plan = Plan(modality="text", source="m", reference=reference, holdout=holdout, judge=judge, seed=0)
    held = None if holdout is None else real_data(holdout, rng)
    given = Evidence("text", Generated(WORDS[:2] * 3, 0, "m"), real_data(reference, rng), held)
    judged: tuple[Judged, ...] = collect_judged(plan, given, lambda share: None)
    given = Evidence("text", given.generated, given.reference, given.holdout, judged=judged)
    return collect(plan, given, lambda share: None)


def test_without_validation_a_labelled_holdout_shows_the_errors_and_the_reference_never_does():
    open_ = evidence(opened(reference=data(8)))
    assert open_.item == ()
    reason = open_.missing["groups of sex"]
    assert isinstance(reason, Unmeasured)
    assert "--classifier-validation" in str(reason)
    (groups,) = evidence(opened(reference=data(8)), data(6)).item
    assert groups.confusion.tolist() == [[3, 0], [0, 3]]
    assert groups.predicted.tolist() == [0, 1] * 3
    assert "6 labelled records of the holdout" in groups.classifier
    (counted,) = evidence(opened(reference=data(8), validation=data(10))).item
    assert counted.confusion.tolist() == [[5, 0], [0, 5]]
    assert counted.reference_counts.tolist() == [4, 4]
