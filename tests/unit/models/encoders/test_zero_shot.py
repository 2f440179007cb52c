"""Groups told by words: the model's own probabilities, averages over prompts, and what cannot be used."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit.models.encoders.zero_shot.descriptions import Described, read_descriptions
from genai_audit.models.encoders.zero_shot.judging import nearest, open_zero_shot
from genai_audit.models.errors import UserError
from unit.models.encoders.test_hugging_face import bert, saved, vit
from unit.models.encoders.tiny_clip import BRIGHT, DARK, pictures, save_clip, tokenizer

if find_spec("transformers") is None:
    pytest.skip("transformers is missing; run: pip install 'genai-audit[transformers]'", allow_module_level=True)

LIGHT = Described("light", (DARK, BRIGHT), ((DARK,), (BRIGHT,)))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_clip(tmp_path_factory.mktemp("zero_shot") / "tiny-clip")


def told(folder: Path, described: Described, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    judge = open_zero_shot(folder, [described])
    (answer,) = judge.told([shown], reference=0, progress=lambda share: None)[described.attribute]
    return answer


def test_the_nearest_direction_is_chosen_by_cosine() -> None:
    # (3, 4) has cosines 0.6 and 0.8 with the axes, whatever its length; at sharpness 10 the odds are e^2 = 7.389.
    chosen, probable = nearest(np.array([[3, 4], [30, 40], [1, 0]], dtype=np.float32), np.eye(2), 10.0)
    assert chosen.tolist() == [1, 1, 0]
    np.testing.assert_allclose(probable, [np.exp(2) / (1 + np.exp(2))] * 2 + [1 / (1 + np.exp(-10))], rtol=1e-6)


def test_what_is_no_number_belongs_to_no_group() -> None:
    chosen, probable = nearest(np.array([[np.nan, 1], [1, 0]], dtype=np.float32), np.eye(2), 1.0)
    assert chosen.tolist() == [-1, 0]
    assert probable[0] == 0


def test_probabilities_are_those_of_the_model_itself(clip: Path) -> None:
    rng = np.random.default_rng(1)
    shown = pictures(rng.random(40) < 0.5, rng, blur=0.1)
    chosen, probable = told(clip, LIGHT, shown)
    from transformers import CLIPModel

    with torch.no_grad():
        from genai_audit.models.adapters.hugging_face.folder import quiet

        with quiet("transformers") as library:
            tokens = tokenizer(library)([DARK, BRIGHT], padding=True, return_tensors="pt")
            own = CLIPModel.from_pretrained(str(clip)).eval()
        shares = own(pixel_values=torch.from_numpy((shown - 0.5) / 0.5), **tokens).logits_per_image.softmax(1)
    np.testing.assert_allclose(probable, shares.max(1).values, atol=1e-5)
    assert chosen.tolist() == shares.argmax(1).tolist()


def test_a_trained_model_tells_groups_and_order_says_nothing(clip: Path) -> None:
    rng = np.random.default_rng(2)
    bright = rng.random(90) < 0.5
    shown = pictures(bright, rng)
    chosen, _ = told(clip, LIGHT, shown)
    assert (chosen == bright).mean() > 0.95
    order = rng.permutation(90)
    assert told(clip, LIGHT, shown[order])[0].tolist() == chosen[order].tolist()


def test_a_group_is_the_mean_of_its_prompts(clip: Path) -> None:
    judge = open_zero_shot(clip, [Described("light", (DARK, BRIGHT), ((DARK, "gloom"), (BRIGHT,)))])
    singly = [Described("light", (word, BRIGHT), ((word,), (BRIGHT,))) for word in (DARK, "gloom")]
    each = np.stack([open_zero_shot(clip, [one]).directions[0][0] for one in singly])
    mean = each.mean(axis=0)
    np.testing.assert_allclose(judge.directions[0][0], mean / np.linalg.norm(mean), atol=1e-6)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", r"expected \{ATTRIBUTE: \{GROUP: \[PROMPT, …\], …\}, …\}.*, got nothing"),
        ("- a\n", r"expected \{ATTRIBUTE: .* got \['a'\]"),
        ("animal: [cat, dog]\n", r"animal: expected groups with prompts, .* got \['cat', 'dog'\]"),
        ("animal: {cat: a cat}\n", r"animal: expected between 2 and 100 groups to choose from, got 1 \(cat\)"),
        ("animal: {cat: a cat, dog: []}\n", r"animal: dog: expected between 1 and 1,000 prompts, got 0"),
        ("animal: {cat: a cat, dog: }\n", r"animal: dog: expected prompts as text, got nothing"),
        ("animal: {cat: a cat, dog: [3]}\n", r"animal: dog: expected prompts as text, got 3"),
        ("animal: {cat: a cat, dog: a cat}\n", r"tell groups apart, got 'a cat' for both cat and dog"),
        ("animal: {true: a cat, 'True': a dog}\n", r"animal: expected names of groups that differ, got True, True"),
        ("animal: {cat: a\n", r"line 2: not YAML"),
    ],
)
def test_descriptions_that_cannot_be_used_are_one_line(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "groups.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=said) as error:
        read_descriptions(tmp_path / "groups.yaml")
    assert str(error.value).startswith(f"--group-prompts {tmp_path / 'groups.yaml'}: ")
    assert "\n" not in str(error.value)


def test_descriptions_are_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "groups.yaml").write_text("light: {dark: [a, b], 1: c}\n", encoding="utf-8")
    assert read_descriptions(tmp_path / "groups.yaml") == (Described("light", ("dark", "1"), (("a", "b"), ("c",))),)


def test_there_must_be_a_folder_of_transformers(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--group-clip .*: expected a folder with a CLIP-like model .*, got none"):
        open_zero_shot(tmp_path, [LIGHT])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (bert, r"--group-clip .*: expected a vision model, .* got BertModel, which takes input_ids"),
        (vit, r"--group-clip .*: expected a model of pictures and texts, as CLIP, got ViTModel"),
    ],
)
def test_models_that_know_no_texts_or_no_pictures_are_refused(
    tmp_path: Path, make: Callable[[], Any], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        open_zero_shot(saved(make, tmp_path / "tiny"), [LIGHT])


def test_prompts_that_the_model_cannot_read_are_refused(clip: Path) -> None:
    longer = Described("light", (DARK, BRIGHT), (("a picture that is dark",), (BRIGHT,)))
    with pytest.raises(UserError, match=r"expected texts of at most 16 tokens, .* got 20 in 'a picture that is dark'"):
        open_zero_shot(clip, [longer])


def test_prompts_that_are_one_to_the_model_are_refused(clip: Path) -> None:
    # The tokenizer knows no capitals, so both are the same tokens.
    same = Described("light", ("Dark", DARK), (("Dark",), (DARK,)))
    with pytest.raises(UserError, match="those of Dark and dark have the same vector; use other words"):
        open_zero_shot(clip, [same])
