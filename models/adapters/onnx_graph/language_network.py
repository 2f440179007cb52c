"""An ONNX graph of a causal language model as a network of `transformers` is called: ids to logits, with a memory."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...errors import UserError
from ..foreign import LOADER
from ..onnx_file import FLOATS, signature
from .limits import run_in_time

IDS, MASK, PLACES, BRANCH, LOGITS = "input_ids", "attention_mask", "position_ids", "use_cache_branch", "logits"
PAST, PRESENT = "past_key_values.", "present."


class OnnxLanguage(nn.Module):
    """A graph that reads all ids each time.

    Raises:
        UserError: if it has other inputs or outputs than those of a causal language model.
    """

    def __init__(self, session: Any, path: Path, settings: Any, generation: Any) -> None:
        super().__init__()
        # Callers ask where the weights are; the graph computes on the CPU.
        self.place = nn.Parameter(torch.zeros(0), requires_grad=False)
        self.session, self.path, self.limit = session, path, "trial"
        self.config, self.generation_config = settings, generation
        self.inputs = {each.name: each for each in session.get_inputs()}
        self.outputs = [each.name for each in session.get_outputs()]
        self.memory = [each for name, each in self.inputs.items() if name.startswith(PAST)]
        logits = next((each for each in session.get_outputs() if each.name == LOGITS), None)
        self.vocabulary = self._vocabulary(logits)
        self._check(logits)

    def forward(self, input_ids: Tensor) -> SimpleNamespace:
        """Token ids (B, T) to the logits of the token after each, (B, T, V)."""
        return self.run(input_ids, None)

    def run(self, ids: Tensor, memory: list[Any] | None) -> SimpleNamespace:
        """Token ids (B, T), after those that are remembered, to logits and what to remember."""
        rows, new = ids.shape
        before = 0 if memory is None else memory[0].shape[2]
        given = memory or [np.zeros(self._empty(each, rows), FLOATS[each.type]) for each in self.memory]
        feed: dict[str, Any] = {IDS: ids.cpu().numpy()}
        if MASK in self.inputs:
            feed[MASK] = np.ones((rows, before + new), np.int64)
        if PLACES in self.inputs:
            feed[PLACES] = np.broadcast_to(np.arange(before, before + new, dtype=np.int64), (rows, new)).copy()
        if BRANCH in self.inputs:
            feed[BRANCH] = np.array([memory is not None])
        feed |= {each.name: part for each, part in zip(self.memory, given, strict=True)}
        answers = dict(zip(self.outputs, run_in_time(self.session, feed, self.limit, self.path), strict=True))
        kept = [answers[self._present(each.name)] for each in self.memory]
        return SimpleNamespace(
            logits=torch.from_numpy(answers[LOGITS]).float().to(ids.device), past_key_values=kept or None
        )

    def get_input_embeddings(self) -> SimpleNamespace:
        """How many tokens there are."""
        return SimpleNamespace(num_embeddings=self.vocabulary)

    def get_output_embeddings(self) -> None:
        """Nothing: the graph has no such table of its own."""

    @staticmethod
    def _present(name: str) -> str:
        return PRESENT + name.removeprefix(PAST)

    @staticmethod
    def _empty(part: Any, rows: int) -> tuple[int, ...]:
        return (rows, part.shape[1], 0, part.shape[3])

    def _vocabulary(self, logits: Any) -> int:
        shown = logits.shape[-1] if logits is not None and logits.shape else None
        size = shown if isinstance(shown, int) else getattr(self.config, "vocab_size", None)
        return size if isinstance(size, int) and size > 0 else 0

    def _check(self, logits: Any) -> None:
        known = {IDS, MASK, PLACES, BRANCH, *(each.name for each in self.memory)}
        layout = all(
            len(each.shape) == 4 and isinstance(each.shape[1], int) and isinstance(each.shape[3], int)
            for each in self.memory
        )
        whole = all(self.inputs[name].type == "tensor(int64)" for name in (IDS, MASK, PLACES) if name in self.inputs)
        floats = all(each.type in FLOATS for each in (*self.memory, *([] if logits is None else [logits])))
        remembers = all(self._present(each.name) in self.outputs for each in self.memory)
        named = IDS in self.inputs and set(self.inputs) <= known and logits is not None and self.vocabulary
        fixed = any(
            isinstance(size, int) for each in self.inputs.values() for size in each.shape[:1] if each.name != BRANCH
        )
        if not (named and layout and whole and floats and remembers) or fixed:
            raise UserError(
                f"{self.path}: expected a causal language model as optimum exports it, from input_ids (and "
                f"attention_mask, position_ids, past_key_values.*) to logits (and present.*), got "
                f"{signature(self.session.get_inputs())} → {signature(self.session.get_outputs())}; export it with "
                f"optimum for text generation, or {LOADER}"
            )


class OnnxLanguageWithMemory(OnnxLanguage):
    """A graph that is given what it computed for earlier ids."""

    def forward(self, input_ids: Tensor, past_key_values: list[Any] | None = None) -> SimpleNamespace:
        """Token ids (B, T), after those that are remembered, to logits (B, T, V) and what to remember."""
        return self.run(input_ids, past_key_values)
