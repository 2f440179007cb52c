"""`report --format` and `--template`, and `--card`: written beside the record, which stays as it is."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from genai_audit.audit.cli import main
from genai_audit.audit.commands.outputs import write
from genai_audit.audit.commands.views import place_of, warn_of_age, with_card, written_again
from genai_audit.audit.folder.manifest import strangers
from genai_audit.models.errors import UserError
from genai_audit.reports.card import CardFacts, CardPart, CardSource
from genai_audit.reports.formats import ALWAYS, FORMATS
from genai_audit.reports.record import Record
from unit.reports import example

RECORD = dict(example.variants())["fail"]
EVIDENCE = example.evidence()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("audit") / "out"
    write(out, RECORD, EVIDENCE, ("sarif", "gitlab"))
    return out


def test_a_run_writes_what_was_asked_for_and_no_more(made: Path) -> None:
    files = {each.file for name, each in FORMATS.items() if (made / each.file).exists()}
    assert files == {FORMATS[name].file for name in (*ALWAYS, "sarif", "gitlab")}


def test_formats_and_forms_are_written_beside_the_record_and_listed(made: Path) -> None:
    before = (made / "record.json").read_bytes()
    paths = written_again(made, None, card=None, formats=("cyclonedx", "sarif"), templates=("ll144",))
    assert [path.name for path in paths] == ["bom.cdx.json", "audit.sarif", "ll144.md", "ll144.html"]
    assert all(path.stat().st_size for path in paths)
    assert list(strangers(made)) == []
    assert (made / "record.json").read_bytes() == before


def test_the_command_says_what_it_wrote(made: Path, tmp_path: Path) -> None:
    arguments = ["report", str(made), "--template", "ll144", "--format", "gitlab", "--out", str(tmp_path)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    files = ("gl-code-quality.json", "ll144.md", "ll144.html")
    assert result.output.split() == [str(tmp_path / name) for name in files]
    wrong = CliRunner().invoke(main, ["report", str(made), "--template", "annex-v"])
    assert wrong.exit_code == 2
    assert "'annex-iv', 'annex-xi', 'model-card', 'll144'" in wrong.output


def test_what_somebody_else_wrote_is_not_replaced(made: Path) -> None:
    (made / "crosswalk.md").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match=r"crosswalk\.md: is not as an audit wrote it; move it away"):
        written_again(made, None, card=None, formats=("crosswalk",), templates=())
    assert (made / "crosswalk.md").read_text(encoding="utf-8") == "mine"
    (made / "crosswalk.md").unlink()


def test_a_folder_may_be_named(made: Path, tmp_path: Path) -> None:
    paths = written_again(made, tmp_path / "new", card=None, formats=("markdown",), templates=())
    assert paths == [tmp_path / "new" / "summary.md"]
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UserError, match="expected a folder for what --format and --template write, got a file"):
        written_again(made, file, card=None, formats=("markdown",), templates=())


def test_another_card_changes_the_view_and_not_the_record(made: Path, tmp_path: Path) -> None:
    card = tmp_path / "card.yaml"
    card.write_text("provider: Example Ltd\n", encoding="utf-8")
    (form, _) = written_again(made, tmp_path, card=card, formats=(), templates=("model-card",))
    assert "**declared** (card.yaml): provider: Example Ltd" in form.read_text(encoding="utf-8")
    assert Record.load(made / "record.json").card is None


def test_another_card_keeps_what_front_matter_declared(tmp_path: Path) -> None:
    card = tmp_path / "card.yaml"
    card.write_text("licence: MIT\n", encoding="utf-8")
    source = CardSource(name="README.md", sha256="0" * 64, kind="front matter", fields=("licence", "languages"))
    kept = CardPart(sources=(source,), facts=CardFacts(licence="apache-2.0", languages=("en",)))
    shown = with_card(RECORD.model_copy(update={"card": kept}), card).card
    assert shown is not None
    assert (shown.facts.licence, shown.facts.languages) == ("MIT", ("en",))
    assert (shown.source("licence"), shown.source("languages")) == ("card.yaml", "README.md")


def test_rules_are_found_in_the_policy_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gates").mkdir()
    policy = tmp_path / "gates" / "my policy.yaml"
    policy.write_text("version: 1\nname: p\nrules:\n  - id: a\n    why: x\n  - why: y\n    id: b\n", encoding="utf-8")
    for source in ("gates/my policy.yaml", str(policy)):
        place = place_of(_judged_by(source))
        assert (place.uri, place.line("a"), place.line("b"), place.line("c")) == ("gates/my%20policy.yaml", 4, 7, 1)
    policy.unlink()
    assert place_of(_judged_by("gates/my policy.yaml")).line("b") == 1


def test_shipped_policies_are_named_as_part_of_the_package() -> None:
    for source in ("shipped with genai-audit", "default"):
        place = place_of(_judged_by(source))
        assert place.uri == "genai_audit/audit/policies/default.yaml"
        assert place.line("no-group-underrepresented") > 10


def test_old_frameworks_are_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_age(date(2026, 12, 1))
    assert capsys.readouterr().err == ""
    warn_of_age(date(2029, 1, 1))
    said = capsys.readouterr().err
    assert said.count("Warning") == 1
    assert "(and 27 more)" in said


def _judged_by(source: str) -> Record:
    return RECORD.model_copy(update={"policy": RECORD.policy.model_copy(update={"source": source})})
