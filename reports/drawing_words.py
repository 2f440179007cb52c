"""How a model's samples were drawn and looked at, in sentences; and that the same question was asked before."""

from . import numbers
from .drawing import DrawingPart
from .record import Record

_WHY = {
    "decided": "drawing stopped there, because every rule that samples can decide was decided",
    "hopeless": "drawing stopped there, because more samples were unlikely to decide what is open",
    "most": "these are all that were asked for",
    "time": "then time was up: --resume with a longer --budget goes on from there",
}


def looks_words(record: Record) -> str | None:
    """What looking more than once, or too short a time, means for the verdict; None where there was one whole look."""
    said = [each for each in (_drawn(record), _again(record)) if each is not None]
    return " ".join(said) or None


def _drawn(record: Record) -> str | None:
    drawing = record.drawing
    if drawing is None or (len(drawing.looks) == 1 and drawing.stopped == "most"):
        return None
    last = drawing.looks[-1]
    if len(drawing.looks) == 1 and last.part == 1:
        return (
            f"Time for drawing was up at {numbers.count(last.n)} of {numbers.count(drawing.most)} samples: give a "
            "longer --budget."
        )
    error = 1 - record.verdict.confidence
    return (
        f"Samples were judged while they were drawn, at {_listed(drawing)} of at most {numbers.count(drawing.most)}; "
        f"{_WHY[drawing.stopped]}. The error of {numbers.number(100 * error)} % is shared among the looks, so that the "
        f"chance of a wrong verdict at any of them stays within it: the last one judged intervals at "
        f"{numbers.level(1 - last.part * error)}."
    )


def _listed(drawing: DrawingPart) -> str:
    *earlier, last = [numbers.count(each.n) for each in drawing.looks]
    return f"{', '.join(earlier)} and {last}" if earlier else last


def _again(record: Record) -> str | None:
    if record.looks == 1:
        return None
    return (
        f"Look {record.looks} at this checkpoint, these data and this policy in this folder: the chance of a wrong "
        "verdict is that of each look, added up. Fix the number of samples before the first look."
    )
