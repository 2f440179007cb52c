"""Suffixes in order and runs in common, against what comparing everything with everything gives."""

import numpy as np
import pytest

from genai_audit.audit.statistics.reproduction.runs import covered, shared_runs
from genai_audit.audit.statistics.reproduction.suffixes import hashes, strung, suffix_order


def records(rng: np.random.Generator, count: int, most: int) -> tuple[np.ndarray, np.ndarray, list[list[int]]]:
    """Short records over three tokens, so that ties and empty records are many."""
    lengths = rng.integers(0, most, count)
    tokens = rng.integers(1, 4, lengths.sum())
    parts = [part.tolist() for part in np.split(tokens, np.cumsum(lengths)[:-1])]
    return tokens, lengths, parts


@pytest.mark.parametrize("seed", range(40))
def test_suffixes_stand_in_order(seed: int) -> None:
    tokens, lengths, _ = records(np.random.default_rng(seed), 5, 12)
    string = strung(tokens, lengths)
    order = suffix_order(string)
    assert sorted(order.tolist()) == list(range(len(string.tokens)))
    suffixes = [string.tokens[at : at + string.left[at]].tolist() for at in order]
    assert suffixes == sorted(suffixes)


def test_long_repeats_are_told_apart_after_many_doublings() -> None:
    same = np.ones(1000, dtype=np.int64)
    string = strung(np.concatenate([same, same, [2]]), np.array([1000, 1001]))
    order = suffix_order(string)
    # Runs of ones in order of length; the one that ends in a 2 comes after all that are as long.
    lengths = string.left[order]
    ends_in_two = (order >= 1001) & (lengths > 0)
    assert lengths[~ends_in_two].tolist() == sorted(lengths[~ends_in_two].tolist())
    assert order[-1] == 1001 + 1000


def agree(one: list[int], other: list[int]) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def test_common_parts_end_with_their_record() -> None:
    rng = np.random.default_rng(3)
    tokens, lengths, _ = records(rng, 6, 15)
    string = strung(tokens, lengths)
    one, other = rng.integers(0, len(string.tokens), (2, 300))
    ahead, behind = hashes(string).ahead(one, other), hashes(string).behind(one, other)
    for a, b, forward, backward in zip(one, other, ahead, behind, strict=True):
        rest = [string.tokens[at : at + string.left[at]].tolist() for at in (a, b)]
        past = [string.tokens[string.begins[string.record[at]] : at][::-1].tolist() for at in (a, b)]
        assert forward == agree(*rest)
        assert backward == agree(*past)


def longest(one: list[int], other: list[int], differences: int) -> tuple[int, int]:
    """The longest run in common, and the most tokens in common on one diagonal that grow from an equal longest one."""
    best = grown = 0
    for i in range(len(one)):
        for j in range(len(other)):
            run = agree(one[i:], other[j:])
            best = max(best, run)
            if run:
                same, wrong, at = 0, 0, 0
                while i + at < len(one) and j + at < len(other):
                    wrong += one[i + at] != other[j + at]
                    if wrong > differences:
                        break
                    same += one[i + at] == other[j + at]
                    at += 1
                grown = max(grown, same)
    return best, grown


@pytest.mark.parametrize("seed", range(40))
def test_runs_are_the_longest_there_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tokens, lengths, parts = records(rng, 6, 10)
    found = shared_runs(tokens=tokens, lengths=lengths, among=3, differences=1)
    for row in range(3):
        best = max(longest(parts[row], other, 1)[0] for other in parts[3:])
        most = max(longest(parts[row], other, 1)[1] for other in parts[3:])
        exact, near = found.exact, found.near
        assert exact.length[row] == best
        assert best <= near.length[row] <= max(most, best)
        if not best:
            assert exact.other[row] == -1
            continue
        mine = parts[row][exact.start[row] : exact.start[row] + best]
        assert mine == parts[3 + exact.other[row]][exact.other_start[row] : exact.other_start[row] + best]
        ends = [
            part[start : start + near.span[row]]
            for part, start in (
                (parts[row], near.start[row]),
                (parts[3 + near.other[row]], near.other_start[row]),
            )
        ]
        assert len(ends[0]) == len(ends[1]) == near.span[row]
        equal = sum(a == b for a, b in zip(*ends, strict=True))
        assert (equal, near.span[row] - equal <= 1) == (near.length[row], True)


def test_a_run_grows_past_tokens_that_differ_to_both_sides() -> None:
    # 1 2 3 9 4 5 6 7 9 8 against 1 2 3 4 … with two tokens replaced: eight agree, ten are spanned.
    known = [1, 2, 3, 10, 4, 5, 6, 7, 11, 8]
    made = [1, 2, 3, 9, 4, 5, 6, 7, 9, 8]
    tokens, lengths = np.array(made + known), np.array([10, 10])
    for differences, expected in ((0, (4, 4)), (1, (7, 8)), (2, (8, 10))):
        near = shared_runs(tokens=tokens, lengths=lengths, among=1, differences=differences).near
        assert (near.length[0], near.span[0]) == expected


def test_tokens_in_overlapping_runs_count_once() -> None:
    # 1 2 3 stands in the first record of the set and 3 4 5 in the second: five tokens in two runs of three.
    tokens, lengths = np.array([1, 2, 3, 4, 5, 6, 1, 2, 3, 9, 3, 4, 5]), np.array([6, 4, 3])
    stretches = shared_runs(tokens=tokens, lengths=lengths, among=1, differences=0).stretches
    assert stretches.length.tolist() == [3, 3]
    assert covered(stretches, records=1, least=3).tolist() == [5]
    assert covered(stretches, records=1, least=4).tolist() == [0]
