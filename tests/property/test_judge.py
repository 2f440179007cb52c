"""What no set of findings may bring about: a pass over something missing, or a pass by knowing less."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from genai_audit.audit.finding import LEVELS, Better, Estimate, Finding, Interval, Outcome
from genai_audit.audit.judge import judge
from genai_audit.audit.policy import Policy
from genai_audit.audit.verdict import Ruling, Verdict
from unit.reports.small_record import rule

CODES = ("GA101", "GA201", "GA302", "GA303")
finite = st.floats(-3, 3, allow_nan=False)


def estimate(value: float, widths: list[tuple[float, float]], stretch: float = 1.0) -> Estimate:
    """An estimate whose interval grows from level to level by the given steps down and up."""
    curve, low, high = [], value, value
    for level, (down, up) in zip(LEVELS, widths, strict=True):
        low, high = low - stretch * down, high + stretch * up
        curve.append(Interval(level, low, high))
    return Estimate("e", value, tuple(curve), 100, "drawn", "ratio", Better.HIGHER, from_draws=0.5)


step = st.one_of(st.just(0.0), st.floats(0, 0.5))
widths = st.lists(st.tuples(step, step), min_size=len(LEVELS), max_size=len(LEVELS))
estimates = st.builds(estimate, finite, widths)


@st.composite
def findings(draw: st.DrawFn) -> list[Finding]:
    found = []
    for code in CODES:
        outcome = draw(st.sampled_from([*Outcome, None]))
        if outcome is Outcome.MEASURED:
            found.append(Finding(code, "T", "Q?", outcome, estimates=(draw(estimates),)))
        elif outcome is not None:
            found.append(Finding(code, "T", "Q?", outcome, "a reason"))
    return found


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rules = []
    for index, code in enumerate(draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=5))):
        ends = sorted((draw(finite), draw(finite)))
        bound: dict[str, object] = draw(
            st.sampled_from([{"at_least": ends[0]}, {"at_most": ends[0]}, {"between": ends}])
        )
        bare = {key: value for key, value in rule(f"r{index}", code, "e").items() if key != "at_least"}
        rules.append({**bare, **bound, "required": draw(st.booleans())})
    return Policy.model_validate({"version": 1, "name": "p", "rules": rules})


def ruled(found: list[Finding], policy: Policy) -> Verdict:
    return judge(found, policy, drawn=1000, today=date(2026, 1, 15))


@given(findings(), policies())
def test_never_a_pass_while_something_required_is_missing(found: list[Finding], policy: Policy) -> None:
    verdict = ruled(found, policy)
    outcomes = {finding.code: finding.outcome for finding in found}
    for each in policy.rules:
        outcome = outcomes.get(each.auditor)
        excused = outcome is Outcome.NOT_APPLICABLE and not each.required
        if outcome is not Outcome.MEASURED and not excused:
            assert verdict.outcome is not Ruling.PASS


@given(findings(), policies())
def test_a_pass_needs_every_applied_rule_met_and_at_least_one(found: list[Finding], policy: Policy) -> None:
    verdict = ruled(found, policy)
    outcomes = [each.outcome for each in verdict.rules]
    met = Ruling.PASS in outcomes and set(outcomes) <= {Ruling.PASS, Ruling.NOT_APPLIED}
    # An auditor that crashed leaves the verdict open even where no rule names it.
    crashed = any(finding.outcome is Outcome.ERROR for finding in found)
    assert (verdict.outcome is Ruling.PASS) == (met and not crashed)
    assert (verdict.outcome is Ruling.FAIL) == (Ruling.FAIL in outcomes)


@given(finite, widths, st.floats(1, 10), policies())
def test_wider_intervals_never_decide_what_was_open(
    value: float, widths: list[tuple[float, float]], stretch: float, policy: Policy
) -> None:
    def outcomes(factor: float) -> list[Ruling]:
        found = [
            Finding(code, "T", "Q?", Outcome.MEASURED, estimates=(estimate(value, widths, factor),)) for code in CODES
        ]
        return [each.outcome for each in ruled(found, policy).rules]

    for narrow, wide in zip(outcomes(1.0), outcomes(stretch), strict=True):
        assert wide in (narrow, Ruling.INCONCLUSIVE)


@given(findings(), policies(), st.randoms(use_true_random=False))
def test_the_order_of_rules_and_findings_does_not_matter(found: list[Finding], policy: Policy, random: object) -> None:
    shuffled_rules, shuffled = list(policy.rules), list(found)
    random.shuffle(shuffled_rules)  # type: ignore[attr-defined]  # hypothesis' Random
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random
    one = ruled(found, policy)
    other = ruled(shuffled, policy.model_copy(update={"rules": tuple(shuffled_rules)}))
    assert one.outcome is other.outcome
    assert {each.id: each.outcome for each in one.rules} == {each.id: each.outcome for each in other.rules}


@settings(max_examples=50)
@given(findings(), policies())
def test_another_rule_never_turns_open_into_pass(found: list[Finding], policy: Policy) -> None:
    # Holm: judging more at once asks more of each.
    if len(policy.rules) < 2:
        return
    fewer = policy.model_copy(update={"rules": policy.rules[:-1]})
    before = {each.id: each.outcome for each in ruled(found, fewer).rules}
    after = {each.id: each.outcome for each in ruled(found, policy).rules}
    for id_, outcome in before.items():
        if outcome is Ruling.INCONCLUSIVE:
            assert after[id_] is Ruling.INCONCLUSIVE
