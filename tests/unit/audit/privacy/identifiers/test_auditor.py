"""GA406: identifiers that were learned by heart are counted beyond chance; chance hits are not held against a model."""

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.identifiers.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.finding import Finding, Inconclusive, NotApplicable
from genai_audit.audit.privacy.identifiers.auditor import IdentifiersInOutputs
from genai_audit.models.data.in_memory import data_in_memory

N = 400


def asked(
    generated: object,
    reference: object,
    holdout: object = None,
    modality: str = "tabular",
    auditor: IdentifiersInOutputs | None = None,
) -> Finding:
    plan = Plan(
        modality=modality,
        source="made up",
        reference=data_in_memory(reference, "reference"),
        holdout=None if holdout is None else data_in_memory(holdout, "holdout"),
    )
    evidence = Evidence(modality, Generated(generated, 0, "made up"))
    seen = collect(plan, evidence, lambda share: None)
    chosen = auditor or IdentifiersInOutputs()
    return chosen(Evidence(modality, evidence.generated, identifiers=seen), np.random.default_rng(0))


def people(numbers: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"number": numbers, "age": numbers % 70})


def sides(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers 1 to 600, dealt at random into 400 of the training and 200 that were held out."""
    dealt = rng.permutation(600) + 1
    return people(dealt[:N]), people(dealt[N:])


def test_copied_numbers_are_found_beyond_chance() -> None:
    rng = np.random.default_rng(0)
    reference, holdout = sides(rng)
    # Half of the rows have numbers of nobody, a quarter numbers of training people, a quarter numbers at random.
    made = people(np.r_[np.arange(500) + 5000, rng.choice(reference["number"], 250), rng.integers(1, 601, 250)])
    finding = asked(made, reference, holdout)
    excess = finding.estimate("identifiers_excess")
    assert excess.interval().low <= 0.25 <= excess.interval().high
    assert excess.p_value is not None
    assert excess.p_value < 1e-6
    reproduced = finding.estimate("identifiers_reproduced")
    # A quarter, and two thirds of a quarter by chance, beside which that chance stands.
    assert reproduced.value == pytest.approx(0.25 + 0.25 * 2 / 3, abs=0.03)
    assert reproduced.perfect is not None
    assert reproduced.perfect.value == pytest.approx(0.25 * 2 / 3, abs=0.04)
    (table,) = [each for each in finding.tables if each.name == "repeated"]
    assert all("…" in str(row[0]) and row[1] == "column number" for row in table.rows)
    assert [row[0] for row in finding.tables[-1].rows] == ["number"]


def test_numbers_that_are_hit_by_chance_are_no_leak() -> None:
    alarms, covered, runs = 0, 0, 60
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        reference, holdout = sides(rng)
        excess = asked(people(rng.integers(1, 1201, 300)), reference, holdout).estimate("identifiers_excess")
        assert excess.p_value is not None
        alarms += excess.p_value < 0.05
        covered += excess.interval().low <= 0 <= excess.interval().high
    # 5 % of 60 is 3; 8 or more have a chance of 0.6 %.
    assert alarms < 8
    assert covered >= 54


def test_without_a_holdout_a_rule_can_be_met_but_not_missed() -> None:
    rng = np.random.default_rng(0)
    reference, _ = sides(rng)
    finding = asked(people(rng.choice(reference["number"], 300)), reference)
    excess = finding.estimate("identifiers_excess")
    assert (excess.interval().low, excess.value) == (0.0, 1.0)
    assert finding.estimate("identifiers_reproduced").perfect is None
    clean = asked(people(np.arange(300) + 5000), reference).estimate("identifiers_excess")
    assert clean.value == 0
    assert clean.interval().high == pytest.approx(1 - 0.025 ** (1 / 300))


def test_addresses_in_texts_and_names_apart() -> None:
    reference = [f"Dear Ada Miller{at}, mail p{at}@x.org" for at in range(50)]
    holdout = [f"Dear Bob Fisher{at}, mail q{at}@x.org" for at in range(50)]
    made = [*reference[:10], *(f"mail z{at}@x.org" for at in range(90))]
    finding = asked(made, reference, holdout, modality="text")
    assert finding.estimate("identifiers_reproduced").value == 0.1
    assert finding.estimate("identifiers_excess", "e-mail address").value == 0.1
    # Fisher: 10 of 50 training records and none of 50 others: C(50,10) / C(100,10) = 0.000593.
    assert finding.estimate("identifiers_excess").p_value == pytest.approx(0.000593, rel=0.01)
    assert finding.estimate("names_excess").value == 0.1


def test_where_there_are_only_names_no_identifier_is_repeated() -> None:
    reference, holdout = ["saw Ada Lovelace"], ["saw Bob Fisher"]
    finding = asked(["saw Ada Lovelace"] * 4, reference, holdout, modality="text")
    excess = finding.estimate("identifiers_excess")
    assert (excess.value, excess.curve) == (0.0, ())
    assert finding.estimate("names_excess").value == 1.0


def test_nothing_to_look_for_is_said() -> None:
    evidence = Evidence("text", Generated(["a"], 0, "x"), absent={"identifiers": "nothing names a record"})
    with pytest.raises(NotApplicable, match="nothing names a record"):
        IdentifiersInOutputs()(evidence, np.random.default_rng(0))
    with pytest.raises(Inconclusive, match="no generated record"):
        asked([], ["a@x.org"], modality="text")
    with pytest.raises(ValueError, match="expected shown of at least 1"):
        IdentifiersInOutputs(shown=0)


def test_names_of_people_are_corrected_for_the_finder() -> None:
    reference = [f"Dear Ada Miller{at}, hello" for at in range(50)]
    holdout = [f"Dear Bob Fisher{at}, hello" for at in range(50)]
    made = [*reference[:23], *["nothing"] * 127]
    sure = {"sensitivity": [96, 100], "specificity": [89, 100]}
    finding = asked(made, reference, holdout, "text", IdentifiersInOutputs(name_checks=sure))
    # (23/150 + 0.89 − 1) / (0.96 + 0.89 − 1) = 0.05098, Rogan and Gladen's formula (the example of epi.prev in epiR).
    people = finding.estimate("people_named")
    assert people.value == pytest.approx(0.05098, abs=5e-6)
    assert 0 <= people.interval().low < 0.02 < people.value < people.interval().high < 0.2
    assert people.perfect is not None
    assert people.perfect.value == 0
    # The more records were read, the surer; the uncorrected share stays beside it.
    more = {name: [20 * count for count in each] for name, each in sure.items()}
    surer = asked(made, reference, holdout, "text", IdentifiersInOutputs(name_checks=more)).estimate("people_named")
    assert surer.interval().high < people.interval().high
    assert finding.estimate("names_excess").value == pytest.approx(23 / 150)
    assert finding.settings["name_checks"] == "sensitivity 96 of 100, specificity 89 of 100"


def test_without_checks_no_person_is_counted() -> None:
    finding = asked(["saw Ada Lovelace"], ["saw Ada Lovelace"], ["saw Bob Fisher"], "text")
    assert "people_named" not in {each.name for each in finding.estimates}


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ({"sensitivity": [5, 4], "specificity": [1, 1]}, "expected name_checks as"),
        ({"sensitivity": [4, 5]}, "expected name_checks as"),
        ({"sensitivity": [1, 2], "specificity": [1, 2]}, "better than chance"),
        ({"sensitivity": [0, 0], "specificity": [1, 2]}, "at least one record"),
    ],
)
def test_checks_that_say_nothing_are_refused(checks: dict[str, list[int]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        IdentifiersInOutputs(name_checks=checks)
