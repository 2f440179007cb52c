"""Both reference families keep the contract, draw only from the generator they are given, and repeat exactly."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from genai_audit.models.base import Criticises, Decodes, Encodes, GenerativeModel, Scores
from genai_audit.models.data.datasets import Dataset
from genai_audit.models.errors import UserError
from genai_audit.models.families.catalogue import FAMILIES, family, parts
from genai_audit.models.families.training.fitting import Trained
from genai_audit.models.families.vae import VAE, VAEConfig, kl_to_prior
from genai_audit.models.records import digest

Tiny = Callable[..., Trained]
BOTH = pytest.mark.parametrize("name", ["vae", "gan"])


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@BOTH
def test_capabilities_in_the_table_are_those_of_the_model(tiny: Tiny, name: str) -> None:
    model = tiny(name).model
    assert isinstance(model, GenerativeModel)
    assert isinstance(model, Decodes)
    offered = {
        "encode": isinstance(model, Encodes),
        "critic": isinstance(model, Criticises),
        "log_prob": isinstance(model, Scores),
    }
    assert {key for key, has in offered.items() if has} == set(FAMILIES[name].capabilities) - {"decode"}
    assert FAMILIES[name].modality == model.modality
    assert not model.training


@BOTH
def test_sample_and_decode_give_images_in_the_unit_range(tiny: Tiny, name: str) -> None:
    model = tiny(name).model
    for images in (model.sample(7, generator=seeded(0)), model.decode(torch.randn(7, 4, generator=seeded(0)))):
        assert images.shape == (7, 1, 8, 8)
        assert images.dtype == torch.float32
        assert 0 <= images.min() <= images.max() <= 1


@BOTH
def test_any_image_shape(tiny: Tiny, name: str) -> None:
    samples = np.random.default_rng(0).random((20, 3, 5, 4), dtype=np.float32)
    colour = Dataset("colour", "image", samples, "test", digest(samples, {}))
    assert tiny(name, data=colour).model.sample(2, generator=seeded(0)).shape == (2, 3, 5, 4)


@BOTH
def test_sampling_depends_on_the_generator_alone(tiny: Tiny, name: str) -> None:
    model = tiny(name).model
    torch.manual_seed(1)
    first = model.sample(5, generator=seeded(9))
    torch.manual_seed(2)
    before = torch.get_rng_state()
    again, other = model.sample(5, generator=seeded(9)), model.sample(5, generator=seeded(8))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)


@BOTH
def test_training_depends_on_the_seed_alone(tiny: Tiny, name: str) -> None:
    torch.manual_seed(1)
    first = tiny(name, seed=5)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    again, other = tiny(name, seed=5), tiny(name, seed=6)
    assert torch.equal(torch.get_rng_state(), before)
    for key, weight in first.model.state_dict().items():
        assert weight.numpy().tobytes() == again.model.state_dict()[key].numpy().tobytes()
        assert not torch.equal(weight, other.model.state_dict()[key])
    assert first.facts == again.facts


@BOTH
def test_decode_is_deterministic_and_differentiable(tiny: Tiny, name: str) -> None:
    model = tiny(name).model
    z = torch.randn(3, 4, generator=seeded(0), dtype=torch.float64).requires_grad_(True)
    model.double()
    assert torch.equal(model.decode(z), model.decode(z))
    assert torch.autograd.gradcheck(model.decode, (z,))


def test_vae_decodes_to_the_mean_of_its_own_samples(tiny: Tiny) -> None:
    # Without rounding to levels (many of them) and at temperature 1, p(x|z) must average to decode(z).
    model = tiny("vae", levels=65535, temperature=1.0).model
    z = torch.randn(1, 4, generator=seeded(3))
    location, log_scale = model.observe(z)
    u = torch.rand(200_000, 64, generator=seeded(4)).clamp(1e-6, 1 - 1e-6)
    drawn = (location + log_scale.exp() * u.logit()).clamp(0, 1).mean(0)
    # Standard error at most 0.5 / sqrt(200,000) = 0.0011; 5 of them.
    torch.testing.assert_close(drawn, model.decode(z).flatten(), atol=0.006, rtol=0)


def test_vae_pixel_probabilities_add_to_one(tiny: Tiny) -> None:
    model = tiny("vae", levels=16).model
    z = torch.randn(1, 4, generator=seeded(3)).expand(17, 4)
    grey = torch.arange(17)[:, None, None, None] / 16
    blank = torch.zeros(17, 1, 8, 8)
    blank[:, :, 3:4, 3:4] = grey
    with torch.no_grad():
        likelihood = model.log_likelihood(blank, z)
        others = model.log_likelihood(blank[:1], z[:1]) - pixel(model, z[:1])
    assert float((likelihood - others).exp().sum()) == pytest.approx(1, abs=1e-4)


def pixel(model: VAE, z: torch.Tensor) -> torch.Tensor:
    """log P(pixel (3, 3) = 0) = −softplus((location − half a level) / scale)."""
    location, log_scale = model.observe(z)
    at = 3 * 8 + 3
    return -softplus((location[:, at] - 0.5 / 16) / log_scale[:, at].exp())


def test_kl_to_the_prior_is_the_textbook_formula() -> None:
    mean, log_variance = torch.tensor([[0.3, -1.0]]), torch.tensor([[0.5, -0.7]])
    posterior = torch.distributions.Normal(mean, (log_variance / 2).exp())
    prior = torch.distributions.Normal(torch.zeros(1, 2), torch.ones(1, 2))
    expected = torch.distributions.kl_divergence(posterior, prior).sum(1)
    torch.testing.assert_close(kl_to_prior(mean, log_variance), expected)


@BOTH
def test_steepness_leaves_the_signs_of_the_latent(tiny: Tiny, name: str) -> None:
    plain, steep = tiny(name).model, tiny(name, steepness=1e6).model
    z = torch.randn(50, 4, generator=seeded(0))
    torch.testing.assert_close(steep.decode(z), steep.decode(z.sign()))
    assert not torch.allclose(plain.decode(z), plain.decode(z.sign()))


def test_vae_temperature_zero_draws_the_location(tiny: Tiny) -> None:
    model = tiny("vae", temperature=0.0, levels=16).model
    z = torch.randn(4, 4, generator=seeded(1))
    expected = (model.observe(z)[0].clamp(0, 1) * 16).round() / 16
    torch.testing.assert_close(model.sample(4, generator=seeded(1)).flatten(1), expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden": ()}, "1 to 32 layer widths"),
        ({"hidden": (0,)}, "a hidden width as a whole number from 1"),
        ({"latent_dim": -3}, "latent_dim as a whole number from 1 to 65536, got -3"),
        ({"latent_dim": 2.5}, "latent_dim as a whole number"),
        ({"image_shape": (1, 8)}, r"image_shape as \(channels, height, width\)"),
        ({"image_shape": (1, 10**9, 8)}, "height as a whole number from 1 to 4096"),
        ({"levels": 0}, "levels as a whole number"),
        ({"temperature": float("nan")}, "temperature as a number from 0 to 1, got nan"),
    ],
)
def test_absurd_sizes_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        VAEConfig(**{"image_shape": (1, 8, 8), **changes})  # type: ignore[arg-type]  # wrong types are the point


def test_every_family_in_the_table_can_be_imported() -> None:
    for name in FAMILIES:
        found = parts(name)
        assert isinstance(found.model, type)
        assert callable(found.fit)


def test_unknown_family_lists_the_known() -> None:
    with pytest.raises(UserError, match=r"expected a model family among vae, gan, .*, got 'vaee'"):
        family("vaee")


def test_the_table_costs_no_torch() -> None:
    code = "import sys; import genai_audit.models.families.catalogue; print('torch' in sys.modules)"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "False"
    with_torch = [sys.executable, "-c", code.replace("models.families.catalogue", "models.families.vae")]
    assert subprocess.run(with_torch, capture_output=True, text=True, check=True).stdout.strip() == "True"
