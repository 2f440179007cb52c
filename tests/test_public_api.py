"""The public names: pinned, the same on every machine, and loaded on first use."""

import genai_audit

PUBLIC = [
    "Better",
    "Estimate",
    "Evidence",
    "Finding",
    "Interval",
    "Outcome",
    "Policy",
    "PolicyError",
    "Record",
    "Ruling",
    "UserError",
    "Verdict",
    "audit_checkpoint",
]


def test_the_public_names_are_pinned() -> None:
    assert genai_audit.__all__ == PUBLIC


def test_every_public_name_exists_and_lives_in_the_package() -> None:
    for name in PUBLIC:
        value = getattr(genai_audit, name)
        assert value.__name__ == name
        assert value.__module__.startswith("genai_audit.")
        assert value.__doc__


def test_completion_offers_the_public_names() -> None:
    assert dir(genai_audit) == sorted(PUBLIC)


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(genai_audit, "trust_score")


def test_a_public_class_is_the_one_the_package_uses() -> None:
    # Two copies of a class, as two import names of one file would give, never compare equal.
    from genai_audit.audit.finding import Finding

    assert genai_audit.Finding is Finding
