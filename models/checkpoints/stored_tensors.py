"""The tensors that a file holds, one at a time and as they were stored; nothing of the file runs.

Unlike loading, this needs no idea of what the tensors are for.
"""

from collections.abc import Iterator
from pathlib import Path

from ..adapters.foreign import attempt
from ..adapters.opened import Stored, is_training_state
from .formats import tensor_readers


def stored_tensors(path: Path) -> Iterator[Stored]:
    """The floating-point tensors of a file, if it is of a format that holds tensors; none of any other file.

    A torch file that needs code to load, and a format whose library is not installed, give none.

    Raises:
        UserError: if the file is damaged.
    """
    if is_training_state(path.name):
        return
    with attempt(path, "reading its tensors", "save it again"):
        tensors = next((each for read in tensor_readers() if (each := read(path)) is not None), None)
        yield from (each for each in tensors or () if not is_training_state(each.name))
