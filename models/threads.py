"""How many threads arithmetic uses: one, since the last bits of a sum hang on how it is shared out among several."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


def cores() -> int:
    """How many processor cores this process may use."""
    # Only some systems say what this process may use rather than what the machine has.
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread in torch, numpy and scipy, so that sums come out alike on any number of cores.

    Small layers and the blocks of distances that auditors look at gain next to nothing from more. On a shared machine
    they even lose: threads that wait for each other at every layer took ten times as long.
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
    # Only libraries that are loaded already can be limited, and scipy brings one of its own.
    import scipy.linalg
    from threadpoolctl import threadpool_limits

    assert scipy.linalg
    with threadpool_limits(1, user_api="blas"):
        yield
