"""A pseudo-terminal of a given size, and what a person sees on it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]")
"""Codes that move the cursor, colour text and the like."""


def shown(*arguments: str, columns: int = 80, rows: int = 24, code: str | None = None, **environ: str) -> str:
    """What `genai-audit` writes to a terminal of that size, or a piece of Python in its place; with all its codes."""
    command = [sys.executable, *(["-m", "genai_audit", *arguments] if code is None else ["-c", code])]
    # pytest and builds may say of their own streams what would change what is seen here.
    clean = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR")
    }
    places = os.pathsep.join(filter(None, [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH")]))
    here = {"TERM": "xterm", "PAGER": "cat", "PYTHONPATH": places, "PYTHONIOENCODING": "utf-8"}
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env={**clean, **here, **environ}):
        os.close(theirs)
        pieces = []
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux says so where the other side was closed.
                break
            if not piece:
                break
            pieces.append(piece)
    os.close(ours)
    return b"".join(pieces).decode("utf-8").replace("\r\n", "\n")


def plain(text: str) -> str:
    """The text without codes."""
    return ESCAPES.sub("", text)
