"""How far kept samples are, as it was noted; what is damaged is never gone on with."""

import json
from pathlib import Path

import pytest

from genai_audit import UserError
from genai_audit.audit.evidence.samples.kept import KeptDraws
from genai_audit.audit.pipeline.kept_state import KeptState, kept_state

LOOK = {"n": 200, "part": 0.2, "outcome": "inconclusive", "undecided": [], "scheduled": True}
DAMAGED = {
    "none": "",
    "no JSON": "{",
    "another kind": "[]",
    "no chunk": "{}",
    "chunk of nothing": '{"chunk": 0}',
    "chunk too large": '{"chunk": 1000000000000}',
    "look of nothing": '{"chunk": 5, "looks": [{}]}',
    "look that undoes": json.dumps({"chunk": 5, "looks": [{**LOOK, "part": -1.0}]}),
    "looks that spend too much": json.dumps(
        {"chunk": 5, "looks": [{**LOOK, "part": 0.9}, {**LOOK, "n": 400, "part": 0.2}]}
    ),
    "looks out of order": json.dumps({"chunk": 5, "looks": [LOOK, LOOK]}),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_state_is_nothing_to_go_on_with(damage: str, tmp_path: Path) -> None:
    kept = KeptDraws(tmp_path / "draw", {})
    state = KeptState.model_validate({"chunk": 5, "looks": [LOOK]})
    state.keep(kept)
    assert kept_state(kept, 1000) == state
    (kept.folder / "state.json").write_text(DAMAGED[damage])
    with pytest.raises(UserError, match=r"--resume: .*draw: expected kept samples .*, got damaged ones; leave out"):
        kept_state(kept, 1000)
