"""Folders of the real library as encoders: tiny models of the real classes, saved here."""

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit.models.encoders.catalogue import open_encoders
from genai_audit.models.errors import UserError
from unit.models.adapters.saved_text_models import SIZE, characters, gpt2

if find_spec("transformers") is None:
    pytest.skip("transformers is missing; run: pip install 'genai-audit[transformers]'", allow_module_level=True)

RNG = np.random.default_rng(0)
IMAGES = RNG.random((70, 1, 12, 12)).astype(np.float32)
WAVES = RNG.normal(0, 0.1, (70, 900)).astype(np.float32)
TEXTS = ["".join(RNG.choice(list("abc de"), RNG.integers(1, 30))) for _ in range(69)] + [""]
RECORDS: dict[str, Any] = {"image": IMAGES, "text": TEXTS, "audio": WAVES}

SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
VISION = {**SMALL, "image_size": 16, "patch_size": 8}


def vit() -> Any:
    from transformers import ViTConfig, ViTForImageClassification

    return ViTForImageClassification(ViTConfig(**VISION))


def dinov2() -> Any:
    from transformers import Dinov2Config, Dinov2Model

    return Dinov2Model(Dinov2Config(**VISION))


def convnext() -> Any:
    from transformers import ConvNextConfig, ConvNextModel

    return ConvNextModel(ConvNextConfig(hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], image_size=32))


def clip() -> Any:
    from transformers import CLIPConfig, CLIPModel

    text = {**SMALL, "vocab_size": SIZE, "max_position_embeddings": 16, "bos_token_id": 1, "eos_token_id": 2}
    return CLIPModel(CLIPConfig(text_config=text, vision_config=VISION, projection_dim=8))


def siglip() -> Any:
    from transformers import SiglipConfig, SiglipModel

    text = {**SMALL, "vocab_size": SIZE, "max_position_embeddings": 32, "projection_size": 16}
    return SiglipModel(SiglipConfig(text_config=text, vision_config=VISION))


def bert() -> Any:
    from transformers import BertConfig, BertModel

    return BertModel(BertConfig(**SMALL, vocab_size=SIZE, max_position_embeddings=24))


def wav2vec() -> Any:
    from transformers import Wav2Vec2Config, Wav2Vec2Model

    sizes = {"conv_dim": (8, 8), "conv_kernel": (10, 4), "conv_stride": (5, 4), "num_conv_pos_embeddings": 4}
    return Wav2Vec2Model(Wav2Vec2Config(**SMALL, **sizes, num_conv_pos_embedding_groups=2, num_feat_extract_layers=2))


def saved(make: Callable[[], Any], folder: Path) -> Path:
    from genai_audit.models.adapters.hugging_face.folder import quiet

    with quiet("transformers"):
        torch.manual_seed(0)
        make().eval().save_pretrained(str(folder))
        characters(folder)
    return folder


def features(folder: Path, modality: str, records: Any, rate: int | None = None) -> np.ndarray:
    (encoder,) = open_encoders([str(folder)], modality=modality, records=records, sample_rate=rate)
    encoded = encoder.encode([records], reference=0, sample_rate=rate, progress=lambda share: None)
    return np.asarray(encoded.vectors[0])


KINDS = [
    (vit, "image", 16), (dinov2, "image", 16), (convnext, "image", 16), (clip, "image", 8), (clip, "text", 8),
    (siglip, "image", 16), (siglip, "text", 16),
    (bert, "text", 16), (wav2vec, "audio", 16),
]  # fmt: skip


@pytest.mark.parametrize(("make", "modality", "d"), KINDS)
def test_features_are_facts_of_a_record(tmp_path: Path, make: Callable[[], Any], modality: str, d: int) -> None:
    folder, records = saved(make, tmp_path / "tiny"), RECORDS[modality]
    found = features(folder, modality, records)
    assert found.shape == (70, d)
    assert len(np.unique(found.round(4), axis=0)) > 30
    # Neither the order of records nor the block that they fall in says anything.
    order = np.random.default_rng(1).permutation(70)
    shuffled = [records[row] for row in order] if isinstance(records, list) else records[order]
    np.testing.assert_allclose(features(folder, modality, shuffled), found[order], atol=1e-5)


def test_a_text_is_the_average_over_its_own_tokens(tmp_path: Path) -> None:
    folder = saved(bert, tmp_path / "tiny")
    with torch.no_grad():
        from transformers import AutoModel, AutoTokenizer

        tokens = AutoTokenizer.from_pretrained(str(folder))("abc", return_tensors="pt")
        ids = {name: tokens[name] for name in ("input_ids", "attention_mask")}
        alone = AutoModel.from_pretrained(str(folder))(**ids).last_hidden_state[0].mean(dim=0)
    np.testing.assert_allclose(features(folder, "text", ["abc", "a long text abcde"])[0], alone, atol=1e-5)


def test_pictures_are_scaled_as_the_folder_says(tmp_path: Path) -> None:
    folder = saved(vit, tmp_path / "tiny")
    guessed = features(folder, "image", IMAGES)
    plain = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": {"height": 16, "width": 16}}
    (folder / "preprocessor_config.json").write_text(json.dumps(plain), encoding="utf-8")
    found = features(folder, "image", IMAGES)
    assert np.abs(found - guessed).max() > 1e-3
    with torch.no_grad():
        from transformers import AutoModel

        network = AutoModel.from_pretrained(str(folder), add_pooling_layer=False).eval()
        whole = IMAGES.repeat(3, axis=1)
        large = torch.nn.functional.interpolate(torch.from_numpy(whole), (16, 16), mode="bilinear", antialias=True)
        token = network(pixel_values=(large - 0.5) / 0.5).last_hidden_state[:, 0]
    np.testing.assert_allclose(found, token, atol=1e-4)


def test_sound_is_brought_to_the_rate_of_the_network(tmp_path: Path) -> None:
    folder = saved(wav2vec, tmp_path / "tiny")
    from scipy.signal import resample_poly

    slow = features(folder, "audio", WAVES, rate=8000)
    np.testing.assert_allclose(
        slow, features(folder, "audio", resample_poly(WAVES, 2, 1, axis=1), rate=16000), atol=1e-4
    )
    # Shorter than one frame of the network: silence is added.
    assert features(folder, "audio", WAVES[:, :3]).shape == (70, 16)


def test_what_is_known_of_it_comes_from_the_folder(tmp_path: Path) -> None:
    folder = saved(vit, tmp_path / "tiny")
    (folder / "README.md").write_text("---\ntags:\n- vision\nlicense: apache-2.0\n---\n# Tiny\n", encoding="utf-8")
    (encoder,) = open_encoders([str(folder)], modality="image", records=IMAGES)
    facts = encoder.facts
    assert (facts.name, facts.licence) == ("tiny", "apache-2.0")
    assert facts.version.startswith("ViTModel, transformers ")
    assert len(facts.digest) == 64


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def own_code(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "x.Y"}}))


def larger(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))


def leading_out(folder: Path) -> None:
    (folder / "notes.txt").symlink_to("/etc/hosts")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (no_weights, r"expected weights \(model\.safetensors"),
        (own_code, r"asks for code of its own \(auto_map\), which is never run"),
        (larger, r"expected all weights of ViTModel, but the folder lacks"),
        (leading_out, r"notes\.txt is a link to /etc/hosts"),
    ],
)
def test_damaged_folders_are_one_line(tmp_path: Path, damage: Callable[[Path], None], said: str) -> None:
    folder = saved(vit, tmp_path / "tiny")
    damage(folder)
    with pytest.raises(UserError, match=said) as error:
        features(folder, "image", IMAGES)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("make", "modality", "said"),
    [
        (vit, "text", r"expected a text encoder, since the audit is of text records, got ViTModel, which takes pixel_"),
        (bert, "image", r"expected a vision model, since the audit is of image records, got BertModel, which takes"),
        (clip, "audio", r"expected a model of raw sound, .* got CLIPModel, which takes pictures and texts"),
        (vit, "tabular", r"expected an encoder of tabular records, got a transformers folder"),
    ],
)
def test_encoders_of_another_modality_are_refused(
    tmp_path: Path, make: Callable[[], Any], modality: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        features(saved(make, tmp_path / "tiny"), modality, RECORDS.get(modality, ["a", "b", "c"]))


def test_a_causal_model_is_averaged_as_well(tmp_path: Path) -> None:
    folder = saved(gpt2, tmp_path / "tiny")
    assert features(folder, "text", TEXTS).shape == (70, 16)
