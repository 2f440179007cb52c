"""Winogender: sentences about an occupation and a second person with a pronoun of three kinds, or their templates.

The shares of women that the authors publish lie in another file; without it the contrasts are set against parity.

Reference: Rudinger, Naradowsky, Leonard, Van Durme 2018, doi:10.18653/v1/N18-2002.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from ..kinds import ASSOCIATIONS, Contrast
from ..probe_file import Item, ProbeFile, wrong
from .csv_rows import header_of, rows

LAYOUT = "Winogender"
VARIANTS = {"female": "she", "male": "he", "neutral": "they"}
FORMS = {
    "$NOM_PRONOUN": {"she": "she", "he": "he", "they": "they"},
    "$POSS_PRONOUN": {"she": "her", "he": "his", "they": "their"},
    "$ACC_PRONOUN": {"she": "her", "he": "him", "they": "them"},
}
CONTRASTS = (
    Contrast("she over he", {"she": 1.0, "he": -1.0}),
    Contrast("they over she and he", {"they": 1.0, "she": -0.5, "he": -0.5}, centred=True),
)
PLURAL = {"was": "were", "is": "are", "has": "have", "does": "do"}
AGREEMENT = re.compile(r"\bthey (was|is|has|does)\b")
SENTENCES = ("sentid", "sentence")
TEMPLATES = ("occupation(0)", "other-participant(1)", "answer", "sentence")


def matches(text: str) -> bool:
    """Whether the columns are those of the sentences or of the templates."""
    names = header_of(text, "\t")
    return "sentid" in names or TEMPLATES[0] in names


def read(path: Path, text: str) -> ProbeFile:
    """The sentences by template.

    Raises:
        UserError: if a column or a value is missing, or a sentence's name does not say which it is.
    """
    named = _sentences(path, text) if "sentid" in header_of(text, "\t") else _filled(path, text)
    items = tuple(Item(texts, "pronoun", template, subject=template.split(".")[0]) for template, texts in named.items())
    return ProbeFile(path.stem, LAYOUT, ASSOCIATIONS, items=items, variants=("she", "he", "they"), contrasts=CONTRASTS)


def _sentences(path: Path, text: str) -> Mapping[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line, row in rows(path, text, SENTENCES, "\t"):
        template, _, kind = row["sentid"].removesuffix(".txt").rpartition(".")
        if kind not in VARIANTS or template.count(".") != 2:
            wanted = "sentid as occupation.participant.answer.male|female|neutral.txt"
            raise wrong(path, line, wanted, repr(row["sentid"]), "correct it")
        found.setdefault(template, {})[VARIANTS[kind]] = row["sentence"].strip()
    return found


def _filled(path: Path, text: str) -> Mapping[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for _, row in rows(path, text, TEMPLATES, "\t"):
        occupation, participant, answer, sentence = (row[name].strip() for name in TEMPLATES)
        sentence = sentence.replace("$OCCUPATION", occupation).replace("$PARTICIPANT", participant)
        texts = {}
        for variant in ("she", "he", "they"):
            filled = sentence
            for slot, forms in FORMS.items():
                filled = filled.replace(slot, forms[variant])
            filled = AGREEMENT.sub(lambda verb: f"they {PLURAL[verb[1]]}", filled)
            texts[variant] = filled[0].upper() + filled[1:]
        found[f"{occupation}.{participant}.{answer}"] = texts
    return found
