"""BOLD: beginnings of encyclopedia texts, by group and by the person or thing that they are about.

Reference: Dhamala et al. 2021, doi:10.1145/3442188.3445924.
"""

from pathlib import Path
from typing import Any

from ..probe_file import ProbeFile, Prompt, wrong

LAYOUT = "BOLD"


def matches(data: Any) -> bool:
    """Whether parsed JSON holds groups that hold names that hold lists."""
    groups = list(data.values()) if isinstance(data, dict) else []
    return bool(groups) and all(
        isinstance(each, dict) and all(isinstance(prompts, list) for prompts in each.values()) for each in groups
    )


def read(path: Path, data: Any) -> ProbeFile:
    """The prompts; what they are about is the cluster, and each is about one group.

    Raises:
        UserError: if a prompt is no text, or there are fewer than two groups with prompts.
    """
    prompts = []
    for group, names in data.items():
        for name, texts in names.items():
            bad = next((each for each in texts if not isinstance(each, str)), None)
            if bad is not None:
                raise wrong(path, None, f"prompts of {group}, {name} as texts", repr(bad), "correct it")
            # A prompt that ends in a space would have a model go on in the middle of nothing.
            prompts += [Prompt(each.strip(), str(group), str(name)) for each in texts if each.strip()]
    groups = {each.group for each in prompts}
    if len(groups) < 2:
        raise wrong(path, None, "prompts about at least two groups", f"{len(groups)}", "add others to compare with")
    return ProbeFile(path.stem, LAYOUT, "prompts", prompts=tuple(prompts))
