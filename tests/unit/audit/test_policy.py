"""Policies: the shipped one says why, and every mistake is refused with its file, line and remedy."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from genai_audit.audit.policy import DEFAULT, Policy, PolicyError
from genai_audit.audit.verdict import Bound

KNOWN = {"GA101": ("worst_share_ratio", "share_ratio"), "GA302": ("coverage_ratio",)}

GOOD = """\
version: 1
name: mine
rules:
  - id: covered
    auditor: GA302
    estimate: coverage_ratio
    at_least: 0.8
    why: because
"""


def load(tmp_path: Path, text: str) -> Policy:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return Policy.load(path, estimates=KNOWN)


def test_a_good_policy_loads(tmp_path: Path) -> None:
    policy = load(tmp_path, GOOD)
    assert policy.confidence == 0.95
    assert policy.rules[0].required
    assert policy.rules[0].bound == Bound(0.8, None)


def test_the_shipped_policy_states_a_reason_for_each_bound() -> None:
    policy = Policy.load()
    assert policy.name == "default"
    assert all(len(rule.why) > 60 for rule in policy.rules)
    bounds = {(rule.auditor, rule.estimate): rule.bound for rule in policy.rules}
    assert bounds == {
        ("GA101", "worst_share_ratio"): Bound(0.8, None),
        ("GA104", "worst_fidelity"): Bound(0.8, None),
        ("GA108", "worst_gap_change"): Bound(None, 0.1),
        ("GA301", "thinnest_mode_ratio"): Bound(0.1, None),
        ("GA301", "lost_mass"): Bound(None, 0.08),
        ("GA302", "support_precision"): Bound(0.5, None),
        ("GA302", "support_recall"): Bound(0.5, None),
        ("GA302", "stray_share"): Bound(None, 0.03),
        ("GA308", "auc"): Bound(None, 0.9),
        ("GA309", "association_gap"): Bound(None, 0.2),
        ("GA310", "vanished_share"): Bound(None, 0.02),
        ("GA310", "invented_share"): Bound(None, 0.02),
        ("GA401", "membership_auc"): Bound(None, 0.8),
        ("GA402", "copy_excess"): Bound(None, 0.05),
        ("GA403", "memorised_count"): Bound(None, 0.0),
        ("GA406", "identifiers_excess"): Bound(None, 0.005),
        ("GA404", "reproduction_excess"): Bound(None, 0.03),
        ("GA501", "invalid_share"): Bound(None, 0.01),
        ("GA601", "initial_weight_share"): Bound(None, 0.1),
        ("GA601", "broken_weight_share"): Bound(None, 0.0),
        ("GA601", "remark_count"): Bound(None, 0.0),
        ("GA601", "changed_by_audit"): Bound(None, 0.0),
    }


@pytest.mark.parametrize("name", ["text", "image", "tabular"])
def test_the_policies_by_modality_hold_every_default_rule_and_one_on_conditions(name: str) -> None:
    default, own = Policy.load(None), Policy.load(Path(name))
    assert [rule for rule in default.rules if rule not in own.rules] == []
    (asked,) = [rule for rule in own.rules if rule.auditor == "GA205"]
    assert (asked.estimate, asked.bound, asked.required) == ("unmoved_conditions", Bound(None, 0.0), False)
    assert not [rule for rule in default.rules if rule.auditor == "GA205"]


def test_the_policy_for_sentences_asks_what_that_for_texts_does_and_needs_no_samples() -> None:
    texts, sentences = Policy.load(Path("text")), Policy.load(Path("sentences"))
    asked = {rule.id: rule for rule in texts.rules}
    for rule in sentences.rules:
        assert rule == asked[rule.id].model_copy(update={"required": rule.required})
        assert rule.auditor in ("GA106", "GA107", "GA601")


@pytest.mark.parametrize("name", sorted(each.stem for each in DEFAULT.parent.glob("*.yaml")))
def test_shipped_policies_name_known_auditors_and_estimates(name: str) -> None:
    from genai_audit.audit.catalogue import estimates_by_code

    assert Policy.load(Path(name), estimates=estimates_by_code()).name == name


def test_the_waiver_and_the_settings_shown_in_the_shipped_policy_are_valid() -> None:
    commented = DEFAULT.read_text(encoding="utf-8").split("waivers: []")[0].rsplit("#   waivers:", 1)[1]
    waiver = yaml.safe_load(commented.replace("#", ""))[0]
    policy = Policy.load().model_dump() | {"waivers": [waiver]}
    assert Policy.model_validate(policy).waivers[0].expires == date(2030, 1, 31)


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (("version: 1", "version: 2"), 1, "version: Input should be 1, got 2"),
        (("version: 1\n", ""), 1, "version: missing"),
        (("name: mine\n", ""), 1, "name: missing"),
        (("name: mine", "name: ''"), 2, "name: String should have at least 1 character"),
        (("name: mine", "name: mine\nconfidence: 95"), 3, "confidence: Input should be less than or equal to 0.999"),
        (("name: mine", "name: mine\nconfidence: 0.2"), 3, "confidence: Input should be greater than or equal to 0.5"),
        (("name: mine", "name: mine\ntreshold: 1"), 3, "treshold: unknown key; remove it or correct its spelling"),
        (("name: mine", "name: mine\nname: yours"), 3, "the key 'name' is given twice"),
        (("at_least", "at_lest"), 7, "rules.0.at_lest: unknown key"),
        (("    at_least: 0.8\n", ""), 4, "expected exactly one of at_least, at_most, between, no_worse_than, got none"),
        (("at_least: 0.8", "at_least: 0.8\n    at_most: 0.9"), 4, "expected exactly one of .*, got at_least, at_most"),
        (("at_least: 0.8", "between: [0.9, 0.8]"), 4, "no value lies between 0.9 and 0.8: swap them"),
        (("at_least: 0.8", "between: [0.9]"), 7, "rules.0.between"),
        (("at_least: 0.8", "at_least: yes"), 7, "expected a finite number, got True"),
        (("at_least: 0.8", "at_least: '0.8'"), 7, "expected a finite number, got '0.8'"),
        (("at_least: 0.8", "at_least: .nan"), 7, "expected a finite number, got nan"),
        (("at_least: 0.8", "at_least: .inf"), 7, "expected a finite number, got inf"),
        (("    why: because\n", ""), 4, "rules.0.why: missing"),
        (("id: covered", "id: 'co vered'"), 4, "rules.0.id: String should match pattern"),
        (("auditor: GA302", "auditor: GA999"), 5, "rule covered: no auditor 'GA999'; known: GA101, GA302"),
        (("coverage_ratio", "recall"), 6, "GA302 gives no estimate 'recall'; it gives: coverage_ratio"),
        (("name: mine", "name: mine\nsettings: {GA999: {}}"), 3, "no auditor 'GA999'"),
        (
            ("name: mine", "name: mine\nwaivers:\n  - {rule: other, owner: A, reason: B, expires: 2030-01-01}"),
            1,
            "waivers name no rule of this policy: other",
        ),
        (
            ("name: mine", "name: mine\nwaivers:\n  - {rule: covered, owner: A, reason: B, expires: someday}"),
            4,
            "waivers.0.expires: .*got 'someday'",
        ),
        (
            ("name: mine", "name: mine\nwaivers:\n  - {rule: covered, reason: B, expires: 2030-01-01}"),
            4,
            "waivers.0.owner: missing",
        ),
        ((GOOD.split("rules:")[1], " []\n"), 3, "rules: expected at least one, got none"),
        (("rules:", "rules: 3\nextra:"), 3, "rules: "),
        (("version: 1", "version: [1"), 2, "not YAML"),
        (("version: 1", "version: !!python/object/apply:os.system ['true']"), 1, "got !!python/object"),
        ((GOOD, ""), 1, "expected a mapping with version, name and rules, got NoneType"),
        ((GOOD, "- 1\n"), 1, "expected a mapping with version, name and rules, got list"),
        ((GOOD, "a: &a [*a]\n"), 1, "refers to itself"),
    ],
)
def test_a_mistake_is_refused_with_its_line(tmp_path: Path, change: tuple[str, str], line: int, message: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(PolicyError, match=rf"policy\.yaml:{line}: (.|\n)*{message}"):
        load(tmp_path, GOOD.replace(*change))


def test_rules_need_different_ids(tmp_path: Path) -> None:
    rule = GOOD.split("rules:\n")[1]
    with pytest.raises(PolicyError, match="rule ids must differ, got covered more than once"):
        load(tmp_path, GOOD + rule)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, GOOD.replace("name: mine", "nam: mine").replace("    why: because\n", ""))
    assert [line.split(":", 1)[1] for line in str(caught.value).splitlines()] == [
        "1: name: missing",
        "4: rules.0.why: missing",
        "2: nam: unknown key; remove it or correct its spelling",
    ]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_an_unreadable_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "policy.yaml"
    if content is not None:
        path.write_bytes(content)
    says = "nothing is there" if content is None else "expected UTF-8, got UTF-16"
    with pytest.raises(PolicyError, match=rf"policy\.yaml.*{says}"):
        Policy.load(path)


@pytest.mark.parametrize(
    ("written", "read"), [("3", "3"), ("'3'", "3"), ("null", None), ("cat", "cat"), ("'<b>'", "<b>")]
)
def test_groups_are_names_even_where_yaml_sees_a_number(tmp_path: Path, written: str, read: str | None) -> None:
    policy = load(tmp_path, GOOD.replace("at_least", f"group: {written}\n    at_least"))
    assert policy.rules[0].group == read


def test_the_digest_is_of_the_content_not_of_the_layout(tmp_path: Path) -> None:
    plain = load(tmp_path, GOOD)
    assert load(tmp_path, "# a comment\n" + GOOD.replace("0.8", "0.80")).sha256 == plain.sha256
    assert load(tmp_path, GOOD.replace("0.8", "0.7")).sha256 != plain.sha256
    assert load(tmp_path, GOOD.replace("because", "why not")).sha256 != plain.sha256


def test_a_policy_survives_its_own_record(tmp_path: Path) -> None:
    policy = load(tmp_path, GOOD)
    assert Policy.model_validate(policy.model_dump(mode="json")) == policy


WAIVER = "waivers:\n  - {rule: covered, owner: A, reason: B, expires: %s}\n"
LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)
)
MERGED = "a0: &a0 {k: 1}\n" + "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 9))
RULE = "  - {id: a%d, auditor: GA302, estimate: coverage_ratio, at_least: 0.8, why: because}\n"
HOSTILE = {
    "a month that is none": (GOOD + WAIVER % "2026-13-45", "month must be in 1..12"),
    "a day that is none": (GOOD + WAIVER % "2026-02-30", "day is out of range"),
    "an hour that is none": (GOOD + WAIVER % "2026-01-01 25:00:00", "hour must be in 0..23"),
    "an offset of days": (GOOD + WAIVER % "2026-01-01T10:00:00+99:00", "offset must be"),
    "no date at all": (GOOD + WAIVER % "!!timestamp x", "'x'"),
    "a number of 401 digits": (GOOD.replace("0.8", "1" + "0" * 400), "expected a finite number, got one of 401 digits"),
    "a number of 5,000 digits": (GOOD.replace("0.8", "9" * 5000), "4300 digits"),
    "a long number in hexadecimal": (GOOD.replace("0.8", "0x" + "f" * 400), "expected a finite number"),
    "words for a number": (GOOD.replace("0.8", "!!float x"), "'x': could not convert"),
    "deep lists": (GOOD + "x: " + "[" * 100_000, "at most 24 levels"),
    "deep mappings": (GOOD + "x: " + "{a: " * 100_000, "at most 24 levels"),
    "deep blocks": ("".join(" " * depth + "a:\n" for depth in range(1000)), "at most 24 levels"),
    "aliases that multiply": (LAUGHS + GOOD, "more by aliases"),
    "merges that multiply": (MERGED + GOOD, "more by aliases"),
    "a setting that holds itself": (GOOD + "settings: &s {GA302: *s}\n", "refers to itself"),
    "100,000 rules": (GOOD + "".join(RULE % i for i in range(100_000)), "at most 1,048,576 bytes"),
    "2,000 rules": (GOOD + "".join(RULE % i for i in range(2000)), "at most 1000 items"),
    "200,000 keys": (GOOD + "x: [" + "1," * 200_000 + "]", "at most 100,000 values"),
    "two waivers of one rule": (
        GOOD + WAIVER % "2030-01-01" + WAIVER.partition("\n")[2] % "2031-01-01",
        "one waiver a rule, got several of covered",
    ),
    "one key twice, once in quotes": (GOOD + '"name": yours\n', "the key 'name' is given twice"),
    "a list as key": (GOOD + "? [a]\n: 1\n", "got a list or a mapping"),
    "a tab": (GOOD.replace("    why", "\twhy"), "not YAML"),
    "two documents": (GOOD + "---\n" + GOOD, "single document"),
    "a set": (GOOD + "settings: !!set {GA302}\n", "got !!set"),
    "bytes": (GOOD.replace("mine", "!!binary aGk="), "got !!binary"),
    "ordered pairs": (GOOD + "settings: !!omap [a: 1]\n", "got !!omap"),
    "a character that is none": (GOOD.replace("because", '"\\UFFFFFFFF"'), "not YAML"),
    "half a surrogate pair": (GOOD.replace("because", '"\\ud800"'), "half of a surrogate pair"),
    "a long id": (GOOD.replace("covered", "c" * 101), "at most 100 characters"),
    "a long key": (GOOD + "? " + "k" * 1000 + "\n: 1\n", "unknown key"),
    "true for 1": (GOOD.replace("version: 1", "version: true"), "expected a whole number"),
    "NUL": (GOOD + "# \0\n", "unacceptable character"),
}


@pytest.mark.parametrize(("text", "says"), HOSTILE.values(), ids=HOSTILE)
def test_what_no_person_writes_is_refused_in_one_short_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, text)
    assert says in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 400


def test_many_mistakes_are_told_by_the_first_ten(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="and 240 more mistakes") as caught:
        load(tmp_path, GOOD + "".join((RULE % i).replace("at_least", "at_leest") for i in range(250)))
    assert len(str(caught.value).splitlines()) == 11


def test_aliases_a_byte_order_mark_and_escaped_pairs_are_read(tmp_path: Path) -> None:
    shared = GOOD.replace("because", '&why "so \\ud83d\\ude00"') + (RULE % 1).replace("because", "*why")
    policy = load(tmp_path, "\ufeff" + shared)
    assert [rule.why for rule in policy.rules] == ["so \U0001f600"] * 2


@pytest.mark.parametrize(
    "targets",
    ["x", "[]", "-1", "yes", "2020-01-01", "{a: x}", "{a: 1.0e+300}", "{a: {b: {c: 1}}}", "{a: [1]}"],
)
def test_settings_of_another_kind_are_refused(tmp_path: Path, targets: str) -> None:
    from genai_audit.audit.pipeline.auditing import configured

    policy = load(tmp_path, GOOD + f"settings: {{GA101: {{targets: {targets}}}}}\n")
    with pytest.raises(PolicyError, match=r"settings\.GA101") as caught:
        configured(policy)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("value", ["10000000000", "-3", "'5'", "true", "[5]"])
def test_counts_of_settings_have_a_range(tmp_path: Path, value: str) -> None:
    from genai_audit.audit.pipeline.auditing import configured

    with pytest.raises(PolicyError, match=r"settings\.GA101\.repeats"):
        configured(load(tmp_path, GOOD + f"settings: {{GA101: {{repeats: {value}}}}}\n"))
