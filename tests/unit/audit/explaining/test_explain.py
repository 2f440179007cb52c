"""`explain`: the maps of an audit as arrays, what they say of themselves, and how a notebook shows them."""

import numpy as np
import pytest
import torch

from genai_audit import Explanation, UserError, explain
from genai_audit.audit.explaining.explanation import ExplainedMap
from genai_audit.audit.statistics.attribution.decisions import Check, Decision
from genai_audit.reports.explained_maps import map_html


class Decoder(torch.nn.Module):
    """The first dimension moves the ink, the last nothing."""

    modality, latent_dim = "image", 3

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.mix = torch.nn.Linear(3, 36)
        with torch.no_grad():
            self.mix.weight *= torch.tensor([6.0, 1.0, 0.0])

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.mix(z)).reshape(-1, 1, 6, 6)

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: object = None) -> torch.Tensor:
        return self.decode(torch.randn(n, 3, generator=generator))


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    model = Decoder()
    real = model.sample(200, generator=torch.Generator().manual_seed(1))
    return explain(model, reference=real, only=("GA201", "GA207"), samples=200)


def test_maps_are_arrays_that_add_up_and_name_their_parts(explanation: Explanation) -> None:
    ink = next(each for each in explanation if each.readout == "ink")
    assert ink.parts == ("z0", "z1", "z2")
    assert ink.values.shape == (len(ink.effects), 3)
    np.testing.assert_allclose(ink.values.sum(axis=1), ink.effects, atol=1e-3)
    assert ink.size.argmax() == 0
    assert ink.size[2] == pytest.approx(0, abs=1e-12)
    assert ink.code == "GA201"
    assert ink.reading == "passes all its checks" if ink.may_be_read else ink.reading


def test_what_has_no_map_says_why(explanation: Explanation) -> None:
    assert set(explanation.without) == {"GA207"}
    assert "image" in explanation.without["GA207"]


def test_all_that_was_collected_is_at_hand(explanation: Explanation) -> None:
    found = explanation.evidence.attributions
    assert found is not None
    assert found.attributions.shape == (len(found.readouts), len(found.latents), 3)


def test_a_notebook_shows_question_parts_and_checks(explanation: Explanation) -> None:
    page = explanation._repr_html_()
    assert "Which latent dimensions move the output?" in page
    assert "GA207: " in page
    assert page.count("<details>") == len(explanation)
    assert "http" not in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"only": "GA301"}, "only: expected codes among GA201"),
        ({"seed": -1}, "seed: expected"),
        ({"samples": 0}, "samples"),
    ],
)
def test_bad_arguments_get_one_line(given: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        explain(Decoder(), **given)  # type: ignore[arg-type]  # Wrong on purpose.
    assert "\n" not in str(caught.value)


def made(decision: Decision, reading: str, parts: tuple[str, ...] = ("<script>alert(1)</script>", "b")) -> ExplainedMap:
    check = Check("deletion", decision, 0.4, 0.2, 0.6, "more than half")
    there = Check("effect", Decision.PASS, 1.0, 0.9, 1.1, "surely material")
    values = np.array([[-2.0, 0.5], [-1.0, 0.0]])
    return ExplainedMap(
        "GA207", "Why?", "nats", "this or that", "drawn", "record", "ablation", parts, values, values.sum(axis=1),
        np.arange(2), np.zeros(0), there, (check,), reading,
    )  # fmt: skip


def test_a_map_that_fails_is_shown_without_a_reading() -> None:
    page = map_html(made(Decision.FAIL, "not to be read: fails deletion"))
    assert "✕ Not to be read: fails deletion." in page
    assert "moves it most" not in page
    assert "✓ Passes all its checks. b moves it most" not in page


def test_signs_stand_beside_bars_and_names_are_escaped() -> None:
    page = map_html(made(Decision.PASS, "passes all its checks"))
    assert "−1.5" in page
    assert "+0.25" in page
    assert "<script>" not in page
    assert "moves it most: by 1.5 on average, either way" in page


def test_means_are_over_sampling_units() -> None:
    shown = made(Decision.PASS, "passes all its checks")
    uneven = np.array([[1.0, 0.0], [1.0, 0.0], [4.0, 2.0]])
    import dataclasses

    shown = dataclasses.replace(shown, values=uneven, clusters=np.array([0, 0, 1]))
    np.testing.assert_allclose(shown.mean, [2.5, 1.0])  # of (1, 0) and (4, 2), not of three rows


def test_a_map_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match="may_be_read"):
        bool(made(Decision.PASS, "passes all its checks"))
