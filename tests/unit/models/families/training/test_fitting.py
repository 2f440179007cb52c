"""Settings are checked, progress is told, and what was trained is declared."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from genai_audit.models.data.datasets import Dataset
from genai_audit.models.errors import UserError
from genai_audit.models.families.parts.image_data import grey_levels
from genai_audit.models.families.training.fitting import Trained, train
from genai_audit.models.records import digest


def made(samples: np.ndarray) -> Dataset:
    return Dataset("made", "image", samples.astype(np.float32), "made", digest(samples, {}))


def test_facts_name_data_split_settings_and_losses(tiny: Callable[..., Trained], digits: Dataset) -> None:
    facts = tiny("vae", seed=4).facts
    assert facts["data"] == {
        "name": "digits", "source": "digits", "split": "train", "seed": 0, "sha256": digits.sha256,
    }  # fmt: skip
    assert facts["training"]["seed"] == 4
    assert facts["training"]["steps"] == 5
    assert np.isfinite([facts["training"]["elbo"], facts["training"]["kl"]]).all()
    assert facts["plant"] is None
    assert facts["classes"] == list("0123456789")


def test_progress_is_told_after_each_step(digits: Dataset) -> None:
    told: list[tuple[int, int]] = []
    train("gan", digits, overrides={"steps": 3}, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("family", ["vae", "gan"])
def test_the_plain_textbook_form_is_a_setting(family: str, digits: Dataset) -> None:
    model = train(family, digits, overrides={"steps": 1, "hidden": (128,), "latent_dim": 16}).model
    widths = sorted(weight.shape[0] for name, weight in model.named_parameters() if name.endswith("0.weight"))
    assert widths == [128, 128]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"depth": 3}, "expected settings among average_over, batch_size, .*, got depth"),
        ({"steps": 0}, "expected steps as a whole number from 1 to 10000000, got 0; change the setting"),
        ({"learning_rate": -1.0}, "expected learning_rate as a number from 1e-09 to 1, got -1.0"),
        ({"latent_dim": "8"}, "expected latent_dim as a whole number"),
    ],
)
@pytest.mark.parametrize("family", ["vae", "gan"])
def test_bad_settings_are_refused(family: str, overrides: dict[str, object], message: str, digits: Dataset) -> None:
    with pytest.raises(UserError, match=message):
        train(family, digits, overrides=overrides)


def test_the_number_of_threads_neither_changes_the_weights_nor_is_changed(digits: Dataset) -> None:
    before = torch.get_num_threads()
    drawn = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            drawn.append(train("vae", digits, overrides={"steps": 20}).model.state_dict())
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(drawn[0][name], drawn[1][name]) for name in drawn[0])


def test_training_raises_the_bound(digits: Dataset) -> None:
    short, long = (train("vae", digits, overrides={"steps": n, "hidden": (64,)}) for n in (5, 300))
    assert long.facts["training"]["elbo"] > short.facts["training"]["elbo"] + 20


@pytest.mark.parametrize("levels", [1, 16, 255])
def test_grey_levels_are_found_in_the_data(levels: int) -> None:
    values = np.random.default_rng(0).integers(0, levels + 1, (50, 1, 4, 4)) / levels
    assert grey_levels(made(values)) == levels
