"""A plugin for pytest: an audit whose rules are tests.

    pytest --genai-audit-checkpoint model.safetensors --genai-audit-policy policy.yaml

Without `--genai-audit-checkpoint` it does nothing and imports nothing of ours. It is loaded by name in every run of
pytest where genai-audit is installed, so this file imports only pytest.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ...reports.record import Record, RulePart

NAME = "genai-audit"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options, all of which begin with `--genai-audit-`."""
    group = parser.getgroup(NAME, "audit of a generative model")
    group.addoption("--genai-audit-checkpoint", metavar="C", help="Audit this: a test for each rule of the policy.")
    group.addoption("--genai-audit-policy", metavar="P", help="Rules in YAML, or the name of a shipped policy.")
    group.addoption("--genai-audit-out", metavar="FOLDER", help="Where to write the report and the record.")
    group.addoption(
        "--genai-audit-args", metavar="ARGS", default="", help="Options of `genai-audit run`, e.g. '--profile quick'."
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Adds a test for each rule, before `-k` and `-m` choose among them."""
    checkpoint = config.getoption("--genai-audit-checkpoint", None)
    if checkpoint is None:
        return
    if hasattr(config, "workerinput"):
        raise pytest.UsageError("--genai-audit-checkpoint: expected one process, got pytest-xdist; run with -n 0")
    from ..policy import Policy, PolicyError

    given = config.getoption("--genai-audit-policy")
    try:
        policy = Policy.load(None if given is None else Path(given))
    except PolicyError as error:
        raise pytest.UsageError(str(error)) from error
    rules = _Rules.from_parent(session, name=NAME, nodeid=NAME)
    rules.audit = _Audit(config, checkpoint)
    items.extend(rules.tests([rule.id for rule in policy.rules]))


class _Audit:
    """The one audit behind all tests; made when the first of them runs."""

    def __init__(self, config: pytest.Config, checkpoint: str) -> None:
        self.config, self.checkpoint = config, checkpoint
        self._made: Record | str | None = None

    def record(self) -> "Record":
        """The record.

        Raises:
            Failed: if there is none, each time with the same words.
        """
        if self._made is None:
            self._made = self._run()
        if isinstance(self._made, str):
            pytest.fail(f"the audit has no verdict: {self._made}", pytrace=False)
        return self._made

    def _run(self) -> "Record | str":
        """The audit as the command line makes it, in a process of its own."""
        import subprocess
        import sys
        import tempfile

        from ...reports.record import Record

        given = self.config.getoption("--genai-audit-out")
        with tempfile.TemporaryDirectory(prefix="genai-audit-") as folder:
            out = Path(given) if given else Path(folder) / "out"
            policy = self.config.getoption("--genai-audit-policy")
            words = [self.checkpoint, "--out", str(out), *([] if policy is None else ["--policy", policy])]
            words += shlex.split(self.config.getoption("--genai-audit-args"))
            command = [sys.executable, "-m", __package__.split(".")[0], "run", *words]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode in (2, 4) or done.returncode < 0:
                return done.stderr.strip() or f"exit code {done.returncode}"
            try:
                return Record.load(out / "record.json")
            except ValueError as error:
                return str(error)


class _Rules(pytest.Collector):
    """What the tests hang on; nothing is collected from a file."""

    audit: _Audit

    def collect(self) -> list[pytest.Item]:
        """Nothing: the tests are added to those of the session."""
        return []

    def tests(self, ids: list[str]) -> Iterator[pytest.Item]:
        """A test for each rule, and one for what no rule says."""
        for name in ids:
            yield _RuleTest.from_parent(self, name=name, audit=self.audit)
        yield _VerdictTest.from_parent(self, name="verdict", audit=self.audit)


class _Test(pytest.Item):
    def __init__(self, *, audit: _Audit, **given: Any) -> None:
        super().__init__(**given)
        self.audit = audit

    def reportinfo(self) -> tuple[str, int | None, str]:
        """How the test is called in a summary."""
        return NAME, None, f"{NAME}: {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The words of the rule, without a traceback of ours."""
        if isinstance(excinfo.value, AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)


class _RuleTest(_Test):
    """One rule, in all groups that it holds for."""

    def runtest(self) -> None:
        """Fails where the rule is not met in some group, or is undecided and the policy does not let that through."""
        from ...reports.rulings import rule_sentence
        from ..verdict import Ruling

        record = self.audit.record()
        rules = [rule for rule in record.verdict.rules if rule.id == self.name]
        standing = [rule for rule in rules if not rule.waived]
        for outcome, word in ((Ruling.FAIL, "FAIL"), (Ruling.INCONCLUSIVE, "INCONCLUSIVE")):
            bad = [rule for rule in standing if rule.outcome is outcome]
            if bad and (outcome is Ruling.FAIL or not _let_through(record, bad[0])):
                raise AssertionError("\n".join(f"{word}: {rule_sentence(rule, record)}" for rule in bad))
        if not any(rule.outcome is Ruling.PASS for rule in standing):
            first = next(iter(rules), None)
            pytest.skip("not judged" if first is None else rule_sentence(first, record))


class _VerdictTest(_Test):
    """The verdict where no rule says why it is not PASS: nothing could be applied, or an auditor crashed."""

    def runtest(self) -> None:
        """Fails where the verdict is inconclusive although no rule is."""
        from ..verdict import Ruling

        record = self.audit.record()
        told = any(
            not rule.waived and rule.outcome in (Ruling.FAIL, Ruling.INCONCLUSIVE) for rule in record.verdict.rules
        )
        if record.verdict.outcome is Ruling.INCONCLUSIVE and not told and not _let_through(record, None):
            raise AssertionError(f"INCONCLUSIVE: {record.verdict.reason}")


def _let_through(record: "Record", rule: "RulePart | None") -> bool:
    """Whether the policy lets an inconclusive rule through; with a warning if it says so."""
    import warnings

    way = record.policy.content.get("on_inconclusive")
    if way == "warn":
        what = record.verdict.reason if rule is None else f"{rule.id}: {rule.reason}"
        warnings.warn(pytest.PytestWarning(f"genai-audit: INCONCLUSIVE, let through: {what}"), stacklevel=2)
    return way in ("warn", "pass")
