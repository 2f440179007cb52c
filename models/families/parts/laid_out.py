"""Networks laid out without memory for their weights, which are put in afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_memory() -> Iterator[None]:
    """Inside, networks are built of tensors that have a shape and no values.

    Filling an embedding with normal numbers that are nowhere would load torch's compiler, 1.6 seconds of an audit.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    class NoNormalNumbers(TorchFunctionMode):
        """Leaves tensors as they are where they would be filled."""

        def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]  # as torch has it
            return args[0] if func is torch.Tensor.normal_ else func(*args, **(kwargs or {}))

    with torch.device("meta"), NoNormalNumbers():
        yield
