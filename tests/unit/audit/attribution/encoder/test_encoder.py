"""GA204: what sets the code and where a group is lost are named; a collapsed encoder has nothing to explain."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from genai_audit.audit.attribution.encoder.auditor import Sight
from genai_audit.audit.evidence.encoded.collect import collect
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable, Outcome
from unit.audit.attribution.region_examples import Coder, evidence, nothing, pictures, plan


def whole(x: Tensor) -> Tensor:
    return 10 * x.flatten(1)


def give_back(z: Tensor) -> Tensor:
    return z.reshape(-1, 1, 8, 8) / 10


def spoiled(z: Tensor) -> Tensor:
    """Bright pictures lose one spot."""
    x = give_back(z).clone()
    bright = x[:, 0, 7, 7] > 0.9
    x[bright, 0, 2, 5] = 0
    return x


def audit(
    mean: Callable[[Tensor], Tensor] = whole,
    decode: Callable[[Tensor], Tensor] | None = None,
    *,
    n: int = 120,
    marked: bool = False,
    groups: bool = True,
) -> Finding:
    real = pictures(n, 1)
    members = np.arange(n) % 2
    if marked:
        real[members == 1, 0, 7, 7] = 1.0
    seen = evidence(pictures(9, 0), real)
    found = collect(plan(Coder(mean, decode)), seen, nothing)
    if groups:
        found = replace(found, attribute="sex", groups=("f", "m"), members=members[found.rows])
    return Sight()(replace(seen, encoded=found), np.random.default_rng(0))


def test_an_encoder_of_one_region_is_named() -> None:
    finding = audit(lambda x: 10 * x[:, 0, 4, :3])
    assert finding.outcome is Outcome.MEASURED
    assert finding.reason is None
    shares = {each.group: each.value for each in finding.estimates if each.name == "code_region_share"}
    assert set(list(shares)[:3]) == {"row 5, column 1 (edge)", "row 5, column 2", "row 5, column 3"}
    assert sum(list(shares.values())[:3]) == pytest.approx(1)
    # A third of what is read lies in the rim.
    border = finding.estimate("code_border_share")
    assert border.interval().low <= 1 / 3 <= border.interval().high
    assert finding.settings["method"] == "integrated gradients, summed over regions"
    assert finding.settings["agreement_with_occlusion"] > 0.99


def test_a_collapsed_encoder_has_nothing_to_explain() -> None:
    finding = audit(lambda x: 1e-4 * x.flatten(1), lambda z: torch.full((len(z), 1, 8, 8), 0.5))
    assert finding.reason is not None
    assert finding.reason.startswith("nothing to explain")
    assert not [each for each in finding.estimates if each.name.startswith("code_region")]
    # Where it fails is still told.
    assert finding.estimate("worst_region_error").value < 1.5


def test_a_group_that_is_lost_in_one_region_is_found() -> None:
    finding = audit(decode=spoiled, marked=True)
    worst = finding.estimate("worst_region_error")
    assert worst.p_value is not None
    assert worst.p_value <= 0.01
    # All error lies in one of 64 regions and in half of the records: 128 times the mean.
    assert worst.interval().low > 64
    assert worst.value == pytest.approx(128, rel=0.01)
    table = next(each for each in finding.tables if each.name == "errors")
    assert table.rows[0][0] == "m"
    assert table.rows[0][3] == "row 3, column 6"
    assert table.rows[0][-1] == "worse there"


def test_errors_that_do_not_depend_on_the_group_are_left_in_peace() -> None:
    finding = audit(decode=lambda z: torch.full((len(z), 1, 8, 8), 0.5))
    worst, gap = finding.estimate("worst_region_error"), finding.estimate("error_region_gap")
    assert (worst.p_value or 0) > 0.05
    assert (gap.p_value or 0) > 0.05
    assert worst.perfect is not None
    assert worst.perfect.low <= worst.value <= worst.perfect.high
    table = next(each for each in finding.tables if each.name == "errors")
    assert {row[-1] for row in table.rows} == {"open"}


def test_without_groups_or_a_decoder_only_the_code_is_explained() -> None:
    finding = audit(groups=False)
    assert {each.name for each in finding.estimates} == {"code_spread", "code_region_share", "code_border_share"}
    assert [each.name for each in finding.tables] == ["code"]


def test_a_perfect_reconstruction_has_no_worst_region() -> None:
    finding = audit(decode=give_back)
    errors = [each for each in finding.estimates if each.name == "worst_region_error"]
    # Rounding apart, there is no error.
    assert not errors or errors[0].perfect is not None


def test_without_an_encoder_the_question_does_not_arise() -> None:
    with pytest.raises(NotApplicable, match=r"no encode\(x\)"):
        Sight()(evidence(pictures(9, 0), pictures(9, 1)), np.random.default_rng(0))


def test_few_records_say_nothing() -> None:
    with pytest.raises(Inconclusive, match="of 25 needed"):
        audit(n=20)


def test_every_estimate_is_declared_and_has_all_levels() -> None:
    finding = audit(decode=spoiled, marked=True)
    # Of a group without any error no map can be compared.
    noisy = audit(decode=lambda z: spoiled(z) * 0.9, marked=True)
    names = {each.name for found in (finding, noisy) for each in found.estimates}
    assert names == {each.name for each in Sight.estimates}
    units = {each.name: each.unit for each in Sight.estimates}
    for each in noisy.estimates:
        assert tuple(one.level for one in each.curve) == LEVELS
        assert each.unit == units[each.name]
    for name in ("readout", "contrast", "baseline", "sampling_unit", "method", "null"):
        assert noisy.settings[name]


def test_maps_of_code_and_errors_are_shown() -> None:
    finding = audit(decode=spoiled, marked=True)
    kinds = [(each.name, each.form, [one.kind for one in each.pictures]) for each in finding.exhibits]
    assert kinds == [
        ("code", "magnitudes", ["encoded.maps"] * 3 + ["encoded.null_maps"]),
        ("errors", "magnitudes", ["encoded.error_maps"] * 3),
        ("mean_record", "grid", ["encoded.sample"]),
    ]
