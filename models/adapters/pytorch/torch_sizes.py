"""How much a torch file's content amounts to: a few bytes can claim tensors, and nested lists, of any size."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...limits import check, check_unpacked, on_disk


def check_size(content: Any, path: Path) -> None:
    """Refuse content that is much larger than its file: views that repeat few numbers, lists that hold each other.

    Nothing of it may be copied, walked through or written before.

    Args:
        content: what torch made of the file.
        path: the file.

    Raises:
        UserError: with the limit, and how to allow more.
    """
    import torch

    size, seen, open_ = 0, 0, [content]
    while open_:
        each = open_.pop()
        seen += 1
        if isinstance(each, torch.Tensor):
            size += each.numel() * each.element_size()
        elif isinstance(each, Mapping):
            open_ += each.values()
        elif isinstance(each, list | tuple | set):
            open_ += each
        check("tensors", seen + len(open_), path, got="more, as of lists that hold each other many times")
    check_unpacked(size, on_disk(path), path, "tensors")
