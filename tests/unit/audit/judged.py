"""Estimates with normal intervals, and policies that judge them."""

from collections.abc import Sequence
from datetime import date
from statistics import NormalDist

from genai_audit.audit.finding import LEVELS, Better, Estimate, Finding, Interval
from genai_audit.audit.judge import judge
from genai_audit.audit.policy import Policy
from genai_audit.audit.verdict import Verdict
from unit.reports.small_record import rule

TODAY = date(2026, 1, 15)


def normal(name: str, value: float, se: float, *, group: str | None = None, draws: float | None = 1.0) -> Estimate:
    """An estimate with a normal interval at every level."""
    half = {level: NormalDist().inv_cdf(0.5 + level / 2) * se for level in LEVELS}
    curve = tuple(Interval(level, value - half[level], value + half[level]) for level in LEVELS)
    return Estimate(name, value, curve, 1000, "normal", "ratio", Better.HIGHER, group, from_draws=draws)


def policy(*rules: dict[str, object], waivers: Sequence[dict[str, object]] = (), confidence: float = 0.95) -> Policy:
    data = {"version": 1, "name": "p", "confidence": confidence, "rules": rules, "waivers": waivers}
    return Policy.model_validate(data)


def ruled(*findings: Finding, by: Policy, drawn: int = 1000) -> Verdict:
    return judge(findings, by, drawn=drawn, today=TODAY)


ONE = rule("one", "GA302", "coverage_ratio")
