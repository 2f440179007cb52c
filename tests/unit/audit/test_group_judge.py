"""Whole audits whose groups a CLIP-like model tells: errors counted on labels, left open without, and bad input."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit import UserError, audit_checkpoint
from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.control import control_evidence
from genai_audit.reports.record import FindingPart, Record
from unit.models.encoders.tiny_clip import BRIGHT, DARK, pictures, save_clip

if find_spec("transformers") is None:
    pytest.skip("transformers is missing; run: pip install 'genai-audit[transformers]'", allow_module_level=True)

WORDS = f"class: {{{DARK}: {DARK}, {BRIGHT}: {BRIGHT}}}\n"
BLUR = 0.1
"""The spread of a picture's level: at 0.1 every fifteenth is nearer to the other group."""


@dataclass
class Camera:
    """A model that makes bright pictures with a known share."""

    bright: float
    modality: str = "image"

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> torch.Tensor:
        rng = np.random.default_rng(int(torch.randint(2**31, (1,), generator=generator)))
        return torch.from_numpy(pictures(rng.random(n) < self.bright, rng, BLUR))


def real(n: int, seed: int, names: tuple[str, str] = (DARK, BRIGHT)) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    bright = rng.random(n) < 0.5
    return pictures(bright, rng, BLUR), np.where(bright, names[1], names[0])


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("judge")
    (folder / "groups.yaml").write_text(WORDS, encoding="utf-8")
    return {"group_clip": save_clip(folder / "tiny-clip"), "group_prompts": folder / "groups.yaml"}


def audited(given: dict[str, Any], **more: Any) -> Record:
    return audit_checkpoint(Camera(0.2), only="GA101", samples=600, **{**given, **more})


def representation(record: Record) -> FindingPart:
    return next(each for each in record.findings if each.code == "GA101")


def test_errors_are_counted_on_labelled_pictures(given: dict[str, Any], tmp_path: Path) -> None:
    record = audited(given, reference=real(800, 1), holdout=real(200, 2), out=tmp_path / "out")
    finding = representation(record)
    assert finding.outcome == "measured"
    assert str(finding.settings["classifier"]).startswith("zero-shot by tiny-clip (CLIPModel, transformers ")
    assert finding.settings["labelled_samples"] == 800
    assert 0.85 < float(str(finding.settings["classifier_accuracy"])) < 0.99
    share = next(each for each in finding.estimates if (each.name, each.group) == ("share", BRIGHT))
    raw = next(each for each in finding.estimates if (each.name, each.group) == ("uncorrected_share", BRIGHT))
    assert share.low < 0.2 < share.high
    # Errors of 7 % either way make 0.2 look like 0.2 + 0.07 (1 − 0.4) = 0.24, which the correction takes back.
    assert share.value < raw.value
    # No features fed it, so none of an encoder is named.
    assert finding.encoder is None
    evidence = Evidence.load(tmp_path / "out" / "evidence")
    assert evidence.judged is not None
    assert evidence.groups is not None
    assert evidence.judged[0].generated.tolist() == evidence.groups[0].predicted.tolist()
    control = control_evidence(evidence, np.random.default_rng(0))
    assert control is not None
    assert control.groups is not None
    assert len(control.groups[0].predicted) == 200
    # Half of the held-out pictures are bright, a fifth of the generated ones.
    assert 0.4 < control.groups[0].predicted.mean() < 0.6


def test_labels_in_another_order_are_the_same_groups(given: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "turned.yaml").write_text(f"class: {{{BRIGHT}: {BRIGHT}, {DARK}: {DARK}}}\n", encoding="utf-8")
    one = representation(audited(given, reference=real(300, 1)))
    other = representation(audited({**given, "group_prompts": tmp_path / "turned.yaml"}, reference=real(300, 1)))
    values = [{e.group: e.value for e in each.estimates if e.name == "share"} for each in (one, other)]
    assert values[0] == pytest.approx(values[1], abs=1e-9)


def test_without_labels_counts_are_shown_and_nothing_is_concluded(given: dict[str, Any], tmp_path: Path) -> None:
    record = audited(given, reference=real(300, 1)[0], out=tmp_path / "out")
    finding = representation(record)
    assert finding.outcome == "inconclusive"
    assert "how often the judge of class errs is not known" in str(finding.reason)
    assert f"give reference records with labels of class ({DARK}, {BRIGHT})" in str(finding.reason)
    assert finding.estimates == ()
    (table,) = finding.tables
    assert "uncorrected" in table.caption
    rows = {row[0]: row for row in table.rows}
    assert rows[DARK][1] + rows[BRIGHT][1] == 600  # type: ignore[operator]  # counts, by the column's kind
    assert 0.15 < float(rows[BRIGHT][2] or 0) < 0.35
    assert 0.4 < float(rows[BRIGHT][4] or 0) < 0.6
    rule = next(each for each in record.verdict.rules if each.auditor == "GA101")
    assert rule.outcome == "inconclusive"
    assert "Uncorrected share" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_without_a_reference_counts_are_shown_too(given: dict[str, Any]) -> None:
    finding = representation(audited(given))
    assert finding.outcome == "inconclusive"
    assert [row[3] for row in finding.tables[0].rows] == [0, 0]


def test_another_attribute_stands_beside_the_labels(given: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "groups.yaml").write_text(WORDS.replace("class", "light"), encoding="utf-8")
    record = audited({**given, "group_prompts": tmp_path / "groups.yaml"}, reference=real(400, 1))
    finding = representation(record)
    assert finding.outcome == "measured"
    assert finding.settings["attributes"] == "class"
    assert "labels of light" in str(finding.settings["not_measured_light"])
    assert finding.tables[-1].name == "counted_light"
    rule = next(each for each in record.verdict.rules if each.auditor == "GA101")
    # The class is at 0.4 of its share, which fails whatever the light is.
    assert rule.outcome == "fail"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"group_prompts": None}, r"group_clip: expected group_prompts=\"FILE.yaml\" beside it, .* got none"),
        ({"group_clip": None}, r"group_prompts: expected group_clip=\"FOLDER\" beside it, .* got none"),
        (
            {"group_clip": "/nowhere"},
            r"/nowhere: expected the folder of a CLIP-like model, but nothing is there; check group_clip",
        ),
        ({"group_prompts": "/nowhere.yaml"}, r"/nowhere.yaml: expected a YAML file of groups and prompts"),
        (
            {"reference": real(60, 1, ("night", "day"))},
            r"labels name \(day, night\), got dark, bright; name them alike",
        ),
    ],
)
def test_bad_input_is_one_line(given: dict[str, Any], change: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        audited({"reference": real(60, 1), **given, **change})
    assert "\n" not in str(error.value)


def test_only_pictures_have_such_groups(given: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="group_clip: expected an audit of pictures, got one of text records"):
        audit_checkpoint(["a text", "another"] * 20, reference=["real", "text"] * 20, **given)
