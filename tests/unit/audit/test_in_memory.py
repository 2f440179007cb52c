"""Models and data in memory are audited as those in files are: the same numbers, checks, and honest records."""

import asyncio
import copy
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from genai_audit import Outcome, Record, Ruling, UserError, audit_checkpoint

ONLY = ("GA101", "GA302", "GA601")
FEW = 600


class Network(nn.Module):
    """A decoder with dropout, so that its mode matters, and a buffer."""

    modality = "image"
    latent_dim = 4

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.body = nn.Sequential(nn.Linear(4, 64), nn.Dropout(0.5))
        self.register_buffer("scale", torch.ones(1))

    def decode(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.body(z) * self.scale).reshape(-1, 1, 8, 8)

    def sample(self, n: int, *, generator: torch.Generator, condition: None = None) -> Tensor:
        return self.decode(torch.randn(n, self.latent_dim, generator=generator))


def images(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((n, 1, 8, 8)).astype(np.float32), rng.integers(3, size=n)


def numbers(record: Record) -> dict[str, Any]:
    return {each.code: (each.outcome, each.estimates) for each in record.findings if each.code != "GA601"}


def test_the_numbers_are_those_of_the_same_model_and_data_in_files(
    toys: ModuleType, write_toy: Callable[..., Any]
) -> None:
    files = write_toy()
    by_file = audit_checkpoint(files.checkpoint, **files.options, samples=FEW, only=ONLY)
    given = audit_checkpoint(
        toys.Toy(), reference=toys.real(0), holdout=dict(zip("xy", toys.real(500), strict=True)), samples=FEW, only=ONLY
    )
    assert numbers(given) == numbers(by_file)
    assert given.data.reference is not None
    assert by_file.data.reference is not None
    assert given.data.reference.sha256 == by_file.data.reference.sha256


def test_the_record_says_that_the_model_was_in_memory(toys: ModuleType) -> None:
    record = audit_checkpoint(toys.Toy(), reference=toys.real(0), samples=FEW, only=ONLY)
    part = record.checkpoint
    assert (part.name, part.format, part.sha256, part.parameters) == ("Toy", "in memory", "", None)
    assert "in memory" in part.notes[0]
    assert record.data.reference is not None
    assert record.data.reference.source == "reference data in memory"
    finding = record.finding("GA601")
    assert finding.outcome is Outcome.NOT_APPLICABLE
    assert "no torch weights" in str(finding.reason)


def test_the_weights_of_a_module_in_memory_are_looked_at() -> None:
    model = Network()
    record = audit_checkpoint(model, reference=images(), samples=FEW, only="GA601")
    assert record.estimate("GA601", "initial_weight_share").value == 1.0
    assert record.estimate("GA601", "changed_by_audit").value == 0.0
    assert record.checkpoint.parameters == 4 * 64 + 64
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.body[0].bias[0] += 1  # type: ignore[operator, index]  # a Linear has a bias
    digests = [
        audit_checkpoint(each, reference=images(), samples=FEW, only="GA601").checkpoint.sha256
        for each in (copy.deepcopy(model), other)
    ]
    assert digests[0] == record.checkpoint.sha256 != digests[1]
    assert len(digests[0]) == 64


def test_the_module_of_a_plain_object_is_looked_at_too() -> None:
    network = Network()
    around = SimpleNamespace(network=network, modality="image", sample=network.sample)
    record = audit_checkpoint(around, reference=images(), samples=FEW, only="GA601")
    assert record.checkpoint.sha256
    assert record.estimate("GA601", "broken_weight_share").value == 0.0


def test_a_module_is_audited_in_evaluation_mode_and_left_as_it_was() -> None:
    model = Network().train()
    model.body[0].eval()
    audit_checkpoint(model, reference=images(), samples=FEW, only="GA302")
    assert [each.training for each in model.modules()] == [True, True, False, True]


def test_two_audits_of_one_model_are_equal() -> None:
    model = Network()
    one, two = (audit_checkpoint(model, reference=images(), samples=FEW, only="GA302") for _ in range(2))
    assert numbers(one) == numbers(two)
    assert one.data.generated.sha256 == two.data.generated.sha256


class Table:
    """Rows like the real ones."""

    modality = "tabular"

    def sample(self, n: int, *, generator: torch.Generator, condition: None = None) -> pd.DataFrame:
        return people(np.random.default_rng(int(torch.randint(2**31, (1,), generator=generator))), n)


def people(rng: np.random.Generator, n: int) -> pd.DataFrame:
    sex = rng.choice(["female", "male"], n)
    region = pd.Categorical(rng.choice(["north", "south"], n, p=[0.3, 0.7]))
    return pd.DataFrame({"sex": sex, "region": region, "income": rng.normal(30, 5, n)})


def test_columns_of_a_data_frame_are_groups() -> None:
    real = people(np.random.default_rng(1), 500)
    record = audit_checkpoint(Table(), reference=real, groups="region", samples=FEW, only="GA101")
    assert [each.attribute for each in record.data.groups] == ["region"]
    assert record.data.groups[0].names == ("north", "south")
    assert record.finding("GA101").outcome is Outcome.MEASURED


def test_samples_in_memory_need_no_model() -> None:
    real = people(np.random.default_rng(1), 500)
    made = people(np.random.default_rng(2), 400).drop(columns="region").assign(region="south")
    record = audit_checkpoint(made, reference=real, groups=("region",), only=["GA101"], samples=400)
    assert record.checkpoint.format == "samples"
    assert record.data.generated.source == "generated data in memory"
    assert record.estimate("GA101", "worst_share_ratio").value == 0.0
    assert record.verdict.outcome is not Ruling.PASS


def test_texts_and_melodies_in_memory() -> None:
    def drawing(records: list[Any], modality: str) -> Any:
        def sample(n: int, *, generator: torch.Generator, condition: None = None) -> list[Any]:
            return [records[each] for each in torch.randint(len(records), (n,), generator=generator).tolist()]

        return SimpleNamespace(modality=modality, sample=sample)

    texts = [f"{who} {does} {what}" for who in "abcdef" for does in ("sees", "hears") for what in "uvwxyz"]
    melodies = [[60 + each % 7, 62, -1, 64 + each % 5] for each in range(70)]
    for records, modality in ((texts, "text"), (melodies, "music")):
        labels = [each % 2 for each in range(len(records))]
        record = audit_checkpoint(
            drawing(records, modality), reference=(records, {"half": labels}), samples=FEW, only="GA307"
        )
        assert record.checkpoint.modality == modality
        assert record.finding("GA307").outcome is not Outcome.ERROR
        assert record.data.reference is not None
        assert record.data.reference.n == len(records)


class Failing(Network):
    """Raises what it is told, on the n-th call of one of its methods."""

    def __init__(self, error: BaseException, method: str = "sample", call: int = 4) -> None:
        super().__init__()
        self.error, self.method, self.left = error, method, call

    def _count(self, method: str) -> None:
        self.left -= method == self.method
        if self.left == 0:
            raise self.error

    def decode(self, z: Tensor) -> Tensor:
        self._count("decode")
        return super().decode(z)

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: None = None) -> Tensor:
        self._count("sample")
        return super().sample(n, generator=generator)


RAISED = (
    SystemExit(0),
    GeneratorExit(),
    asyncio.CancelledError(),
    RuntimeError("no\nmemory"),
    ValueError("x"),
    KeyError(),
)


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("call", [1, 4], ids=["when tried", "when drawing"])
def test_what_a_model_raises_is_one_line_with_its_place(error: BaseException, call: int) -> None:
    says = rf"test_in_memory\.py:\d+: Failing\.sample failed with {type(error).__name__}: "
    with pytest.raises(UserError, match=says) as caught:
        audit_checkpoint(Failing(error, call=call), reference=images(), samples=2000, only="GA302")
    assert "\n" not in str(caught.value)
    line = int(re.findall(r"\.py:(\d+)", str(caught.value))[0])
    assert "raise self.error" in Path(__file__).read_text(encoding="utf-8").splitlines()[line - 1]
    assert caught.value.__cause__ is not None


def test_an_exit_in_a_later_capability_is_no_exit_of_the_audit() -> None:
    # Draws decode too, so the call comes after the trial and all draws: in the look at the latent space.
    model = Failing(SystemExit(0), "decode", call=9)
    with pytest.raises(UserError, match=r"Failing\.decode failed with SystemExit: 0"):
        audit_checkpoint(model, reference=images(), samples=FEW, only=("GA306", "GA201"))


def test_an_interruption_by_the_user_stays_one() -> None:
    with pytest.raises(KeyboardInterrupt):
        audit_checkpoint(Failing(KeyboardInterrupt(), call=4), reference=images(), samples=2000, only="GA302")


BROKEN: dict[str, tuple[Any, str]] = {
    "no sample": (SimpleNamespace(modality="image"), "SimpleNamespace: expected the SimpleNamespace to have sample"),
    "no modality": (object(), "object: expected the object to have modality"),
    "other signature": (
        SimpleNamespace(modality="image", sample=lambda n: torch.rand(n, 1, 8, 8)),
        "failed with TypeError",
    ),
    "no seed": (
        SimpleNamespace(modality="image", sample=lambda n, *, generator: torch.rand(n, 1, 8, 8)),
        "expected equal samples from generators of equal seed",
    ),
    "no tensor": (
        SimpleNamespace(modality="image", sample=lambda n, *, generator: np.zeros((n, 1, 8, 8))),
        "expected sample(2, …) to be a torch.Tensor, got ndarray",
    ),
}


@pytest.mark.parametrize(("model", "says"), BROKEN.values(), ids=BROKEN)
def test_the_contract_is_checked(model: Any, says: str) -> None:
    with pytest.raises(UserError, match=re.escape(says)):
        audit_checkpoint(model, reference=images(), samples=FEW)


@pytest.mark.parametrize("option", [{"loader": "a.py:load"}, {"prompts": "a.txt"}])
def test_what_opens_files_does_not_go_with_a_model_in_memory(option: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"expected none beside a model in memory"):
        audit_checkpoint(Network(), reference=images(), **option)


def test_the_report_says_that_no_command_line_repeats_it(toys: ModuleType, tmp_path: Any) -> None:
    record = audit_checkpoint(toys.Toy(), reference=toys.real(0), samples=FEW, only="GA302", out=tmp_path / "out")
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "the model was in memory" in report
    assert "in Python, with the same objects" in report
    assert str(tmp_path / "out" / "report.html") in record._repr_html_()
    assert Record.load(tmp_path / "out" / "record.json") == record
