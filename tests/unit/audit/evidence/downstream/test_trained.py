"""Training on parts of generated and real tables: what is learned, what is refused, and what must not matter."""

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.evidence.downstream.collect import collect
from genai_audit.audit.evidence.downstream.learners import LEARNERS, plain, predictions
from genai_audit.audit.evidence.downstream.trained import People, trained
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured
from genai_audit.models.data.bundled import loans
from genai_audit.models.data.datasets import Dataset
from genai_audit.models.records import table_attribute


def table(n, seed=0):
    return loans.draw(n, np.random.default_rng(seed))


def people(n=300):
    tested = table(n, 9)
    return People(tested, {"sex": table_attribute(tested, "sex", names=tuple(loans.SEX))}, "people")


def learned(outcome="approved", *, generated=None, real=None, seed=1):
    return trained(
        outcome,
        generated=table(400, 1) if generated is None else generated,
        real=table(300, 2) if real is None else real,
        people=people(),
        rng=np.random.default_rng(seed),
    )


def test_both_learners_learn_a_rule_and_see_gaps_as_gaps():
    frame = pd.DataFrame(
        {"x": [*range(100), np.nan, np.nan], "kind": ["a", "b"] * 50 + [None, "a"], "flag": [True, False] * 51}
    )
    outcome = (frame["x"].fillna(0) > 50).to_numpy().astype(np.int64)
    unseen = frame.assign(kind="never seen")
    train, test = plain([frame, unseen])
    for learner in LEARNERS:
        told = predictions(learner, train, outcome, test, seed=0)
        assert (told == outcome).mean() > 0.9
        assert (predictions(learner, train, np.ones(102, np.int64), test, seed=0) == 1).all()


def test_predictions_have_a_row_a_part_and_a_seed_and_come_back_alike():
    first, again = learned(), learned()
    assert first.size == 60
    assert [each.shape for each in first.generated] == [(5, 1, 300), (5, 3, 300)]
    assert [each.shape for each in first.real] == [(5, 1, 300), (5, 3, 300)]
    assert first.levels == ("False", "True")
    assert (first.truth == people().records["approved"]).all()
    for ours, theirs in zip(first.generated + first.real, again.generated + again.real, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_size_of_a_part_hangs_on_the_real_records_alone():
    assert learned(generated=table(4_000, 1)).size == learned().size


def test_what_cannot_be_learned_is_said_in_one_line():
    with pytest.raises(Unmeasured, match=r"expected at most 10 levels, got .* different values"):
        learned("income")
    with pytest.raises(Unmeasured, match="expected at least 300 generated records"):
        learned(generated=table(100))
    with pytest.raises(Unmeasured, match="expected at least 250 real records"):
        learned(real=table(100))
    one = table(300).assign(approved=True)
    with pytest.raises(Unmeasured, match="expected at least two levels, got True"):
        trained(
            "approved",
            generated=one,
            real=one,
            people=People(one, people().groups, "people"),
            rng=np.random.default_rng(0),
        )


def test_generated_records_without_a_known_outcome_are_left_out_and_counted():
    odd = table(420, 1).astype({"approved": object})
    odd.loc[:19, "approved"] = "maybe"
    assert learned(generated=odd).unusable == 20


def plan(outcomes, **more):
    return Plan(
        modality="tabular",
        source="model",
        reference=Dataset(
            name="loans",
            modality="tabular",
            samples=(frame := table(900, 4)),
            source="loans",
            sha256="ab",
            attributes={"sex": table_attribute(frame, "sex")},
        ),
        outcomes=outcomes,
        **more,
    )


def so_far(modality="tabular", holdout=None):
    real = [None if each is None else Real(each, len(each), "r", "r", "ab") for each in (table(900, 4), holdout)]
    return Evidence(modality, Generated(table(900, 5), 0, "model"), *real)


def test_the_collector_says_why_there_is_nothing():
    def asked(plan_, evidence):
        return collect(plan_, evidence, lambda share: None)

    with pytest.raises(Unavailable, match="no outcome was named"):
        asked(plan(()), so_far())
    with pytest.raises(Unmeasured, match="outcome wage: the reference has no such column; it has: sex, region"):
        asked(plan(("wage",)), so_far())
    with pytest.raises(Unavailable, match="generated image records carry no outcome"):
        asked(Plan(modality="image", source="m", outcomes=("x",)), so_far("image"))


def test_without_a_holdout_a_third_of_the_reference_is_kept_for_testing():
    split = collect(plan(("approved",)), so_far(), lambda share: None).item[0]
    held = collect(plan(("approved",)), so_far(holdout=table(200, 6)), lambda share: None).item[0]
    assert len(split.truth) == 300
    assert "no holdout" in split.tested_on
    assert split.size == 120
    assert len(held.truth) == 200
    assert held.size == 180
    assert held.attributes == ("sex",)
