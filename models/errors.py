"""The one exception that speaks to the user, and how it quotes others."""

LONGEST = 300
"""Characters of another exception that are quoted at most."""


class UserError(Exception):
    """Something the user can put right: one line saying what was expected, what was found and what to do."""


def one_line(error: BaseException) -> str:
    """What an exception says, as one line of bounded length; the name of its type where it says nothing."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
