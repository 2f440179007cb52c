"""The command of a file of studies: all of them, or one, each from a random stream of its own."""

import argparse
from collections.abc import Callable, Mapping

import numpy as np

Study = Callable[[int, np.random.Generator], None]
"""Repeats so often, and prints a table."""


def run_studies(about: str | None, studies: Mapping[str, Study], *, repeats: int) -> None:
    """Read the options and run what was asked for.

    Args:
        about: what `--help` says.
        studies: by the names that `--only` takes.
        repeats: unless `--repeats` says otherwise.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=repeats)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=studies)
    options = parser.parse_args()
    for name, study in studies.items():
        if options.only in (None, name):
            study(options.repeats, np.random.default_rng([options.seed, len(name)]))
