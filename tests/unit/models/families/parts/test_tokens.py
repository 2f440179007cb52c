"""Texts to tokens and back; each text has one sequence of ids, and each sequence one text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genai_audit.models.errors import UserError
from genai_audit.models.families.parts.tokens import Alphabet, content, greatest_length, split, text_shape
from unit.models.families.token_checks import dataset


@given(text=st.text(max_size=30), unit=st.sampled_from(["character", "word"]))
def test_any_text_comes_back(text: str, unit: str) -> None:
    alphabet = Alphabet(unit, tuple(sorted(set(split(text, unit)))))
    assert alphabet.decode(alphabet.encode(text)) == text


@given(words=st.lists(st.text(alphabet="ab.\n", max_size=4), min_size=1, max_size=6))
def test_no_two_sequences_of_words_give_one_text(words: list[str]) -> None:
    assert split(" ".join(words), "word") == words


def test_content_lies_between_beginning_and_end() -> None:
    assert content([0, 3, 1, 0, 2]) == content([3, 1]) == [3, 1]
    assert content([0]) == content([0, 0, 3]) == content([]) == []


def test_the_longest_record_leaves_a_margin() -> None:
    assert greatest_length([4, 8], "made") == 10
    assert greatest_length([1], "made") == 2


@pytest.mark.parametrize(
    ("texts", "unit", "message"),
    [
        (["ab", ""], "character", "made: expected records that are not empty, got one that is: number 1"),
        (["a" * 1001], "character", "made: expected records of at most 1000 tokens, got one of 1001; cut the records"),
        ([chr(200 + n) for n in range(4001)], None, "at most 4000 different characters, got 4001; leave texts with"),
        ([str(n) for n in range(4001)], "word", "at most 4000 different words, got 4001; take characters by unit="),
    ],
)
def test_texts_that_no_alphabet_fits_are_refused(texts: list[str], unit: str | None, message: str) -> None:
    with pytest.raises(UserError, match=message):
        text_shape(dataset(texts), unit)
