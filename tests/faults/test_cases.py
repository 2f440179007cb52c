"""Small inputs that real tools read wrong, each with the right behaviour: run as a user would, where the inputs lie."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).parents[3] / "shared" / "cases"

RIGHT: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "binary_called_text": ((2, 2, 3, 3), ("a TensorFlow Lite model", "a frozen TensorFlow graph")),
    "blank_generations_txt": ((1, 1), ()),
    "colours_under_alpha": ((3, 3), ()),
    "constant_images_warning": ((1,), ()),
    "data_taken_for_checkpoint": (
        (2,) * 7,
        (
            "a table with tabs",
            "a Feather",
            "a JSON list of records",
            "rows of a table",
            "*.webp",
            "a numpy array",
            "texts",
        ),
    ),
    "dates_two_centuries_off": ((1,), ()),
    "decimal_comma_column": ((2,), ("column 'income'", "commas", "--types")),
    "generated_column_all_missing": ((1,), ()),
    "generated_nan_or_out_of_range": ((3, 1, 1), ()),
    "hf_lfs_pointer": ((2,), ("a pointer of Git LFS to it; run `git lfs pull`",)),
    "hf_quantization_config_null": ((1,), ()),
    "leading_zeros": ((1,), ("Group 01001",)),
    "npz_rounding": ((3,), ()),
    "one_group_table": ((3,), ()),
    "semicolon_csv": ((2,), ("got semicolons in line 1, and decimal commas",)),
    "wav_from_a_pipe": ((3,), ()),
    "webp_beside_png": ((2,), ("got 120 in other formats beside them",)),
}
"""The exit code of each command of a case, and what its output says."""

SHARES = {
    "blank_generations_txt": {"out": 0.5, "out2": 0.5},
    "generated_column_all_missing": {"out": 1.0},
    "generated_nan_or_out_of_range": {"o1": 1 / 400, "o2": 30 / 200, "o3": 1.0},
}
"""GA501's share of records that break a rule, by the folder of outputs."""

pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason="needs the cases in ../shared/cases, which are not part of this"
)


def test_every_case_is_here() -> None:
    assert {each.name for each in CASES.iterdir() if each.is_dir()} == set(RIGHT)


@pytest.mark.slow
@pytest.mark.parametrize("case", RIGHT)
def test_a_case_is_read_right(case: str, tmp_path: Path) -> None:
    paths = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": paths, "OMP_NUM_THREADS": "1"}
    made = subprocess.run(
        [sys.executable, CASES / case / "make.py"], cwd=tmp_path, env=environment, capture_output=True
    )
    assert made.returncode == 0, made.stderr.decode()
    codes = 'genai-audit() { command genai-audit "$@" 2>>stderr; echo "code $?"; }; '
    script = codes + (CASES / case / "run.sh").read_text(encoding="utf-8")
    ran = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    errors = (tmp_path / "stderr").read_text(encoding="utf-8")
    found = tuple(int(line.split()[1]) for line in ran.stdout.splitlines() if line.startswith("code "))
    expected, says = RIGHT[case]
    assert found == expected, ran.stdout + errors
    assert all(words in ran.stdout + errors for words in says), ran.stdout + errors
    # Nothing but the one line of a refusal reaches the error stream.
    assert [line for line in errors.splitlines() if not line.startswith("Error: ")] == []
    for folder, share in SHARES.get(case, {}).items():
        record = json.loads((tmp_path / folder / "record.json").read_text(encoding="utf-8"))
        validity = next(each for each in record["findings"] if each["code"] == "GA501")
        assert validity["estimates"][0]["value"] == pytest.approx(share)
