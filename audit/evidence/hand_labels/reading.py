"""Read the groups that people saw in generated samples from a CSV file, and check that they are of these samples."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ....models.errors import UserError
from ..bundle import Ints

if TYPE_CHECKING:
    from ..plan import Plan

SAMPLE, SEED = "sample", "seed"
"""Columns that are no attribute: the sample's number from 0, and (optional) the seed that it was drawn with."""

OPTION = "--labels"


@dataclass(frozen=True, slots=True, eq=False)
class LabelFile:
    """What a file of hand labels holds.

    Args:
        source: its path.
        sha256: of its bytes.
        rows: int64 (m,), numbers of the samples.
        labels: of each attribute (m,), the group that was seen; empty text where nothing was noted.
        seeds: that the samples are said to have been drawn with; empty where the file does not say.
    """

    source: str
    sha256: str
    rows: Ints
    labels: Mapping[str, tuple[str, ...]]
    seeds: frozenset[str] = frozenset()


def read_hand_labels(path: Path) -> LabelFile:
    """The labels in a CSV file with a column `sample` and one for each attribute.

    Raises:
        UserError: if it is none, a sample has no number or two lines, or nothing was labelled.
    """
    try:
        content = path.read_bytes()
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{OPTION} {path}: expected a CSV file in UTF-8, got something else ({error})") from error
    header = [name.strip() for name in lines[0]] if lines else []
    attributes = [name for name in header if name not in (SAMPLE, SEED)]
    if SAMPLE not in header or not attributes or len(set(header)) < len(header) or "" in header:
        raise UserError(
            f"{OPTION} {path}: expected a first line with {SAMPLE} and the name of each attribute, e.g. "
            f"'{SAMPLE},sex', got '{','.join(header)[:80]}'"
        )
    body = [(number, line) for number, line in enumerate(lines[1:], start=2) if any(each.strip() for each in line)]
    for number, line in body:
        if len(line) != len(header):
            raise UserError(f"{OPTION} {path}: line {number}: expected {len(header)} cells, got {len(line)}")
    columns = {name: tuple(line[k].strip() for _, line in body) for k, name in enumerate(header)}
    rows = np.array([_number(path, number, line[header.index(SAMPLE)]) for number, line in body], dtype=np.int64)
    _check_distinct(path, rows)
    labels = {name: columns[name] for name in attributes if any(columns[name])}
    if not labels:
        raise UserError(f"{OPTION} {path}: expected a group for some samples, got none; write one in a column's cell")
    seeds = frozenset(each for each in columns.get(SEED, ()) if each)
    return LabelFile(str(path), hashlib.sha256(content).hexdigest(), rows, labels, seeds)


def check_labels(plan: "Plan") -> None:
    """Refuse labels of samples that there cannot be, of another seed, or of groups that nobody knows.

    Raises:
        UserError: naming the first.
    """
    file = plan.labels
    if file is None:
        return
    if plan.samples is None and file.seeds - {str(plan.seed)}:
        raise UserError(
            f"{OPTION} {file.source}: expected labels of samples drawn with seed {plan.seed}, got seed "
            f"{', '.join(sorted(file.seeds))}; audit with --seed of the labels"
        )
    most = plan.n if plan.samples is None else min(plan.n, len(plan.samples.samples))
    beyond = file.rows[file.rows >= most]
    if len(beyond):
        raise UserError(
            f"{OPTION} {file.source}: expected numbers of the {most:,} samples, 0 to {most - 1}, got {beyond[0]}; "
            "label samples of this audit, or draw more with --samples"
        )
    for attribute, told in file.labels.items():
        known = known_names(plan, attribute)
        unseen = sorted({each for each in told if each and known and each not in known})
        if unseen:
            raise UserError(
                f"{OPTION} {file.source}: expected groups of {attribute} ({_some(known)}), got {_some(unseen)}; name "
                "them alike"
            )


def known_names(plan: "Plan", attribute: str) -> tuple[str, ...]:
    """The groups of an attribute as the judge or the reference names them; none where neither knows it."""
    judged = {} if plan.judge is None else plan.judge.groups
    if attribute in judged:
        return judged[attribute]
    labels = None if plan.reference is None else plan.reference.attributes.get(attribute)
    return () if labels is None else labels.names


def _number(path: Path, line: int, text: str) -> int:
    if not text.strip().isascii() or not text.strip().isdigit() or len(text.strip()) > 12:
        raise UserError(
            f"{OPTION} {path}: line {line}: expected the number of a sample from 0, got {text.strip()[:40]!r}"
        )
    return int(text)


def _check_distinct(path: Path, rows: Ints) -> None:
    values, counts = np.unique(rows, return_counts=True)
    if (counts > 1).any():
        raise UserError(
            f"{OPTION} {path}: expected one line a sample, got {counts.max()} of sample {values[counts.argmax()]}; "
            "keep one"
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
