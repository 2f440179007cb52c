"""Known answers for runs of tokens: counted by hand, or by leaving out each record in turn."""

import math
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from genai_audit.audit.statistics.sequences.ngrams import (
    Sequences,
    Tally,
    contexts,
    distinct_runs,
    entropy_rate,
    tallies,
)
from genai_audit.audit.statistics.sequences.repeats import loops, repeats
from genai_audit.audit.statistics.sequences.self_bleu import self_bleu


def sequences(*records: str) -> Sequences:
    """Letters as tokens."""
    return Sequences(
        np.array([ord(letter) - ord("a") for letter in "".join(records)], dtype=np.int64),
        np.array([len(record) for record in records], dtype=np.int64),
    )


def random(n: int, rng: np.random.Generator, *, vocabulary: int = 40, lengths: tuple[int, int] = (0, 14)) -> Sequences:
    size = rng.integers(*lengths, n)
    distribution = 1 / np.arange(1, vocabulary + 1)
    return Sequences(rng.choice(vocabulary, size=int(size.sum()), p=distribution / distribution.sum()), size)


def without(at: int, n: int) -> NDArray[np.int64]:
    return np.delete(np.arange(n), at)


def test_runs_are_counted_by_record_and_never_cross_from_one_to_the_next() -> None:
    one, two, three = tallies(sequences("aba", "", "ab", "b"), 3)
    assert (one.kinds, two.kinds, three.kinds) == (2, 2, 1)
    assert one.per_record().tolist() == [3, 0, 2, 1]
    assert two.per_record().tolist() == [2, 0, 1, 0]
    assert sorted(zip(two.record.tolist(), two.kind.tolist(), two.count.tolist(), strict=True)) == [
        (0, 0, 1),
        (0, 1, 1),
        (2, 0, 1),
    ]
    part = one.take(np.array([3, 0]))
    assert part.per_record().tolist() == [1, 3]


def test_taking_and_cutting_records() -> None:
    found = sequences("abc", "", "de").take(np.array([2, 0]))
    assert (found.tokens.tolist(), found.lengths.tolist()) == ([3, 4, 0, 1, 2], [2, 3])
    assert found.cut(2).tokens.tolist() == [3, 4, 0, 1]
    with pytest.raises(ValueError, match="expected lengths that add up to 2"):
        Sequences(np.array([1, 2]), np.array([1]))


def test_distinct_runs_are_the_mean_over_all_draws_of_records() -> None:
    """Records of equal length, so that drawing 3 · L runs is drawing 3 records: all C(6, 3) choices, by counting."""
    records = ["abab", "bcbc", "aaaa", "abcd", "ddda", "bcbc"]
    tally = tallies(sequences(*records), 2)[1]
    pairs = [{record[at : at + 2] for at in range(3)} for record in records]
    every = [len(set.union(*chosen)) for chosen in combinations(pairs, 3)]
    assert distinct_runs(tally, among=9).value == pytest.approx(np.mean(every))
    assert distinct_runs(tally, among=18).value == pytest.approx(len(set.union(*pairs)))
    with pytest.raises(ValueError, match="expected two records and at least 19 runs"):
        distinct_runs(tally, among=19)


def test_variances_are_those_of_leaving_out_each_record() -> None:
    """Exactly for self-BLEU and entropy; for distinct runs up to the slope in the number of records drawn."""
    rng = np.random.default_rng(0)
    n = 50
    found = random(n, rng)
    counted, pairs = tallies(found, 4), contexts(found, before=1)
    among = 0.5 * float(counted[1].count.sum())
    left = [[each.take(without(at, n)) for each in counted] for at in range(n)]
    bleu = [self_bleu(each, lengths=found.lengths[without(at, n)])[0].value for at, each in enumerate(left)]
    entropy = [entropy_rate(*(each.take(without(at, n)) for each in pairs)).value for at in range(n)]
    distinct = [distinct_runs(each[1], among=among).value for each in left]
    assert self_bleu(counted, lengths=found.lengths)[0].variance == pytest.approx((n - 1) * np.var(bleu), rel=0.02)
    assert entropy_rate(*pairs).variance == pytest.approx((n - 1) * np.var(entropy), rel=1e-9)
    assert distinct_runs(counted[1], among=among).variance == pytest.approx((n - 1) * np.var(distinct), rel=0.1)


def test_entropy_of_known_chains() -> None:
    """A token decided by the one before has no entropy; of fair coins, each token has one bit."""
    certain = contexts(sequences(*["abcabcab"] * 3), before=1)
    assert entropy_rate(*certain).value == pytest.approx(0)
    # Pairs with contexts: ^a twice, ^b twice, aa, ab, ba, bb once each: one bit after every context.
    coins = contexts(sequences("aa", "ab", "ba", "bb"), before=1)
    assert entropy_rate(*coins).value == pytest.approx(1)
    # Contexts of no token at all leave the plain entropy of letters.
    assert entropy_rate(*contexts(sequences("ab", "cd"), before=2)).value == pytest.approx(0.5 * math.log2(2))
    with pytest.raises(ValueError, match="expected two records with tokens"):
        entropy_rate(*contexts(sequences("", ""), before=1))


def test_self_bleu_of_copies_of_strangers_and_by_hand() -> None:
    def bleu(*records: str) -> list[float]:
        found = sequences(*records)
        return self_bleu(tallies(found, 4), lengths=found.lengths)[1].tolist()

    assert bleu("abcde", "abcde") == pytest.approx([1, 1])
    assert bleu("abcde", "fghij", "klmno") == [0, 0, 0]
    assert bleu("", "abc") == [0, 0]
    # "aabb" against "ab": a and b once each of four, the pair ab of three, no triple of two, no quadruple of one.
    expected = math.exp((math.log(2 / 4) + math.log(1 / 3) + math.log(0.1 / 2) + math.log(0.1 / 1)) / 4)
    short = math.exp(1 - 4 / 2) * math.exp((math.log(2 / 2) + math.log(1 / 1) + 2 * math.log(0.1)) / 4)
    assert bleu("aabb", "ab") == pytest.approx([expected, short])


def reference_bleu(records: list[list[int]], at: int) -> float:
    """BLEU of one record against the others straight from its definition."""
    own, others = records[at], records[:at] + records[at + 1 :]
    if not own:
        return 0.0
    logs = []
    for size in range(1, 5):
        runs = [tuple(own[i : i + size]) for i in range(len(own) - size + 1)]
        matched = 0
        for run in set(runs):
            best = max(sum(tuple(o[i : i + size]) == run for i in range(len(o) - size + 1)) for o in others)
            matched += min(runs.count(run), best)
        if size == 1 and not matched:
            return 0.0
        logs.append(math.log((matched or 0.1) / max(len(runs), 1)))
    closest = min((abs(len(o) - len(own)), len(o)) for o in others)[1]
    return min(1.0, math.exp(1 - closest / len(own))) * math.exp(sum(logs) / 4)


def test_self_bleu_equals_its_definition() -> None:
    found = random(40, np.random.default_rng(1), vocabulary=12)
    ends = np.cumsum(found.lengths)
    records = [found.tokens[end - size : end].tolist() for end, size in zip(ends, found.lengths, strict=True)]
    mean, scores = self_bleu(tallies(found, 4), lengths=found.lengths)
    assert scores.tolist() == pytest.approx([reference_bleu(records, at) for at in range(40)])
    assert mean.value == pytest.approx(scores.mean())


def test_self_bleu_equals_nltk() -> None:
    translate = pytest.importorskip("nltk.translate.bleu_score", reason="nltk is a peer to compare with, not needed")
    found = random(40, np.random.default_rng(2), vocabulary=12, lengths=(1, 14))
    ends = np.cumsum(found.lengths)
    records = [found.tokens[end - size : end].tolist() for end, size in zip(ends, found.lengths, strict=True)]
    smooth = translate.SmoothingFunction().method1
    peer = [
        translate.sentence_bleu(records[:at] + records[at + 1 :], records[at], smoothing_function=smooth)
        for at in range(40)
    ]
    assert self_bleu(tallies(found, 4), lengths=found.lengths)[1].tolist() == pytest.approx(peer)


def test_repeats_and_loops_by_hand() -> None:
    found = sequences("abc", "abbc", "abcabd", "abcdabcd", "xababab", "xabab", "zzz", "", "abcabcabca", "aaabaaab")
    assert repeats(found, longest=4).tolist() == [False, True, False, True, True, True, True, False, True, True]
    assert repeats(found, longest=2).tolist()[2:4] == [False, False]
    ends = loops(found, longest=8, times=3)
    assert ends.tokens.tolist() == [0, 0, 0, 0, 6, 0, 3, 0, 10, 0]
    assert ends.period.tolist() == [0, 0, 0, 0, 2, 0, 1, 0, 3, 0]


def test_loops_do_not_reach_into_the_record_before() -> None:
    assert loops(sequences("zzzz", "z", "zz")).tokens.tolist() == [4, 0, 0]
    assert repeats(sequences("za", "ab", "b")).tolist() == [False, False, False]


def test_no_records_and_no_tokens() -> None:
    nothing = Sequences(np.empty(0, dtype=np.int64), np.zeros(3, dtype=np.int64))
    assert repeats(nothing).tolist() == [False] * 3
    assert loops(nothing).tokens.tolist() == [0] * 3
    found = tallies(nothing, 2)
    assert [len(each.kind) for each in found] == [0, 0]
    assert self_bleu(found, lengths=nothing.lengths)[0] == (0.0, 0.0)
    with pytest.raises(ValueError, match="expected at least two records"):
        self_bleu([], lengths=np.array([3]))


def test_intervals_of_distinct_runs_bleu_and_entropy_match_the_true_spread() -> None:
    """Over 150 fresh samples, the mean variance is that of the values: never far below, at most (1.4)² above."""
    rng = np.random.default_rng(3)
    made: list[list[tuple[float, float]]] = []
    for _ in range(150):
        found = random(200, rng, vocabulary=300, lengths=(3, 14))
        counted = tallies(found, 4)
        made.append(
            [
                tuple(distinct_runs(counted[0], among=700)),
                tuple(distinct_runs(counted[1], among=600)),
                tuple(self_bleu(counted, lengths=found.lengths)[0]),
                tuple(entropy_rate(*contexts(found, before=1))),
            ]
        )
    values, variances = np.array(made).transpose(2, 1, 0)
    ratio = np.sqrt(variances.mean(axis=1)) / values.std(axis=1, ddof=1)
    # A standard deviation from 150 values has an error of 6 %.
    assert (ratio > 0.82).all(), ratio
    assert (ratio < 1.4).all(), ratio


def test_tally_of_nothing_keeps_its_records() -> None:
    empty = Tally(*(np.empty(0, dtype=np.int64) for _ in range(3)), records=2, kinds=0)
    assert empty.per_record().tolist() == [0, 0]
