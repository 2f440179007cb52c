"""The one exception that speaks to the user."""


class UserError(Exception):
    """Something the user can put right: one line saying what was expected, what was found and what to do."""
