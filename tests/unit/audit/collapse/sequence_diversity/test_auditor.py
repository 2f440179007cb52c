"""GA307: planted collapse of texts and melodies is seen, sound twins are left alone, odd input stays finite."""

import math
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.collapse.sequence_diversity.auditor import SequenceDiversity
from genai_audit.audit.collapse.sequence_diversity.words import hashed, tokenize
from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.finding import LEVELS, Estimate, Finding, Inconclusive, NotApplicable

VOCABULARY = 200


def chain(temperature: float = 1.0, kept: float = 1.0) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(0)
    distribution = rng.gamma(0.15, size=(VOCABULARY, VOCABULARY)) / np.arange(1, VOCABULARY + 1)
    distribution = (distribution / distribution.sum(axis=1, keepdims=True)) ** (1 / temperature)
    distribution[:, rng.permutation(VOCABULARY)[int(kept * VOCABULARY) :]] *= 1e-12
    return np.asarray((distribution / distribution.sum(axis=1, keepdims=True)).cumsum(axis=1))


def texts(n: int, seed: int, steps: np.ndarray[Any, Any] | None = None) -> list[str]:
    """A Markov chain over invented words."""
    rng = np.random.default_rng(seed)
    steps = chain() if steps is None else steps
    words = np.empty((n, 12), dtype=int)
    words[:, 0] = rng.integers(0, 5, n)
    for at in range(1, 12):
        words[:, at] = np.minimum((rng.random((n, 1)) > steps[words[:, at - 1]]).sum(axis=1), VOCABULARY - 1)
    sizes = rng.integers(6, 13, n)
    return [" ".join(f"w{word}" for word in row[:size]) for row, size in zip(words.tolist(), sizes, strict=True)]


def real(samples: Any) -> Real:
    return Real(samples, len(samples), "real", "real", "0" * 64)


def ask(
    samples: Any, reference: Any, holdout: Any = None, modality: str = "text", seed: int = 0, **settings: Any
) -> Finding:
    evidence = Evidence(
        modality,
        Generated(samples, 0, "model"),
        reference=None if reference is None else real(reference),
        holdout=None if holdout is None else real(holdout),
    )
    return SequenceDiversity(**{"draws": 100, **settings})(evidence, np.random.default_rng(seed))


def departs(estimate: Estimate) -> bool:
    assert estimate.p_value is not None
    return estimate.p_value < 0.01


def assert_finite(finding: Finding) -> None:
    for each in finding.estimates:
        assert [interval.level for interval in each.curve] == list(LEVELS)
        assert each.perfect is not None
        assert each.p_value is not None
        assert 0 < each.p_value <= 1
        numbers = [each.value, each.perfect.value, each.perfect.low, each.perfect.high, each.minimum_detectable]
        assert all(number is not None and math.isfinite(number) for number in numbers), each
        assert each.from_draws is None or 0 <= each.from_draws <= 1


def test_a_sound_twin_is_left_alone() -> None:
    finding = ask(texts(1500, 1), texts(1000, 2))
    assert {each.name for each in finding.estimates} == {each.name for each in SequenceDiversity.estimates}
    assert not [each.name for each in finding.estimates if departs(each)]
    assert_finite(finding)
    assert finding.settings["compared_with"] == "reference"
    control = next(table for table in finding.tables if table.name == "control")
    assert len(control.rows) == 7
    assert not [table for table in finding.tables if table.name == "phrases"]


def test_low_temperature_is_seen_by_every_measure_of_variety() -> None:
    finding = ask(texts(1000, 1, chain(temperature=0.7)), texts(1000, 2))
    for name in ("distinct_1_ratio", "distinct_2_ratio", "distinct_3_ratio", "frontier_area_ratio"):
        assert finding.estimate(name).interval(0.99).high < 1
        assert departs(finding.estimate(name))
    assert finding.estimate("self_bleu_difference").interval(0.99).low > 0
    assert finding.estimate("entropy_rate_difference").interval(0.99).high < 0
    assert [table for table in finding.tables if table.name == "phrases"]


def test_half_of_the_vocabulary_dropped_halves_the_different_words() -> None:
    finding = ask(texts(1000, 1, chain(kept=0.5)), texts(1000, 2))
    assert finding.estimate("distinct_1_ratio").value == pytest.approx(0.5, abs=0.1)
    assert departs(finding.estimate("distinct_1_ratio"))
    assert finding.estimate("frontier_area").value < finding.estimate("frontier_area").perfect.low  # type: ignore[union-attr] # always given


def test_planted_loops_are_counted_exactly_and_shown_longest_first() -> None:
    generated = [each + f" end{at}" for at, each in enumerate(texts(600, 1))]
    generated[7] += " x y x y x y"
    generated[3] += " z z z z"
    generated[9] += " p q r p q r p q r p"
    real_texts = [each + f" stop{at}" for at, each in enumerate(texts(600, 2))]
    finding = ask(generated, real_texts)
    assert finding.estimate("loop_rate").value == 3 / 600
    assert finding.estimate("loop_rate_difference").value == 3 / 600
    shown = {each.name: each.pictures[0] for each in finding.exhibits}
    assert shown["loops"].kind == "generated"
    assert shown["loops"].indices == (9, 7, 3)


def test_planted_repeats_are_seen() -> None:
    rng = np.random.default_rng(0)
    generated = [each + " again again" if rng.random() < 0.2 else each for each in texts(1500, 1)]
    finding = ask(generated, texts(1500, 2))
    assert finding.estimate("repetition_rate_difference").interval(0.99).low > 0
    assert finding.estimate("repetition_rate").perfect.value == pytest.approx(  # type: ignore[union-attr] # always given
        finding.estimate("repetition_rate").value - finding.estimate("repetition_rate_difference").value
    )


def test_held_out_records_are_compared_where_there_are_enough() -> None:
    generated, reference = texts(400, 1), texts(600, 2)
    assert ask(generated, reference, texts(300, 3)).settings["compared_with"] == "holdout"
    assert ask(generated, reference, texts(200, 3)).settings["compared_with"] == "reference"
    # A model that gives its training data back is compared with what it has not seen.
    finding = ask(reference[:400], reference, texts(600, 3))
    assert not departs(finding.estimate("distinct_2_ratio"))


def test_melodies_are_compared_by_pitch() -> None:
    rng = np.random.default_rng(0)

    def melodies(n: int, step: int) -> list[list[int]]:
        walks = 60 + np.cumsum(rng.integers(-step, step + 1, (n, 24)), axis=1)
        return np.clip(walks, 0, 127).tolist()  # type: ignore[no-any-return] # lists of lists of int

    sound = ask(melodies(500, 3), melodies(500, 3), modality="music")
    assert not [each.name for each in sound.estimates if departs(each)]
    assert (sound.settings["token"], sound.settings["entropy_context"]) == ("pitch", 2)
    narrow = ask(melodies(500, 2), melodies(500, 3), modality="music")
    assert narrow.estimate("entropy_rate_difference").interval(0.99).high < 0
    assert narrow.estimate("distinct_3_ratio").interval(0.99).high < 1


def test_texts_without_blanks_are_read_by_character() -> None:
    molecules = ["CC(=O)O", "c1ccccc1", "CCO", "C1CCCCC1N"] * 20
    assert ask(molecules, molecules).settings["token"] == "character"
    found = tokenize("text", [["a b"], ["don’t stop, it's me_2"]], reference=1)
    assert [found.names[at] for at in found.sets[1].tokens] == ["don’t", "stop", ",", "it's", "me_2"]


def test_hashing_depends_on_the_records_alone() -> None:
    one = tokenize("text", [["b c a", "c a"], ["a b c"]], reference=1)
    other = tokenize("text", [["z y x"], ["b c a", "c a"]], reference=1)
    assert (hashed(one.sets[0], one.names) == hashed(other.sets[1], other.names)).all()
    assert np.linalg.norm(hashed(one.sets[0], one.names), axis=1) == pytest.approx(1)
    empty = tokenize("text", [["", "a b"]], reference=0)
    assert hashed(empty.sets[0], empty.names)[0].tolist() == [0.0] * 512


@pytest.mark.parametrize(
    ("generated", "reference"),
    [
        (["a"] * 60, ["a"] * 60),
        (["a b c d"] * 60, texts(80, 2)),
        (["a b"] * 2 + [""] * 70, ["a b", "b a"] * 40),
        ([f"x{at} y{at} z{at}" for at in range(60)], [f"a{at} b{at} c{at}" for at in range(90)]),
        (["Wort " * 3000] + ["ein Wort"] * 60, ["ein Wort", "zwei Worte"] * 40),
        (["🙂 \ud800 é"] * 60, ["a b c", "🙂 b"] * 30),
    ],
    ids=["constant", "collapsed", "nearly empty", "strangers", "one long", "odd characters"],
)
def test_odd_records_stay_finite(generated: list[str], reference: list[str]) -> None:
    assert_finite(ask(generated, reference))
    assert_finite(ask(reference, generated))


def test_what_cannot_be_asked_is_said() -> None:
    with pytest.raises(NotApplicable, match="these are image records"):
        ask(np.zeros((60, 1, 2, 2)), np.zeros((60, 1, 2, 2)), modality="image")
    with pytest.raises(NotApplicable, match="no reference data"):
        ask(texts(60, 1), None)
    with pytest.raises(Inconclusive, match="49 generated records are too few: at least 50"):
        ask(texts(49, 1), texts(60, 2))
    with pytest.raises(Inconclusive, match="fewer than two of 60 generated records hold any word"):
        ask(["a b"] + [""] * 59, texts(60, 2))
    with pytest.raises(ValueError, match="expected draws of at least 100, got 5"):
        SequenceDiversity(draws=5)


def test_the_same_seed_gives_the_same_finding_and_more_than_is_used_is_said_not_to_help() -> None:
    generated, reference = texts(400, 1), texts(100, 2)
    assert ask(generated, reference) == ask(generated, reference)
    assert ask(generated, reference).estimate("self_bleu_difference").from_draws != 0
    limited = ask(generated, reference, max_generated=200)
    assert {each.from_draws for each in limited.estimates} == {0.0}
    assert limited.settings["generated_records"] == 200
