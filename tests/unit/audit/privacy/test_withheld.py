"""No output of an audit quotes a real text or row: unique words are planted in these and looked for everywhere."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from genai_audit.audit.cli import main
from genai_audit.audit.commands.outputs import views
from genai_audit.audit.commands.rejudge import open_audit
from in_process import in_process

AUDITORS = ("GA307", "GA310", "GA402", "GA403", "GA404", "GA406", "GA501")
FORMATS = ("sarif", "gitlab", "hugging-face", "every-eval-ever", "crosswalk")
PLANTED = re.compile(r"zq\w*?x")
"""Unique marks of single real records, and of a few."""


def write_tables(folder: Path) -> None:
    """Rows with a note, an address and, of some, a rare illness of their own; a third of those made are copies."""
    rng = np.random.default_rng(0)

    def table(n: int, first: int) -> pd.DataFrame:
        age = rng.integers(18, 80, n)
        rare = [f"zqrare{first + at // 3}x" if at < 30 else "none" for at in range(n)]
        return pd.DataFrame(
            {
                "age": age,
                "income": (age * 500 + rng.normal(0, 5000, n)).round(),
                "town": rng.choice(["Ulm", "Bonn", "Kiel"], n),
                "ill": rare,
                "note": [f"was seen by zqnote{first + at}x today" for at in range(n)],
                "mail": [f"zqmail{first + at}x@example.org" for at in range(n)],
            }
        )

    real = table(180, 1000).sample(frac=1, random_state=0, ignore_index=True)
    # Three real people have an illness that every fourth generated row repeats.
    real.loc[[3, 4, 5], "ill"] = "zqplaguex"
    made = table(60, 5000).assign(ill="none")
    made.loc[::4, "ill"] = "zqplaguex"
    real[:110].to_csv(folder / "reference", index=False)
    real[110:].to_csv(folder / "holdout", index=False)
    pd.concat([made, real[:30]]).to_csv(folder / "made", index=False)


def write_texts(folder: Path) -> None:
    """Texts with words, a name and an address of their own; a third of the generated ones are copies."""
    rng = np.random.default_rng(0)
    words = ["the", "a", "cat", "dog", "sat", "ran", "on", "mat", "hill", "tree", "old", "new", "red", "and", "met"]

    def texts(n: int, first: int) -> list[str]:
        made = []
        for at in range(first, first + n):
            text = rng.choice(words, 12).tolist()
            text[3], text[9] = f"zqword{at}x", f"Zqfirst{at}x Zqlast{at}x"
            made.append(" ".join([*text, f"zqmail{at}x@example.org"]))
        return made

    real, made = texts(180, 1000), texts(60, 5000)
    # A sentence of one training record in every fourth generated one.
    said = " ".join(f"zqsaid{at}x" for at in range(9))
    real[0] += f" {said}"
    made = [f"{each} {said}" if at % 4 == 0 else each for at, each in enumerate(made)]
    for name, part in (("reference", real[:110]), ("holdout", real[110:]), ("made", made + real[:30])):
        (folder / name).write_text("\n".join(part) + "\n", encoding="utf-8")


def found(said: Mapping[str, str], real: set[str]) -> dict[str, set[str]]:
    """What of single real records stands in each output, by its name."""
    return {name: seen for name, text in said.items() if (seen := real & set(PLANTED.findall(text.lower())))}


@pytest.mark.parametrize(("suffix", "writes"), [("csv", write_tables), ("txt", write_texts)])
def test_no_output_quotes_a_real_record_unless_asked_to(
    suffix: str, writes: Callable[[Path], None], tmp_path: Path
) -> None:
    writes(tmp_path)
    parts = {name: (tmp_path / name).rename(tmp_path / f"{name}.{suffix}") for name in ("made", "reference", "holdout")}
    real = {word for name in ("reference", "holdout") for word in PLANTED.findall(parts[name].read_text().lower())}
    out = tmp_path / "out"
    options = [f"--{name}={parts[name]}" for name in ("reference", "holdout")]
    options += [f"--only={','.join(AUDITORS)}", f"--out={out}", *(f"--format={each}" for each in FORMATS)]
    ended = CliRunner().invoke(main, ["run", str(parts["made"]), *options], obj=in_process)
    assert ended.exit_code in (0, 1, 3), ended.output
    # The saved evidence is data, so that it alone holds records.
    written = {each.name: each.read_text(encoding="utf-8") for each in out.iterdir() if each.is_file()}
    assert found(written | {"terminal": ended.output}, real) == {}
    assert "withheld" in written["record.json"]
    # The marks are there to be found: whoever asks is shown the records, in the report alone.
    record, evidence, _ = open_audit(out)
    assert evidence is not None
    assert list(found(views(record, evidence, FORMATS, show_real=True), real)) == ["report.html"]
