"""The worked examples of the guide on attribution run as they stand."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[1] / "docs" / "guide" / "attribution.md"


def test_the_examples_of_the_guide_run_in_their_order() -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 3
    scope: dict[str, object] = {"__name__": "guide"}
    for block in blocks:
        exec(compile(block, str(GUIDE), "exec"), scope)
    page = scope["page"]
    assert isinstance(page, str)
    assert "Which latent dimensions move the output?" in page
    assert "GA202: the model offers no critic(x)" in page
