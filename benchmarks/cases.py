"""Run small inputs that real tools read wrong, and print of each what is right and what is observed.

    python benchmarks/cases.py [CASE ...] [--cases FOLDER]

A case is a folder with `make.py` (writes the input), `run.sh` (runs the tool on it) and `expected.txt`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

CASES = Path(__file__).parents[2] / "shared" / "cases"


def main() -> None:
    """Print case, expected and observed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="cases; all by default")
    parser.add_argument("--cases", type=Path, default=CASES, help="the folder that they lie in")
    asked = parser.parse_args()
    folders = [each for each in sorted(asked.cases.iterdir()) if (each / "run.sh").is_file()]
    for folder in folders:
        if not asked.names or folder.name in asked.names:
            print(f"== {folder.name}\nexpected: {expected(folder)}\nobserved:\n{observed(folder)}\n", flush=True)


def expected(folder: Path) -> str:
    """What is right, as the case says."""
    lines = (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
    return " ".join(line.removeprefix("Right: ") for line in lines if line.startswith("Right: "))


def observed(folder: Path) -> str:
    """The exit code and the first lines of every command of the case."""
    paths = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": paths}
    with tempfile.TemporaryDirectory() as work:
        made = subprocess.run([sys.executable, folder / "make.py"], cwd=work, env=environment, capture_output=True)
        if made.returncode:
            return f"make.py failed: {made.stderr.decode().strip().splitlines()[-1]}"
        # Through a file: a closed pipe would end the command early, with another exit code.
        run = 'echo "  $ genai-audit $*"; command genai-audit "$@" > said 2>&1; code=$?; head -4 said | cut -c1-220'
        script = f'genai-audit() {{ {run}; echo "  exit code $code"; }}\n' + (folder / "run.sh").read_text(
            encoding="utf-8"
        )
        ran = subprocess.run(["bash", "-c", script], cwd=work, env=environment, capture_output=True, text=True)
    return ran.stdout.rstrip()


if __name__ == "__main__":
    main()
