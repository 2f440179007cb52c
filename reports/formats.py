"""Machine formats: which there are, the file that each goes to, and the one function that writes any of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .policy_place import PolicyPlace
    from .record import Record


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its file beside the record, and who reads it."""

    file: str
    reader: str


FORMATS = {
    "junit": Format("junit.xml", "test tabs of GitLab, Jenkins and other servers"),
    "markdown": Format("summary.md", "pull requests and job pages"),
    "sarif": Format("audit.sarif", "code scanning (SARIF 2.1.0)"),
    "gitlab": Format("gl-code-quality.json", "GitLab Code Quality"),
    "cyclonedx": Format("bom.cdx.json", "inventories (CycloneDX 1.7 ML-BOM)"),
    "hugging-face": Format("hugging-face-card.md", "the Hugging Face Hub (model-index and model card)"),
    "every-eval-ever": Format("every-eval-ever.json", "the Every Eval Ever database"),
    "crosswalk": Format("crosswalk.md", "reviewers: each control of each framework"),
}
"""By the name that `--format` knows; the first two are always written."""

ALWAYS = ("junit", "markdown")


def written(name: str, record: "Record", place: "PolicyPlace") -> str:
    """A record in one of the formats, as text that ends with a line break.

    Args:
        name: one of `FORMATS`.
        record: of the audit.
        place: where the rules of its policy stand.
    """
    return _writer(name)(record, place)


def _writer(name: str) -> "Callable[[Record, PolicyPlace], str]":
    # Each is imported only where it is asked for.
    match name:
        case "junit":
            from .junit import junit

            return lambda record, _: junit(record)
        case "markdown":
            from .markdown import summary

            return lambda record, _: summary(record)
        case "sarif":
            from .sarif import sarif

            return sarif
        case "gitlab":
            from .gitlab import code_quality

            return code_quality
        case "cyclonedx":
            from .cyclonedx import bom

            return lambda record, _: bom(record)
        case "hugging-face":
            from .hugging_face import model_card

            return lambda record, _: model_card(record)
        case "every-eval-ever":
            from .every_eval_ever import every_eval_ever

            return lambda record, _: every_eval_ever(record)
        case _:
            from .crosswalk_markdown import crosswalk_markdown

            return lambda record, _: crosswalk_markdown(record)
