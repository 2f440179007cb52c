"""A CLIP of the real class, tiny and trained here for a second to tell dark pictures from bright ones."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from genai_audit.models.adapters.hugging_face.folder import quiet

SIDE = 8
DARK, BRIGHT = "dark", "bright"


def pictures(bright: np.ndarray, rng: np.random.Generator, blur: float = 0.05) -> np.ndarray:
    """Grey noise around 0.35 or 0.65, (n, 3, 8, 8); `blur` is the spread of a picture's level, which makes errors."""
    level = np.where(bright, 0.65, 0.35) + rng.normal(0, blur, len(bright))
    noise = rng.normal(0, 0.05, (len(bright), 3, SIDE, SIDE))
    return np.clip(level[:, None, None, None] + noise, 0, 1).astype(np.float32)


def tokenizer(library: Any, words: int = 16) -> Any:
    """The real tokenizer, whose tokens are letters."""
    letters = [chr(each) for each in range(ord("a"), ord("z") + 1)]
    names = [*letters, *(f"{each}</w>" for each in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {name: place for place, name in enumerate(names)}
    return library.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=words)


def save_clip(folder: Path, *, steps: int = 60) -> Path:
    """Save it; `steps` 0 leaves random weights."""
    with quiet("transformers") as library:
        torch.manual_seed(0)
        small = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
        text = {**small, "vocab_size": 60, "max_position_embeddings": 16, "bos_token_id": 52, "eos_token_id": 53,
                "pad_token_id": 53}  # fmt: skip
        config = library.CLIPConfig(
            text_config=text, vision_config={**small, "image_size": SIDE, "patch_size": 4}, projection_dim=8
        )
        model, words = library.CLIPModel(config), tokenizer(library)
        _train(model, words, steps)
        model.eval().save_pretrained(str(folder))
        words.save_pretrained(str(folder))
        plain = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": {"shortest_edge": SIDE}}
        library.CLIPImageProcessor(**plain, crop_size={"height": SIDE, "width": SIDE}).save_pretrained(str(folder))
    return folder


def _train(model: Any, words: Any, steps: int) -> None:
    rng = np.random.default_rng(0)
    tokens = words([DARK, BRIGHT], padding=True, return_tensors="pt")
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(steps):
        bright = rng.random(32) < 0.5
        shown = torch.from_numpy((pictures(bright, rng, blur=0.1) - 0.5) / 0.5)
        logits = model(pixel_values=shown, **tokens).logits_per_image
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(bright.astype(np.int64)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
