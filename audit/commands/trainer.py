"""`genai-audit train`: fit a reference model and write its checkpoint."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from ...models.errors import UserError
from ..request_checks import check_seed

if TYPE_CHECKING:
    from ...models.checkpoints.checkpoint import Checkpoint


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

    Args:
        family: of the reference models.
        data: the name of a bundled data set, or a file.
        seed: of the split, the initial weights and the batches.
        plant: a defect to plant, as the command line spells it.
        conditional: whether the model is told the class.
        steps: of training; None for the family's own.
        settings: `NAME=VALUE`, for the family's settings.
        out: the file to write.
        progress: is told the step and how much of it is done, in [0, 1].

    Raises:
        UserError: if family, data, defect or target cannot be used; nothing is written then.
    """
    from ...models.checkpoints.checkpoint import identify, save_checkpoint
    from ...models.data.datasets import load_data
    from ...models.families.catalogue import family as known_family
    from ...models.families.training.fitting import train
    from ...models.families.training.plants import parse_plant

    check_seed(seed)
    chosen = known_family(family)
    defect = None if plant is None else parse_plant(plant)
    overrides = parse_settings(settings, kinds_of(family))
    _check_place(out)
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


def _check_place(out: Path) -> None:
    """Notice before the training what would waste it."""
    from ...models.checkpoints.whole_file import try_writing

    if out.is_dir() or not out.absolute().parent.is_dir():
        raise UserError(f"--out {out}: expected a file name in an existing folder; create the folder or choose another")
    try:
        try_writing(out.absolute().parent)
    except OSError as error:
        raise UserError(f"--out {out}: cannot be written ({error.strerror}); choose another folder") from error


Setting = int | float | str | tuple[int, ...]


def parse_settings(texts: Sequence[str], kinds: Mapping[str, Any]) -> dict[str, Setting]:
    """Read `NAME=VALUE` texts; whether a family has the setting and takes the value, training checks.

    Args:
        texts: a list has its numbers between commas, e.g. `hidden=128,128`.
        kinds: the types of the settings that there are, see `kinds_of`; all others are read as numbers.

    Raises:
        UserError: if a text has no name, or its value is not of the setting's type.
    """
    return dict(_setting(text, kinds) for text in texts)


def kinds_of(family: str) -> dict[str, Any]:
    """The type of each field of a family's configuration and training settings."""
    from dataclasses import fields

    from ...models.families.catalogue import parts

    chosen = parts(family)
    return {field.name: field.type for kind in (chosen.config, chosen.training) for field in fields(kind)}


def _setting(text: str, kinds: Mapping[str, Any]) -> tuple[str, Setting]:
    name, equals, value = text.partition("=")
    kind = kinds.get(name)
    try:
        if not name or not equals:
            raise ValueError
        if kind is str:
            return name, value
        if kind is bool:
            return name, bool(("false", "true").index(value))
        if get_args(kind)[:1] == (int,):
            return name, tuple(int(part) for part in value.split(","))
        number = float(value)
    except ValueError:
        wanted = f"{name}=true or {name}=false" if kind is bool else "NAME=NUMBER, e.g. hidden=128,128 or latent_dim=2"
        raise UserError(f"--set: expected {wanted}, got {text!r}") from None
    return name, int(number) if number.is_integer() else number
