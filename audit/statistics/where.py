"""Where the kernels of this layer compute: quadratic ones go to the device that the user named for the audit.

Auditors see evidence alone and know of no device, so it is told once for all that runs within a block.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

CPU = "cpu"

_device: ContextVar[str] = ContextVar("device", default=CPU)


def kernel_device() -> str:
    """The device of the block that this runs in; the processor outside of any."""
    return _device.get()


@contextmanager
def kernels_on(device: str) -> Iterator[None]:
    """Let kernels compute on a device, and networks there in full single precision, for as long as the block runs.

    Args:
        device: of torch, e.g. `cpu` or `cuda`.
    """
    if device == CPU:
        yield
        return
    import torch

    token, reduced = _device.set(device), torch.backends.cudnn.allow_tf32
    # Convolutions would otherwise round to ten bits, and results differ from those of the processor.
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = reduced
        _device.reset(token)
