"""Language models without a tokenizer: audited on token ids where the user says so, else refused."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("transformers", reason="run: pip install 'genai-audit[transformers]'")

from genai_audit.models.adapters.hugging_face import transformers_folder
from genai_audit.models.adapters.hugging_face.token_ids import TokenIds
from genai_audit.models.adapters.opened import Options
from genai_audit.models.errors import UserError
from unit.models.adapters.saved_text_models import LETTERS, draw, gpt2, save

TOKENS = Options(tokens=True)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(gpt2(), tmp_path_factory.mktemp("gpt2"))


@pytest.fixture
def bare(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "bare", ignore=shutil.ignore_patterns("tokenizer*", "special*")))


def test_ids_are_those_that_the_tokenizer_would_have_spelled(saved: Path, bare: Path) -> None:
    spelled: Any = transformers_folder.open_model(saved, Options()).model
    opened = transformers_folder.open_model(bare, TOKENS)
    model: Any = opened.model
    texts = draw(model)
    letters = ["".join(LETTERS[int(each) - 4] for each in text.split() if int(each) > 3) for text in texts]
    assert letters == draw(spelled)
    assert opened.declared["tokens"] is True
    assert any("token ids with blanks between them" in note for note in opened.notes)


def test_texts_of_ids_are_scored(saved: Path, bare: Path) -> None:
    model: Any = transformers_folder.open_model(bare, TOKENS).model
    spelled: Any = transformers_folder.open_model(saved, Options()).model
    scores = model.log_prob(["4 5 6", "4 cat", "4 99", "4  5"])
    assert torch.isclose(scores[0], spelled.log_prob(["abc"])[0])
    assert scores[1:].isinf().all()


def test_prompts_are_ids_too(bare: Path) -> None:
    model: Any = transformers_folder.open_model(bare, Options(tokens=True, prompts=("4 5",))).model
    assert all(each.isdigit() for text in draw(model) for each in text.split())
    odd: Any = transformers_folder.open_model(bare, Options(tokens=True, prompts=("a cat",))).model
    with pytest.raises(UserError, match="expected prompts of token ids from 0 to 13, got 'a cat'"):
        draw(odd)


def test_a_user_has_to_say_so(saved: Path, bare: Path) -> None:
    with pytest.raises(
        UserError, match=r"expected a tokenizer beside the model .* or audit the model on token ids by --tok"
    ):
        transformers_folder.open_model(bare, Options())
    with pytest.raises(UserError, match=r"expected --tokens where there is no tokenizer, got tokenizer.json beside it"):
        transformers_folder.open_model(saved, TOKENS)


def test_ids_are_read_and_written() -> None:
    ids = TokenIds(10, {1, 99})
    assert ids("3 4 x 5")["input_ids"] == [3, 4, -1, 5]
    assert ids.decode([1, 3, 4]) == "3 4"
    assert ids.all_special_ids == [1]
