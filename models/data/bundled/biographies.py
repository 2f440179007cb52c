"""`biographies`: short texts about invented people, drawn from a grammar whose every probability is declared here.

    Maria Lopez is a nurse from the north. She likes chess.

The chain is occupation → pronoun → first name; region, last name, phrase and hobby are independent of it and of each
other. What is declared is the ground truth: an auditor that measures P(she | nurse) on samples must
find `WOMEN["nurse"]`.
None of it describes real people; the probabilities are round numbers, wide apart, so that a small audit can see them.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...records import Attribute, Records

N = 10_000
SEED = 20_240_604

OCCUPATIONS: Mapping[str, float] = {
    "nurse": 0.15,
    "teacher": 0.15,
    "librarian": 0.10,
    "lawyer": 0.125,
    "chef": 0.125,
    "farmer": 0.10,
    "engineer": 0.15,
    "plumber": 0.10,
}
"""P(occupation)."""

WOMEN: Mapping[str, float] = {
    "nurse": 0.90,
    "teacher": 0.75,
    "librarian": 0.65,
    "lawyer": 0.50,
    "chef": 0.40,
    "farmer": 0.35,
    "engineer": 0.20,
    "plumber": 0.10,
}
"""P(she | occupation)."""

THEY = 0.05
"""P(they | occupation), equal for all."""

PRONOUNS = ("she", "he", "they")

REGIONS: Mapping[str, float] = {"north": 0.4, "south": 0.3, "east": 0.2, "west": 0.1}
"""P(region), independent of all else."""

FIRST_NAMES: Mapping[str, tuple[str, ...]] = {
    "feminine": ("Maria", "Anna", "Sofia", "Emma", "Julia", "Clara", "Elena", "Laura", "Nina", "Alice"),
    "masculine": ("David", "Peter", "Lucas", "Martin", "Thomas", "Daniel", "Paul", "Simon", "Victor", "Oscar"),
    "neutral": ("Robin", "Alex", "Kim", "Jamie", "Sasha"),
}
"""Each equally frequent among the names of its kind."""

NAME_KINDS: Mapping[str, Mapping[str, float]] = {
    "she": {"feminine": 0.88, "masculine": 0.02, "neutral": 0.10},
    "he": {"feminine": 0.02, "masculine": 0.88, "neutral": 0.10},
    "they": {"feminine": 0.30, "masculine": 0.30, "neutral": 0.40},
}
"""P(kind of first name | pronoun)."""

LAST_NAMES = (
    "Lopez", "Novak", "Smith", "Rossi", "Meyer", "Dubois", "Silva", "Kumar", "Tanaka", "Cohen",
    "Jansen", "Olsen", "Moreau", "Weber", "Garcia", "Okafor", "Haddad", "Ivanov", "Nguyen", "Brown",
)  # fmt: skip
"""All equally frequent."""

HOBBIES = (
    "chess", "painting", "football", "sailing", "cooking", "reading", "tennis", "gardening", "dancing", "cycling",
    "pottery", "swimming",
)  # fmt: skip
"""All equally frequent."""


class Phrase(NamedTuple):
    """How a second sentence begins with each pronoun, and how often this phrase is taken."""

    share: float
    she: str
    he: str
    they: str

    def start(self, pronoun: str) -> str:
        """The words before the hobby."""
        return {"she": self.she, "he": self.he, "they": self.they}[pronoun]


PHRASES = (
    Phrase(0.4, "She likes", "He likes", "They like"),
    Phrase(0.3, "She enjoys", "He enjoys", "They enjoy"),
    Phrase(0.3, "Her hobby is", "His hobby is", "Their hobby is"),
)


def pronouns_given(occupation: str) -> dict[str, float]:
    """P(pronoun | occupation)."""
    she = WOMEN[occupation]
    return {"she": she, "he": 1 - THEY - she, "they": THEY}


def joint() -> dict[tuple[str, str, str], float]:
    """P(pronoun, occupation, region), in closed form."""
    return {
        (pronoun, occupation, region): share * pronouns_given(occupation)[pronoun] * REGIONS[region]
        for pronoun, (occupation, share), region in product(PRONOUNS, OCCUPATIONS.items(), REGIONS)
    }


def marginal(attribute: str) -> dict[str, float]:
    """P(value) of `pronoun`, `occupation` or `region`."""
    place = ("pronoun", "occupation", "region").index(attribute)
    shares = dict.fromkeys((PRONOUNS, OCCUPATIONS, REGIONS)[place], 0.0)
    for values, share in joint().items():
        shares[values[place]] += share
    return shares


def names_given(pronoun: str) -> dict[str, float]:
    """P(first name | pronoun)."""
    return {name: NAME_KINDS[pronoun][kind] / len(names) for kind, names in FIRST_NAMES.items() for name in names}


def pronouns_given_name(name: str) -> dict[str, float]:
    """P(pronoun | first name), by Bayes' rule."""
    shares = {pronoun: share * names_given(pronoun)[name] for pronoun, share in marginal("pronoun").items()}
    return {pronoun: share / sum(shares.values()) for pronoun, share in shares.items()}


def log_prob(text: str) -> float:
    """Nats of a text under the grammar; −inf if it is not of the grammar."""
    sentence = _SENTENCES.fullmatch(text)
    if sentence is None:
        return -math.inf
    pronoun, phrase = _STARTS[sentence["start"]]
    occupation, region = sentence["occupation"], sentence["region"]
    attributes = OCCUPATIONS[occupation] * pronouns_given(occupation)[pronoun] * REGIONS[region]
    words = names_given(pronoun)[sentence["first"]] / len(LAST_NAMES) * phrase.share / len(HOBBIES)
    return math.log(attributes * words)


def entropy() -> float:
    """Expected −log_prob of a text, in nats: no model of these texts can have a lower mean on fresh ones."""
    names = sum(share * _entropy(names_given(pronoun)) for pronoun, share in marginal("pronoun").items())
    phrases = _entropy({phrase: phrase.share for phrase in PHRASES})
    return _entropy(joint()) + names + phrases + math.log(len(LAST_NAMES)) + math.log(len(HOBBIES))


def read(text: str) -> dict[str, str] | None:
    """Pronoun, occupation and region of a text; None if it is not of the grammar."""
    sentence = _SENTENCES.fullmatch(text)
    if sentence is None:
        return None
    pronoun, _ = _STARTS[sentence["start"]]
    return {"pronoun": pronoun, "occupation": sentence["occupation"], "region": sentence["region"]}


def records() -> Records:
    """10,000 texts of 45 to 80 characters, with the groups `pronoun`, `occupation` and `region`; always the same."""
    # Every part of a text comes from a uniform number of its own.
    columns = iter(np.random.default_rng(SEED).random((7, N)))
    occupation = _pick(next(columns), OCCUPATIONS)
    pronoun = _pick_given(next(columns), occupation, [pronouns_given(each) for each in OCCUPATIONS])
    first = _pick_given(next(columns), pronoun, [names_given(each) for each in PRONOUNS])
    region = _pick(next(columns), REGIONS)
    phrase = _pick(next(columns), {each: each.share for each in PHRASES})
    last, hobby = ((u * len(words)).astype(np.int64) for u, words in zip(columns, (LAST_NAMES, HOBBIES), strict=True))
    names, occupations, regions = list(names_given("she")), list(OCCUPATIONS), list(REGIONS)
    texts = [
        f"{names[first[i]]} {LAST_NAMES[last[i]]} is {_with_article(occupations[occupation[i]])} "
        f"from the {regions[region[i]]}. {PHRASES[phrase[i]].start(PRONOUNS[pronoun[i]])} {HOBBIES[hobby[i]]}."
        for i in range(N)
    ]
    attributes = {
        "pronoun": Attribute(PRONOUNS, pronoun),
        "occupation": Attribute(tuple(OCCUPATIONS), occupation),
        "region": Attribute(tuple(REGIONS), region),
    }
    return Records("text", texts, attributes)


def _pick(u: NDArray[np.float64], shares: Mapping[Any, float]) -> NDArray[np.int64]:
    """Places in `shares`, drawn by uniform numbers: the inverse of the cumulative distribution."""
    bounds = np.cumsum(list(shares.values()))[:-1]
    return np.searchsorted(bounds, u, side="right").astype(np.int64)


def _pick_given(
    u: NDArray[np.float64], given: NDArray[np.int64], shares: Sequence[Mapping[str, float]]
) -> NDArray[np.int64]:
    drawn = np.stack([_pick(u, each) for each in shares])
    places: NDArray[np.int64] = drawn[given, np.arange(len(u))]
    return places


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _entropy(shares: Mapping[Any, float]) -> float:
    return -sum(share * math.log(share) for share in shares.values())


def _one_of(words: Iterable[str]) -> str:
    return "|".join(words)


_STARTS = {phrase.start(pronoun): (pronoun, phrase) for phrase in PHRASES for pronoun in PRONOUNS}
_SENTENCES = re.compile(
    f"(?P<first>{_one_of(names_given('she'))}) (?:{_one_of(LAST_NAMES)}) "
    f"is (?:a(?= [^aeiou])|an(?= [aeiou])) (?P<occupation>{_one_of(OCCUPATIONS)}) "
    f"from the (?P<region>{_one_of(REGIONS)})\\. (?P<start>{_one_of(_STARTS)}) (?:{_one_of(HOBBIES)})\\."
)
