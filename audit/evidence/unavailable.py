"""The reason why a kind of evidence could not be collected."""


class Unavailable(Exception):
    """Raised by a collector when the model or the data cannot give that evidence; the message says why."""
