"""The initialisers by which frameworks fill fresh weights, and whether a tensor's numbers agree with one of them.

Training moves weights off the initialiser that they were drawn from; how far the numbers may depart by chance is known
exactly,
because these initialisers have no unknown parameter: their scale follows from the tensor's shape.

Reference: Glorot, Bengio 2010, Understanding the difficulty of training deep feedforward neural networks;
He et al. 2015, Delving deep into rectifiers, arXiv:1502.01852; LeCun et al. 1998, Efficient backprop,
doi:10.1007/3-540-49430-8_2; Saxe, McClelland, Ganguli 2014, arXiv:1312.6120 (orthogonal); Radford et al. 2016,
arXiv:1511.06434 and Radford et al. 2019, Language models are unsupervised multitask learners (deviation 0.02);
Kolmogorov 1933, Sulla determinazione empirica di una legge di distribuzione (the test).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEWEST = 256
"""Numbers below which a tensor is not tested: too few to tell one initialiser from another."""
MOST = 100_000
"""Numbers that are compared with an initialiser at most."""
LEAST_P = 0.001
"""A tensor agrees with an initialiser if chance alone would bring a departure as large as this often, or more often."""
SPREAD = 3.29
"""Standard errors that belong to the same chance, for the deviation."""
ALIKE = 8
"""Rows or columns, and numbers in each, below which they are not compared with one another."""
ROWS = 32
"""Rows, taken evenly, that are compared with one another for orthogonality."""

_CUT = 0.879625661034239
# Standard deviation of a standard normal that is cut at ±2; Keras and Flax divide by it.

_KURTOSIS = {"uniform": 1.8, "normal": 3.0, "cut normal": 2.3657}
# Fourth moment over squared variance, which sets the sampling error of a deviation.


@dataclass(frozen=True, slots=True)
class Initialiser:
    """A symmetric distribution: `kind` (`uniform`, `normal`, or `cut normal` at 2 deviations) and deviation."""

    name: str
    kind: str
    deviation: float

    @property
    def bound(self) -> float:
        """What no number can exceed; infinite for the normal initialiser."""
        match self.kind:
            case "uniform":
                return math.sqrt(3) * self.deviation
            case "cut normal":
                return 2 * self.deviation / _CUT
            case _:
                return math.inf

    def cumulative(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """P(X ≤ x), (n,) to (n,) in [0, 1]."""
        from scipy.special import ndtr

        if self.kind == "uniform":
            return np.asarray(np.clip(0.5 + x / (2 * self.bound), 0, 1))
        if self.kind == "normal":
            return np.asarray(ndtr(x / self.deviation))
        return np.asarray(np.clip((ndtr(x * _CUT / self.deviation) - ndtr(-2)) / (1 - 2 * ndtr(-2)), 0, 1))


def agreeing(
    rows: NDArray[np.float64], *, name: str, shape: tuple[int, ...], extreme: float, depth: int = 1, rounding: float
) -> str:
    """The name of the initialiser of fresh weights that numbers agree with; empty if they agree with none.

    The numbers must follow the initialiser as a whole, and the rows and columns of the matrix must be alike: fresh
    numbers are independent, and training makes some inputs and outputs matter more than others.

    Args:
        rows: (r, c), an even sample of the rows of the tensor seen as a matrix (out, everything else), all finite.
        name: the tensor's name, which tells the weights of a recurrent layer.
        shape: of the tensor.
        extreme: the largest of all its numbers by amount.
        depth: how many blocks the network has, on which some initialisers depend.
        rounding: the relative precision of the number type.
    """
    if rows.size < FEWEST:
        return ""
    deviation, mean = float(rows.std()), float(rows.mean())
    near = [
        initialiser
        for initialiser in initialisers(shape, recurrent="weight_ih" in name or "weight_hh" in name, depth=depth)
        if extreme <= initialiser.bound * (1 + 2 * rounding) and _near(initialiser, deviation, mean, rows.size)
    ]
    if not near:
        return ""
    ordered = np.sort(rows.ravel()[:: step(rows.size, MOST)])
    p, best = max(((p_value(ordered, initialiser), initialiser) for initialiser in near), key=lambda pair: pair[0])
    return best.name if p > LEAST_P and _alike(rows, best) else ""


def p_value(ordered: NDArray[np.float64], initialiser: Initialiser) -> float:
    """The probability that as many numbers from the initialiser depart from it as far as these, (n,) ascending.

    Two-sided Kolmogorov–Smirnov test with the asymptotic distribution of its statistic, which from 256 numbers on is
    close.
    """
    from scipy.special import kolmogorov

    n = len(ordered)
    below = initialiser.cumulative(ordered)
    steps = np.arange(n + 1) / n
    return float(kolmogorov(math.sqrt(n) * max((steps[1:] - below).max(), (below - steps[:-1]).max())))


def orthogonal(matrix: Any, rounding: float) -> bool:
    """Whether the rows or columns of a tensor of two or more dimensions are orthogonal and of one length.

    Args:
        matrix: a torch tensor (out, in, …) or (…, in, out).
        rounding: the relative precision of its number type.
    """
    views = {(matrix.shape[0], matrix[0].numel()), (math.prod(matrix.shape[:-1]), matrix.shape[-1])}
    return any(_orthogonal_rows(matrix.reshape(view), rounding) for view in sorted(views))


def _orthogonal_rows(matrix: Any, rounding: float) -> bool:
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    if wide.shape[0] < 8:
        return False
    rows = wide[:: math.ceil(wide.shape[0] / ROWS)].double().numpy()
    products = rows @ rows.T
    length = float(np.diag(products).mean())
    return length > 0 and float(np.abs(products / length - np.eye(len(rows))).max()) < 1e-5 + 2 * rounding


def step(count: int, most: int) -> int:
    """The stride that leaves about `most` of `count` numbers, without a common factor with the count.

    A stride that divides the length of a row would pick some columns and no others.
    """
    stride = max(1, math.ceil(count / most))
    while stride > 1 and math.gcd(stride, count) > 1:
        stride += 1
    return stride


def _near(initialiser: Initialiser, deviation: float, mean: float, n: int) -> bool:
    error = initialiser.deviation * math.sqrt((_KURTOSIS[initialiser.kind] - 1) / (4 * n))
    return abs(deviation - initialiser.deviation) <= SPREAD * error and abs(
        mean
    ) <= SPREAD * initialiser.deviation / math.sqrt(n)


def _alike(rows: NDArray[np.float64], initialiser: Initialiser) -> bool:
    """Whether means and squares of the rows, and of the columns, scatter no more than those of independent numbers."""
    from scipy.stats import chi2, gamma

    units = rows / initialiser.deviation
    for axis in (0, 1):
        n, size = units.shape[1 - axis], units.shape[axis]
        if min(n, size) < ALIKE:
            continue
        means = units.mean(axis=axis) * math.sqrt(size)
        squares = ((units**2).mean(axis=axis) - 1) * math.sqrt(size / (_KURTOSIS[initialiser.kind] - 1))
        # Nearly a sum of squared normals, made wider by how far one sum of `size` squares is from normal: at worst as
        # far as a chi-squared variable.
        spread = 2 + 12 / size
        scatter = gamma.sf((squares**2).sum(), n / spread, scale=spread)
        if min(float(chi2.sf((means**2).sum(), n)), float(scatter)) < LEAST_P / 2:
            return False
    return True


@cache
def initialisers(shape: tuple[int, ...], *, recurrent: bool, depth: int) -> tuple[Initialiser, ...]:
    """The initialisers by which a tensor of two or more dimensions may have been filled, each once."""
    distinct: dict[tuple[str, float], Initialiser] = {}
    for initialiser in _initialisers(shape, recurrent, depth):
        distinct.setdefault((initialiser.kind, round(initialiser.deviation, 9)), initialiser)
    return tuple(distinct.values())


def _initialisers(shape: tuple[int, ...], recurrent: bool, depth: int) -> Iterator[Initialiser]:
    if recurrent:
        for gates in (4, 3, 1):  # LSTM, GRU, plain
            if shape[0] % gates == 0:
                yield _uniform("uniform ±1/√hidden", (shape[0] // gates) ** -0.5)
    fans = _fans(shape)
    for fan, _ in fans:
        yield _uniform("uniform ±1/√fan_in", fan**-0.5)
    for reaching in _transposed(shape):
        yield _uniform("uniform ±1/√fan_in of a strided transposed convolution", reaching**-0.5)
    yield Initialiser("normal, deviation 1", "normal", 1.0)
    for deviation in (0.02, 0.01, 0.05, 0.006):
        yield Initialiser(f"normal, deviation {deviation}", "normal", deviation)
        yield Initialiser(f"normal cut at ±2σ, deviation {deviation}", "cut normal", deviation * _CUT)
    for blocks in sorted({depth, 2 * depth} - {0, 1}):
        yield Initialiser(f"normal, deviation 0.02/√{blocks}", "normal", 0.02 / math.sqrt(blocks))
    yield _uniform("uniform ±0.05", 0.05)
    for fan_in, fan_out in fans:
        yield from _scaled("Glorot", "2/(fan_in + fan_out)", math.sqrt(2 / (fan_in + fan_out)))
    for fan in sorted({fan for pair in fans for fan in pair}):
        yield from _scaled("He", "2/fan", math.sqrt(2 / fan))
        yield from _scaled("LeCun", "1/fan", math.sqrt(1 / fan))


def _scaled(who: str, variance: str, deviation: float) -> Iterator[Initialiser]:
    yield Initialiser(f"{who} uniform, variance {variance}", "uniform", deviation)
    yield Initialiser(f"{who} normal, variance {variance}", "normal", deviation)
    yield Initialiser(f"{who} normal cut at ±2σ, variance {variance}", "cut normal", deviation)


def _uniform(name: str, bound: float) -> Initialiser:
    return Initialiser(name, "uniform", bound / math.sqrt(3))


def _fans(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """(fan_in, fan_out) of (out, in, …) and of (…, in, out): torch and Keras lay kernels out differently."""
    taps_first, taps_last = math.prod(shape[2:]), math.prod(shape[:-2])
    return sorted(
        {
            (shape[1] * taps_first, shape[0] * taps_first),
            (shape[-2] * taps_last, shape[-1] * taps_last),
        }
        | ({(shape[0], shape[1])} if len(shape) == 2 else set())
    )


def _transposed(shape: tuple[int, ...]) -> Iterator[float]:
    """What reaches an output of a transposed convolution (in, out, …): a stride shares the taps out."""
    for stride in (1, 2, 4):
        if len(shape) > 2 and min(shape[2:]) >= stride:
            yield shape[0] * math.prod(shape[2:]) / stride ** (len(shape) - 2)
