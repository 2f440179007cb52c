"""`genai-audit train`: fit a reference model and write its checkpoint."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..models.errors import UserError

if TYPE_CHECKING:
    from ..models.checkpoint import Checkpoint


def train_checkpoint(
    family: str,
    data: str,
    *,
    seed: int,
    plant: str | None,
    steps: int | None,
    out: Path,
    progress: Callable[[str, float], None],
) -> "Checkpoint":
    """Train on the train part of `data` and write one safetensors file.

    Raises:
        UserError: if family, data, defect or target cannot be used; nothing is written then.
    """
    from ..models.checkpoint import identify, save_checkpoint
    from ..models.data import load_data
    from ..models.families import family as known_family
    from ..models.plants import parse_plant
    from ..models.training import train

    known_family(family)
    defect = parse_plant(plant) if plant else None
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise UserError(f"--out {out}: expected a file name in an existing folder; create the folder or choose another")
    dataset = load_data(data, split="train", seed=seed)
    trained = train(
        family,
        dataset,
        seed=seed,
        overrides={"steps": steps} if steps else None,
        plant=defect,
        progress=lambda done, total: progress("train", done / total),
    )
    save_checkpoint(out, trained)
    return identify(out)
