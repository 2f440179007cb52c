"""The one exception that speaks to the user, and how it quotes others."""

LONGEST = 300
"""Characters of another exception that are quoted at most."""


class UserError(Exception):
    """Something the user can put right: one line saying what was expected, what was found and what to do."""


def one_line(error: BaseException) -> str:
    """What an exception says, as one line of bounded length; the name of its type where it says nothing."""
    try:
        text = str(error).strip() or type(error).__name__
    except Exception:  # What an exception of somebody else's says is their code, too.
        text = type(error).__name__
    return shortened(text)


def shortened(text: str) -> str:
    """A text of the user's or of somebody else's as one line of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
