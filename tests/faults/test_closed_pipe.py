"""A reader that goes away changes no exit code."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("arguments", "code"), [("list models", 0), ("explain GA302", 0), ("schema", 0), ("explain GA999", 2)]
)
def test_the_exit_code_is_that_of_the_command(arguments: str, code: int) -> None:
    command = f'"{sys.executable}" -m genai_audit {arguments} | true; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert "BrokenPipe" not in done.stderr


def test_a_stream_without_a_pipe_is_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    from genai_audit.reports.terminal.streams import outlasting

    with outlasting():
        sys.stdout.write("kept\n")
    assert capsys.readouterr().out == "kept\n"
