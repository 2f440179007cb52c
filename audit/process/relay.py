"""What a worker prints that runs no code of the user's: words of libraries, which may repeat what a checkpoint says."""

import threading
from typing import IO

from ...reports.terminal.say import say

MOST_OF_A_LINE = 64 * 1024


def relay(pipe: IO[bytes]) -> threading.Thread:
    """Pass on each line to the error stream, cleaned like all that is printed, until nobody holds the other end."""
    thread = threading.Thread(target=_pass_on, args=(pipe,), daemon=True)
    thread.start()
    return thread


def _pass_on(pipe: IO[bytes]) -> None:
    with pipe:
        while text := pipe.readline(MOST_OF_A_LINE):
            say(text.decode("utf-8", "replace").rstrip("\r\n"), err=True)
