"""Whatever is altered in a saved audit is seen: every field of its record and every file of its evidence, in turn."""

import contextlib
import copy
import fnmatch
import json
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.evidence.storage import save_item
from genai_audit.audit.folder.binding import evidence_digests
from genai_audit.audit.folder.manifest import MANIFEST, write_manifest
from genai_audit.audit.folder.seal import seal_of
from genai_audit.audit.verification.check import Check
from genai_audit.audit.verification.comparison import Closeness
from genai_audit.audit.verification.of_files import of_evidence, of_files
from genai_audit.audit.verification.of_findings import compared, found_again
from genai_audit.audit.verification.of_record import DECLARED, of_data, of_policy, of_summaries, of_verdict
from genai_audit.audit.verification.verify import verify_folder
from genai_audit.reports.record import TIME_FIELDS, Record

from .conftest import Saved, Walk

Path_ = tuple[str | int, ...]


WORDS = ("pass", "fail", "measured", "error", "higher", "lower", "decided", "time", "1999-01-01")
"""Words that stand where only some may; a record with any other there is refused when it is read."""


def others(value: Any) -> list[Any]:
    """Other values for a leaf, the first of which the record has room for is taken."""
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1]
        case float():
            return [value + 0.01]
        case str():
            return [f"{value}x", *(word for word in WORDS if word != value)]
        case None:
            return [0.5, 1, "x", "1999-01-01"]
        case []:
            return [["x"], [1]]
    return [{"x": "x"}]


def put(content: Any, path: Path_, value: Any) -> Any:
    """The content with another value at a path; what is not on the path is shared."""
    if not path:
        return value
    changed = copy.copy(content)
    changed[path[0]] = put(content[path[0]], path[1:], value)
    return changed


def at(content: Any, path: Path_) -> Any:
    for key in path:
        content = content[key]
    return content


def read(content: Any, path: Path_) -> Record | None:
    """The record with another value at a path; None where it has room for none of them."""
    for value in others(at(content, path)):
        with contextlib.suppress(ValueError):
            return Record.model_validate(put(content, path, value))
    return None


def brief(content: Any) -> list[int]:
    """The places of findings that stand for all: what was measured, and the first of those that were left out."""
    outcomes = [each["outcome"] for each in content["findings"]]
    measured = [place for place, outcome in enumerate(outcomes) if outcome == "measured"]
    return [*measured, outcomes.index("not_applicable")]


def test_no_field_of_a_record_can_be_altered_without_its_seal(original: Saved, leaves: Walk) -> None:
    content = original.content
    assert content["seal"] == seal_of(content)
    content["findings"] = [content["findings"][place] for place in brief(content)]
    content["seal"] = seal_of(content)
    every = leaves(content)
    assert len(every) > 1000
    for path in every:
        # Times, too: the seal covers what differs between two equal runs.
        mutant = put(content, path, others(at(content, path))[0])
        assert mutant["seal"] != seal_of(mutant), path


def test_what_is_altered_and_sealed_anew_is_seen_by_computing_again(original: Saved, leaves: Walk) -> None:
    content, evidence, exact = original.content, original.evidence, Closeness()
    again = found_again(original.record, evidence, lambda step, share: None)

    def checks(record: Record, path: Path_) -> Iterable[Check]:
        match path[0]:
            case "findings":
                place = int(path[1])
                return compared(record.findings[place : place + 1], again[place : place + 1], exact)
            case "diagnosis" | "coverage":
                return of_summaries(record, exact)
            case "verdict":
                return of_verdict(record, evidence, exact)
            case "policy":
                return of_policy(record)
            case "evidence":
                return of_evidence(record, original.out / "evidence")
        return (*of_data(record, evidence), *of_verdict(record, evidence, exact))

    unseen, places = set(), brief(content)
    for path in leaves(content):
        alike = path[0] == "diagnosis" and len(path) > 2 and int(path[2]) > 1
        if alike or TIMES & set(path) or (path[0] == "findings" and path[1] not in places):
            continue
        record = read(content, path)
        # One that no other value can be put into is refused when it is read.
        if record is not None and all(each.holds is not False for each in checks(record, path)):
            unseen.add(".".join(str(key) for key in path))
    held = {name: [each for each in unseen if fnmatch.fnmatch(each, f"{name}*")] for name in DECLARED}
    assert unseen == {each for found in held.values() for each in found}
    # None of what is declared is named in vain, but for what this audit does not have.
    absent = {"schema_version", "data.columns", "data.generated.total"}
    assert {name for name, found in held.items() if not found} <= absent


TIMES = set(TIME_FIELDS)


def flipped(content: bytes) -> bytes:
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def test_no_file_of_the_folder_can_be_altered(saved: Saved) -> None:
    files = [each for each in sorted(saved.out.rglob("*")) if each.is_file() and each.name != MANIFEST]
    assert {"generated.npz", "reference.npz", "features.npz", "evidence.json", "report.html"} <= {e.name for e in files}
    for file in files:
        before = file.read_bytes()
        file.write_bytes(flipped(before))
        name = file.relative_to(saved.out).as_posix()
        assert [each.what for each in of_files(saved.out) if each.holds is False] == [name]
        if name.startswith("evidence/"):
            wrong = [each.what for each in of_evidence(saved.record, saved.out / "evidence") if each.holds is False]
            assert wrong == [name]
        file.write_bytes(before)
    assert all(each.holds for each in of_files(saved.out))


@pytest.mark.parametrize("what", ["added", "missing", "no list"])
def test_files_come_and_go_seen(saved: Saved, what: str) -> None:
    match what:
        case "added":
            (saved.out / "evidence" / "more.json").write_text("{}")
        case "missing":
            (saved.out / "junit.xml").unlink()
        case "no list":
            (saved.out / MANIFEST).unlink()
    checks, _, _ = verify_folder(saved.out)
    assert [each for each in checks if each.holds is False]


def forged(saved: Saved, change: Callable[[Any], None], *, digests: bool) -> list[str]:
    """What is seen of samples that were changed, where every digest of the folder was made anew."""
    generated = saved.evidence.generated
    change(generated.samples)
    save_item(saved.out / "evidence", "generated", generated)
    content = saved.content
    content["evidence"] = evidence_digests(saved.out / "evidence")
    if digests:
        from genai_audit.audit.folder.merkle import tree_of
        from genai_audit.models.records import digest

        content["data"]["generated"]["sha256"] = digest(generated.samples, {})
        content["data"]["generated"]["tree"] = tree_of(generated.samples, 20).model_dump()
    saved.rewrite(content, seal=True, manifest=True)
    write_manifest(saved.out)
    checks, _, _ = verify_folder(saved.out)
    return [each.what for each in checks if each.holds is False]


def test_one_altered_sample_is_seen_though_every_file_was_listed_anew(saved: Saved) -> None:
    def change(samples: Any) -> None:
        samples[7, 0, 2, 3] = np.float32(0.123)

    wrong = forged(saved, change, digests=False)
    assert "samples, by their digest" in wrong
    assert "samples, by the root of their tree" in wrong


def test_altered_samples_are_seen_by_what_auditors_find_in_them(saved: Saved) -> None:
    def change(samples: Any) -> None:
        samples[7, 0, 2, 3] = np.float32(7.0)  # no grey level

    wrong = forged(saved, change, digests=True)
    assert "GA501 estimate invalid_share value" in wrong
    assert "samples, by their digest" not in wrong


def test_a_record_that_is_damaged_does_not_hold(saved: Saved) -> None:
    for text in ("{}", "{", json.dumps({**saved.content, "verdict": None})):
        (saved.out / "record.json").write_text(text, encoding="utf-8")
        checks, record, _ = verify_folder(saved.out)
        assert record is None
        assert any("cannot be read as a record" in each.note for each in checks)
