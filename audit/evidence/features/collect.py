"""Collect features: one map from records to vectors, the same for generated and real ones.

The map is fixed beforehand, or, for the columns of a table, which have no common scale, learned from the reference
alone, and so coarsely that a perfect generator and the reference stay exchangeable but for what docs/decisions/009
states. It never depends on generated records, so estimates cannot depend on how many were drawn.
"""

from collections.abc import Callable

import numpy as np

from ....models.encoders.builtin.catalogue import DEFAULTS
from ....models.encoders.encoder import Encoder
from ..bundle import Evidence, Features, Generated, Real
from ..plan import Plan
from ..unavailable import Unavailable

NEEDS = ()


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Features:
    """Features of all samples at hand by the first encoder, or by the modality's own; see `features_by`."""
    encoder: Encoder = plan.encoders[0] if plan.encoders else DEFAULTS[plan.modality]
    return features_by(
        encoder,
        generated=so_far.generated,
        reference=so_far.reference,
        holdout=so_far.holdout,
        progress=progress,
    )


def collect_features(modality: str, *, generated: Generated, reference: Real | None, holdout: Real | None) -> Features:
    """Features of all samples at hand by the modality's own encoder; see `features_by`."""
    return features_by(DEFAULTS[modality], generated=generated, reference=reference, holdout=holdout)


def features_by(
    encoder: Encoder,
    *,
    generated: Generated,
    reference: Real | None,
    holdout: Real | None,
    progress: Callable[[float], None] = lambda share: None,
) -> Features:
    """Features of all samples at hand.

    Args:
        encoder: the map.
        generated: the samples.
        reference: real data to compare with.
        holdout: further real data, if there are any.
        progress: told the share that is done.

    Raises:
        Unavailable: without reference data.
        EncoderError: if the encoder fails, or its features cannot be used.
    """
    if reference is None:
        raise Unavailable("there is no reference data to compare with; give it with --reference")
    samples = [generated.samples, reference.samples] + ([] if holdout is None else [holdout.samples])
    encoded = encoder.encode(samples, reference=1, sample_rate=generated.sample_rate, progress=progress)
    # From float32 on purpose: this is what is saved, and a reloaded audit must see the same bits.
    exact = [each.astype(np.float64) for each in encoded.vectors]
    held = exact[2] if holdout is not None else np.empty((0, 0))
    return Features(exact[0], exact[1], held, encoded.words, encoder.facts)
