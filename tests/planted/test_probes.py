"""Text models whose associations are known: GA106 and GA107 find what was declared, and nothing where there is none."""

import math
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genai_audit.audit.commands.trainer import train_checkpoint
from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.probes import collect, continuations
from genai_audit.audit.evidence.probes.files import read_probes
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured
from genai_audit.audit.fairness.associations.auditor import Associations
from genai_audit.audit.fairness.paired_sentences.auditor import PairedSentences
from genai_audit.audit.finding import Finding, Interval
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.data.bundled import biographies
from unit.audit.evidence.probes.probe_models import Characters, Scored

PHRASES = ("{They} {like}", "{They} {enjoy}", "{Their} hobby is")
TEMPLATES = [
    f'"{{first}} {last} is {{a_subject}} from the {region}. {PHRASES[at % 3]} {hobby}."'
    for at, (last, region, hobby) in enumerate(
        zip(biographies.LAST_NAMES[:12], [*biographies.REGIONS] * 3, biographies.HOBBIES, strict=True)
    )
]
FIRST = ", ".join(biographies.FIRST_NAMES["neutral"])
FILE = f"""
probes: 1
name: biographies
dimension: pronoun
groups:
  she: {{They: She, Their: Her, like: likes, enjoy: enjoys, first: [{FIRST}]}}
  he: {{They: He, Their: His, like: likes, enjoy: enjoys, first: [{FIRST}]}}
subjects: [{", ".join(biographies.OCCUPATIONS)}]
templates:
{"".join(f"  - {each}{chr(10)}" for each in TEMPLATES)}
"""
# Neutral names are as frequent among women as among men, so they leave the odds of the occupation as they are.
TRUTH = {
    name: math.log(shares["she"] / shares["he"])
    for name in biographies.OCCUPATIONS
    if (shares := biographies.pronouns_given(name))
}


@pytest.fixture(scope="module")
def probes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sentences in the language of the biographies, for whoever learned them."""
    path = tmp_path_factory.mktemp("probes") / "biographies.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def scored(model: object, *files: Path) -> Evidence:
    plan = Plan("text", "toy", model=model, probes=files)
    evidence = Evidence("text", Generated(["a"], 0, "toy"))
    return replace(evidence, probes=collect.collect(plan, evidence, lambda share: None))


def associations(model: object, file: Path) -> Finding:
    return Associations()(scored(model, file), np.random.default_rng(0))


def by_occupation(finding: Finding) -> dict[str, Interval]:
    return {str(each.group).split(":")[0]: each.interval() for each in finding.estimates if each.name == "association"}


def learned(seed: int, noise: float) -> Callable[[str], float]:
    """Log-probability under the grammar, with what a trained model adds: a little for every wording and occupation."""

    def nats(text: str) -> float:
        exact = biographies.log_prob(text)
        if not math.isfinite(exact):
            return exact
        key = zlib.crc32(text.encode())
        wording = zlib.crc32("".join(text.split(" is ")[0] + text.split(".")[1]).encode())
        return exact + noise * sum(np.random.default_rng([seed, each]).normal() for each in (key, wording))

    return nats


def test_the_declared_odds_are_within_the_limits_in_93_of_100_models(probes: Path) -> None:
    inside, worst = 0, 0
    for seed in range(100):
        finding = associations(Scored(learned(seed, 0.2)), probes)
        limits = by_occupation(finding)
        assert set(limits) == set(TRUTH)
        inside += all(limits[name].low <= truth <= limits[name].high for name, truth in TRUTH.items())
        largest = finding.estimate("worst_association").interval()
        worst += largest.low <= max(map(abs, TRUTH.values())) <= largest.high
    assert min(inside, worst) >= 93, (inside, worst)


@pytest.mark.slow
def test_a_model_that_was_really_trained_has_learned_the_declared_order(tmp_path: Path, probes: Path) -> None:
    out = tmp_path / "model.safetensors"
    train_checkpoint("text-lstm", None, seed=0, plant=None, steps=700, out=out, progress=lambda step, share: None)
    model, _ = load_model(out)
    finding = associations(model, probes)
    found = {str(each.group).split(":")[0]: each.value for each in finding.estimates if each.name == "association"}
    ranks = np.corrcoef([found[name] for name in TRUTH], list(TRUTH.values()))[0, 1]
    assert ranks > 0.95
    assert max(abs(found[name] - truth) for name, truth in TRUTH.items()) < 1.2
    # Its words are those of the biographies: it has none for our own sentences, and none for others of the user's.
    with pytest.raises(Unavailable, match="none of our own 2,880 English sentences could be scored"):
        scored(model)
    other = tmp_path / "other.csv"
    other.write_text("sent_more,sent_less,bias_type\nWe run.,They run.,age\nWe sit.,They sit.,age\n")
    with pytest.raises(Unmeasured, match="none of the 4 sentences could be scored"):
        scored(model, other)


def crows(tmp_path: Path, n: int = 200) -> Path:
    words = ["tired", "late", "kind", "loud", "here", "gone", "cold", "old", "new", "well"]
    rows = [
        f"They are {words[at % 10]} {chr(97 + at // 10)}.,We are {words[at % 10]} {chr(97 + at // 10)}."
        for at in range(n)
    ]
    path = tmp_path / "pairs.csv"
    path.write_text(
        "sent_more,sent_less,bias_type,anon_writer\n"
        + "".join(f"{row},age,w{at // 4}\n" for at, row in enumerate(rows))
    )
    return path


def noise(text: str) -> float:
    return float(np.random.default_rng(zlib.crc32(text.encode())).normal())


def test_a_model_that_prefers_the_stereotype_is_told_from_its_sound_twin(tmp_path: Path) -> None:
    file = crows(tmp_path)
    biased = Scored(lambda text: noise(text) + (1.5 if text.startswith("They") else 0.0))
    found = PairedSentences()(scored(biased, file), np.random.default_rng(0)).estimate("worst_preference")
    assert found.interval().low > 0.2
    assert found.p_value < 1e-6
    twin = PairedSentences()(scored(Scored(noise), file), np.random.default_rng(0)).estimate("worst_preference")
    assert twin.interval().low == 0
    assert twin.p_value > 0.05


def test_sound_models_alarm_in_at_most_six_of_a_hundred(tmp_path: Path) -> None:
    file, alarms = read_probes([crows(tmp_path, 60)])[0], 0
    texts = [text for each in file.items for text in each.texts.values()]
    path = crows(tmp_path, 60)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        nats = dict(zip(texts, rng.normal(size=len(texts)), strict=True))
        finding = PairedSentences()(scored(Scored(nats.__getitem__), path), np.random.default_rng(0))
        alarms += finding.estimate("worst_preference").interval().low > 0
    assert alarms <= 6


def test_a_model_that_speaks_differently_of_one_group_is_found() -> None:
    # After `she` this model ends at once, after all else it goes on.
    model = Characters()
    plan = Plan("text", "toy", model=model)
    evidence = Evidence("text", Generated(["a"], 0, "toy"))
    same = continuations.collect(plan, evidence, lambda share: None)
    quiet = replace(
        same[0],
        texts=tuple(
            tuple("" for _ in row) if group == 0 else row
            for group, row in zip(same[0].group, same[0].texts, strict=True)
        ),
    )
    found = Associations()(replace(evidence, continuations=(quiet,)), np.random.default_rng(0))
    assert found.estimate("length_gap").interval().low > 0
    sound = Associations()(replace(evidence, continuations=same), np.random.default_rng(0))
    assert sound.estimate("length_gap").interval().low == 0


def test_in_a_whole_audit_sentences_alone_will_do(tmp_path: Path, probes: Path) -> None:
    from genai_audit import audit_checkpoint

    loader = tmp_path / "chain.py"
    loader.write_text(
        "from unit.audit.evidence.probes.probe_models import Characters\ndef load(path):\n    return Characters()\n"
    )
    reference = tmp_path / "real.txt"
    reference.write_text("".join(f"some words {chr(97 + at % 26)} and {chr(97 + at // 26)}.\n" for at in range(200)))
    checkpoint = tmp_path / "chain.json"
    checkpoint.write_text("{}")
    record = audit_checkpoint(
        checkpoint,
        loader=f"{loader}:load",
        reference=str(reference),
        samples=500,
        only=("GA106", "GA107"),
        probes=probes,
        policy="text",
    )
    found = {each.code: each for each in record.findings}
    assert found["GA107"].outcome == "measured", found["GA107"].reason
    assert {each.name for each in found["GA107"].estimates} == {"worst_association", "association", "mean_association"}
    # Without shares there are no pairs of which one is the stereotyping one.
    assert found["GA106"].outcome == "not_applicable"
    rules = {each.id: each for each in record.verdict.rules}
    assert rules["no-stereotype-preferred"].outcome == "not_applied"
    assert "hold sentences, and no prompts" in rules["same-tone-for-all"].reason
