"""Prompts with slots: templates whose fillers can be exchanged one by one, from our own layout of probes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..probes.kinds import Contrast
from ..probes.probe_file import text_and_digest, wrong
from ..probes.readers import own_yaml

HERE = Path(__file__).parent

OURS = ("introductions.yaml", "biographies.yaml")
"""In the order in which a model is tried with them: the words of the second are known to models of that data alone."""

MOST_SLOTS = 8
MOST_ROWS = 24
"""Rows of fillers that are used of a set with one wording."""

WORDING = "wording"
"""The slot that stands for everything of a template but the other slots."""

Words = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class PromptSet:
    """One set: whom its prompts are about, what follows them, and what else they say.

    Args:
        name: of the set.
        source: the file.
        sha256: of the file.
        templates: the T wordings.
        words: of each variant, e.g. `she`, the words of its slots.
        contrast: what is read off: a weighted sum of the variants' log-probabilities.
        control: the same of words whose odds should not hang on whom a prompt is about; None where the file has none.
        lists: of each slot that says nothing of the contrast, its fillers.
        subject: what the subjects are.
        sides: the two groups of subjects that are compared.
        neutral: a subject that says nothing of the group; may be empty.
    """

    name: str
    source: str
    sha256: str
    templates: tuple[str, ...]
    words: Mapping[str, Words]
    contrast: Contrast
    control: Contrast | None
    lists: Mapping[str, tuple[str, ...]]
    subject: str
    sides: Mapping[str, tuple[str, ...]]
    neutral: str

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the slots, the subject first and the wording, where there are several, last."""
        return (self.subject, *self.lists, *((WORDING,) if len(self.templates) > 1 else ()))

    @property
    def rows(self) -> int:
        """The sampling units: wordings, or rows of fillers where there is one wording."""
        if len(self.templates) > 1:
            return len(self.templates)
        return min(MOST_ROWS, max((len(each) for each in self.lists.values()), default=1))

    def row(self, at: int) -> tuple[int, ...]:
        """The fillers of a row in order of `slots` without the subject: places in their lists, counted round."""
        lists = [at % len(each) for each in self.lists.values()]
        return (*lists, *((at % len(self.templates),) if len(self.templates) > 1 else ()))

    def text(self, variant: str, subject: str, fillers: Sequence[int]) -> str:
        """A prompt with what follows it."""
        chosen = {name: each[at] for (name, each), at in zip(self.lists.items(), fillers, strict=False)}
        template = self.templates[fillers[-1] if len(self.templates) > 1 else 0]
        return own_yaml.filled(Path(self.source), template, 0, {**self.words[variant], **chosen}, subject)


def our_sets() -> list[PromptSet]:
    """Our own sets."""
    found = [prompt_set(HERE / name) for name in OURS]
    return [each for each in found if isinstance(each, PromptSet)]


def prompt_set(path: Path) -> PromptSet | str:
    """The prompts of a file of probes; if it has none whose slots could be exchanged, why.

    Raises:
        UserError: if the file is of our own layout and cannot be used.
    """
    text, digest = text_and_digest(path)
    if not own_yaml.matches(text):
        return f"{path.name} has whole sentences, and no templates whose slots could be exchanged"
    file = own_yaml.parsed(path, text)
    if file.form != "associations" or not file.subjects:
        return f"{path.name} has no subjects"
    sides = _sides(path, file)
    if sides is None:
        return f"{path.name} does not say which subjects to compare: give `sides`, or `shares`"
    words = {**file.groups, **file.control}
    lists = {
        slot: tuple(first)
        for slot, first in next(iter(file.groups.values())).items()
        if isinstance(first, list) and len(first) > 1 and all(each.get(slot) == first for each in file.groups.values())
    }
    shared = {slot: each for slot, each in next(iter(file.groups.values())).items() if slot in lists}
    made = PromptSet(
        file.name,
        str(path),
        digest,
        tuple(dict.fromkeys(file.templates)),
        {name: {**shared, **each} for name, each in words.items()},
        own_yaml.contrasts_in(path, file)[0],
        _control(path, file),
        lists,
        file.subject,
        sides,
        file.neutral,
    )
    if len(made.slots) > MOST_SLOTS:
        raise wrong(path, None, f"at most {MOST_SLOTS} slots", str(len(made.slots)), "leave some of the lists out")
    return made


def _sides(path: Path, file: own_yaml.File) -> dict[str, tuple[str, ...]] | None:
    """The two groups of subjects: those that the file names, else by the shares that it gives of the first contrast."""
    if file.sides:
        named = [each for side in file.sides.values() for each in side]
        if len(file.sides) != 2 or not all(file.sides.values()) or len(set(named)) < len(named):
            raise wrong(path, None, "two sides with different subjects", str(file.sides), "correct `sides`")
        if unknown := sorted(set(named) - set(file.subjects)):
            raise wrong(path, None, "sides of subjects of the file", ", ".join(unknown), "correct `sides`")
        return {name: tuple(each) for name, each in file.sides.items()}
    shares = file.targets or file.shares
    weights = own_yaml.contrasts_in(path, file)[0].weights
    more, less = (_extreme(weights, sign) for sign in (1, -1))
    known = [each for each in file.subjects if {more, less} <= set(shares.get(each, {}))]
    high = tuple(each for each in known if shares[each][more] > shares[each][less])
    low = tuple(each for each in known if shares[each][more] < shares[each][less])
    return {f"more {more}": high, f"more {less}": low} if high and low else None


def _extreme(weights: Mapping[str, float], sign: int) -> str:
    return max(weights, key=lambda name: sign * weights[name])


def _control(path: Path, file: own_yaml.File) -> Contrast | None:
    if not file.control:
        return None
    if len(file.control) != 2 or set(file.control) & set(file.groups):
        raise wrong(path, None, "a control of two names that are no groups", ", ".join(file.control), "correct it")
    first, second = islice(file.control, 2)
    return Contrast(f"{first} over {second}", {first: 1.0, second: -1.0})


def chosen(paths: Sequence[Path]) -> list[PromptSet]:
    """The sets of the user's files.

    Raises:
        UserError: in one line, if a file cannot be used.
        LookupError: if none has slots; the message says why.
    """
    found = [prompt_set(path) for path in paths]
    sets = [each for each in found if isinstance(each, PromptSet)]
    if not sets:
        raise LookupError("; ".join(str(each) for each in found))
    return sets
