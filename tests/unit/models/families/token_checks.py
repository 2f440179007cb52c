"""What every model of token sequences must keep, and the small data that several tests share."""

import math
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import chisquare

from genai_audit.models.checkpoints.checkpoint import load_model, save_checkpoint
from genai_audit.models.data.datasets import Dataset
from genai_audit.models.families.catalogue import parts
from genai_audit.models.families.parts.network import materialise
from genai_audit.models.families.training.fitting import Trained, train
from genai_audit.models.records import digest

Model = Any


def dataset(samples: list[Any], modality: str = "text") -> Dataset:
    return Dataset("made", modality, samples, "made", digest(samples, {}))


def untrained(family: str, seed: int = 0, **config: Any) -> Model:
    """A model at its random start, with weights large enough that its distributions are far from uniform."""
    family_parts = parts(family)
    with torch.device("meta"):
        model = family_parts.model(family_parts.config(**config))
    materialise(model, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(2)
    return model.eval().requires_grad_(False)


def draw(model: Model, n: int = 50, seed: int = 3) -> list[Any]:
    drawn: list[Any] = model.sample(n, generator=torch.Generator().manual_seed(seed))
    return drawn


def assert_pure(model: Model, records: list[Any]) -> None:
    """Samples depend on the generator alone, and nothing that is asked of a model changes it or global state."""
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    first = draw(model)
    torch.manual_seed(1)
    state = torch.get_rng_state()
    nats = model.log_prob(records)
    assert draw(model) == first
    assert draw(model, seed=4) != first
    assert torch.equal(model.log_prob(records), nats)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())


def assert_seeded_and_kept(
    family: str, data: Dataset, tmp_path: Path, overrides: dict[str, Any], records: list[Any]
) -> Trained:
    """Equal seeds give equal weights, other seeds others; a checkpoint gives the same samples and likelihoods."""
    one, again, other = (train(family, data, seed=seed, overrides=overrides) for seed in (5, 5, 6))
    weights = [trained.model.state_dict() for trained in (one, again, other)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert not any(torch.equal(weights[0][name], weights[2][name]) for name in weights[0] if "embedding" in name)
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, one)
    model: Model
    model, checkpoint = load_model(path)
    assert checkpoint.family == family
    assert draw(model) == draw(one.model)
    assert torch.equal(model.log_prob(records), one.model.log_prob(records))
    return one


def all_sequences(symbols: Sequence[Any], longest: int) -> list[tuple[Any, ...]]:
    return [each for length in range(1, longest + 1) for each in product(symbols, repeat=length)]


def assert_sums_to_one(model: Model, every: list[Any]) -> None:
    """The probabilities of all records that there are sum to 1, and nothing else has any."""
    nats = model.log_prob(every)
    assert nats.shape == (len(every),)
    assert math.isclose(float(nats.exp().sum()), 1.0, abs_tol=1e-9)


def assert_sampled_as_scored(model: Model, every: list[Any], n: int = 20_000) -> None:
    """How often each record is drawn fits its probability; the seed is fixed, so this holds or it does not."""
    places = {str(record): place for place, record in enumerate(every)}
    counts = np.zeros(len(every))
    for record in draw(model, n, seed=11):
        counts[places[str(record)]] += 1
    expected = n * model.log_prob(every).exp().numpy()
    # Rare records make one class together; the records in order of probability, so that it is large enough to count.
    order = np.argsort(expected)
    rare = order[: max(1, int((np.cumsum(expected[order]) < 10).sum()) + 1)]
    frequent = np.setdiff1d(order, rare)
    observed = [*counts[frequent], counts[rare].sum()]
    wanted = [*expected[frequent], expected[rare].sum()]
    assert len(frequent) >= 3
    assert chisquare(observed, wanted, sum_check=False).pvalue > 1e-3


def reference_score(
    distribution: Callable[[list[int]], np.ndarray], ids: Sequence[int], *, longest: int, temperature: float = 1.0
) -> float:
    """The chain rule written out: the end is impossible first and certain after `longest`.

    Args:
        distribution: ids, the beginning first, to the logits of the next token, in float64.
    """
    nats = 0.0
    for place, token in enumerate([*ids, 0]):
        if place == longest:
            break
        logits = distribution([0, *ids[:place]]) / temperature
        if place == 0:
            logits[0] = -np.inf
        logits = logits - logits.max()
        nats += logits[token] - np.log(np.exp(logits).sum())
    return nats
