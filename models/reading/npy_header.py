"""What an array in numpy's format says of itself before its numbers."""

from typing import IO, Any

import numpy as np


def read_header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, "np.dtype[Any]"]:
    """Shape, whether the first index runs fastest (Fortran's order), and type of the numbers that follow.

    Raises:
        ValueError: if it is no header.
    """
    first = np.lib.format.read_magic(member) == (1, 0)
    read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    header: tuple[tuple[int, ...], bool, np.dtype[Any]] = read(member)
    return header
