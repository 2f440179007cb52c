"""What a generative model must offer to be audited, and what it may offer.

Everything but `modality` and `sample` is optional and found by attribute; an auditor that needs what a model lacks
says "not applicable" with the reason. A model that fills in masked tokens needs no `sample`: its sentences are scored,
and nothing is drawn. Structural typing throughout: a user's own class needs no import from here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor


@runtime_checkable
class GenerativeModel(Protocol):
    """Anything that can be sampled.

    `modality` is one of "image", "text", "tabular", "music", "audio". Images are float tensors (n, c, h, w) in [0, 1];
    texts are a list of str; tables a `pandas.DataFrame`; music is a list of lists of MIDI pitches (0–127, rest −1) on a
    fixed grid; audio is a float32 tensor (n, t), and the model has `sample_rate` in Hz.
    """

    modality: str

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Any:
        """Draw n samples; every random number comes from `generator`."""
        ...


@runtime_checkable
class Prompted(Protocol):
    """A model that is asked with prompts: sample i gets `condition=[prompts_in_turn[i % len(prompts_in_turn)]]`.

    The record then holds which prompt made which sample.
    """

    prompts_in_turn: tuple[str, ...]


@runtime_checkable
class TakesClasses(Protocol):
    """A model that can be asked for one of its classes: `sample(n, generator=…, condition=classes[k])`."""

    classes: tuple[str, ...]


@runtime_checkable
class TakesValues(Protocol):
    """A model of tables that can be asked for a value of a column: `sample(…, condition={column: value})`."""

    @property
    def conditions(self) -> Mapping[Any, Sequence[Any]]:
        """The columns that it can be asked for, each with its values."""
        ...


@runtime_checkable
class TakesConditionsByStep(Protocol):
    """A model that makes a record in `sampling_steps` steps and can be told another condition in some of them."""

    sampling_steps: int

    def sample_in_windows(self, n: int, *, generator: torch.Generator, conditions: Sequence[Any]) -> Any:
        """Draw n samples; step s of S, from noise to record, is told `conditions[s * W // S]` of the W conditions.

        W is at most `sampling_steps`; each condition is what `sample` takes. Random numbers do not depend on them, and
        with W times the same the samples are those of `sample` with it.
        """
        ...


@runtime_checkable
class Decodes(Protocol):
    """A model with a latent space: `decode` is differentiable and deterministic.

    The prior is standard normal unless the model has `draw_latents`, see `DrawsLatents`.
    """

    latent_dim: int

    def decode(self, z: Tensor) -> Tensor:
        """Latents (n, latent_dim) to images (n, c, h, w), to sounds (n, t), or to what is expected in a table's row.

        A model of tables has `decoded_columns` beside, a mapping from the name of each of the d numbers (n, d) that it
        gives to its unit, e.g. {"income": "", "sex = female": "share"}.
        """
        ...


@runtime_checkable
class DrawsLatents(Protocol):
    """A model whose prior is not standard normal."""

    def draw_latents(self, n: int, *, generator: torch.Generator) -> Tensor:
        """Latents (n, latent_dim), drawn as `sample` draws them."""
        ...


@runtime_checkable
class Encodes(Protocol):
    """A model that can infer latents."""

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Samples (n, c, h, w) to the mean and log-variance (n, latent_dim) of the approximate posterior."""
        ...


@runtime_checkable
class Criticises(Protocol):
    """A model that scores how real a sample looks (a GAN with its discriminator)."""

    def critic(self, x: Tensor) -> Tensor:
        """Samples to real-valued logits (n,); higher is more real."""
        ...


@runtime_checkable
class Scores(Protocol):
    """A model that gives the probability of a record, or a lower bound of it."""

    log_prob_kind: str

    def log_prob(self, samples: Any) -> Tensor:
        """Records, in the form that `sample` gives, to nats (n,); `log_prob_kind` is "exact" or "lower_bound".

        A record the model cannot give has −inf.
        """
        ...


@runtime_checkable
class Denoises(Protocol):
    """A diffusion model that can be asked how well it undoes given noise: what tells whether it learned from a record.

    `x` is in the form that `sample` gives.
    """

    def denoising_loss(self, x: Tensor, *, t: Tensor, noise: Tensor) -> Tensor:
        """Images or sounds (n, …) to the loss of each, (n,), at the shares t (n,) of the schedule under this noise.

        A share of 0 is the record and 1 is noise alone; `noise` is standard normal, of the shape of x. Any measure of
        the error will do that is the same at each time for all records: squared errors of noise, image or v.
        """
        ...


@runtime_checkable
class Tokens(Protocol):
    """A model of token sequences, whose next-token distribution can be asked."""

    embedding: torch.nn.Embedding

    def encode_text(self, text: str) -> list[int]:
        """A text to token ids."""
        ...

    def decode_text(self, ids: list[int]) -> str:
        """Token ids to a text."""
        ...

    def logits(self, ids: Tensor) -> Tensor:
        """Token ids (B, T) to the logits of the token after each, (B, T, V)."""
        ...


@runtime_checkable
class Advances(Protocol):
    """A model of token sequences that keeps what it computed for earlier tokens."""

    def advance(self, ids: Tensor, cache: list[Any]) -> tuple[Tensor, list[Any]]:
        """New ids (B, T) to the logits of the token after each, (B, T, V), and the cache with them.

        `cache` is of the ids before, [] where there are none; T is 1 unless it is [] or the model has `read_on`.
        """
        ...


@runtime_checkable
class ReadsOn(Protocol):
    """A model of token sequences that has `advance` and reads many continuations of one beginning.

    With it, contexts that differ in one token share what comes before that token, which is read once.
    """

    def read_on(self, ids: Tensor, cache: list[Any]) -> Tensor:
        """R continuations (B, R, T) of each of the cache's B beginnings to the logits after their last ids, (B, R, V).

        `cache` is [] where nothing comes before, and is left as it is. They are the last logits that `logits` gives for
        beginning and continuation.
        """
        ...


@runtime_checkable
class FillsIn(Protocol):
    """A model that fills in masked tokens of texts; its `modality` is "text", and it need not have `sample`."""

    modality: str

    def encode_text(self, text: str) -> list[int]:
        """A text to token ids, without those that a model puts around every text."""
        ...

    def masked_log_prob(self, ids: Tensor, places: Tensor) -> Tensor:
        """Log-probabilities in nats, (B,), of the tokens at one place of each row, which is masked for it.

        Args:
            ids: (B, T), of texts as `encode_text` gives them, all equally long.
            places: (B,), from 0 to T − 1.
        """
        ...
