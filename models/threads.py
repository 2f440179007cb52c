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
        with plain_algebra():
            yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def plain_algebra() -> Iterator[None]:
    """One thread in numpy's and scipy's linear algebra; torch keeps its own.

    Auditors decompose many small matrices, where threads that wait for each other made an audit four times slower on a
    machine with other work; and the last bits of a result must not depend on the number of cores.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield
