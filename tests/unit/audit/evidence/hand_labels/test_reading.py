"""Files of hand labels: what they may hold, and one line about what they may not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import DECLARED, TOO_FEW, Evidence, Generated, Groups
from genai_audit.audit.evidence.hand_labels.collect import collect
from genai_audit.audit.evidence.hand_labels.reading import check_labels, read_hand_labels
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured
from genai_audit.models.data.datasets import Dataset
from genai_audit.models.errors import UserError
from genai_audit.models.records import Attribute


def written(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_cells_may_be_empty_and_columns_in_any_order(tmp_path: Path):
    file = read_hand_labels(written(tmp_path, "\ufeffsex,sample,age\nf,3,\n,5,old\n\nm,1,young\n"))
    assert file.rows.tolist() == [3, 5, 1]
    assert file.labels == {"sex": ("f", "", "m"), "age": ("", "old", "young")}
    assert len(file.sha256) == 64


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a first line with sample"),
        ("number,sex\n1,f\n", "got 'number,sex'"),
        ("sample\n1\n", "the name of each attribute"),
        ("sample,sex,sex\n1,f,f\n", "expected a first line"),
        ("sample,sex\n1,f\n1,m\n", "expected one line a sample, got 2 of sample 1"),
        ("sample,sex\n-1,f\n", "line 2: expected the number of a sample from 0, got '-1'"),
        ("sample,sex\n1.5,f\n", "got '1.5'"),
        ("sample,sex\n1,f,x\n", "line 2: expected 2 cells, got 3"),
        ("sample,sex\n1,\n", "expected a group for some samples, got none"),
        ('sample,sex\n1,"f\n', "expected a CSV file"),
    ],
)
def test_what_is_no_file_of_labels_is_refused_in_one_line(tmp_path: Path, text: str, said: str):
    with pytest.raises(UserError) as caught:
        read_hand_labels(written(tmp_path, text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path):
    path = tmp_path / "labels.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="expected a CSV file in UTF-8"):
        read_hand_labels(path)


REFERENCE = Dataset(
    name="r",
    modality="text",
    samples=["a"] * 4,
    source="r.jsonl",
    sha256="ab",
    attributes={"sex": Attribute(("f", "m", "x"), np.array([0, 1, 1, 2]))},
)


def plan(folder: Path, text: str, **more) -> Plan:
    return Plan(
        modality="text",
        source="model",
        reference=REFERENCE,
        n=10,
        seed=4,
        labels=read_hand_labels(written(folder, text)),
        **more,
    )


def test_labels_must_be_of_samples_that_can_be_drawn_of_this_seed_and_of_known_groups(tmp_path: Path):
    check_labels(plan(tmp_path, "sample,sex,seed\n9,f,4\n"))
    check_labels(plan(tmp_path, "sample,mood\n9,glad\n"))  # nobody knows its groups but who labelled
    with pytest.raises(UserError, match="expected numbers of the 10 samples, 0 to 9, got 10"):
        check_labels(plan(tmp_path, "sample,sex\n3,f\n10,m\n"))
    with pytest.raises(UserError, match="drawn with seed 4, got seed 5"):
        check_labels(plan(tmp_path, "sample,sex,seed\n3,f,5\n"))
    with pytest.raises(UserError, match=r"expected groups of sex \(f, m, x\), got women"):
        check_labels(plan(tmp_path, "sample,sex\n3,women\n"))
    with pytest.raises(UserError, match="0 to 3, got 9"):
        check_labels(plan(tmp_path, "sample,sex\n9,f\n", samples=REFERENCE))


GROUPS = Groups(
    names=("f", "m", TOO_FEW),
    predicted=np.zeros(6, dtype=np.int64),
    confusion=np.zeros((3, 3), dtype=np.int64),
    reference_counts=np.array([1, 2, 1]),
    classifier="a rule",
    parameters={},
    reference=np.zeros(4, dtype=np.int64),
    attribute="sex",
    too_few={"x": 1},
)
DRAWN = Evidence("text", Generated(["a"] * 6, 4, "model"), groups=(GROUPS,))


def test_labels_of_samples_that_were_not_drawn_are_left_out_and_counted(tmp_path: Path):
    asked = plan(tmp_path, "sample,sex,mood\n5,x,\n2,m,glad\n8,f,sad\n")
    sex, mood = collect(asked, DRAWN, lambda share: None).item
    assert sex.rows.tolist() == [2, 5]
    assert sex.values.tolist() == [1, 2]  # one of a group with too few records is of these together
    assert sex.unused == 1
    assert sex.seed == 4
    assert mood.names == ("glad", "sad")
    assert mood.reference_counts.tolist() == [0, 0]


def test_groups_that_stand_in_the_records_need_no_labels(tmp_path: Path):
    read = replace(DRAWN, groups=(replace(GROUPS, classifier=DECLARED),))
    with pytest.raises(Unmeasured, match="sex stands in the records"):
        collect(plan(tmp_path, "sample,sex\n2,m\n"), read, lambda share: None)
    with pytest.raises(Unavailable, match="give such labels with --labels"):
        collect(Plan(modality="text", source="m"), DRAWN, lambda share: None)
