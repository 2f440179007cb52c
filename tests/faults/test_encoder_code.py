"""What an encoder's code does to its process is the user's, as a loader's is: real processes, real exit codes."""

import pytest

from .conftest import Case

ENCODER = """\
import os

def embed(records):
    if len(records) > 10:  # the encoder is tried on fewer
        {fault}
    return records.reshape(len(records), -1)
"""

ENDS = {
    "raises": ("records.reshape(7)", "embed on 64 records failed with ValueError: cannot reshape"),
    "leaves": ("os._exit(0)", "embed ended the process with os._exit"),
}


@pytest.mark.parametrize(("fault", "says"), ENDS.values(), ids=ENDS)
def test_a_fault_of_an_encoder_is_the_users_with_file_and_line(case: Case, fault: str, says: str) -> None:
    # The model's code changes the working folder, and the encoder is found where it was named all the same.
    case.write("pass")
    (case.folder / "model.py").write_text(
        (case.folder / "model.py").read_text().replace("def load(path):", "def load(path):\n    os.chdir('/')")
    )
    (case.folder / "enc.py").write_text(ENCODER.format(fault=fault), encoding="utf-8")
    code, said, wrong = case.run("--only", "GA302", "--encoder", "enc.py:embed")
    assert (code, said) == (2, "")
    (line,) = wrong.splitlines()
    assert f"enc.py:5: {says}" in line
    assert case.left == {"enc.py"}
