"""A part of a Keras model is sampled only where the model around it leaves its latents and images as they are."""

from pathlib import Path
from typing import Any

from unit.models.adapters.keras.keras_examples import decoder, opened, refused


def scored(keras: Any, images: Any) -> Any:
    critic = keras.Sequential(
        [keras.Input(images.shape[1:]), keras.layers.Flatten(), keras.layers.Dense(1)], name="discriminator"
    )
    return critic(images)


def test_a_generator_in_a_plain_gan_is_sampled(keras: Any, tmp_path: Path) -> None:
    latents, part = keras.Input((2,)), decoder(keras, name="generator")
    _, checkpoint = opened(keras.Model(latents, scored(keras, part(latents))), tmp_path)
    assert checkpoint.family == "keras GAN"


def test_a_generator_whose_latents_are_changed_before_it_is_refused(keras: Any, tmp_path: Path) -> None:
    latents, part = keras.Input((2,)), decoder(keras, name="generator")
    model = keras.Model(latents, scored(keras, part(keras.layers.Dense(2)(latents))))
    refused(model, tmp_path, "the part 'generator' makes images, but other layers change the latents before it")


def test_a_decoder_whose_images_are_changed_after_it_is_refused(keras: Any, tmp_path: Path) -> None:
    part = decoder(keras)
    images = keras.Input(part.output_shape[1:])
    inner = part(keras.layers.Dense(2)(keras.layers.Flatten()(images)))
    model = keras.Model(images, keras.layers.Conv2D(images.shape[-1], 3, padding="same")(inner))
    refused(model, tmp_path, "the part 'decoder' makes images, but other layers change the images after it")


def test_a_part_of_a_model_with_a_second_input_is_refused(keras: Any, tmp_path: Path) -> None:
    latents, label, part = keras.Input((2,)), keras.Input((2,)), decoder(keras, name="generator")
    model = keras.Model([latents, label], scored(keras, part(keras.layers.Add()([latents, label]))))
    refused(model, tmp_path, "the part 'generator' makes images, but the whole takes 2 inputs")
