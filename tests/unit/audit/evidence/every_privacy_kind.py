"""Evidence about copying and membership with something of every kind in it."""

from typing import Any

import numpy as np

from genai_audit.audit.evidence.canaries.kind import Canaries
from genai_audit.audit.evidence.identifiers.kind import Identifiers
from genai_audit.audit.evidence.likelihoods.kind import Scored
from genai_audit.audit.evidence.matches.kind import Distances, Found, Matches
from genai_audit.audit.evidence.membership.kind import Membership, MembershipScore
from genai_audit.audit.evidence.reproductions.kind import Closeness, Extraction, Reproductions, Runs
from genai_audit.audit.evidence.split.kind import Split


def found(n: int) -> Found:
    rng = np.random.default_rng(n)
    return Found(rng.random(n), np.arange(n), np.ones(n, dtype=np.int64))


def some_closeness(rng: np.random.Generator) -> Closeness:
    """Two generated records beside one of the null."""
    spans = np.array([[0, 3, 2, 5], [0, 0, 0, 0]])
    return Closeness("run in common", "words", rng.random(2), rng.random(1), np.array([1, -1]), spans)


def privacy(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "canaries": Canaries(
            included=np.array([True, False, False]),
            scores=np.array([1.5, np.inf, 2.0]),
            score="minus the <b>log</b>-likelihood",
            design="coins",
            guesses=2,
            repeats=1,
            bits=40.5,
            space="12 words, each one of the 400 of the data",
            sha256="ab" * 32,
        ),
        "identifiers": Identifiers(
            kinds=("e-mail address", "column <b>id</b>"),
            columns={"<b>id</b>": "5 different values in 5 records"},
            distinct=np.array([[3, 1, 0], [5, 4, 1]]),
            holders=np.array([[3, 1], [5, 4], [5, 4]]),
            seen=np.array([2, 2]),
            records=np.array([5, 4, 2]),
            rows=np.array([0, 1]),
            kind=np.array([0, 1]),
            side=np.array([0, 2]),
            sources=np.array([3, 2]),
            values=np.array([0, 1]),
            shown=("a…g (sha256 <i>3f</i>…)", "1…9 (sha256 aa…)"),
        ),
        "reproductions": Reproductions(
            samples=np.ones((2, 1, 2, 2), np.float32),
            shown=np.array([0]),
            near_shown=np.array([1]),
            null="holdout",
            compared=2,
            total=3,
            method="by <b>eye</b>",
            rows=np.array([0, 1]),
            null_rows=np.array([4]),
            verbatim=some_closeness(rng),
            near=some_closeness(rng),
            whole=np.array([0, 1]),
            null_whole=np.array([1]),
            part="words",
            runs=Runs(np.array([5, 6]), np.array([0]), np.array([1]), np.array([3])),
            null_runs=Runs(np.array([5]), np.array([0]), np.array([0]), np.array([2])),
            extraction=Extraction(
                "token", np.array([-np.inf, -1 / 3]), np.empty(0), np.array([0, 1]), np.array([4, 5]), np.empty(0, int)
            ),
        ),
        "membership": Membership(
            (
                MembershipScore(
                    "log-likelihood <b>per</b> character",
                    "likelihood",
                    Scored(np.array([0, 2]), np.array([-np.inf, -1 / 3]), np.array([4, 4])),
                    Scored(np.array([1]), np.array([-3.0]), np.array([4])),
                    Scored(np.array([5]), np.array([-2.0]), np.array([4])),
                    base_training=np.array([-1.0, -2.0]),
                    base_holdout=np.array([-3.0]),
                ),
            ),
            "animal",
            ("cat", "<b>dog</b>\n"),
            np.array([0, 1, -1, 0, 1]),
            np.array([0, -1, 1, 1, 0]),
            np.array([3, 8, 9, 20, 41]),
            50,
            base="other.safetensors",
            remarks=("none",),
        ),
        "matches": Matches(
            distances=(
                Distances("pixels", "range", found(4), found(3), found(4), found(2)),
                Distances("features", "range", found(4), found(3)),
            ),
            generated_rows=np.arange(4),
            training_rows=np.arange(3),
            holdout_rows=np.arange(2),
            generated_cells=np.array([0, 1, 1, 0]),
            holdout_cells=np.array([1, 0]),
            cells=2,
            equal_training=np.array([-1, 2, -1, -1, -1, -1]),
            training_repeats=np.zeros(5, dtype=np.int64),
            holdout_equal=np.array([-1, -1, 0, -1, -1]),
        ),
        "split": Split(
            blind_auc=0.51,
            blind_low=0.45,
            blind_high=0.57,
            blind_lows=np.full(10, 0.4),
            blind_highs=np.full(10, 0.6),
            blind_p=1 / 3,
            confounded=False,
            duplicates=1,
            expected_duplicates=0.5,
            duplicates_deviation=0.5,
            duplicates_p=0.25,
            training_rows=np.arange(5),
            training_scores=rng.random(5),
            holdout_rows=np.arange(4),
            holdout_scores=rng.random(4),
            holdout_records=5,
        ),
    }
