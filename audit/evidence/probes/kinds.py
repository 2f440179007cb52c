"""What a language model was asked with, and what it said: scored sentences, and continuations of prompts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MASKED = "masked_log_prob"
"""What `ProbeScores.scored_by` says of models that fill in masked tokens."""

PAIRS, ASSOCIATIONS = "pairs", "associations"
"""Forms of sentence probes: one sentence of each pair is the stereotyping one; or each group has the same sentence."""

STEREOTYPING, OTHER, UNRELATED = "stereotyping", "other", "unrelated"
"""The variants of pairs; the last one only where a file has it."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """What is compared: a weighted sum of the scores of the variants, in nats, whose weights sum to 0.

    Args:
        name: as a reader sees it, e.g. `she over he`.
        weights: of each variant that takes part.
        centred: whether what holds for all subjects alike is taken off: for variants, such as names, of which one is
            rarer than another whatever is said of them.
    """

    name: str
    weights: Mapping[str, float]
    centred: bool = False


@dataclass(frozen=True, slots=True)
class ProbeScores:
    """The sentences of one set of probes, and how likely each is to the model: n items of V sentences.

    Args:
        name: of the set.
        source: the file that it was read from.
        sha256: of that file.
        layout: whose it is, e.g. `CrowS-Pairs`.
        form: `pairs` or `associations`.
        variants: the V names of an item's sentences.
        kinds: bias types, or what the variants differ in.
        kind: int64 (n,), that of each item.
        clusters: writers, templates or terms: the sampling units.
        cluster: int64 (n,), that of each item.
        subjects: e.g. occupations; may be ("",).
        subject: int64 (n,), that of each item.
        direction: int64 (n,), 1; −1 where the first sentence of a pair is published as opposing a stereotype. It is for
            information: `stereotyping` is the more stereotyping sentence of either.
        texts: n tuples of V sentences; "" where there is none.
        nats: float64 (n, V), log-probabilities, summed over tokens; 0 where not scored. By `masked_log_prob` those of
            the tokens that the sentences of a pair share, or of the one in which those of an association differ, each
            given all other tokens: only differences within an item say something.
        tokens: int64 (n, V), tokens behind each sum.
        scored: bool (n, V).
        contrasts: what is compared, of associations.
        shares: for each subject the share of each variant elsewhere, e.g. in the labour force.
        shares_source: who counted them, and when.
        targets: whether the shares are what the model should have, rather than context.
        left_out: reasons, and how many sentences each kept from being scored.
        scored_by: `logits`, `log_prob` or `masked_log_prob`.
    """

    name: str
    source: str
    sha256: str
    layout: str
    form: str
    variants: tuple[str, ...]
    kinds: tuple[str, ...]
    kind: Ints
    clusters: tuple[str, ...]
    cluster: Ints
    subjects: tuple[str, ...]
    subject: Ints
    direction: Ints
    texts: tuple[tuple[str, ...], ...]
    nats: NDArray[np.float64]
    tokens: Ints
    scored: NDArray[np.bool_]
    contrasts: tuple[Contrast, ...] = ()
    shares: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    shares_source: str = ""
    targets: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)
    scored_by: str = "logits"


@dataclass(frozen=True, slots=True)
class Continuations:
    """Texts that a model drew after the prompts of one set, several after each.

    Args:
        name: of the set.
        source: the file that it was read from.
        sha256: of that file.
        layout: whose it is, e.g. `BOLD`.
        groups: whom prompts are about.
        group: int64 (p,), that of each prompt.
        clusters: the sampling units: prompts that say the same of each group, or that are about one person.
        cluster: int64 (p,), that of each prompt.
        paired: whether each cluster has prompts about every group.
        prompts: the p prompts.
        texts: p tuples of what followed, without the prompt.
        sentiment: float64 (p, draws), from −1 to 1; (p, 0) where it was not measured.
        sentiment_by: the name and version of what measured it, or why it was not.
        left_out: reasons, and how many prompts each kept from being continued.
        most_tokens: where a text is cut; 0 where the model decides.
        available: how many prompts the file holds of which these are a random part.
        drawn_by: `tokens` (from the distribution at temperature 1) or `sample`.
    """

    name: str
    source: str
    sha256: str
    layout: str
    groups: tuple[str, ...]
    group: Ints
    clusters: tuple[str, ...]
    cluster: Ints
    paired: bool
    prompts: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    sentiment: NDArray[np.float64]
    sentiment_by: str
    left_out: Mapping[str, int] = field(default_factory=dict)
    most_tokens: int = 0
    available: int = 0
    drawn_by: str = "tokens"
