"""What a model's code may change in the process that it runs in, put back as it was found."""

import decimal
import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def as_found() -> Iterator[None]:
    """Put back, at the end, what decides how later numbers come out: a model's code may set it and never set it back.

    That is torch's default type and device, its gradients, threads and choice of algorithms, what numpy does of an
    overflow, the precision of decimals, and the working folder.
    """
    import torch

    folder, dtype, device = os.getcwd(), torch.get_default_dtype(), torch.get_default_device()
    threads, gradients = torch.get_num_threads(), torch.is_grad_enabled()
    deterministic, decimals, errors = (
        torch.are_deterministic_algorithms_enabled(),
        decimal.getcontext().copy(),
        np.geterr(),
    )
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        if torch.get_default_device() != device:
            # To name the processor would make torch look at every call; it is the default without a name.
            torch.set_default_device(None if device.type == "cpu" else device)
        torch.set_num_threads(threads)
        torch.set_grad_enabled(gradients)
        if torch.are_deterministic_algorithms_enabled() != deterministic:
            # Setting it loads torch's compiler, which makes a folder of its own.
            torch.use_deterministic_algorithms(deterministic)
        decimal.setcontext(decimals)
        np.seterr(**errors)
        if os.getcwd() != folder:
            os.chdir(folder)


@contextmanager
def inside(folder: str) -> Iterator[None]:
    """Work in a folder, and go back at the end to where the model's code had gone, which it may rely on."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
