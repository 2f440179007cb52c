"""What GA203 found, in a few sentences."""

from dataclasses import replace
from typing import Any

from genai_audit.audit.finding import Better, Estimate, Finding, Outcome, Perfect
from genai_audit.reports.answers import answer
from genai_audit.reports.finding_parts import FindingPart
from unit.reports import example


def part(estimates: tuple[Estimate, ...], **more: Any) -> FindingPart:
    finding = Finding("GA203", "Reliance", "Which slot?", Outcome.MEASURED, estimates=estimates, **more)
    return example.record((finding,)).findings[0]


def estimate(name: str, value: float, unit: str, group: str | None = None) -> Estimate:
    about: dict[str, Any] = {"group": group, "unit": unit, "better": Better.NEITHER, "n": 12}
    return example.estimate(name, value, 0.05, floor=-9.0, **about)


FLAGGED = replace(estimate("unconfirmed_slot_share", 0.5, "share"), curve=(), n=2)


def test_of_prompts_the_leading_slot_is_named_with_its_share_and_what_confirms_it() -> None:
    shown = part(
        (
            estimate("worst_attributed_gap", 2.0, "nats"),
            estimate("attributed_gap", 0.1, "nats", "name"),
            estimate("attributed_gap", -2.0, "nats", "job"),
            estimate("slot_share", 1.05, "ratio", "job"),
            FLAGGED,
        )
    )
    text = answer(shown)
    assert text.startswith("Job carries, in nats, −2.0")
    assert "1.05 (95 % interval" in text
    assert text.endswith("Of 2 flagged, exchanging it alone confirms 1.")


def test_of_tables_it_stands_beside_the_data() -> None:
    gap = replace(estimate("attributed_gap", -0.2, "share difference", "sex"), perfect=Perfect(-0.1, -0.15, -0.05))
    assert "; among real rows it carries −10 points" in answer(part((gap,)))


def test_where_there_is_nothing_to_explain_no_slot_is_named() -> None:
    gap = estimate("attributed_gap", 0.1, "nats", "job")
    assert answer(part((gap,), reason="nothing to explain: too small")) == "Nothing to explain: too small."


def test_a_map_that_fails_its_checks_gets_no_reading() -> None:
    gap = estimate("attributed_gap", 2.0, "nats", "job")
    text = answer(part((gap,), settings={"maps_not_to_be_read": "she over he: fails random weights"}))
    assert text.startswith("The map is shown without a reading, as it fails its checks")
    assert "carries" not in text


def test_of_latents_it_says_which_dimension_changes_the_group_alone() -> None:
    estimates = (
        estimate("share_of_effect", 0.6, "share", "z3"),
        estimate("group_changes", 0.1, "share", "z1"),
        estimate("group_changes", 0.4, "share", "z3"),
        estimate("group_changes", 0.8, "share", "all dimensions"),
    )
    finding = Finding("GA201", "Drivers", "What?", Outcome.MEASURED, None, estimates, settings={"latent_dimensions": 8})
    text = answer(example.record((finding,)).findings[0])
    assert "Redrawing z3 alone changes the group that is seen in 40 % (95 % interval 30" in text
    assert "of draws; all together do in 80 % (" in text
