"""Identifiers are told apart by whose they are, in the whole of the data, and kept redacted."""

import hashlib
from typing import Any

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.identifiers.collect import collect, redacted
from genai_audit.audit.evidence.identifiers.kind import HOLDOUT, SEVERAL, TRAINING, Identifiers
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.unavailable import Unavailable
from genai_audit.models.data.in_memory import data_in_memory


def searched(modality: str, generated: Any, reference: Any, holdout: Any = None) -> Identifiers:
    plan = Plan(
        modality=modality,
        source="made up",
        reference=None if reference is None else data_in_memory(reference, "reference"),
        holdout=None if holdout is None else data_in_memory(holdout, "holdout"),
    )
    return collect(plan, Evidence(modality, Generated(generated, 0, "made up")), lambda share: None)


def test_each_identifier_is_of_one_side_or_dropped() -> None:
    reference = ["mail a@x.org", "mail b@x.org and b@x.org", "ask c@x.org", "ask c@x.org", "ask info@x.org"]
    holdout = ["mail d@x.org", "ask info@x.org"]
    made = ["d@x.org", "b@x.org!", "c@x.org", "info@x.org", "e@x.org", "b@x.org"]
    seen = searched("text", made, reference, holdout)
    assert seen.kinds == ("e-mail address",)
    # Of one training record: a and b; of one held-out record: d; of several training records: c.
    assert seen.distinct.tolist() == [[2, 1, 1]]
    assert seen.holders.tolist() == [[2, 1], [2, 1]]
    assert seen.seen.tolist() == [6]
    assert list(zip(seen.rows, seen.side, seen.sources, strict=True)) == [
        (0, HOLDOUT, 0),
        (1, TRAINING, 1),
        (2, SEVERAL, 2),
        (5, TRAINING, 1),
    ]
    assert seen.values.tolist() == [0, 1, 2, 1]
    assert seen.records.tolist() == [5, 2, 6]
    assert not any("@" in each for each in seen.shown)


def test_columns_and_cells_of_tables_are_searched() -> None:
    n = 60
    reference = pd.DataFrame(
        {
            "id": np.arange(n) + 1.0,
            "note": ["+49 30 1234567" if at == 7 else "none" for at in range(n)],
            "age": np.arange(n) % 9,
        }
    )
    # A generator may give whole numbers in another type.
    made = pd.DataFrame({"id": [3, 500, 9], "note": ["none", "call +49 30 1234567", None], "age": [1, 2, 3]})
    seen = searched("tabular", made, reference)
    assert seen.kinds == ("column id", "phone number")
    assert set(seen.columns) == {"id"}
    assert list(zip(seen.rows, seen.kind, seen.sources, strict=True)) == [(0, 0, 2), (2, 0, 8), (1, 1, 7)]
    assert seen.records.tolist() == [n, -1, 3]


@pytest.mark.parametrize(
    ("modality", "records", "said"),
    [
        ("music", [[60, 62]] * 3, "identifiers are looked for in texts and tables, but these are music records"),
        ("text", ["plain words"] * 3, "nothing in the reference names a record"),
        ("text", None, "there is no reference data to look for identifiers in; give it with --reference"),
    ],
)
def test_where_there_is_nothing_to_look_for(modality: str, records: Any, said: str) -> None:
    with pytest.raises(Unavailable, match=said):
        searched(modality, records or [], records)


def test_what_is_shown_is_too_little_to_read() -> None:

    assert redacted("ann@x.org") == f"a…g (sha256 {hashlib.sha256(b'ann@x.org').hexdigest()[:6]}…)"
    assert redacted("12").startswith("… (sha256 ")
