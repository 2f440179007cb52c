"""Keras files as data: what asks for code, other files or too much is refused before Keras builds anything."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from genai_audit.models.checkpoints.checkpoint import identify, load_model
from genai_audit.models.errors import UserError
from genai_audit.models.limits import VARIABLE
from unit.models.adapters.keras.keras_examples import decoder, draw, refused, save


def test_lambda_layers_are_refused_before_anything_is_built(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    made = keras.Sequential([layers.Input((2,)), layers.Dense(784), layers.Lambda(lambda x: x * 0 + 0.5, name="trick")])
    refused(made, tmp_path, "'trick' is a Lambda layer, which holds code; .*--loader")


def test_custom_objects_are_refused(keras: Any, tmp_path: Path) -> None:
    @keras.saving.register_keras_serializable(package="mine")
    class Sampling(keras.layers.Layer):  # type: ignore[misc, name-defined]  # keras has no types
        def call(self, inputs: Any) -> Any:
            return inputs

    @keras.saving.register_keras_serializable(package="mine")
    def steps(x: Any) -> Any:
        return x

    layers = keras.layers
    layer = keras.Sequential([layers.Input((2,)), Sampling(name="sampling"), layers.Dense(784, "sigmoid")])
    refused(layer, tmp_path, r"'sampling' needs mine>Sampling of .*, which is not part of Keras; .*--loader")
    function = keras.Sequential([layers.Input((2,)), layers.Dense(784, activation=steps, name="odd")])
    refused(function, tmp_path, r"'odd' needs .*steps of .*, which is not part of Keras")


def changed(source: Path, target: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as out:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "config.json":
                config = json.loads(content)
                edit(config)
                content = json.dumps(config).encode()
            out.writestr(name, content)
    return target


ATTACKS: dict[str, tuple[dict[str, Any], str]] = {
    "module": ({"module": "os", "class_name": "system", "config": {"command": "true"}}, "needs system of os"),
    "keras function": (
        {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "function"},
        r"needs get_file of keras\.utils",
    ),
    "function of an allowed module": (
        {"module": "keras.models", "class_name": "load_model", "config": {}},
        r"needs load_model of keras\.models",
    ),
    "prefix": ({"module": "kerasevil", "class_name": "Dense", "config": {}}, "needs Dense of kerasevil"),
    "lambda": ({"class_name": "__lambda__", "config": {"value": "x"}}, "holds a lambda, which is code"),
    "switch": (
        {"module": "keras.config", "class_name": "enable_unsafe_deserialization", "config": {}},
        r"needs enable_unsafe_deserialization of keras\.config",
    ),
    "torch": ({"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}}, "holds a pickled module"),
    "no module": ({"class_name": "Dense", "config": {}}, "needs Dense of an unknown module"),
    "table": ({"module": "keras.layers", "class_name": "StringLookup", "config": {}}, "may read other files"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_configurations_that_ask_for_code_are_refused(keras: Any, tmp_path: Path, name: str) -> None:
    planted, message = ATTACKS[name]
    source = save(decoder(keras), tmp_path / "source.keras")
    target = changed(source, tmp_path / "model.keras", lambda config: config["config"]["layers"].append(planted))
    with pytest.raises(UserError, match=message):
        load_model(target)


def test_what_it_was_compiled_with_is_not_built(keras: Any, tmp_path: Path) -> None:
    source = save(decoder(keras), tmp_path / "source.keras")
    loss = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
    target = changed(source, tmp_path / "m.keras", lambda config: config.update(compile_config={"loss": loss}))
    model, _ = load_model(target)
    assert draw(model, 1).shape == (1, 1, 28, 28)


def test_the_name_of_the_file_does_not_matter(keras: Any, tmp_path: Path) -> None:
    path = save(decoder(keras), tmp_path / "model.keras").rename(tmp_path / "weights.bin")
    assert identify(path).format == "keras"
    assert draw(load_model(path)[0], 1).shape == (1, 1, 28, 28)


def test_damaged_files(keras: Any, tmp_path: Path) -> None:
    path = save(decoder(keras), tmp_path / "model.keras")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}

    def written(**replaced: bytes) -> Path:
        with zipfile.ZipFile(tmp_path / "bad.keras", "w") as archive:
            for name, content in members.items():
                archive.writestr(name, replaced.get(name.partition(".")[0], content))
        return tmp_path / "bad.keras"

    with pytest.raises(UserError, match=r"reading config\.json failed with JSONDecodeError.*; copy or save"):
        load_model(written(config=b"{"))
    with pytest.raises(UserError, match=r"expected config\.json to hold a JSON object, got list"):
        load_model(written(config=b"[]"))
    with pytest.raises(
        UserError, match=r"model\.weights\.h5: reading it failed with OSError.*truncated.*; copy or save"
    ):
        load_model(written(model=members["model.weights.h5"][:1000]))
    decoder(keras, latent=3).save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(UserError, match=r"loading it with Keras .* failed with ValueError") as refusal:
        load_model(written(model=(tmp_path / "other.weights.h5").read_bytes()))
    assert "\n" not in str(refusal.value)


def test_weights_that_unpack_to_far_more_are_refused(
    keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "unpacked=1000000")
    path = save(decoder(keras), tmp_path / "model.keras")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("config.json", archive.read("config.json"))
        out.writestr("model.weights.h5", bytes(20_000_000))
    with pytest.raises(UserError, match=r"bomb\.keras: expected weights of at most .* in a file of .*, got 19.1 MiB"):
        load_model(tmp_path / "bomb.keras")
