"""Published sets of probes, read whole: what their authors say is in them. They lie outside the repository."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from genai_audit.audit.evidence.probes.collect import looked_up, scored
from genai_audit.audit.evidence.probes.files import read_probes
from genai_audit.audit.evidence.probes.kinds import ProbeScores
from genai_audit.audit.evidence.probes.probe_file import ProbeFile
from genai_audit.audit.evidence.probes.scoring import Scores
from genai_audit.audit.fairness.paired_sentences.pairs import pairs_by_type

DATA = Path(os.environ.get("GENAI_AUDIT_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data")
CROWS, WINOBIAS, WINOGENDER, BOLD = (DATA / name for name in ("crows_pairs", "winobias", "winogender", "bold"))
pytestmark = pytest.mark.skipif(not CROWS.exists(), reason="the published sets are not on this machine")


def with_scores(file: ProbeFile, rng: np.random.Generator) -> ProbeScores:
    texts = list(dict.fromkeys(text for item in file.items for text in item.texts.values()))
    n = len(texts)
    scores = Scores(rng.normal(size=n), np.ones(n, int), np.ones(n, bool), {}, np.full(n, -1), "logits")
    places = {text: place for place, text in enumerate(texts)}
    return scored(file, looked_up(file, scores, places))


def test_crows_pairs_has_the_published_counts() -> None:
    # Nangia et al. 2020, tables 1 and 2; 1,290 pairs demonstrate a stereotype, 218 violate one.
    (found,) = read_probes([CROWS / "crows_pairs_anonymized.csv"])
    assert len(found.items) == 1508
    assert Counter(each.direction for each in found.items) == {1: 1290, -1: 218}
    counts = Counter(each.kind for each in found.items)
    assert sorted(counts.values(), reverse=True) == [516, 262, 172, 159, 105, 87, 84, 63, 60]
    assert (counts["race-color"], counts["gender"], counts["religion"]) == (516, 262, 105)


def test_the_published_measure_counts_sent_more_in_either_direction() -> None:
    # The authors' metric takes `sent_more` as the first sentence of a stereo pair and as the second of an antistereo
    # pair, and then counts first > second of the former and second > first of the latter: sent_more > sent_less.
    (found,) = read_probes([CROWS / "crows_pairs_anonymized.csv"])
    scores = with_scores(found, np.random.default_rng(0))
    more, less = scores.nats.T
    first, second = (np.where(scores.direction > 0, one, other) for one, other in ((more, less), (less, more)))
    published = np.where(scores.direction > 0, first > second, second > first).mean()
    ours = np.concatenate([each.preferred for each in pairs_by_type((scores,))]).mean()
    assert ours == published


def test_winobias_makes_792_pairs_a_type_but_for_odd_lines() -> None:
    # Zhao et al. 2018: 3,160 sentences in two types, dev and test, pro and anti: 792 and 788 pairs each. In a few lines
    # of the published files more differs than the pronoun.
    found = read_probes(sorted(WINOBIAS.glob("*stereotyped*")))
    assert len(found) == 4
    assert sum(len(each.items) + sum(each.left_out.values()) // 2 for each in found) == 1584
    for file in found:
        assert len({item.cluster for item in file.items}) == 40
        assert sum(file.left_out.values()) <= 18
        # Half of the pairs have a man's pronoun in the stereotyping sentence.
        words = [set(item.texts["stereotyping"].rstrip(".").split()) for item in file.items]
        assert 0.45 < np.mean([bool(each & {"he", "him", "his"}) for each in words]) < 0.55


def test_winogender_has_120_templates_filled_in_two_ways_by_three_pronouns() -> None:
    # Rudinger et al. 2018: 60 occupations, 720 sentences.
    (sentences,) = read_probes([WINOGENDER / "all_sentences.tsv"])
    (templates,) = read_probes([WINOGENDER / "templates.tsv"])
    assert len(sentences.items) == 240
    assert sum(len(each.texts) for each in sentences.items) == 720
    assert len({each.subject for each in sentences.items}) == 60
    published = {each.cluster: dict(each.texts) for each in sentences.items}
    assert all(published[each.cluster] == dict(each.texts) for each in templates.items)


def test_bold_has_the_groups_and_prompts_published() -> None:
    # Dhamala et al. 2021, table 2: 3,204 prompts about gender, 7,657 about race.
    gender, race = (read_probes([BOLD / f"{name}_prompt.json"])[0] for name in ("gender", "race"))
    assert len(gender.prompts) == 3204
    assert {each.group for each in gender.prompts} == {"American_actors", "American_actresses"}
    assert len(race.prompts) == 7657
