"""A trained conditional GAN whose condition is cut off, whole or for two classes: GA205 names it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit import Record, Ruling, audit_checkpoint
from genai_audit.audit.attribution.conditioning.auditor import ConditionEffect
from genai_audit.audit.commands.trainer import train_checkpoint
from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.conditioning.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.finding import Finding
from genai_audit.models.checkpoints.checkpoint import load_model

LOADER = Path(__file__).parent / "swapped_digits.py"
RULE = "the-condition-moves-the-output"


@pytest.fixture(scope="module")
def gan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A conditional GAN, trained as long as it takes for classes to differ."""
    out = tmp_path_factory.mktemp("gan") / "gan.safetensors"
    train_checkpoint(
        "gan", None, seed=0, plant=None, conditional=True, steps=600, out=out, progress=lambda step, share: None
    )
    return out


def cut(gan: Path, classes: tuple[int, ...]) -> Any:
    """The model with the weights of these classes set to zero in the generator."""
    model: Any = load_model(gan)[0]
    first = next(each for each in model.generator.modules() if isinstance(each, torch.nn.Linear))
    with torch.no_grad():
        first.weight[:, [model.latent_dim + each for each in classes]] = 0
    return model


def found(model: Any, seed: int) -> Finding:
    samples = model.sample(4, generator=torch.Generator().manual_seed(0)).numpy()
    evidence = Evidence(modality="image", generated=Generated(samples, seed=seed, source="gan", seconds=4e-3))
    asked = collect(Plan("image", "gan", model=model, seed=seed), evidence, lambda share: None)
    return ConditionEffect(permutations=199)(replace(evidence, conditioning=asked), np.random.default_rng(seed))


def test_a_disconnected_condition_is_named_in_20_of_20_and_the_sound_one_in_none(gan: Path) -> None:
    sound, deaf = cut(gan, ()), cut(gan, tuple(range(10)))
    for seed in range(20):
        ignoring, listening = found(deaf, seed), found(sound, seed)
        assert ignoring.reason is not None
        assert "the model ignores its class" in ignoring.reason
        still = ignoring.estimate("unmoved_conditions").interval()
        assert (still.low, still.high) == (10, 10)
        assert listening.reason is None
        assert listening.estimate("unmoved_conditions").interval().high == 0


def test_two_classes_that_are_cut_off_are_named_and_no_other(gan: Path) -> None:
    finding = found(cut(gan, (3, 7)), seed=1)
    (table,) = [each for each in finding.tables if each.name == "values"]
    said = {str(row[0]): str(row[-1]) for row in table.rows}
    assert (said.pop("3"), said.pop("7")) == tuple(f"gives the same as {each}, number for number" for each in "73")
    assert set(said.values()) == {"moves the output"}


def audited(gan: Path, how: str, out: Path) -> Record:
    return audit_checkpoint(
        gan,
        loader=f"{LOADER}:{how}",
        reference="digits",
        only=("GA104", "GA205"),
        samples=1_000,
        policy=Path("image"),
        out=out,
    )


@pytest.mark.parametrize(("how", "expected"), [("sound", Ruling.PASS), ("swapped", Ruling.PASS), ("deaf", Ruling.FAIL)])
def test_the_policy_for_images_fails_a_model_that_listens_to_nothing(
    gan: Path, how: str, expected: Ruling, tmp_path: Path
) -> None:
    record = audited(gan, how, tmp_path / "out")
    assert not record.coverage.error
    (rule,) = [each for each in record.verdict.rules if each.id == RULE]
    assert rule.outcome is expected
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert ("the model ignores its class" in page) == (how == "deaf")
    assert "Outputs of the same noise, in the same order under every class" in page
    (finding,) = [each for each in record.findings if each.code == "GA205"]
    (made,) = [each for each in finding.tables if each.name == "groups_class"]
    shares = np.array([row[1:] for row in made.rows], dtype=float)
    assert (shares[3].argmax() == 3) == (how == "sound")
