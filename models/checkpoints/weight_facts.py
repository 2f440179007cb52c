"""What can be said of weights without running the model, as plain values, so that auditors can ask again later."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """One tensor of a checkpoint.

    Args:
        name: its name, with its file's name before it where there are several files.
        shape: its sizes.
        dtype: as stored, e.g. `float32` or `float16`.
        device: as stored, e.g. `cpu` or `cuda:0`; `cpu` where the format knows none.
        count: how many numbers.
        mean, deviation, low, high: of the finite numbers, in double precision; 0 where there are none.
        zeros: how many numbers are exactly 0.
        broken: how many are NaN or infinite.
        sha256: digest of shape, type and bytes.
        initial: the distribution of fresh weights that its numbers agree with, e.g. `uniform ±1/√fan_in`; empty if
            none.
        tested: whether its numbers were compared with such distributions: it has two dimensions or more, enough
            numbers, and they are finite and not all equal.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    device: str
    count: int
    mean: float
    deviation: float
    low: float
    high: float
    zeros: int
    broken: int
    sha256: str
    initial: str = ""
    tested: bool = False


@dataclass(frozen=True, slots=True)
class WeightFacts:
    """What is known of a checkpoint's files and weights.

    Args:
        tensors: every floating-point tensor that could be read.
        files: name and SHA-256 of every file that belongs to the checkpoint, in order of their names.
        parts: the parts of the model that it has, e.g. `generator`, `discriminator`, `encoder`, `decoder`.
        remarks: what is wrong with how files and parts fit together, one sentence each; see `inspection`.
        state_before, state_after: digest of the model's parameters and buffers around the audit; empty without them.
        file_before, file_after: digest of the checkpoint around the audit.
    """

    tensors: tuple[TensorFacts, ...]
    files: tuple[tuple[str, str], ...]
    parts: tuple[str, ...]
    remarks: tuple[str, ...]
    state_before: str = ""
    state_after: str = ""
    file_before: str = ""
    file_after: str = ""
