"""Keras files whose configuration asks for more than is stored are refused while Keras builds the model."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.errors import UserError
from unit.models.adapters.keras.keras_examples import decoder, save
from unit.models.adapters.keras.test_archive import changed


def wider(config: dict[str, Any]) -> None:
    for layer in config["config"]["layers"]:
        if layer["class_name"] == "Dense":
            layer["config"]["units"] = 10**9


def larger(config: dict[str, Any]) -> None:
    layers = config["config"]["layers"]
    layers.append(
        {
            "module": "keras.layers",
            "class_name": "RepeatVector",
            "config": {"name": "again", "n": 10**9},
            "registered_name": None,
        }
    )


def more(config: dict[str, Any]) -> None:
    config["config"]["layers"] *= 10_000


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (wider, "bytes of weights in it can fill, but"),
        (larger, "'again': expected at most 134,217,728 numbers that a Keras layer gives for one record"),
        (more, "expected at most 4,096 layers in a configuration, got"),
    ],
)
def test_a_configuration_asks_for_too_much(keras: Any, tmp_path: Path, edit: Any, says: str) -> None:
    layers = keras.layers
    sound = save(keras.Sequential([layers.Input((2,)), layers.Dense(64, "sigmoid")]), tmp_path / "sound.keras")
    with pytest.raises(UserError) as refused:
        load_model(changed(sound, tmp_path / "bad.keras", edit))
    assert says in str(refused.value)
    assert str(refused.value).isprintable()
    # Keras is as it was.
    assert "symbolic_call" not in vars(layers.Layer)


def test_weights_that_unpack_to_much_more_than_the_file(keras: Any, tmp_path: Path) -> None:
    sound = save(decoder(keras), tmp_path / "sound.keras")
    bad = tmp_path / "bad.keras"
    with zipfile.ZipFile(sound) as source, zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            with target.open(name, "w", force_zip64=True) as member:
                member.write(source.read(name))
                for _ in range(1025 if name.endswith(".h5") else 0):
                    member.write(bytes(2**20))
    with pytest.raises(UserError, match=r"expected weights of at most 1 GiB in a file of .*, got 1 GiB; if that is"):
        load_model(bad)
