"""Models of raw sound of `transformers`: wav2vec 2.0, HuBERT, WavLM and the like, averaged over time.

Reference: Baevski et al. 2020, wav2vec 2.0, arXiv:2006.11477.
"""

import math
from pathlib import Path
from typing import Any

from ..adapters.hugging_face.folder import read_json

RATE = 16_000


def audio_function(path: Path, network: Any, device: str) -> tuple[Any, str]:
    """What turns waves into features, and the words for them."""
    import numpy as np
    import torch

    processor = read_json(path / "preprocessor_config.json") or {}
    wanted = processor.get("sampling_rate")
    rate = wanted if isinstance(wanted, int) and 1000 <= wanted <= 192_000 else RATE
    normal = processor.get("do_normalize", True) is not False
    fewest = _fewest(network.config)

    def function(waves: Any, given: int | None) -> Any:
        heard = _resampled(waves, given or rate, rate)
        heard = np.pad(heard, ((0, 0), (0, max(0, fewest - heard.shape[1]))))
        if normal:
            heard = (heard - heard.mean(axis=1, keepdims=True)) / np.sqrt(heard.var(axis=1, keepdims=True) + 1e-7)
        with torch.inference_mode():
            last = network(input_values=torch.from_numpy(heard.astype(np.float32)).to(device)).last_hidden_state
            return last.mean(dim=1)

    return function, f"{type(network).__name__}, average over time, sound at {rate:,} Hz"


def _resampled(waves: Any, given: int, wanted: int) -> Any:
    if given == wanted:
        return waves
    from scipy.signal import resample_poly

    common = math.gcd(given, wanted)
    return resample_poly(waves, wanted // common, given // common, axis=1)


def _fewest(config: Any) -> int:
    """The shortest wave from which the network makes one frame."""
    fewest = 1
    for kernel, stride in reversed(list(zip(config.conv_kernel, config.conv_stride, strict=True))):
        fewest = (fewest - 1) * stride + kernel
    return fewest
