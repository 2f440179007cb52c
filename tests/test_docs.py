"""The documentation says what is true: commands and options that exist, all of them, and examples that work."""

import ast
import dataclasses
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

import draw_architecture
import sections as written
from genai_audit.audit.cli import main
from genai_audit.audit.pages import SECTIONS, page
from genai_audit.audit.policy import Policy
from genai_audit.reports import finding_parts
from genai_audit.reports import record as record_module

ROOT = Path(__file__).parents[1]
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
PAGES = sorted((ROOT / "audit").rglob("GA*.md"))
COMMANDS = main.commands


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def fenced(path: Path, language: str) -> list[str]:
    """Code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(path), flags=re.MULTILINE | re.DOTALL)


def options_of(command: click.Command) -> set[str]:
    """Those of a command, or of all commands of a group."""
    if isinstance(command, click.Group):
        return set().union(*map(options_of, command.commands.values()))
    named = {
        name
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return named.union({"--help", "-h"}, *map(options_of, inner))


OF_PYTEST = re.findall(r'"(--genai-audit-[a-z]+)"', text_of(ROOT / "audit" / "adoption" / "pytest_plugin.py"))
ALL_OPTIONS = {option for command in COMMANDS.values() for option in options_of(command)} | {"--version", *OF_PYTEST}


def calls(text: str) -> list[list[str]]:
    """Every call of genai-audit in a text, as words: in code blocks, in `inline code`, and in headings."""
    found = re.findall(r"genai-audit ((?:[^`\n|;#)&]|…)+)", text)
    return [shlex.split(each.replace("…", " "), posix=False) for each in found]


def mistakes(text: str) -> list[str]:
    """Commands and options that a text mentions and the command line does not know."""
    wrong = []
    for words in calls(text):
        name, *rest = words or [""]
        if name.startswith("-"):
            wrong += [each for each in words if each.startswith("--") and each not in ALL_OPTIONS]
        elif name in COMMANDS:
            options = [word.split("=")[0] for word in rest if word.startswith("-") and len(word) > 1]
            wrong += [f"{name} {option}" for option in options if option not in options_of(COMMANDS[name])]
    inline = re.findall(r"`(--[a-z][a-z-]*)", text)
    return wrong + [option for option in inline if option not in ALL_OPTIONS]


@pytest.mark.parametrize("path", [*DOCS, *PAGES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_only_commands_and_options_that_exist_are_mentioned(path: Path) -> None:
    assert mistakes(text_of(path)) == []


@pytest.mark.parametrize("path", [ROOT / "README.md", *GUIDE], ids=lambda path: path.name)
def test_every_call_shown_names_a_command(path: Path) -> None:
    shown = re.findall(r"^    genai-audit (\S+)", text_of(path), flags=re.MULTILINE)
    shown += re.findall(r"`genai-audit ([a-z]\S*?)[ `]", text_of(path))
    assert [name for name in shown if name not in {*COMMANDS, "COMMAND", "--version"}] == []


def test_wrong_commands_and_options_are_seen() -> None:
    assert mistakes("`genai-audit run x --fast`") == ["run --fast"]
    assert mistakes("    genai-audit judge x --seed 3\n") == ["judge --seed"]
    assert mistakes("pass `--polcy FILE`") == ["--polcy"]
    assert mistakes("    genai-audit run x --seed 3 --out y  # all fine\n") == []


def sections() -> dict[str, str]:
    """The part of the commands' page about each command."""
    head, *parts = re.split(r"^## genai-audit (\S+).*$", text_of(ROOT / "docs/guide/commands.md"), flags=re.MULTILINE)
    assert head.startswith("# ")
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_is_documented(name: str) -> None:
    section = sections()[name]
    missing = [option for option in options_of(COMMANDS[name]) - {"--help", "-h"} if f"`{option}" not in section]
    assert missing == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_has_help(name: str) -> None:
    command = COMMANDS[name]
    for each in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
        assert each.help
        for parameter in each.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.opts[0]}"


def test_every_auditor_has_a_whole_page() -> None:
    from genai_audit.audit.catalogue import AUDITORS

    codes = [auditor.code for auditor in AUDITORS]
    assert sorted(codes) == [path.stem for path in sorted(PAGES, key=lambda path: path.stem)]
    for code in codes:
        found = page(code)
        assert found.title
        assert [name for name in SECTIONS if len(found.sections[name]) < 20] == []
        assert re.search(r"doi|arXiv", found.sections["References"], flags=re.IGNORECASE), code


def test_every_estimate_of_an_auditor_is_on_its_page() -> None:
    from genai_audit.audit.catalogue import AUDITORS

    for auditor in AUDITORS:
        # As a term of its own, `like_this` or **like_this**: whoever writes a policy needs the exact name.
        text = page(auditor.code).text
        unnamed = [each.name for each in auditor.estimates if not re.search(rf"[`*]{each.name}[`*]", text)]
        assert unnamed == [], auditor.code


def test_what_an_auditor_says_of_its_estimates_is_plain_and_whole() -> None:
    from genai_audit.audit.catalogue import AUDITORS

    every = [each for auditor in AUDITORS for each in auditor.estimates]
    assert len({each.name for each in every}) == len({each.label for each in every}) == len(every) > 50
    for each in every:
        assert re.fullmatch(r"[a-z][a-z0-9_]+", each.name)
        assert not re.search(r"[_.`]", each.label), each.label
        assert re.fullmatch(r"[A-Z].*\.", each.meaning), each.meaning


@pytest.mark.parametrize("name", ["auditors", "parameters"])
def test_what_auditors_say_themselves_stands_in_the_documentation(name: str) -> None:
    text = text_of(written.FILES[name])
    assert written.updated(name, text) == text, "run `make docs`"
    # The comparison sees an edit by hand, and a part that is gone.
    assert written.updated(name, text.replace("GA302", "GA399")) != text.replace("GA302", "GA399")
    with pytest.raises(ValueError, match=f"expected one part between .*{name}"):
        written.updated(name, text.replace(f"end of {name}", ""))


def test_the_drawing_shows_the_imports_as_they_are() -> None:
    text = text_of(draw_architecture.PAGE)
    assert draw_architecture.updated(text) == text, "run `make docs`"
    assert draw_architecture.updated(text.replace("cli --> run", "run --> cli")) == text
    with pytest.raises(ValueError, match="expected a place between"):
        draw_architecture.updated(text.replace("end of drawing", ""))


def test_arrows_that_others_imply_are_left_out_and_circles_refused() -> None:
    links = {"a": {"b", "c"}, "b": {"c"}, "c": set[str]()}
    assert draw_architecture.direct(links) == {"a": {"b"}, "b": {"c"}, "c": set()}
    with pytest.raises(ValueError, match="in a circle: a, b, c"):
        draw_architecture.direct({**links, "c": {"a"}})


def test_every_folder_has_its_place_in_the_architecture() -> None:
    text = text_of(draw_architecture.PAGE)
    tops = [ROOT / each for each in ("audit", "models", "reports", "templates", "tests", "benchmarks", "docs")]
    themes = {path.parents[1] for path in (ROOT / "audit").rglob("auditor.py")}
    inner = [path for each in ("audit", "models") for path in (ROOT / each).iterdir() if path.is_dir()]
    named = {path for path in [*tops, *themes, *inner] if path.name != "__pycache__"}
    named.remove(ROOT / "models")
    names = {path.relative_to(ROOT).as_posix() for path in named}
    assert len(names) > 15
    assert [name for name in sorted(names) if f"`{name}/`" not in text] == []


def test_explain_says_every_estimate_and_every_parameter() -> None:
    from click.testing import CliRunner

    from genai_audit.audit.catalogue import AUDITORS

    for auditor in AUDITORS:
        said = CliRunner().invoke(main, ["explain", auditor.code.lower()]).output
        assert said.startswith(page(auditor.code).text.rstrip())
        for each in auditor.estimates:
            assert f"- `{each.name}` (" in said
            assert each.meaning in said
        for field in dataclasses.fields(auditor):
            assert f"- `{field.name}` (" in said


def test_a_parameter_without_a_line_in_the_docstring_is_seen() -> None:
    @dataclasses.dataclass(frozen=True)
    class Half:
        """Looks.

        Args:
            said: what it does
                in two lines.
        """

        said: int = 3
        unsaid: int = 4

    from genai_audit.audit.commands.explanation import Parameter, parameters

    found = parameters(Half)
    assert next(found) == Parameter("said", "3", "what it does in two lines")
    with pytest.raises(ValueError, match=r"Half: expected a line about unsaid under Args"):
        next(found)


def test_the_changelog_has_this_version() -> None:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    assert re.search(rf"^## \[{re.escape(project['version'])}\]", text_of(ROOT / "CHANGELOG.md"), flags=re.MULTILINE)


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_inside_the_repository_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#\s]+)", text_of(path))
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_targets_of_make_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), flags=re.MULTILINE))
    named = {name for path in DOCS for name in re.findall(r"(?:^    |`)make ([a-z]+)", text_of(path), re.MULTILINE)}
    assert {"audit", "test", "check", "bench", "setup", "format"} <= named <= targets


def test_examples_of_policies_are_policies() -> None:
    import yaml

    shown = [block for path in GUIDE for block in fenced(path, "yaml") if "version: 1" in block]
    assert shown
    for block in shown:
        Policy.model_validate(yaml.safe_load(block))


def test_examples_in_python_are_python() -> None:
    shown = [block for path in DOCS for block in fenced(path, "python")]
    assert len(shown) >= 2
    for block in shown:
        ast.parse(block)


def test_the_loader_shown_audits(tmp_path: Path) -> None:
    import numpy as np
    import torch

    from genai_audit import audit_checkpoint

    (loader,) = fenced(ROOT / "docs/guide/first-audit.md", "python")
    (tmp_path / "mine.py").write_text(loader, encoding="utf-8")
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(16, 64), torch.nn.Sigmoid(), torch.nn.Unflatten(1, (1, 8, 8)))
    torch.save(net.state_dict(), tmp_path / "weights.pt")
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "real.npz", x=rng.random((200, 8, 8), dtype=np.float32), y=rng.integers(0, 2, 200))
    record = audit_checkpoint(
        tmp_path / "weights.pt", loader=f"{tmp_path / 'mine.py'}:load", reference=tmp_path / "real.npz", samples=300
    )
    assert record.coverage.error == ()
    assert "GA302" in record.coverage.measured


def test_every_field_of_the_record_is_documented() -> None:
    parts = [
        each
        for module in (record_module, finding_parts)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, BaseModel) and each.__module__ == module.__name__
    ]
    named = text_of(ROOT / "docs/guide/record.md")
    fields = {name for part in parts for name in part.model_fields}
    assert len(fields) > 60
    assert [name for name in sorted(fields) if f"`{name}`" not in named and f"## {name}" not in named] == []


def test_the_readme_is_short() -> None:
    assert len(text_of(ROOT / "README.md").splitlines()) <= 150


def test_the_exit_codes_are_those_of_the_command_line() -> None:
    from genai_audit.audit.commands import exits

    codes = {"pass": exits.PASS, "fail": exits.FAIL, "usage": exits.USAGE, "inconclusive": exits.INCONCLUSIVE}
    codes["internal error"] = exits.INTERNAL
    for word, code in codes.items():
        assert re.search(rf"^\| {code} \| {word}", text_of(ROOT / "README.md"), flags=re.MULTILINE)
