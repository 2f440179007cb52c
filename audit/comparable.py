"""Whether two audits asked the same: the real data, groups, encoders and parameters behind an estimate, by digest."""

from collections.abc import Mapping
from typing import Any

WEIGHTS = "GA6"
"""Codes of what looks at the checkpoint alone, whatever the data are."""

OF_GROUPS = ("GA1", "GA2")
"""Codes of what depends on the groups; other estimates do without, or find their kinds of records themselves."""

REAL = ("reference", "holdout")
DESCRIBED = ("sha256", "unit", "population", "n")
"""What makes two sets of real records one: which they are, and how many of them were looked at."""


def context_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a record, as JSON, says of the question that its audit asked; beside the policy's parameters."""
    data = content["data"]
    groups = data.get("groups") or []
    return {
        "modality": content["checkpoint"]["modality"],
        "generated": data["generated"]["sha256"],
        **{name: _set(data.get(name)) for name in REAL},
        "groups": [[each["attribute"], each["names"], each["source"]] for each in _listed(groups)],
        "encoders": [[each["name"], each["version"], each["sha256"]] for each in data.get("encoders") or []],
        "columns": [[each["name"], each["taken_for"]] for each in data.get("columns") or []],
    }


def _set(part: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if part is None else {name: part.get(name) for name in DESCRIBED}


def _listed(groups: Any) -> list[dict[str, Any]]:
    # The first records knew one attribute at most and had it in place of the list, which was then called "class".
    listed = [groups] if isinstance(groups, dict) else groups
    return [{"attribute": "class", **each} for each in listed]


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """In which respects two contexts differ, in words; the generated records may."""
    if old["modality"] != new["modality"]:
        return [f"the modality ({old['modality']}, then {new['modality']})"]
    found = [f"the {name} ({_how(old[name], new[name])})" for name in REAL if old[name] != new[name]]
    found += [f"the {name}" for name in ("columns", "groups", "encoders") if old[name] != new[name]]
    return found


def _how(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    if old is None or new is None:
        return "only the second audit has one" if old is None else "only the first audit has one"
    if old["sha256"] != new["sha256"]:
        return "other records"
    return "the same records, looked at in another way or number"


def why_not(
    code: str, old: Mapping[str, Any], new: Mapping[str, Any], *, encoders: tuple[str | None, str | None] = (None, None)
) -> str | None:
    """Why no estimate of an auditor may be compared between two contexts; None where they may.

    Args:
        code: of the auditor.
        old: context of the first audit.
        new: of the second.
        encoders: what made the features behind both findings; None where they rest on none.
    """
    found = [] if code.startswith(WEIGHTS) else differences({**old, **_EQUAL}, {**new, **_EQUAL})
    if code.startswith(OF_GROUPS) and old["modality"] == new["modality"] and old["groups"] != new["groups"]:
        found.append("the groups")
    alike = old["modality"] == new["modality"]
    if alike and encoders != (None, None) and _encoder(old, encoders[0]) != _encoder(new, encoders[1]):
        found.append(f"the encoder ({encoders[0] or 'unknown'}, then {encoders[1] or 'unknown'})")
    return None if not found else f"{_and(found)} of the two audits differ{'s' if len(found) == 1 else ''}"


_EQUAL: dict[str, Any] = {"groups": None, "encoders": None}


def _encoder(context: Mapping[str, Any], name: str | None) -> Any:
    return next((each for each in context["encoders"] if each[0] == name), name)


def _and(found: list[str]) -> str:
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"
