"""Texts from an ONNX graph: as those of any causal language model, but without embeddings to attribute to."""

from torch import nn

from ..token_models.text_generation import CausalText


class OnnxText(CausalText):
    """A causal language model whose graph gives no gradients."""

    @property
    def embedding(self) -> nn.Embedding:
        """There is none.

        Raises:
            AttributeError: always, as of a capability that a model lacks.
        """
        raise AttributeError("embedding")
