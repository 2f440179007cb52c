"""A time by which an answer must be whole: a server that sends a byte now and then never runs into a time-out."""

import threading
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


class Overdue(Exception):
    """The time is over."""


def in_time(work: Callable[[], Answer], seconds: float) -> Answer:
    """What `work` returns, if it does so in time; it goes on alone otherwise, and nobody waits for it.

    Names may be looked up, connections made and secured, and headers read in it: none of that can be interrupted.

    Raises:
        Overdue: if it does not. Whatever it raises is raised here.
    """
    answers: list[Answer] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(work())
        except BaseException as error:  # It belongs to the thread that waits, whatever it is.
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise Overdue
    return answers[0]
