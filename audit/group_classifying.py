"""The group classifier that a user named, opened before anything is drawn, with its errors counted if they can be."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..models.errors import UserError

if TYPE_CHECKING:
    from ..models.data.datasets import Dataset
    from ..models.group_classifiers.user_function import Errors, GroupFunction, UserClassifier
    from .request import Request
    from .subject import Subject

OPTION = "--group-classifier"


def opened_classifier(request: "Request", subject: "Subject", validation: "Dataset | None") -> "UserClassifier | None":
    """The user's function as a judge of groups; None where none was named.

    Args:
        request: what the user asked for.
        subject: what is audited.
        validation: labelled records that the function never saw.

    Raises:
        UserError: if it cannot be used, its groups are not those of the labels, or it guesses worse than chance.
    """
    if request.group_classifier is None:
        return None
    from ..models.group_classifiers.user_function import UserClassifier, open_function

    function = open_function(request.group_classifier)
    attribute = _attribute(function, request, subject, validation)
    labelled = _labelled(validation, attribute)
    names = _names(function, attribute, subject, labelled)
    sources = [each for each in (subject.reference, subject.samples, validation) if each is not None]
    rate = next((each.sample_rate for each in sources), getattr(subject.model, "sample_rate", None))
    classifier = UserClassifier(function, attribute, names, rate)
    if labelled is None:
        return classifier
    return UserClassifier(function, attribute, names, rate, {attribute: _errors(classifier, labelled)})


def _attribute(function: "GroupFunction", request: "Request", subject: "Subject", validation: "Dataset | None") -> str:
    """What tells the groups apart: as the function says, else what was named first, else the main one of the data."""
    reference = subject.reference
    if function.attribute is not None:
        found = function.attribute
    elif request.groups:
        found = request.groups[0]
    else:
        data = validation if validation is not None and validation.attributes else reference
        found = next(iter(data.attributes), "group") if data is not None else "group"
    known = None if reference is None else reference.attributes.get(found)
    if subject.checkpoint.modality == "tabular" and known is not None and known.column is not None:
        raise UserError(
            f"{OPTION}: expected groups that no column tells, but {found} is a column of the table; leave it out, or "
            "name another attribute in FUNCTION.attribute"
        )
    return found


def _labelled(validation: "Dataset | None", attribute: str) -> "Dataset | None":
    from ..models.data.datasets import with_groups

    return None if validation is None else with_groups(validation, (attribute,))


def _names(
    function: "GroupFunction", attribute: str, subject: "Subject", labelled: "Dataset | None"
) -> tuple[str, ...]:
    reference = None if subject.reference is None else subject.reference.attributes.get(attribute)
    of_labels = {
        "the validation data": () if labelled is None else labelled.attributes[attribute].names,
        "the reference": () if reference is None else reference.names,
    }
    names = function.names or next((each for each in of_labels.values() if each), ())
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise UserError(
            f"{OPTION} {function.name}: expected at least two different groups, in FUNCTION.names or in labelled data "
            f"(--classifier-validation DATA), got {_some(names) or 'none'}"
        )
    for where, each in of_labels.items():
        if not set(each) <= set(names):
            raise UserError(
                f"{OPTION} {function.name}: expected the groups of {attribute} that {where} names ({_some(each)}), got "
                f"{_some(names)}; name them alike"
            )
    return names


def _errors(classifier: "UserClassifier", labelled: "Dataset") -> "Errors":
    """How often it errs on labelled records; refused where it is no better than guessing."""
    from ..models.group_classifiers.user_function import Errors, confusion_of

    told = classifier.told([labelled.samples], reference=0, progress=lambda share: None)[classifier.attribute][0][0]
    labels = labelled.attributes[classifier.attribute]
    places = np.array([classifier.names.index(name) for name in labels.names], dtype=np.int64)
    confusion = confusion_of(places[labels.values], told, len(classifier.names))
    members = confusion.sum(axis=1)
    recognised = float((np.diagonal(confusion)[members > 0] / members[members > 0]).mean())
    known = int((members > 0).sum())
    if known >= 2 and recognised <= 1 / known:
        raise UserError(
            f"{OPTION} {classifier.function.name}: expected a classifier better than chance, got one that recognises "
            f"{recognised:.0%} of a group's members on average in {labelled.source}, where guessing gives "
            f"{1 / known:.0%}; are the names swapped?"
        )
    return Errors(
        confusion, f"{len(labels.values):,} labelled records of {labelled.source} that it had not learned from"
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
