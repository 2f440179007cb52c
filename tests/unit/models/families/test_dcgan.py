"""The convolutional GAN fits any image, and treats each latent and each image alone."""

from pathlib import Path

import pytest
import torch

from genai_audit.models.base import Criticises, Decodes, GenerativeModel, Scores
from genai_audit.models.families.catalogue import FAMILIES
from genai_audit.models.families.dcgan import DCGANConfig
from genai_audit.models.families.training.fitting import train
from unit.models.families.image_checks import (
    check_images,
    check_randomness,
    check_round_trip,
    check_seeds,
    pictures,
    seeded,
    trained,
)

SMALL = {"channels": (4, 8), "latent_dim": 5}


def test_the_contract(tmp_path: Path) -> None:
    found = trained("dcgan", **SMALL)
    for offered in (GenerativeModel, Decodes, Criticises):
        assert isinstance(found.model, offered)
    assert not isinstance(found.model, Scores)
    assert FAMILIES["dcgan"].capabilities == ("decode", "critic")
    check_images(found.model, 7, (1, 8, 8))
    check_randomness(found.model)
    check_round_trip(found, tmp_path)


def test_equal_seeds_give_equal_weights() -> None:
    check_seeds("dcgan", **SMALL)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 11), (1, 28, 28), (3, 32, 32)])
@pytest.mark.parametrize("channels", [(4,), (4, 6, 8), (4, 4, 4, 4)])
def test_any_image_from_eight_pixels_up(shape: tuple[int, int, int], channels: tuple[int, ...]) -> None:
    model = train("dcgan", pictures(*shape), overrides={"steps": 1, "batch_size": 4, "channels": channels}).model
    check_images(model, 3, shape)
    assert model.critic(torch.rand(3, *shape, generator=seeded(0))).shape == (3,)


def test_latents_and_images_are_judged_alone() -> None:
    model = trained("dcgan", **SMALL).model
    z, x = torch.randn(6, 5, generator=seeded(0)), torch.rand(6, 1, 8, 8, generator=seeded(1))
    torch.testing.assert_close(torch.cat([model.decode(each[None]) for each in z]), model.decode(z))
    torch.testing.assert_close(torch.cat([model.critic(each[None]) for each in x]), model.critic(x))


def test_decode_and_critic_are_differentiable() -> None:
    model = trained("dcgan", **SMALL).model.double()
    z = torch.randn(2, 5, generator=seeded(0), dtype=torch.float64).requires_grad_(True)
    assert torch.autograd.gradcheck(model.decode, (z,))
    x = torch.rand(2, 1, 8, 8, generator=seeded(0), dtype=torch.float64).requires_grad_(True)
    assert torch.autograd.gradcheck(model.critic, (x,))


def test_training_leaves_its_start() -> None:
    # A generator before training paints every pixel a middle grey; the digits have black corners.
    start, later = (
        trained("dcgan", channels=(8, 16), steps=steps).model.sample(100, generator=seeded(0)) for steps in (1, 150)
    )
    assert start[:, 0, 0, 0].mean() > 0.4
    assert later[:, 0, 0, 0].mean() < 0.1


def test_steepness_leaves_the_signs_of_the_latent() -> None:
    model = trained("dcgan", **SMALL, steepness=1e6).model
    z = torch.randn(20, 5, generator=seeded(0))
    torch.testing.assert_close(model.decode(z), model.decode(z.sign()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_shape": (1, 7, 8)}, "at least 8 pixels a side, got 7"),
        ({"channels": (4,) * 5}, "at least 16 pixels a side, got 8"),
        ({"channels": (4, 0)}, "a hidden width as a whole number from 1"),
        ({"channels": (10**9,)}, "a hidden width as a whole number from 1"),
        ({"latent_dim": 0}, "latent_dim as a whole number"),
        ({"steepness": -1}, "steepness as a number from 0"),
        ({"classes": ("a",)}, "2 to 10000 different names"),
    ],
)
def test_absurd_settings_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DCGANConfig(**{"image_shape": (1, 8, 8), **changes})  # type: ignore[arg-type]  # wrong types are the point
