"""`genai-audit train`: fit a reference model and write its checkpoint."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..models.errors import UserError

if TYPE_CHECKING:
    from ..models.checkpoint import Checkpoint


def train_checkpoint(
    family: str,
    data: str | None,
    *,
    seed: int,
    plant: str | None,
    conditional: bool = False,
    steps: int | None,
    settings: Sequence[str] = (),
    out: Path,
    progress: Callable[[str, float], None],
) -> "Checkpoint":
    """Train on the train part of `data` (by default the family's own) and write one safetensors file.

    Raises:
        UserError: if family, data, defect or target cannot be used; nothing is written then.
    """
    from ..models.checkpoint import identify, save_checkpoint
    from ..models.data import load_data
    from ..models.families import family as known_family
    from ..models.plants import parse_plant
    from ..models.training import train

    chosen = known_family(family)
    defect = parse_plant(plant) if plant else None
    overrides = parse_settings(settings)
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise UserError(f"--out {out}: expected a file name in an existing folder; create the folder or choose another")
    dataset = load_data(data or chosen.data, split="train", seed=seed)
    trained = train(
        family,
        dataset,
        seed=seed,
        overrides=overrides | ({"steps": steps} if steps else {}),
        conditional=conditional,
        plant=defect,
        progress=lambda done, total: progress("train", done / total),
    )
    save_checkpoint(out, trained)
    return identify(out)


WIDTHS = "hidden"
"""The one setting that is a list: the widths of the hidden layers, written `hidden=128` or `hidden=128,128`."""


CHOICES = {"unit": ("character", "word")}
"""Settings whose values are words: what the symbols of a language model are."""


def parse_settings(texts: Sequence[str]) -> dict[str, int | float | str | tuple[int, ...]]:
    """Read `NAME=VALUE` texts; whether a family has the setting and takes the value, training checks.

    Raises:
        UserError: if a text has no name or its value is no number.
    """
    return dict(_setting(text) for text in texts)


def _setting(text: str) -> tuple[str, int | float | str | tuple[int, ...]]:
    name, equals, value = text.partition("=")
    try:
        if not name or not equals:
            raise ValueError
        if name == WIDTHS:
            return name, tuple(int(part) for part in value.split(","))
        if name in CHOICES and value in CHOICES[name]:
            return name, value
        number = float(value)
    except ValueError:
        raise UserError(f"--set: expected NAME=NUMBER, e.g. hidden=128,128 or latent_dim=2, got {text!r}") from None
    return name, int(number) if number.is_integer() else number
