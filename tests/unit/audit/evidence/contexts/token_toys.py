"""Token models whose dependence on their context is known, and records to ask them about."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.evidence.contexts.collect import collect
from genai_audit.audit.evidence.contexts.kind import Contexts
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.unavailable import Partial

LETTERS = "abcdefgh"
V = len(LETTERS) + 1


class Planted(nn.Module):
    """Logits of the next token from a table of each of some tokens back; id 0 begins every text.

    Args:
        tables: of each distance back, (V, V); 1 is the last token.
    """

    modality = "text"

    def __init__(self, tables: dict[int, np.ndarray]) -> None:
        super().__init__()
        self.backs = tuple(tables)
        self.embedding = nn.Embedding(V, V)
        self.embedding.weight = nn.Parameter(torch.eye(V))
        self.tables = nn.ParameterList(nn.Parameter(torch.tensor(each).float()) for each in tables.values())

    def encode_text(self, text: str) -> list[int]:
        return [0, *(1 + LETTERS.index(each) for each in text)]

    def decode_text(self, ids: list[int]) -> str:
        return "".join(LETTERS[each - 1] for each in ids if each)

    def logits(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids)
        out = torch.zeros_like(x)
        for back, table in zip(self.backs, self.tables, strict=True):
            if ids.shape[1] >= back:
                moved = torch.cat([x.new_zeros(len(x), back - 1, V), x[:, : x.shape[1] - back + 1]], dim=1)
                out = out + moved @ table
        return out


def table(seed: int, strength: float = 2.0) -> np.ndarray:
    return strength * np.random.default_rng(seed).standard_normal((V, V))


def copying(back: int) -> Planted:
    """The next token is the one so many back."""
    return Planted({back: 6 * np.eye(V)})


def texts(n: int, length: int, seed: int, period: int = 0) -> list[str]:
    """Random texts of one length, or of a random part that repeats."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(LETTERS), (n, period or length))
    return ["".join(LETTERS[row[at % len(row)]] for at in range(length)) for row in rows]


def real(samples: Any) -> Real:
    return Real(samples=samples, total=len(samples), name="toy", source="toy", sha256="ab" * 32)


def evidence_of(samples: Any, reference: Any, modality: str = "text", **more: Any) -> Evidence:
    return Evidence(modality=modality, generated=Generated(samples, 0, "toy"), reference=real(reference), **more)


def contexts(model: Any, *, length: int = 24, period: int = 0, n: int = 60, seed: int = 0) -> Contexts | Partial:
    """What is collected of a model and records of a length."""
    sets = [texts(n, length, each, period) for each in (1, 2)]
    plan = Plan(modality="text", source="toy", model=model, seed=seed)
    return collect(plan, evidence_of(*sets), lambda share: None)


def item(found: Contexts | Partial) -> Contexts:
    """The evidence, whole or in part."""
    whole = found.item if isinstance(found, Partial) else found
    assert isinstance(whole, Contexts)
    return whole
