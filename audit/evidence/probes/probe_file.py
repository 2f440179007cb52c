"""What a file of probes holds, whatever its layout: sentences to score, or prompts to continue."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ....models.errors import UserError, shortened
from ....models.reading.regular_file import check_file
from .kinds import Contrast

LAYOUTS = (
    "CrowS-Pairs CSV (sent_more, sent_less, stereo_antistereo, bias_type), StereoSet JSON (data.intrasentence), "
    "WinoBias text (numbered lines with [brackets]), Winogender TSV (sentid, sentence), BOLD JSON (group: name: "
    "prompts), or our own YAML (probes: 1) or CSV (sentence, group, subject, template; or prompt, group, pair)"
)
"""The layouts that are known, for messages."""

MOST_BYTES = 50 * 2**20


@dataclass(frozen=True, slots=True)
class Item:
    """Sentences that differ in whom they are about.

    Args:
        texts: a sentence of each variant.
        kind: a bias type, or what the variants differ in.
        cluster: the writer, template or term: the sampling unit.
        subject: e.g. an occupation.
        direction: 1, or −1 where a pair is published as opposing a stereotype.
    """

    texts: Mapping[str, str]
    kind: str
    cluster: str
    subject: str = ""
    direction: int = 1


@dataclass(frozen=True, slots=True)
class Prompt:
    """The beginning of a text about a group; prompts of one cluster are one sampling unit."""

    text: str
    group: str
    cluster: str


@dataclass(frozen=True, slots=True)
class ProbeFile:
    """The content of a file: `items` of sentences, of the form `pairs` or `associations`, or `prompts`.

    Args:
        name: of the set, for readers.
        layout: whose it is.
        form: as `ProbeScores.form`; `prompts` for these.
        source: the file, or several.
        sha256: of its bytes.
        items: none where there are prompts.
        variants: the names of an item's sentences.
        contrasts: what is compared, of associations.
        shares: of each variant by subject.
        shares_source: who counted them.
        targets: whether the shares are what a model should have.
        prompts: none where there are items.
        paired: whether each cluster of prompts has one about every group.
        left_out: reasons, and how many sentences each kept out.
    """

    name: str
    layout: str
    form: str
    source: str = ""
    sha256: str = ""
    items: tuple[Item, ...] = ()
    variants: tuple[str, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    shares_source: str = ""
    targets: bool = False
    prompts: tuple[Prompt, ...] = ()
    paired: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)


def text_and_digest(path: Path) -> tuple[str, str]:
    """The text of a file, and the SHA-256 of its bytes.

    Raises:
        UserError: if it is too large, empty, or not UTF-8.
    """
    size = check_file(path, "a file of probes")
    if size > MOST_BYTES:
        raise UserError(f"{path}: expected probes of at most {MOST_BYTES // 2**20} MiB, got {size / 2**20:.0f} MiB")
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: expected UTF-8, got another encoding at byte {error.start}; save it as UTF-8"
        ) from None
    if not text.strip():
        raise UserError(f"{path}: expected probes, got an empty file; expected {LAYOUTS}")
    return text, hashlib.sha256(content).hexdigest()


def wrong(path: Path, line: int | None, expected: str, got: str, remedy: str) -> UserError:
    """What is wrong with a file, in one line."""
    place = f"{path}:{line}" if line else f"{path}"
    return UserError(f"{place}: expected {expected}, got {shortened(got)}; {remedy}")
