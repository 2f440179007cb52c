"""A trained conditional GAN of digits through the whole pipeline: which class it was asked for, and which it made."""

from pathlib import Path

import pytest

from genai_audit import Record, Ruling, UserError, audit_checkpoint
from genai_audit.audit.commands.trainer import train_checkpoint
from genai_audit.reports.rulings import named_words

LOADER = Path(__file__).parent / "swapped_digits.py"
RULE = "the-group-asked-for-is-made"


@pytest.fixture(scope="module")
def gan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A conditional GAN, trained long enough that every digit can be told."""
    out = tmp_path_factory.mktemp("gan") / "gan.safetensors"
    train_checkpoint(
        "gan", None, seed=0, plant=None, conditional=True, steps=1_500, out=out, progress=lambda step, share: None
    )
    return out


def audited(gan: Path, how: str | None, **options: object) -> Record:
    loader = None if how is None else f"{LOADER}:{how}"
    given = {} if how is None else {"reference": "digits"}
    return audit_checkpoint(gan, loader=loader, only=("GA103", "GA104"), samples=4_000, **given, **options)  # type: ignore[arg-type]  # options of several types


def ruling(record: Record) -> Ruling:
    (rule,) = [each for each in record.verdict.rules if each.id == RULE]
    return rule.outcome


def words(record: Record) -> str | None:
    (rule,) = [each for each in record.verdict.rules if each.id == RULE]
    return named_words(record, rule)


def test_the_sound_model_passes_as_it_is_and_through_a_loader(gan: Path) -> None:
    for how in (None, "sound"):
        record = audited(gan, how)
        assert not record.coverage.error
        assert ruling(record) is Ruling.PASS


def test_two_swapped_classes_fail_and_are_named(gan: Path, tmp_path: Path) -> None:
    record = audited(gan, "swapped", out=tmp_path / "out")
    assert ruling(record) is Ruling.FAIL
    said = words(record) or ""
    assert "asked for 3 it makes 7" in said
    assert "asked for 7 it makes 3" in said
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "swapped with 7" in page
    # Judged again without the model, the evidence says the same.
    from genai_audit.audit.evidence.bundle import Evidence

    kept = Evidence.load(tmp_path / "out" / "evidence").conditioned
    assert kept is not None
    assert kept[0].counts.argmax(axis=1).tolist() == [0, 1, 2, 7, 4, 5, 6, 3, 8, 9]


def test_a_model_that_listens_to_nothing_fails(gan: Path) -> None:
    record = audited(gan, "deaf")
    assert ruling(record) is Ruling.FAIL
    (finding,) = [each for each in record.findings if each.code == "GA104"]
    (ignored,) = [each for each in finding.estimates if each.name == "ignored_condition"]
    assert ignored.low > 0.8


def test_what_the_models_code_raises_is_one_line(gan: Path) -> None:
    with pytest.raises(UserError, match=r"swapped_digits.py:\d+: Answering.sample failed with KeyError: '4'"):
        audited(gan, "raising")
