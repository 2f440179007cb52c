"""What the user asked for is looked at before any of it is done: names of places, numbers, and the device.

Pipes and devices would be read without end, a number too large would be noticed after the work, if ever.
"""

from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models.errors import UserError, shortened
from ..models.limits import check
from ..models.reading.regular_file import check_file, check_file_or_folder, shown_path
from .group_judge import check_pair

if TYPE_CHECKING:
    from .request import Request

REFERENCE = "reference:"

LARGEST_SEED = 2**63 - 1
"""What every generator of random numbers takes."""


def check_request(request: "Request") -> None:
    """Refuse what cannot be done, before anything is opened.

    Raises:
        UserError: naming the first place where there is nothing or something odd, or the number or device that is none.
    """
    check_seed(request.seed)
    if request.samples is not None:
        check("records", request.samples, "--samples")
    check_places(request)
    _check_device(request.device)


def check_seed(seed: int) -> None:
    """Refuse a seed that random numbers cannot be made of.

    Raises:
        UserError: if it is too large.
    """
    if seed > LARGEST_SEED:
        raise UserError(f"--seed: expected a whole number up to {LARGEST_SEED:,}, got a larger one; name another")


def suggested_samples(model: Any, default: int) -> int:
    """How many samples the model's `default_samples` suggests; `default` where it has none.

    Raises:
        UserError: if that is no number of samples.
    """
    suggested = getattr(model, "default_samples", default)
    try:
        number = index(suggested)
    except TypeError:
        number = 0
    if number < 1 or isinstance(suggested, bool):
        said = f"expected a whole number of at least 1, got {shortened(repr(suggested))}"
        raise UserError(f"default_samples of the model: {said}; correct it")
    check("records", number, "default_samples of the model")
    return number


def check_silent(request: "Request") -> None:
    """Refuse what would change nothing, as the model fills in masked tokens and is not drawn from.

    Raises:
        UserError: naming the option.
    """
    drawing = (
        ("--samples", request.samples is not None),
        ("--budget", request.budget is not None),
        ("--resume", request.resume),
        ("--labels", request.labels is not None),
    )
    unused = next((option for option, given in drawing if given), None)
    if unused is not None:
        raise UserError(
            f"{request.name}: {unused} means nothing to a model that fills in masked tokens and generates no samples; "
            "leave it out"
        )


def check_places(request: "Request") -> None:
    """Refuse names of places where there is nothing, or nothing that can be read to its end.

    Raises:
        UserError: naming the first of them, or what is wrong with a file of probes or a card.
        PolicyError: if a policy's name is none of those shipped.
    """
    from .evidence.probes.files import read_probes
    from .policy import policy_file

    checkpoint = request.checkpoint
    if isinstance(checkpoint, str) and "://" in checkpoint:
        _check_address(checkpoint)
    elif isinstance(checkpoint, str) and not checkpoint.startswith(REFERENCE):
        _check_named(checkpoint, "a checkpoint", "check the path")
    data_options = (
        ("--reference", request.reference),
        ("--holdout", request.holdout),
        ("--classifier-validation", request.classifier_validation),
    )
    for option, data in data_options:
        if isinstance(data, str) and data:
            _check_data(option, data)
    if request.prompts is not None:
        check_file(request.prompts, "a .txt file, a prompt a line")
    if request.base_model is not None:
        check_file_or_folder(request.base_model, "a base model", "check --base-model")
    check_pair(request)
    if request.group_clip is not None:
        check_file_or_folder(request.group_clip, "the folder of a CLIP-like model", "check --group-clip")
    if request.group_prompts is not None:
        check_file(request.group_prompts, "a YAML file of groups and prompts")
    if request.policy is not None:
        check_file(policy_file(request.policy), "a policy in YAML")
    _check_facts(request)
    # Read whole, because what is wrong with a row should not show after an hour of drawing.
    read_probes(request.probes)
    for option, code in (("--loader", request.loader), ("--group-classifier", request.group_classifier)):
        file = Path(code.rpartition(":")[0] if isinstance(code, str) else "")
        if file.suffix == ".py":
            check_file(file, f"a Python file of {option}")


def _check_facts(request: "Request") -> None:
    """Files that say what columns, records and the model are; the card is read whole, as probes are."""
    from ..reports.card_files import read_card

    if request.types is not None:
        check_file(request.types, "a YAML file of types")
    if request.canaries is not None:
        check_file(request.canaries, "a key file of canaries")
    if request.labels is not None:
        check_file(request.labels, "a CSV file of hand labels")
    if request.card is not None:
        read_card(request.card)


def _check_address(name: str) -> None:
    if not name.isascii() or not name.isprintable():
        raise UserError(f"{shown_path(name)}: expected an address in ASCII; write other characters as %XX")


def _check_data(option: str, name: str) -> None:
    from ..models.data.datasets import BUNDLED

    if name not in BUNDLED:
        _check_named(name, f"{', '.join(BUNDLED)} or a file or folder", f"check {option}")


def _check_named(name: str, what: str, way: str) -> None:
    if not name:
        raise UserError(f"expected {what}, got an empty name; give its path")
    check_file_or_folder(Path(name), what, way)


def _check_device(device: str) -> None:
    if device == "cpu":
        return
    import torch

    try:
        # A device of shapes alone, as `meta`, gives no numbers.
        float(torch.ones(1, device=device).sum())
    except (AssertionError, AttributeError, ImportError, RuntimeError, TypeError, ValueError) as error:
        said, asked = shortened(str(error).partition("\n")[0]), shortened(repr(device))
        raise UserError(f"--device: expected cpu or a device of this machine, got {asked}: {said}") from None
