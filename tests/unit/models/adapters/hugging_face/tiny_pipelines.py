"""Text-to-image pipelines of the real classes, of a few thousand random weights, that the real library saved."""

from pathlib import Path
from typing import Any

import torch

from genai_audit.models.adapters.hugging_face.folder import quiet
from genai_audit.models.adapters.libraries import imported

SIDE = 8
WORDS = 16
"""How many tokens the tokenizers read."""


def save_pipeline(name: str, folder: Path, *, checker: bool = True) -> Path:
    with quiet("transformers") as library, quiet("diffusers") as diffusers:
        torch.manual_seed(0)
        made = _made(name, library, diffusers, checker=checker)
        made.save_pretrained(str(folder))
    return folder


def _made(name: str, library: Any, diffusers: Any, *, checker: bool) -> Any:
    kind = getattr(diffusers, name)
    clip, projected = _clip(library, "CLIPTextModel"), _clip(library, "CLIPTextModelWithProjection")
    match name:
        case "StableDiffusionPipeline":
            guard = _guard(library) if checker else (None, None)
            return kind(
                _vae(diffusers, 4), clip, _clip_tokenizer(library), _unet(diffusers, 32), diffusers.DDIMScheduler(),
                *guard, requires_safety_checker=checker,
            )  # fmt: skip
        case "StableDiffusionXLPipeline":
            told = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8,
                    "projection_class_embeddings_input_dim": 32 + 6 * 8}  # fmt: skip
            return kind(
                _vae(diffusers, 4), clip, projected, _clip_tokenizer(library), _clip_tokenizer(library),
                _unet(diffusers, 64, **told), diffusers.EulerDiscreteScheduler(), add_watermarker=False,
            )  # fmt: skip
        case "StableDiffusion3Pipeline":
            network = diffusers.SD3Transformer2DModel(
                sample_size=SIDE, patch_size=2, in_channels=4, num_layers=1, attention_head_dim=8,
                num_attention_heads=4, caption_projection_dim=32, joint_attention_dim=64, pooled_projection_dim=64,
                out_channels=4,
            )  # fmt: skip
            return kind(
                network, diffusers.FlowMatchEulerDiscreteScheduler(), _vae(diffusers, 4, shift_factor=0.0), projected,
                _clip_tokenizer(library), _clip(library, "CLIPTextModelWithProjection"), _clip_tokenizer(library),
                None, None,
            )  # fmt: skip
        case _:
            network = diffusers.FluxTransformer2DModel(
                patch_size=1, in_channels=4, num_layers=1, num_single_layers=1, attention_head_dim=16,
                num_attention_heads=2, joint_attention_dim=32, pooled_projection_dim=32, axes_dims_rope=[4, 4, 8],
            )  # fmt: skip
            return kind(
                diffusers.FlowMatchEulerDiscreteScheduler(), _vae(diffusers, 1, shift_factor=0.0), clip,
                _clip_tokenizer(library), _t5(library), _t5_tokenizer(library), network,
            )  # fmt: skip


def _vae(diffusers: Any, channels: int, **more: Any) -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=[8], in_channels=3, out_channels=3, down_block_types=["DownEncoderBlock2D"],
        up_block_types=["UpDecoderBlock2D"], latent_channels=channels, norm_num_groups=4, sample_size=SIDE,
        use_quant_conv=channels > 1, use_post_quant_conv=channels > 1, **more,
    )  # fmt: skip


def _unet(diffusers: Any, width: int, **more: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        block_out_channels=(8, 8), layers_per_block=1, sample_size=SIDE, in_channels=4, out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=width, norm_num_groups=4, attention_head_dim=4, **more,
    )  # fmt: skip


def _clip(library: Any, name: str) -> Any:
    config = library.CLIPTextConfig(
        hidden_size=32, intermediate_size=16, num_attention_heads=2, num_hidden_layers=1, vocab_size=60,
        max_position_embeddings=WORDS, projection_dim=32, bos_token_id=52, eos_token_id=53, pad_token_id=53,
    )  # fmt: skip
    return getattr(library, name)(config)


def _clip_tokenizer(library: Any) -> Any:
    letters = [chr(each) for each in range(ord("a"), ord("z") + 1)]
    names = [*letters, *(f"{each}</w>" for each in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {name: place for place, name in enumerate(names)}
    return library.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=WORDS)


def _t5(library: Any) -> Any:
    return library.T5EncoderModel(
        library.T5Config(vocab_size=40, d_model=32, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    )


def _t5_tokenizer(library: Any) -> Any:
    names = ["<pad>", "</s>", "<unk>", "▁", *(chr(each) for each in range(ord("a"), ord("z") + 1))]
    pieces = [(name, -float(place)) for place, name in enumerate(names)]
    return library.T5Tokenizer(vocab=pieces, extra_ids=0, model_max_length=WORDS)


def _guard(library: Any) -> tuple[Any, Any]:
    safety: Any = imported("diffusers.pipelines.stable_diffusion.safety_checker")
    vision = {"hidden_size": 32, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1,
              "image_size": 16, "patch_size": 8}  # fmt: skip
    config = library.CLIPConfig(vision_config=vision, projection_dim=16)
    reader = library.CLIPImageProcessor(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16})
    return safety.StableDiffusionSafetyChecker(config), reader
