"""Charts and answers name estimates that their auditor gives: a slip would leave a chart out without a word."""

import pytest

from genai_audit.audit.catalogue import estimates_by_code
from genai_audit.reports.chart_specs import SPECS
from genai_audit.reports.fairness_answers import FAIRNESS


@pytest.mark.parametrize("code", SPECS)
def test_charts_show_estimates_that_there_are(code: str) -> None:
    known = estimates_by_code()[code]
    assert [name for spec in SPECS[code] for name in spec.names if name not in known] == []


def test_every_question_of_fairness_has_an_answer_and_charts() -> None:
    codes = {code for code in estimates_by_code() if code.startswith("GA1")}
    assert codes == set(FAIRNESS) == {code for code in SPECS if code.startswith("GA1")}
