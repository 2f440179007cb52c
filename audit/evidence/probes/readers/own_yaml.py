"""Our own YAML layout: templates with slots, filled with subjects and with the words of each group.

    probes: 1
    name: …
    form: associations          # or prompts
    dimension: pronoun
    groups: {she: {they: she, their: her}, he: {they: he, their: his}}
    subjects: [nurse, …]
    templates: ["The {subject} said that {they} would be late."]
    contrasts: [{name: she over he, weights: {she: 1, he: -1}, centred: false}]
    targets: {nurse: {she: 0.9, he: 0.1}}     # what the model should have; or `shares`, as context
    source: who counted them
    subject: occupation         # what the subjects are, for readers; these four are used by GA203 alone
    sides: {"mostly women": [nurse], "mostly men": [plumber]}     # without them: by the shares
    neutral: person             # a subject that says nothing of the group
    control: {it: {they: it}, this: {they: this}}     # words whose odds should not hang on the subject

A slot with a capital, `{They}`, gives the word with a capital; `{a_subject}` puts `a` or `an` before the subject. A
slot whose word is a list takes its first entry in the first template, its second in the second, and so on: so every
template has names of its own. Nothing else is done to a template, and no code is run.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .....models.reading.plain_yaml import NotPlain, parse_plain
from ..kinds import ASSOCIATIONS, Contrast
from ..probe_file import Item, ProbeFile, Prompt, wrong
from .own_csv import contrasts_of, over_the_others

LAYOUT = "genai-audit YAML"
FIRST = re.compile(r"^probes:", re.MULTILINE)
SLOT = re.compile(r"\{([A-Za-z_]+)\}")
SUBJECT, A_SUBJECT = "subject", "a_subject"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Contrast(_Strict):
    name: str
    weights: dict[str, float]
    centred: bool = False


class File(_Strict):
    """What a file of our own layout says, as it stands there."""

    probes: Literal[1]
    name: str = Field(min_length=1, max_length=100)
    form: Literal["associations", "prompts"] = "associations"
    dimension: str = "group"
    groups: dict[str, dict[str, str | list[str]]] = Field(min_length=2)
    subjects: list[str] = Field(default_factory=list)
    templates: list[str] = Field(min_length=1)
    contrasts: list[_Contrast] = Field(default_factory=list)
    each_over_the_others: bool = False
    targets: dict[str, dict[str, float]] = Field(default_factory=dict)
    shares: dict[str, dict[str, float]] = Field(default_factory=dict)
    source: str = ""
    subject: str = SUBJECT
    sides: dict[str, list[str]] = Field(default_factory=dict)
    neutral: str = ""
    control: dict[str, dict[str, str | list[str]]] = Field(default_factory=dict)


def matches(text: str) -> bool:
    """Whether a line begins with the key that says which version of the layout it is."""
    return FIRST.search(text) is not None


def read(path: Path, text: str) -> ProbeFile:
    """The filled templates.

    Raises:
        UserError: if the file is no such YAML, a slot has no word, or shares name no subject or group.
    """
    file = parsed(path, text)
    if file.form == "prompts":
        return ProbeFile(file.name, LAYOUT, "prompts", prompts=_prompts(path, file), paired=True)
    if not file.subjects:
        raise wrong(path, None, "subjects, e.g. occupations", "none", "add `subjects: […]`")
    items = tuple(
        Item(
            {group: filled(path, template, at, words, subject) for group, words in file.groups.items()},
            file.dimension,
            template,
            subject,
        )
        for subject in file.subjects
        for at, template in enumerate(file.templates)
    )
    _refuse_same(path, items)
    return ProbeFile(
        file.name,
        LAYOUT,
        ASSOCIATIONS,
        items=items,
        variants=tuple(file.groups),
        contrasts=contrasts_in(path, file),
        shares=_shares(path, file),
        shares_source=file.source,
        targets=bool(file.targets),
    )


def parsed(path: Path, text: str) -> File:
    """The content of a file, checked by type alone.

    Raises:
        UserError: if it is no such YAML.
    """
    try:
        return File.model_validate(parse_plain(text).data)
    except NotPlain as error:
        raise wrong(path, error.line, "plain YAML", error.what, "correct the line") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise wrong(
            path, None, f"{place} of our own layout of probes", first["msg"], "see docs/guide/fairness.md"
        ) from None


def _prompts(path: Path, file: File) -> tuple[Prompt, ...]:
    return tuple(
        Prompt(filled(path, template, at, words, ""), group, template)
        for at, template in enumerate(file.templates)
        for group, words in file.groups.items()
    )


def filled(path: Path, template: str, at: int, words: Mapping[str, str | Sequence[str]], subject: str) -> str:
    """A template with its slots filled; a slot whose word is a list takes its entry number `at`, counted round.

    Raises:
        UserError: if a slot has no word.
    """

    def word(found: re.Match[str]) -> str:
        slot = found[1]
        plain = slot if slot in words or not slot[0].isupper() else slot[0].lower() + slot[1:]
        if plain in (SUBJECT, A_SUBJECT) and subject:
            value = subject if plain == SUBJECT else f"{_article(subject)} {subject}"
        elif plain in words:
            given = words[plain]
            value = given if isinstance(given, str) else given[at % len(given)] if given else ""
        else:
            raise wrong(path, None, f"a word for {{{slot}}} in every group", f"none, in {template!r}", "add it")
        return value[0].upper() + value[1:] if plain != slot and value else value

    return SLOT.sub(word, template)


def _article(noun: str) -> str:
    return "an" if noun[:1].lower() in "aeiou" else "a"


def _refuse_same(path: Path, items: Sequence[Item]) -> None:
    for each in items:
        if len(set(each.texts.values())) < len(each.texts):
            raise wrong(path, None, "a different sentence for each group", repr(each.cluster), "name the group in it")


def contrasts_in(path: Path, file: File) -> tuple[Contrast, ...]:
    """What the file compares.

    Raises:
        UserError: if weights are of no group, or do not sum to 0.
    """
    groups = tuple(file.groups)
    if file.each_over_the_others:
        return tuple(
            Contrast(f"{each} over the others", over_the_others(each, groups), centred=True) for each in groups
        )
    for each in file.contrasts:
        unknown = sorted(set(each.weights) - set(groups))
        if unknown or abs(sum(each.weights.values())) > 1e-9 or not any(each.weights.values()):
            got = f"weights of {', '.join(unknown)}" if unknown else f"{each.weights}"
            raise wrong(path, None, f"weights of groups that sum to 0 in contrast {each.name!r}", got, "correct them")
    return tuple(Contrast(each.name, each.weights, each.centred) for each in file.contrasts) or contrasts_of(groups)


def _shares(path: Path, file: File) -> dict[str, dict[str, Any]]:
    if file.targets and file.shares:
        raise wrong(path, None, "targets (what the model should have) or shares (context)", "both", "leave one out")
    table = file.targets or file.shares
    for subject, shares in table.items():
        if subject not in file.subjects or set(shares) - set(file.groups):
            raise wrong(path, None, "shares of subjects and groups of the file", f"{subject}: {shares}", "correct it")
        if min(shares.values(), default=0.0) <= 0 or sum(shares.values()) > 1 + 1e-6:
            raise wrong(path, None, f"shares above 0 that sum to at most 1 for {subject}", f"{shares}", "correct them")
    return table
