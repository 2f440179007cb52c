"""The recipe: it names the policy that judged, also where another one did later."""

from typing import Any

import pytest

from genai_audit.reports.document.provenance import command, judged_on, judging_command
from unit.reports import example

RECORD = dict(example.variants())["pass"]


@pytest.mark.parametrize(
    ("argv", "policy", "expected"),
    [
        (("genai-audit", "run", "m"), {}, None),
        (("genai-audit", "run", "m"), {"source": "strict.yaml"}, "genai-audit judge OUT --policy strict.yaml"),
        (("genai-audit", "run", "m", "--policy", "strict.yaml"), {"source": "strict.yaml"}, None),
        (("genai-audit", "run", "m"), {"name": "text"}, "genai-audit judge OUT --policy text"),
        (("genai-audit", "run", "m", "--policy", "text"), {"name": "text"}, None),
        (("genai-audit", "run", "m", "--policy=strict.yaml"), {}, "genai-audit judge OUT --policy default"),
    ],
)
def test_a_policy_that_the_command_does_not_name_is_part_of_the_recipe(
    argv: tuple[str, ...], policy: dict[str, Any], expected: str | None
) -> None:
    environment = RECORD.environment.model_copy(update={"argv": argv})
    judged = RECORD.policy.model_copy(update=policy)
    record = RECORD.model_copy(update={"environment": environment, "policy": judged})
    assert command(record) == " ".join(argv)
    assert judging_command(record) == expected


def test_a_record_that_does_not_say_when_it_was_judged_is_not_given_a_day() -> None:
    assert judged_on(RECORD) is None or len(str(judged_on(RECORD))) == 10
