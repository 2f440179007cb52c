"""GA310: symbols that vanish or are invented are found and named in every modality, sound twins are left alone."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.collapse.vanished_symbols.auditor import VanishedSymbols
from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable
from genai_audit.audit.pages import page

LETTERS = "etaoinshrdlucmfwypvbgk"


def ask(modality: str, generated: Any, reference: Any, seed: int = 0, **settings: Any) -> Finding:
    real = None if reference is None else Real(reference, len(reference), "real", "real", "")
    evidence = Evidence(modality, Generated(generated, 0, "toy"), reference=real)
    return VanishedSymbols(**settings)(evidence, np.random.default_rng(seed))


def sentences(finding: Finding, table: str) -> list[str]:
    return [str(row[0]) for each in finding.tables if each.name == table for row in each.rows]


def texts(n: int, seed: int) -> list[str]:
    """Six words of two to seven letters, of a long-tailed alphabet."""
    rng = np.random.default_rng(seed)
    shares = np.arange(1.0, len(LETTERS) + 1) ** -0.6
    codes = rng.choice(len(LETTERS), size=(n, 6, 7), p=shares / shares.sum())
    sizes = rng.integers(2, 8, size=(n, 6))
    table = np.array(list(LETTERS))
    return [
        " ".join("".join(word[:size]) for word, size in zip(row, cut, strict=True))
        for row, cut in zip(table[codes], sizes, strict=True)
    ]


def rows(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "kind": rng.choice(list("abcde"), n, p=[0.4, 0.3, 0.15, 0.1, 0.05]),
            "wage": np.where(rng.random(n) < 0.4, 0.0, np.exp(rng.normal(size=n))),
            "age": rng.integers(20, 60, n),
            "height": rng.normal(size=n),
        }
    )


def melodies(n: int, seed: int) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    walks = np.clip(60 + np.cumsum(rng.integers(-3, 4, (n, 24)), axis=1), 48, 72)
    walks[rng.random(walks.shape) < 0.1] = -1
    return walks.tolist()  # type: ignore[no-any-return] # lists of lists of int


def images(n: int, seed: int) -> Any:
    return np.random.default_rng(seed).random((n, 1, 8, 8)).astype(np.float32)


def waves(n: int, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, 400)) * rng.random((n, 1)) * 0.2).astype(np.float32)


SOUND: dict[str, Any] = {"text": texts, "tabular": rows, "music": melodies, "image": images, "audio": waves}


@pytest.mark.parametrize("modality", SOUND)
@pytest.mark.parametrize(("n", "m"), [(1000, 3000), (150, 150)])
def test_sound_twins_are_left_alone(modality: str, n: int, m: int) -> None:
    finding = ask(modality, SOUND[modality](m, 1), SOUND[modality](n, 2))
    for name in ("vanished_share", "invented_share"):
        estimate = finding.estimate(name)
        assert [interval.level for interval in estimate.curve] == list(LEVELS)
        assert estimate.interval().low == 0
        assert estimate.interval().high <= (0.02 if n == 1000 else 0.3)
        assert estimate.p_value is not None
        assert estimate.p_value > 0.05
        assert estimate.perfect is not None
        assert estimate.perfect.low <= estimate.value <= estimate.perfect.high
    assert len(finding.estimates) == 2
    assert [table.name for table in finding.tables] == ["classes"]


@pytest.mark.parametrize("seed", range(5))
def test_a_letter_that_never_appears_is_found_and_named(seed: int) -> None:
    real = texts(500, 2 * seed)
    share = "".join(real).replace(" ", "").count("p") / len("".join(real).replace(" ", ""))
    assert 0.02 < share < 0.04
    generated = [each.replace("p", "e") for each in texts(500, 2 * seed + 1)]
    finding = ask("text", generated, real)
    between = finding.estimate("vanished_share").interval()
    assert 0.01 < between.low < share < between.high + 1e-9
    ratio = finding.estimate("symbol_ratio", "letter p")
    assert ratio.value == 0
    assert ratio.interval().high < 0.1
    assert ratio.p_adjusted is not None
    assert ratio.p_adjusted < 0.001
    assert sentences(finding, "vanished") == ["the letter p never appears"]
    assert finding.estimate("invented_share").interval().low == 0


def test_runs_of_blanks_that_real_texts_lack_are_invented() -> None:
    generated = [each.replace(" ", "   ", 1) for each in texts(500, 1)]
    generated[0] += "\n\n"
    finding = ask("text", generated, texts(500, 2))
    assert sentences(finding, "invented") == ["a run of 3 or more blanks appears, but never in real records"]
    share = finding.estimate("invented_symbol_share", "run of 3 or more blanks")
    assert share.value == pytest.approx(500 / 2501)
    assert finding.estimate("invented_share").interval().low > 0.15


def test_letters_of_one_text_are_not_independent() -> None:
    """One generated text in 100 is nothing but a letter of its own: a hundred occurrences, but one record."""
    generated = texts(100, 1)
    generated[0] = "ß" * 300
    finding = ask("text", generated, texts(1000, 2))
    assert finding.estimate("invented_share").interval().low == 0


def test_what_vanishes_from_a_table_is_named() -> None:
    generated = rows(5000, 1)
    generated["wage"] = generated["wage"].where(generated["wage"] > 0, np.random.default_rng(0).random(5000) * 1e-3)
    generated["kind"] = generated["kind"].replace("e", "a")
    generated["age"] = generated["age"].astype(float).where(generated["age"] > 30)
    finding = ask("tabular", generated, rows(1000, 2))
    found = sentences(finding, "vanished")
    assert found[:2] == ["wage = 0 never appears", "kind = e never appears"]
    # Every age is near the 2 % of 1,000 records that a value must have to be looked at.
    gone = {each for each in found if each.startswith("age")}
    assert len(gone) > 3
    assert gone <= {f"age = {age} never appears" for age in range(20, 31)}
    assert sentences(finding, "invented") == ["age = (missing) appears, but never in real records"]
    assert finding.estimate("vanished_share").interval().low > 0.35


def test_equal_numbers_of_different_precision_are_one() -> None:
    real = rows(1000, 1).assign(step=np.random.default_rng(0).choice([0.1, 0.2, 0.7], 1000))
    generated = rows(1000, 2).assign(step=np.random.default_rng(1).choice([0.1, 0.2, 0.7], 1000).astype(np.float32))
    finding = ask("tabular", generated, real)
    assert finding.estimate("vanished_share").interval().high < 0.1
    assert not sentences(finding, "vanished")


def test_melodies_without_rests_and_steps() -> None:
    generated = [[max(pitch, 60) for pitch in each] for each in melodies(1000, 1)]
    finding = ask("music", generated, melodies(1000, 2))
    assert "the rest never appears" in sentences(finding, "vanished")
    held = [[each[0] if each[0] >= 0 else 60] * 24 for each in melodies(1000, 1)]
    found = sentences(ask("music", held, melodies(1000, 2)), "vanished")
    assert "a step of 1 semitone up never appears" in found
    assert "a step of 3 semitones down never appears" in found


def test_pictures_without_black_and_of_a_single_value() -> None:
    generated = np.clip(images(1000, 1), 0.07, 1)
    generated[:200] = 0.5
    finding = ask("image", generated, images(1000, 2))
    assert sentences(finding, "vanished") == ["grey level 1 of 16 never appears"]
    assert sentences(finding, "invented") == ["an image of a single value appears, but never in real records"]


def test_silent_waves() -> None:
    generated = waves(1000, 1)
    generated[:100] = 0
    finding = ask("audio", generated, waves(1000, 2))
    assert set(sentences(finding, "invented")) == {
        "silence appears too often",
        "a silent record appears, but never in real records",
    }


def test_lengths_are_told_apart_by_what_real_ones_are() -> None:
    generated = [each[:12] for each in texts(1000, 1)]
    finding = ask("text", generated, texts(1000, 2))
    assert any(each.startswith("a length below ") for each in sentences(finding, "invented"))
    assert sum(each.startswith("a length of ") for each in sentences(finding, "vanished")) >= 8


def test_long_tails_do_not_keep_a_sound_model_from_passing() -> None:
    def tailed(n: int, seed: int) -> list[str]:
        codes = np.random.default_rng(seed).zipf(1.4, size=(n, 12)) % 10**9
        return [" ".join(f"w{code}" for code in row) for row in codes.tolist()]

    finding = ask("text", tailed(3000, 1), tailed(1000, 2))
    assert finding.estimate("vanished_share").interval().high <= 0.02
    assert finding.estimate("invented_share").interval().high <= 0.02


def test_awkward_records_stay_finite() -> None:
    for modality, generated, real in (
        ("text", [""] * 60, texts(60, 1)),
        ("text", texts(60, 1), ["", "  ", "\t\n"] * 20),
        ("music", [[]] * 60, melodies(60, 1)),
        ("image", np.full((60, 3, 4, 4), np.nan, np.float32), np.zeros((60, 3, 4, 4), np.float32)),
        ("audio", np.full((60, 50), np.nan, np.float32), waves(60, 1)[:, :50]),
        ("tabular", rows(60, 1).assign(age="x", kind=1.5, wage=np.inf), rows(60, 2)),
    ):
        finding = ask(modality, generated, real)
        assert all(math.isfinite(each.value) for each in finding.estimates)


def test_equal_seeds_give_equal_findings() -> None:
    first, second = (ask("text", texts(400, 1), texts(300, 2), max_generated=200) for _ in range(2))
    assert first == second
    assert first.settings["generated_compared"] == 200


def test_it_says_why_it_cannot_answer() -> None:
    with pytest.raises(NotApplicable, match="there is no reference data"):
        ask("text", texts(60, 1), None)
    with pytest.raises(Inconclusive, match="49 reference records are too few: at least 50 are needed"):
        ask("text", texts(60, 1), texts(49, 2))
    with pytest.raises(NotApplicable, match=r"no value is shared by 2\.0 % of the records, so none can vanish"):
        ask("tabular", rows(1000, 1)[["height"]], rows(1000, 2)[["height"]])
    with pytest.raises(ValueError, match="expected least_share between 0 and 1, got 2"):
        VanishedSymbols(least_share=2)


def test_its_page_names_the_estimates() -> None:
    text = page("GA310").text
    assert all(f"**{each.name}**" in text for each in VanishedSymbols.estimates)
