"""What all tests of Keras files need: Keras itself, and silence about what it does inside."""

from importlib.util import find_spec
from typing import Any

import pytest

from unit.models.adapters.keras.keras_examples import import_keras


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let Keras turn tensors into arrays in a way that numpy 2 advises against, when it builds and saves models."""
    silence = "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
    item.add_marker(pytest.mark.filterwarnings(silence))


@pytest.fixture(scope="module", autouse=True)
def keras() -> Any:
    """Keras with its torch backend, its random weights from one seed in every file."""
    if find_spec("keras") is None:
        pytest.skip("keras is missing; run: pip install 'genai-audit[keras]'")
    return import_keras()
