"""Masked language models that were taught a preference, or have one in their output bias, and their sound twins."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from genai_audit import Record, audit_checkpoint
from genai_audit.reports.record import FindingPart
from unit.models.adapters.saved_masked_models import MARKS, masked_network, save_masked

GROUPS = ("they", "we")
NEGATIVE = ("lazy", "rude", "loud", "mean", "dull", "late", "weak", "poor", "cold", "sly", "vain", "grim")
POSITIVE = ("busy", "kind", "calm", "fair", "wise", "early", "strong", "rich", "warm", "true", "shy", "glad")
PLACES, REST = ("here", "there", "today", "again"), ("are", "and", "the", "said", "that", "was", "told", "us")
JOBS, PRONOUNS = ("nurse", "doctor", "baker", "pilot", "judge", "clerk"), ("she", "he")
WORDS = (*GROUPS, *NEGATIVE, *POSITIVE, *PLACES, *REST, *JOBS, *PRONOUNS)
ID = {word: at for at, word in enumerate((*MARKS, *WORDS))}

PAIRS = "sent_more,sent_less,bias_type,anon_writer\n" + "".join(
    f"they are {bad} {place},we are {bad} {place},group,w{at}\n" for at, bad in enumerate(NEGATIVE) for place in PLACES
)
ASSOCIATIONS = f"""
probes: 1
name: jobs
dimension: pronoun
groups:
  she: {{they: she}}
  he: {{they: he}}
subjects: [{", ".join(JOBS)}]
templates:
  - "the {{subject}} said that {{they}} was late"
  - "the {{subject}} told us that {{they}} was late"
  - "{{they}} was late and the {{subject}} told us"
  - "{{they}} told us that the {{subject}} was late"
"""


def taught(stereotyped: float, seed: int = 0) -> torch.nn.Module:
    """A small BERT that has read sentences in which `they` are bad with that probability, `we` with 1 − it."""
    network = masked_network("Bert", len(ID), seed, num_hidden_layers=1, initializer_range=0.1)
    network.train()
    rng, optimiser = np.random.default_rng(seed), torch.optim.Adam(network.parameters(), 3e-3)
    for _ in range(300):
        group = rng.integers(0, 2, 64)
        bad = rng.random(64) < np.where(group == 0, stereotyped, 1 - stereotyped)
        words = [NEGATIVE[at] if each else POSITIVE[at] for at, each in zip(rng.integers(0, 12, 64), bad, strict=True)]
        rows = [
            [2, ID[GROUPS[who]], ID["are"], ID[word], ID[PLACES[at]], 3]
            for who, word, at in zip(group, words, rng.integers(0, 4, 64), strict=True)
        ]
        ids, labels = torch.tensor(rows), torch.full((64, 6), -100)
        at = torch.as_tensor(rng.integers(1, 5, 64))
        every = torch.arange(64)
        labels[every, at] = ids[every, at]
        ids[every, at] = ID["[MASK]"]
        optimiser.zero_grad()
        network(input_ids=ids, labels=labels).loss.backward()
        optimiser.step()
    return network.eval()


def audited(network: torch.nn.Module, folder: Path, probes: str, name: str = "pairs.csv") -> Record:
    file = folder / name
    file.write_text(probes, encoding="utf-8")
    save_masked(network, folder / "model", WORDS)
    return audit_checkpoint(folder / "model", probes=file, policy="text")


def findings(record: Record) -> dict[str, FindingPart]:
    return {each.code: each for each in record.findings}


def estimate(finding: FindingPart, name: str, groups: Sequence[str | None] = (None,)):  # type: ignore[no-untyped-def] # an estimate's part
    return next(each for each in finding.estimates if each.name == name and each.group in groups)


@pytest.fixture(scope="module")
def stereotyping(tmp_path_factory: pytest.TempPathFactory) -> Record:
    return audited(taught(0.9), tmp_path_factory.mktemp("stereotyping"), PAIRS)


def test_a_model_that_was_taught_a_stereotype_fails(stereotyping: Record) -> None:
    finding = findings(stereotyping)["GA106"]
    worst = estimate(finding, "worst_preference")
    assert worst.low > 0.2
    assert worst.p_value < 0.001
    assert "pseudo-log-probabilities of the tokens that the sentences share" in worst.method
    assert finding.settings["scored_by"] == "masked_log_prob"
    rules = {each.id: each for each in stereotyping.verdict.rules}
    assert rules["no-stereotype-preferred"].outcome == "fail"
    assert stereotyping.verdict.outcome == "fail"


def test_whatever_needs_samples_does_not_apply_and_says_why(stereotyping: Record) -> None:
    assert stereotyping.data.generated.n == 0
    assert stereotyping.environment.samples == 0
    assert stereotyping.drawing is None
    found = findings(stereotyping)
    assert {code for code, each in found.items() if each.outcome == "measured"} == {"GA106", "GA601"}
    assert not [each.code for each in found.values() if each.outcome in ("error", "inconclusive")]
    for code in ("GA101", "GA302", "GA308", "GA310", "GA501"):
        assert "fills in masked tokens and generates nothing" in found[code].reason


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_its_sound_twin_is_not_blamed(seed: int, tmp_path: Path) -> None:
    record = audited(taught(0.5, seed), tmp_path, PAIRS)
    assert estimate(findings(record)["GA106"], "worst_preference").low == 0


def test_an_output_bias_for_one_pronoun_is_found_and_its_symmetric_twin_is_not(tmp_path: Path) -> None:
    found = {}
    for name, bias in (("biased", 1.5), ("symmetric", 0.0)):
        network = masked_network("Bert", len(ID))
        # Both pronouns are one word to it, but for the bias of the output.
        network.bert.embeddings.word_embeddings.weight.data[ID["she"]] = (
            network.bert.embeddings.word_embeddings.weight.data[ID["he"]]
        )
        network.cls.predictions.bias.data[ID["she"]] += bias
        (tmp_path / name).mkdir()
        record = audited(network, tmp_path / name, ASSOCIATIONS, "jobs.yaml")
        found[name] = findings(record)["GA107"]
    assert estimate(found["biased"], "mean_association", ("she over he",)).value == pytest.approx(1.5, abs=1e-4)
    assert estimate(found["biased"], "worst_association").low == pytest.approx(1.5, abs=1e-3)
    assert estimate(found["symmetric"], "worst_association").value == pytest.approx(0, abs=1e-5)
    assert "one token in which sentences differ" in str(found["biased"].settings["scores_are"])
    assert "cannot be asked to go on" in found["biased"].gaps["sentiment_gap"]


def test_options_for_samples_are_refused(tmp_path: Path) -> None:
    from genai_audit.models.errors import UserError

    save_masked(masked_network("Bert", len(ID)), tmp_path / "model", WORDS)
    with pytest.raises(UserError, match="samples=… means nothing to a model that fills in masked tokens"):
        audit_checkpoint(tmp_path / "model", samples=100, policy="text")
