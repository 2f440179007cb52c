"""What turned records into features, in sentences: which findings rest on it, and what it cannot see."""

from .data_parts import EncoderPart
from .record import Record
from .words import short


def encoder_words(record: Record) -> str | None:
    """Each encoder, the findings that it feeds, and what it cannot see; None where no finding rests on features."""
    said = [_said(record, each, first=place == 0) for place, each in enumerate(record.data.encoders)]
    return " ".join(each for each in said if each) or None


def _said(record: Record, encoder: EncoderPart, *, first: bool) -> str:
    group = f"encoder {encoder.name}"
    fed = [
        each.code
        for each in record.findings
        if each.estimates and (each.encoder == encoder.name if first else group in {e.group for e in each.estimates})
    ]
    if not fed:
        return ""
    own = f"features by {encoder.name}"
    what = short(encoder.name) if encoder.features == own else f"{short(encoder.name)} ({short(encoder.features, 200)})"
    codes = f"{', '.join(fed[:-1])} and {fed[-1]}" if len(fed) > 1 else fed[0]
    again = "rest on" if len(fed) > 1 else "rests on"
    opening = f"{codes} {again} features by {what}" if first else f"{codes} also looked at features by {what}"
    return f"{opening}, {blind_words(encoder)}."


def blind_words(encoder: EncoderPart) -> str:
    """What an encoder cannot see, as a clause."""
    if not encoder.cannot_see:
        return "whose author does not say what it cannot see"
    return f"which cannot see {short(encoder.cannot_see, 300)}"
