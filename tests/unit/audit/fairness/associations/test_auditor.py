"""GA107: associations, differences between continuations and shares by prompt are found, named, and held by limits."""

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import DECLARED, Evidence, Generated, Groups
from genai_audit.audit.evidence.probes.kinds import Contrast
from genai_audit.audit.fairness.associations.auditor import Associations
from genai_audit.audit.fairness.associations.contrasts import complete
from genai_audit.audit.fairness.associations.measures import listed_insults, repetition, words
from genai_audit.audit.finding import Finding, Inconclusive, NotApplicable
from genai_audit.models.records import Attribute
from unit.audit.fairness.probe_examples import associations, continued, evidence


def ask(given: Evidence, **settings: object) -> Finding:
    return Associations(**settings)(given, np.random.default_rng(0))  # type: ignore[arg-type] # of several types


def noisy(means: list[float], *, templates: int = 12, error: float = 0.3, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array(means)[:, None] + rng.normal(0, error, (len(means), templates))


def test_one_subject_that_is_off_is_found() -> None:
    found = ask(evidence([associations(noisy([0, 0, 0, 3, 0]))]))
    worst = found.estimate("worst_association")
    assert worst.value == pytest.approx(3, abs=0.3)
    assert worst.interval().low > 2
    assert worst.p_value < 1e-5
    each = found.estimate("association", "job 3: she over he")
    assert each.interval().low < 3 < each.interval().high
    assert found.tables[0].rows[0][0] == "job 3"


def test_an_indifferent_model_is_within_the_band() -> None:
    inside = 0
    for seed in range(20):
        worst = ask(evidence([associations(noisy([0.0] * 8, seed=seed))])).estimate("worst_association")
        inside += worst.perfect is not None and worst.perfect.low <= worst.value <= worst.perfect.high
        assert worst.interval().low == 0 or worst.p_value < 0.05
    assert inside >= 17


def test_targets_move_what_is_sought_and_context_does_not() -> None:
    shares = {f"job {at}": {"she": 0.9, "he": 0.1} for at in range(4)}
    table = noisy([np.log(9)] * 4, error=0.1)
    judged = ask(evidence([associations(table, shares=shares, targets=True)]))
    assert judged.estimate("worst_association").value < 0.15
    context = ask(evidence([associations(table, shares=shares)]))
    assert context.estimate("worst_association").value == pytest.approx(np.log(9), abs=0.15)
    assert context.tables[0].columns[5].key == "context"


def test_a_centred_contrast_takes_off_what_holds_for_all() -> None:
    contrast = Contrast("north over south", {"she": 1.0, "he": -1.0}, centred=True)
    found = ask(evidence([associations(noisy([5.0, 5.0, 5.0, 7.0]), contrast=contrast)]))
    assert found.estimate("worst_association").value == pytest.approx(1.5, abs=0.2)
    assert "mean_association" not in {each.name for each in found.estimates}


def test_cells_that_are_missing_leave_a_complete_block() -> None:
    there = np.ones((4, 6), dtype=bool)
    there[1, :5] = False
    there[0, 0] = False
    rows, columns = complete(there)
    assert rows.tolist() == [0, 2, 3]
    assert columns.tolist() == [1, 2, 3, 4, 5]


def test_subjects_with_too_few_templates_have_no_limits_of_their_own() -> None:
    table = noisy([0.0, 2.0, 1.0])
    table[1, 3:] = np.nan
    found = ask(evidence([associations(table)]))
    assert {each.group for each in found.estimates if each.name == "association"} == {
        "job 0: she over he",
        "job 2: she over he",
    }
    table[:, 3:] = np.nan
    with pytest.raises(Inconclusive, match="no subject has 4 templates"):
        ask(evidence([associations(table)]))


def test_limits_of_all_subjects_hold_together() -> None:
    rng, together = np.random.default_rng(7), 0
    truth = rng.normal(0, 1, 20)
    for seed in range(100):
        noise = np.random.default_rng(seed)
        # What a template adds for all subjects and what it adds for one.
        table = truth[:, None] + noise.normal(0, 0.5, 12) + noise.normal(0, 0.5, (20, 12))
        found = ask(evidence([associations(table)]))
        limits = [each.interval() for each in found.estimates if each.name == "association"]
        by_name = {each.group: each.interval() for each in found.estimates if each.name == "association"}
        assert len(limits) == 20
        together += all(
            by_name[f"job {at}: she over he"].low <= truth[at] <= by_name[f"job {at}: she over he"].high
            for at in range(20)
        )
    assert together >= 93


def test_texts_about_one_group_that_are_longer_and_ruder_are_found() -> None:
    def write(group: str, prompt: int, draw: int) -> str:
        words = " ".join(
            f"word{chr(97 + prompt)}{chr(97 + at)}" for at in range(10 + prompt % 3 + (5 if group == "a" else 0))
        )
        return f"{words} you idiot" if group == "b" else words

    found = ask(evidence(continuations=[continued(write)]))
    assert found.estimate("length_gap").value == pytest.approx(3, abs=0.01)
    assert found.estimate("insult_gap").value == 1
    assert found.estimate("insult_gap").interval().low > 0.5
    assert found.gaps["sentiment_gap"] == "not measured: install it"
    assert found.settings["prompts_continued"] == 40


@pytest.mark.parametrize("paired", [True, False])
def test_the_same_texts_about_all_show_no_gap(paired: bool) -> None:
    given = continued(lambda group, prompt, draw: "so it was " * (prompt % 5 + draw), paired=paired)
    found = ask(evidence(continuations=[given]))
    for name in ("length_gap", "repetition_gap", "insult_gap"):
        assert found.estimate(name).value == pytest.approx(0, abs=1e-12)
    # That no text has an insult does not say that none ever has.
    assert found.estimate("insult_gap").interval().high > 0.02


def test_insults_can_be_named() -> None:
    given = continued(lambda group, prompt, draw: "gosh" if group == "a" else "no")
    assert ask(evidence(continuations=[given])).estimate("insult_gap").value == 0
    assert ask(evidence(continuations=[given]), insults=("Gosh",)).estimate("insult_gap").value == 1
    with pytest.raises(ValueError, match="expected insults as words"):
        Associations(insults=("",))


def test_words_and_repetition() -> None:
    assert words("It's a dog-eared, DOG 12!") == ["it's", "a", "dog-eared", "dog"]
    assert repetition("a b a B") == 0.5
    assert repetition("...") == 0
    assert len(listed_insults()) == len(set(listed_insults())) > 40
    assert all(each == each.lower() and words(each) == [each] for each in listed_insults())


def prompted(shares: list[float], *, n: int = 600, classifier: str = DECLARED, seed: int = 0) -> Evidence:
    """Images of several prompts, of whom so many show a woman; judged rightly, or with one error in ten."""
    rng = np.random.default_rng(seed)
    prompt = np.resize(np.arange(len(shares)), n)
    seen = (rng.random(n) < np.array(shares)[prompt]).astype(np.int64)
    if classifier != DECLARED:
        seen = np.where(rng.random(n) < 0.1, 1 - seen, seen)
    groups = Groups(
        ("man", "woman"), seen, np.array([[450, 50], [50, 450]]), np.array([500, 500]), classifier, {}, seen, "sex"
    )
    attributes = {"prompt": Attribute(tuple(f"prompt {at}" for at in range(len(shares))), prompt)}
    images = np.zeros((n, 1, 1, 1), dtype=np.float32)
    return Evidence("image", Generated(images, 0, "toy", attributes=attributes), groups=(groups,))


@pytest.mark.parametrize("classifier", [DECLARED, "a classifier"])
def test_a_prompt_that_shows_one_group_is_found(classifier: str) -> None:
    gap = ask(prompted([0.9, 0.3, 0.3], classifier=classifier)).estimate("prompt_share_gap")
    assert gap.interval().low < 0.6 < gap.interval().high
    assert gap.interval().low > 0.4
    same = ask(prompted([0.5, 0.5, 0.5], classifier=classifier)).estimate("prompt_share_gap")
    assert same.interval().low == 0
    assert same.value < 0.2


def test_without_any_part_the_question_does_not_arise() -> None:
    absent = {"probes": "this one makes image records", "continuations": "this one makes image records"}
    with pytest.raises(NotApplicable, match=r"^this one makes image records$"):
        ask(evidence(absent=absent))
    with pytest.raises(Inconclusive, match="none could be scored"):
        ask(evidence(absent={"continuations": "x"}, unmeasured={"probes": "none could be scored"}))
    # A part that is missing leaves a rule on it open, where others are measured.
    found = ask(evidence([associations(noisy([0.0, 1.0]))], absent={"continuations": "it takes no prompts"}))
    assert found.gaps["length_gap"] == "it takes no prompts"
