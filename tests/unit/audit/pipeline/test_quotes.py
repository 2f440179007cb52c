"""A crash tells what failed and quotes no person."""

import numpy as np
import pandas as pd

from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.pipeline.quotes import without_records
from genai_audit.models.records import WITHHELD


def evidence(samples: object, modality: str) -> Evidence:
    return Evidence(modality, Generated(samples, 0, "x"), reference=Real(samples, 20, "x", "x", ""))


def test_cells_of_a_few_people_are_taken_out_of_messages() -> None:
    table = pd.DataFrame({"name": [f"Ada {at} Lovelace" for at in range(20)], "town": ["Ulm an der Donau"] * 20})
    message = "could not convert 'Ada 7 Lovelace' in 'Ulm an der Donau'; expected 'a number'"
    said = without_records(f'  File "a.py", line 3\nValueError: {message}', evidence(table, "tabular"))
    assert "Ada 7" not in said
    assert WITHHELD in said
    # What many have, what nobody has, and where it failed, stay.
    assert all(each in said for each in ("'Ulm an der Donau'", "'a number'", '"a.py", line 3'))


def test_parts_of_texts_are_taken_out_and_pictures_have_none() -> None:
    texts = ["the old cat", *["the new dog"] * 19]
    assert without_records("KeyError: 'old cat'", evidence(texts, "text")) == f"KeyError: '{WITHHELD}'"
    assert without_records("KeyError: 'new dog'", evidence(texts, "text")) == "KeyError: 'new dog'"
    pictures = np.zeros((20, 1, 2, 2), dtype=np.float32)
    assert without_records("KeyError: 'old cat'", evidence(pictures, "image")) == "KeyError: 'old cat'"
