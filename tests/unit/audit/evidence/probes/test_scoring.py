"""Sentences are scored as the chain rule says, whatever their batch, and what cannot be scored is counted with why."""

import numpy as np
import pytest

from genai_audit.audit.evidence.probes import scoring
from genai_audit.audit.evidence.unavailable import Unavailable
from unit.audit.evidence.probes.probe_models import Characters, Scored

TEXTS = ["a b c.", "she said so.", "he said so.", "", "x", "a much longer sentence, with more words in it than others."]


def scores(model: object, texts: list[str]) -> scoring.Scores:
    return scoring.score(model, texts, lambda share: None)


def test_a_score_is_the_sum_of_what_each_character_gets() -> None:
    model = Characters()
    found = scores(model, TEXTS)
    assert found.by == "logits"
    for text, nats, tokens, done in zip(TEXTS, found.nats, found.tokens, found.scored, strict=True):
        assert done == (text != "")
        assert nats == pytest.approx(model.nats(text), abs=1e-5)
        assert tokens == len(text)


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Characters()
    together = scores(model, TEXTS)
    monkeypatch.setattr(scoring, "ROWS", 1)
    monkeypatch.setattr(scoring, "LOGITS", 100)
    alone = scores(model, TEXTS)
    np.testing.assert_allclose(together.nats, alone.nats, atol=1e-6)
    assert together.reasons == alone.reasons


def test_one_pass_serves_all_sentences_of_a_length() -> None:
    model = Characters()
    scores(model, ["she said so."] * 200 + ["he said it."] * 50)
    assert model.calls == 1


def test_unknown_characters_are_left_out_and_counted() -> None:
    found = scores(Characters(), ["ok", "näh", "no?", "yes"])
    assert found.scored.tolist() == [True, False, False, True]
    assert scoring.counted(found.reasons.values()) == {scoring.UNKNOWN: 2}


def test_sentences_that_are_too_long_are_found_among_the_others() -> None:
    found = scores(Characters(longest=20), ["short one.", "a" * 30, "another short one.", "b" * 31])
    assert found.scored.tolist() == [True, False, True, False]
    assert set(found.reasons.values()) == {scoring.LONG}


def test_without_a_start_token_the_first_one_is_given() -> None:
    model = Characters(start=False)
    found = scores(model, ["she ran.", "he ran."])
    assert found.nats == pytest.approx([model.nats("she ran."), model.nats("he ran.")], abs=1e-5)
    assert found.first[0] != found.first[1] != -1


def test_a_model_with_log_prob_alone_is_asked_for_whole_texts() -> None:
    found = scores(Scored(lambda text: -float(len(text)) if "z" not in text else -np.inf), ["ab", "abz"])
    assert (found.by, found.nats.tolist(), found.scored.tolist()) == ("log_prob", [-2.0, 0.0], [True, False])
    assert found.reasons == {1: scoring.IMPOSSIBLE}


def test_a_model_that_scores_nothing_is_not_asked() -> None:
    with pytest.raises(Unavailable, match="neither logits with encode_text nor log_prob"):
        scores(object(), ["a"])


def test_logits_of_a_wrong_shape_are_refused() -> None:
    model = Characters()
    model.logits = lambda ids: model.table[ids][:, 0]  # type: ignore[method-assign] # a broken model
    with pytest.raises(ValueError, match="expected logits"):
        scores(model, ["ab", "abc"])
