"""Models whose right map is known, and maps that know nothing of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.evidence.explained.checks import Explained, Question, checked_map
from genai_audit.audit.evidence.explained.kind import CheckedMap

Floats = NDArray[np.float64]

ASKED = Question("which part?", "score", "against the mean", "zeros", "record", "exact", "gradient", 0.05)


@dataclass
class Bent:
    """f(x) = tanh(w·x) of P parts, of which only the first few have weight; its records lie around 0."""

    weights: Floats
    records: Floats

    @classmethod
    def drawn(cls, rng: np.random.Generator, *, n: int = 32, parts: int = 16, used: int = 4) -> "Bent":
        weights = np.where(np.arange(parts) < used, rng.normal(size=parts) + 1.0, 0.0)
        return cls(weights, rng.normal(size=(n, parts)))

    def masked(self, rows: NDArray[np.int64], keep: NDArray[np.bool_]) -> Floats:
        return np.asarray(np.tanh((np.where(keep, self.records[rows], 0.0) * self.weights).sum(axis=1) / 2))

    def map(self, weights: Floats | None = None) -> Floats:
        """Integrated gradients from 0, exact: along the path w·x grows evenly, so each part has its share of f."""
        own = self.weights if weights is None else weights
        parts = self.records * own / 2
        total = parts.sum(axis=1, keepdims=True)
        return np.asarray(parts * np.tanh(total) / total)

    def copied(self, seed: int) -> Floats:
        rng = np.random.default_rng([seed, 7])
        return self.map(rng.normal(size=len(self.weights)))

    def checked(self, values: Floats, rng: np.random.Generator, **more: object) -> CheckedMap:
        """What the checks of these values see; of the right map where nothing else is said."""
        given = {"other_values": self.map(), "copied": self.copied} | more
        return checked_map(ASKED, Explained(values, self.masked, np.arange(len(values)), **given), rng)  # type: ignore[arg-type]  # chosen by name
