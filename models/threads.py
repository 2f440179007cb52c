"""How many threads a network's arithmetic uses."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread, so that sums come out alike on any number of cores; small layers gain nothing from more.

    On a shared machine they even lose: threads that wait for each other at every layer took ten times as long.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
