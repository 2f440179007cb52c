"""Do the estimates of GA310 hold their levels, and which vanished and invented symbols do they find?

Records are drawn from known distributions: letters and long-tailed words of texts in which neighbouring letters are
alike (so that letters of one text are not independent), categories of long-tailed columns, whole numbers. Printed for
each setting and estimate: the truth, how often the 95 % interval held it, the median and the 95th percentile of the
upper end, how often `at_most 0.01` fails and `at_most 0.02` passes at the 95 % level, and how often p fell below 0.05.

    python benchmarks/vocabulary.py [--repeats 100] [--seed 0]
"""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.collapse.vanished_symbols.auditor import VanishedSymbols
from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.finding import Finding

Draw = Callable[[int, np.random.Generator], Any]
LETTERS = "etaoinshrdlucmfwypvbgkjqxz"
FAIL_ABOVE, PASS_BELOW = 0.01, 0.02


class Setting(NamedTuple):
    """Real and generated records, their numbers, and what has vanished and is invented in truth."""

    name: str
    modality: str
    real: Draw
    generated: Draw
    n: int
    m: int
    vanished: float = 0.0
    invented: float = 0.0


def zipf(count: int, power: float = 1.0) -> NDArray[np.float64]:
    """Shares that fall with the rank."""
    shares = np.arange(1.0, count + 1) ** -power
    return shares / shares.sum()


def letters(without: str = "", instead: str = "") -> Draw:
    """Texts of 60 letters without blanks, each letter followed by itself in three of ten cases."""
    shares = zipf(len(LETTERS), 0.7)

    def draw(n: int, rng: np.random.Generator) -> list[str]:
        codes = rng.choice(len(LETTERS), size=(n, 60), p=shares)
        for at in range(1, 60):
            codes[:, at] = np.where(rng.random(n) < 0.3, codes[:, at - 1], codes[:, at])
        table = np.array(list(LETTERS.replace(without, instead) if without else LETTERS))
        return ["".join(row) for row in table[codes]]

    return draw


def letter_share(letter: str) -> float:
    """The share of a letter."""
    return float(zipf(len(LETTERS), 0.7)[LETTERS.index(letter)])


def words(blanks: str = " ") -> Draw:
    """Texts of 12 words of a vocabulary of 5,000."""
    shares = zipf(5000)

    def draw(n: int, rng: np.random.Generator) -> list[str]:
        codes = rng.choice(5000, size=(n, 12), p=shares)
        return [blanks.join(f"w{code}" for code in row) for row in codes.tolist()]

    return draw


def rows(columns: int, *, without: int | None = None, extra: float = 0.0) -> Draw:
    """Columns of 30 long-tailed categories and one of whole numbers.

    Args:
        columns: of categories.
        without: a category that the first column lacks, given as another.
        extra: share of rows whose first category is one of its own.
    """
    shares = zipf(30)

    def draw(n: int, rng: np.random.Generator) -> Any:
        import pandas as pd

        codes = rng.choice(30, size=(n, columns), p=shares)
        if without is not None:
            codes[codes[:, 0] == without, 0] = 0
        codes[rng.random(n) < extra, 0] = 30
        found = pd.DataFrame({f"c{at}": [f"k{code}" for code in codes[:, at].tolist()] for at in range(columns)})
        return found.assign(age=np.round(rng.normal(40, 12, n)))

    return draw


def settings() -> list[Setting]:
    """Sound models at several sizes, then broken ones."""
    sizes = ((150, 150), (150, 5000), (1000, 1000), (1000, 10_000), (5000, 5000))
    sound = [
        Setting(name, modality, draw, draw, n, m)
        for name, modality, draw in (
            ("letters", "text", letters()),
            ("words", "text", words()),
            ("5 columns", "tabular", rows(5)),
        )
        for n, m in sizes
    ]
    gone = float(zipf(30)[6])
    return [
        *sound,
        *(
            Setting(f"no letter {each}", "text", letters(), letters(each, "e"), 500, 500, vanished=letter_share(each))
            for each in "hvx"
        ),
        Setting(
            "letter as digit", "text", letters(), letters("v", "7"), 500, 500, letter_share("v"), letter_share("v")
        ),
        Setting("two blanks", "text", words(), words("  "), 500, 500, 1.0, 1.0),
        *(
            Setting("category gone", "tabular", rows(5), rows(5, without=6), 1000, m, vanished=gone)
            for m in (1000, 10_000)
        ),
        *(
            Setting("category added", "tabular", rows(5), rows(5, extra=0.05), 1000, m, invented=0.05)
            for m in (1000, 10_000)
        ),
    ]


def asked(setting: Setting, rng: np.random.Generator) -> Finding:
    """One audit."""
    real = setting.real(setting.n, rng)
    evidence = Evidence(
        setting.modality,
        Generated(setting.generated(setting.m, rng), 0, "drawn"),
        reference=Real(real, setting.n, "drawn", "drawn", ""),
    )
    return VanishedSymbols()(evidence, rng)


def report(setting: Setting, repeats: int, rng: np.random.Generator) -> None:
    """Print how one setting fared."""
    found = [asked(setting, rng) for _ in range(repeats)]
    for name, true in (("vanished_share", setting.vanished), ("invented_share", setting.invented)):
        estimates = [each.estimate(name) for each in found]
        between = [each.interval() for each in estimates]
        high = np.array([each.high for each in between])
        held = np.mean([each.low - 1e-12 <= true <= each.high + 1e-12 for each in between])
        failed, passed = np.mean([each.low > FAIL_ABOVE for each in between]), np.mean(high <= PASS_BELOW)
        alarms = np.mean([each.p_value is not None and each.p_value <= 0.05 for each in estimates])
        print(
            f"  {setting.name:16} {setting.n:5} {setting.m:6}  {name:14}  {true:6.3f}  {held:6.1%}"
            f"  {np.median(high):6.3f}  {np.quantile(high, 0.95):6.3f}  {failed:6.1%}  {passed:6.1%}  {alarms:6.1%}",
            flush=True,
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Calibration and power of GA310")
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    print(
        f"  {'setting':16} {'n':>5} {'m':>6}  {'estimate':14}  {'truth':>6}  {'held':>6}  {'high':>6}  {'95 %':>6}"
        f"  {'fail':>6}  {'pass':>6}  {'p<0.05':>6}"
    )
    for setting in settings():
        report(setting, given.repeats, rng)


if __name__ == "__main__":
    main()
