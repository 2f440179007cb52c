"""HDF5 files whose numbers all lie in the file itself.

The format can say that a data set's numbers lie in another file (external storage, virtual data sets), or that a name
leads into another (external links), and a library follows without a word. Such a file is refused before anything reads
from it.

Reference: The HDF Group, HDF5 File Format Specification 3.0, sections IV.A.2.g (Link), IV.A.2.h (External Data Files)
and IV.A.2.i (Data Layout).
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...limits import check_unpacked, on_disk
from ..foreign import attempt

WAY_OUT = "it was not read; save the weights again as one file"


@contextmanager
def opened_hdf5(source: Any, where: str) -> Iterator[Any]:
    """An HDF5 file, open for reading, after a look at where its numbers lie.

    Args:
        source: a path, or a stream of bytes.
        where: what messages call it.

    Raises:
        UserError: if it is damaged, anything in it lies in another file, or it claims to be much larger than it is.
    """
    import h5py

    with attempt(Path(where), "reading it", "copy or save the file again"):
        file = h5py.File(source, "r")
    with file:
        with attempt(Path(where), "reading it", "copy or save the file again"):
            claimed = _check(file, where)
        packed = on_disk(source) if isinstance(source, Path) else file.id.get_filesize()
        # A data set that was packed, or never written, has any size that it claims.
        check_unpacked(claimed, packed, where, "numbers")
        yield file


def _check(file: Any, where: str) -> int:
    """Look at every link and every data set once, also where links go round in circles; the bytes that all claim."""
    import h5py

    waiting, seen, claimed = [("", file.id)], set(), 0
    while waiting:
        name, group = waiting.pop()
        place = h5py.h5o.get_info(group).addr
        if place in seen:
            continue
        seen.add(place)
        for link in group:
            inner = f"{name}/{link.decode(errors='replace')}"
            kind = group.links.get_info(link).type
            if kind == h5py.h5l.TYPE_SOFT:
                continue  # A path in this very file, in which no link leads out.
            if kind != h5py.h5l.TYPE_HARD:
                raise UserError(f"{where}: {inner} is a link into another file; {WAY_OUT}")
            item = h5py.h5o.open(group, link)
            if isinstance(item, h5py.h5g.GroupID):
                waiting.append((inner, item))
            elif isinstance(item, h5py.h5d.DatasetID):
                _check_storage(item, f"{where}: {inner}")
                claimed += math.prod(item.shape) * item.dtype.itemsize
    return claimed


def _check_storage(dataset: Any, where: str) -> None:
    import h5py

    how = dataset.get_create_plist()
    if how.get_layout() == h5py.h5d.VIRTUAL:
        raise UserError(f"{where} is a virtual data set, whose numbers lie in other files; {WAY_OUT}")
    if how.get_external_count():
        raise UserError(f"{where} has its numbers in another file (external storage); {WAY_OUT}")
