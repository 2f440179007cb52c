"""JSON over HTTP with time-outs and repeated attempts: the only code here that opens a connection.

Only the address that the user gave is spoken to: redirects are refused. The key travels in a header alone.

Reference: RFC 9110, HTTP semantics (section 10.2.3, Retry-After), doi:10.17487/RFC9110.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from ...errors import UserError, one_line

AGAIN = (408, 409, 425, 429, 500, 502, 503, 504, 529)
"""Answers after which the same request may succeed."""
MOST_BYTES = 32_000_000


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a server.

    Args:
        timeout: seconds without an answer before an attempt is given up.
        attempts: how often a request is made at most.
        first_wait: seconds before the second attempt; doubled each time, unless the server says how long.
        longest_wait: no wait is longer, whatever the server says.
        sleep: what waits.
    """

    timeout: float = 120.0
    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 60.0
    sleep: Callable[[float], None] = time.sleep


class Refused(UserError):
    """An answer that no further attempt would change, with its status and what the server said."""

    def __init__(self, message: str, status: int, said: str) -> None:
        super().__init__(message)
        self.status = status
        self.said = said


@dataclass(frozen=True, slots=True)
class Server:
    """Where requests go and how; the key is in no text that this makes.

    Args:
        key: sent as a bearer token if not empty.
        patience: time-outs and repetitions.
    """

    key: str = field(default="", repr=False)
    patience: Patience = Patience()

    def ask(self, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The JSON object that the server answers, to a POST of `body` or a GET.

        Raises:
            UserError: if no attempt brings one; says what was asked, what came back, and what to do.
        """
        what, patience, problem = f"{'GET' if body is None else 'POST'} {url}", self.patience, ""
        for attempt in range(patience.attempts):
            wait = patience.first_wait * 2**attempt
            try:
                return self._once(url, body, what)
            except HTTPError as error:
                with error:
                    said = self._said(error)
                problem = f"HTTP {error.code}" + (f" ({said})" if said else "")
                if error.code not in AGAIN:
                    raise Refused(f"{what}: {_refusal(error, problem)}", error.code, said) from error
                wait = _told(error, wait)
            except (URLError, HTTPException, OSError) as error:
                problem = self._broken(error)
            if attempt + 1 < patience.attempts:
                patience.sleep(min(max(wait, 0.0), patience.longest_wait))
        raise UserError(
            f"{what}: expected an answer, got {problem} in {patience.attempts} attempts; "
            f"check that the server runs, or ask it later"
        )

    def _once(self, url: str, body: Mapping[str, Any] | None, what: str) -> dict[str, Any]:
        headers = {"Accept": "application/json", "User-Agent": "genai-audit"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        data = None
        if body is not None:
            headers["Content-Type"], data = "application/json", json.dumps(body).encode()
        # Both schemes were checked where the address came from; TLS certificates are verified by default.
        with _opener().open(Request(url, data, headers), timeout=self.patience.timeout) as answer:
            text = answer.read(MOST_BYTES + 1)
            # Reading up to a size does not notice that the connection broke off before the end.
            if answer.length and len(text) <= MOST_BYTES:
                raise HTTPException(f"{answer.length} bytes are missing")
        try:
            content = json.loads(text) if len(text) <= MOST_BYTES else None
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            shown = self._clean(text[:200])
            raise UserError(
                f"{what}: expected a JSON object, got {shown or 'nothing'!r}; is this the address of an "
                f"OpenAI-compatible interface, such as https://host/v1?"
            )
        return content

    def _said(self, error: HTTPError) -> str:
        """What the server says went wrong, without the key, which some repeat."""
        text = b""
        try:
            text = error.read(100_000)
            content = json.loads(text)
        except (ValueError, RecursionError):
            return self._clean(text)
        except (HTTPException, OSError):
            return ""
        inner = content.get("error", content.get("message", content)) if isinstance(content, dict) else content
        inner = inner.get("message", inner) if isinstance(inner, dict) else inner
        return self._clean(str(inner).encode())

    def _clean(self, text: bytes) -> str:
        shown = " ".join(text.decode("utf-8", "replace").split())
        shown = shown.replace(self.key, "(key)") if self.key else shown
        return shown if len(shown) <= 200 else f"{shown[:200]}…"

    def _broken(self, error: Exception) -> str:
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, TimeoutError):
            return f"no answer within {self.patience.timeout:g} s"
        return f"no connection or a broken one ({one_line(reason) if isinstance(reason, Exception) else reason})"


class _NoRedirect(HTTPRedirectHandler):
    """Follows no redirect, which could take the key and the prompts to another host; it is reported as an error."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _opener() -> OpenerDirector:
    return build_opener(_NoRedirect)


def _told(error: HTTPError, otherwise: float) -> float:
    """The seconds that the server asks to wait, as a number or a date."""
    value = error.headers.get("Retry-After", "")
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, TypeError):
        return otherwise


def _refusal(error: HTTPError, problem: str) -> str:
    if 300 <= error.code < 400:
        return (
            f"expected an answer, got a redirect to {error.headers.get('Location', 'nowhere')}, which is not followed; "
            f"give that address if you trust it"
        )
    if error.code in (401, 403):
        return f"expected an answer, got {problem}; set the environment variable GENAI_AUDIT_API_KEY to a valid key"
    if error.code == 404:
        return f"expected an answer, got {problem}; check the address, which ends in /v1, and the model's name"
    return f"expected an answer, got {problem}; check the model's name and what the server can do"
