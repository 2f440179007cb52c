"""Settings on the command line become the values that families take, or one line that says what was expected."""

from dataclasses import MISSING, fields
from typing import Any

import pytest

from genai_audit.audit.commands.trainer import kinds_of, parse_settings
from genai_audit.models.errors import UserError
from genai_audit.models.families.catalogue import FAMILIES, parts


@pytest.mark.parametrize(
    ("family", "text", "value"),
    [
        ("vae", "hidden=128", (128,)),
        ("vae", "hidden=128,64", (128, 64)),
        ("vae", "latent_dim=2", 2),
        ("vae", "learning_rate=1e-3", 0.001),
        ("vae", "steps=1e3", 1000),
        ("text-lstm", "hidden=128", 128),
        ("text-lstm", "unit=word", "word"),
        ("gpt", "tied=true", True),
        ("gpt", "tied=false", False),
        ("dcgan", "channels=8,16", (8, 16)),
        ("pixelcnn", "kernels=7", (7,)),
    ],
)
def test_settings_are_read_as_the_family_wants_them(family: str, text: str, value: Any) -> None:
    (found,) = parse_settings([text], kinds_of(family)).values()
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_default_can_be_written(family: str) -> None:
    found = parts(family)
    for field in (*fields(found.config), *fields(found.training)):
        if field.default is not MISSING and field.name != "classes":
            value = field.default
            text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value).lower()
            assert parse_settings([f"{field.name}={text}"], kinds_of(family)) == {field.name: value}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tied=1", "--set: expected tied=true or tied=false, got 'tied=1'"),
        ("width=", "--set: expected NAME=NUMBER, e.g. hidden=128,128 or latent_dim=2, got 'width='"),
        ("width=wide", "--set: expected NAME=NUMBER"),
        ("=3", "--set: expected NAME=NUMBER"),
        ("width", "--set: expected NAME=NUMBER"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_settings([text], kinds_of("gpt"))
