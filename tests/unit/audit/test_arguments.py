"""Python callers are answered in Python's terms: names of parameters, never options of the command line."""

import re
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

from genai_audit import UserError, audit_checkpoint
from genai_audit.audit.arguments import in_python
from genai_audit.audit.cli import main

IMAGES = np.random.default_rng(0).random((60, 8, 8))

MESSAGES = {
    "--groups age: expected an attribute of a.npz (class)": "groups='age': expected an attribute of a.npz (class)",
    "--only: no auditor GA999; known: GA101": "only: no auditor GA999; known: GA101",
    "--out a.npz: expected a folder to write": "out='a.npz': expected a folder to write",
    "--device: expected cpu, got 'abacus'": "device: expected cpu, got 'abacus'",
    "--prompts a.csv: expected a .txt file": "prompts='a.csv': expected a .txt file",
    "a.pt: code; name code that builds it by --loader FILE.py:FUNCTION": (
        'a.pt: code; name code that builds it by loader="FILE.py:FUNCTION"'
    ),
    "a.pt: TorchScript; --trust loads and runs it": "a.pt: TorchScript; trust=True loads and runs it",
    "a: expected prompts, got none; give --prompts FILE.txt": 'a: expected prompts, got none; give prompts="FILE.txt"',
    "other data; give the right data with --reference": "other data; give the right data with reference=…",
    "no control; give --holdout": "no control; give holdout=…",
    "x: expected a policy; see --policy": "x: expected a policy; see policy=…",
    "too few: ask for --samples N": "too few: ask for samples=N",
    "a name with --dashes in it": "a name with --dashes in it",
}


@pytest.mark.parametrize(("said", "meant"), MESSAGES.items())
def test_messages_name_arguments(said: str, meant: str) -> None:
    assert in_python(said) == meant


def test_every_option_of_a_run_has_its_argument() -> None:
    options = [each.opts[0] for each in main.commands["run"].params if isinstance(each, click.Option)]
    # What a process may use, and what its exit code is, are no matter of a function.
    of_a_process = ["--memory", "--sign", "--profile", "--baseline-mode", "--baseline", "--exit-zero"]
    assert [each for each in options if "--" in in_python(f"give {each}")] == of_a_process


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "negative samples": ({"samples": -3}, "samples: expected a whole number of at least 1, got -3 (int)"),
    "samples that are true": ({"samples": True}, "samples: expected a whole number of at least 1, got True (bool)"),
    "half a sample": ({"samples": 2.5}, "samples: expected a whole number of at least 1, got 2.5 (float)"),
    "a seed of text": ({"seed": "x"}, "seed: expected a whole number of at least 0, got 'x' (str)"),
    "no device": ({"device": None}, "device: expected a str such as 'cpu', got None (NoneType)"),
    "another device": ({"device": "abacus"}, "device: expected cpu or a device of this machine, got 'abacus'"),
    "a number as policy": ({"policy": 3}, "policy: expected the path of a YAML file, got 3 (int)"),
    "a number as out": ({"out": 3}, "out: expected the path of a folder to write, got 3 (int)"),
    "a file as out": ({"out": __file__}, f"out='{__file__}': expected a folder to write, got a file"),
    "a number as loader": ({"loader": 3}, "loader: expected a str such as 'loader.py:load', got 3 (int)"),
    "trust in words": ({"trust": "yes"}, "trust: expected True or False, got 'yes' (str)"),
    "one unknown auditor": ({"only": "GA999"}, "only: no auditor GA999; known: GA101"),
    "several auditors": ({"only": ["GA302", "GA998", "GA999"]}, "only: no auditor GA998, GA999; known: GA101"),
    "a number as auditor": ({"only": 302}, "only: expected a str or several, got 302 (int)"),
    "one unknown group": ({"groups": "sex"}, "groups='sex': expected an attribute of reference data in memory (it has"),
    "a number among groups": ({"groups": {1}}, "groups: expected a str or several, got 1 (int)"),
    "a number as reference": ({"reference": 7}, "reference: expected images as an array or tensor"),
    "other data": ({"holdout": ["a text"]}, "holdout data in memory holds text records"),
    "a class as checkpoint": (
        {"checkpoint": dict},
        "checkpoint: expected a path, a name, a model or samples, got type",
    ),
}


@pytest.mark.parametrize(("arguments", "says"), WRONG.values(), ids=WRONG)
def test_a_wrong_argument_is_one_clear_line(arguments: dict[str, Any], says: str) -> None:
    given = {"checkpoint": IMAGES, "reference": IMAGES, **arguments}
    with pytest.raises(UserError, match=re.escape(says)) as caught:
        audit_checkpoint(given.pop("checkpoint"), **given)
    assert "\n" not in str(caught.value)
    assert not re.search(r"--[a-z]", str(caught.value))


def test_what_is_not_there_is_advised_in_arguments(tmp_path: Path) -> None:
    (tmp_path / "words.safetensors").write_bytes(b"just some words, no weights")
    with pytest.raises(UserError, match=r'by loader="FILE\.py:FUNCTION"'):
        audit_checkpoint(tmp_path / "words.safetensors")


@pytest.mark.parametrize("only", ["GA601", ["GA601"], ("GA601",), {"GA601"}, (each for each in ["GA601"])])
def test_one_name_or_any_number_of_names(only: Any) -> None:
    record = audit_checkpoint(IMAGES, reference=IMAGES, only=only, samples=np.int64(50))
    assert sum(each.reason == "left out by --only" for each in record.findings) == len(record.findings) - 1
    assert record.environment.samples == 50
