"""JSON over HTTP with time-outs and repeated attempts: the only code here that opens a connection.

Only the address that the user gave is spoken to: redirects are refused, and a server on this machine is asked without
any proxy. A proxy for another is the user's choice; where a key is sent, it carries a TLS tunnel and sees no request.
The key travels in a header alone, and no text that comes back holds it.

Reference: RFC 9110, HTTP semantics (section 10.2.3, Retry-After), doi:10.17487/RFC9110.
"""

import ipaddress
import json
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from ...api_key import KEY_VARIABLE, cleaned, without_key
from ...errors import UserError
from ...limits import check, most, way_out
from .deadline import Overdue, in_time

AGAIN = (408, 409, 425, 429, 500, 502, 503, 504, 529)
"""Answers after which the same request may succeed."""
MOST_SHOWN = 100_000
"""Bytes of an answer that are looked at to say what is wrong with it."""
LONGEST_SAID = 200
"""Characters of a server's words that are repeated."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a server.

    Args:
        timeout: seconds without a byte before an attempt is given up.
        whole: seconds in which an answer must be whole, however it comes.
        attempts: how often a request is made at most.
        first_wait: seconds before the second attempt; doubled each time, unless the server says how long.
        longest_wait: no wait is longer, whatever the server says.
        sleep: what waits.
    """

    timeout: float = 120.0
    whole: float = field(default_factory=lambda: float(most("wait")))
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


class _Unsuccessful(Exception):
    """An answer with a status of failure, and what the server said."""

    def __init__(self, error: HTTPError, said: str) -> None:
        super().__init__(said)
        self.error = error
        self.said = said


@dataclass(frozen=True, slots=True)
class Server:
    """Where requests go and how; the key is in no text that this makes.

    Args:
        key: sent as a bearer token if not empty.
        patience: time-outs and repetitions.
        repeated: what was asked, for each answer in which the key stood.
    """

    key: str = field(default="", repr=False)
    patience: Patience = field(default_factory=Patience)
    repeated: list[str] = field(default_factory=list, repr=False)

    def ask(self, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The JSON object that the server answers, to a POST of `body` or a GET.

        Raises:
            UserError: if no attempt brings one; says what was asked, what came back, and what to do.
        """
        what, patience, problem = f"{'GET' if body is None else 'POST'} {url}", self.patience, ""
        for attempt in range(patience.attempts):
            wait = patience.first_wait * 2**attempt
            try:
                return in_time(lambda: self._once(url, body, what), patience.whole)
            except Overdue:
                raise UserError(
                    f"{what}: expected a whole answer within {patience.whole:g} s, got a part of one or none; check "
                    f"the server, or {way_out('wait')}"
                ) from None
            except _Unsuccessful as unsuccessful:
                error, said = unsuccessful.error, unsuccessful.said
                problem = f"HTTP {error.code}" + (f" ({said})" if said else "")
                if error.code not in AGAIN:
                    # Without the cause, whose own words may hold the key.
                    raise Refused(f"{what}: {_refusal(error, problem)}", error.code, said) from None
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
        try:
            with _opener(url).open(Request(url, data, headers), timeout=self.patience.timeout) as answer:
                text = answer.read(most("answer") + 1)
                check("answer", len(text), what, got="more")
                # Reading up to a size does not notice that the connection broke off before the end.
                if answer.length:
                    raise HTTPException(f"{answer.length} bytes are missing")
        except HTTPError as error:
            with error:
                raise _Unsuccessful(error, _reason(error)) from None
        try:
            answered = json.loads(text)
            content = cleaned(answered)
            if content != answered:
                self.repeated.append(url)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            shown = _said(text[:MOST_SHOWN].decode("utf-8", "replace"))
            raise UserError(
                f"{what}: expected a JSON object, got {shown or 'nothing'!r}; is this the address of an "
                f"OpenAI-compatible interface, such as https://host/v1?"
            )
        return content

    def _broken(self, error: Exception) -> str:
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, TimeoutError):
            return f"no answer within {self.patience.timeout:g} s"
        return f"no connection or a broken one ({_said(str(reason)) or type(reason).__name__})"


def _reason(error: HTTPError) -> str:
    """What the server says went wrong."""
    text = b""
    try:
        text = error.read(MOST_SHOWN)
        content = json.loads(text)
    except (ValueError, RecursionError):
        return _said(text.decode("utf-8", "replace"))
    except (HTTPException, OSError):
        return ""
    inner = content.get("error", content.get("message", content)) if isinstance(content, dict) else content
    inner = inner.get("message", inner) if isinstance(inner, dict) else inner
    return _said(str(inner))


def _said(text: str) -> str:
    """The words of a server, or of an exception about it, on one line: without the key, and cut after that."""
    shown = " ".join(without_key(text).split())
    return shown if len(shown) <= LONGEST_SAID else f"{shown[:LONGEST_SAID]}…"


class _NoRedirect(HTTPRedirectHandler):
    """Follows no redirect, which could take the key and the prompts to another host; it is reported as an error."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def is_local(host: str) -> bool:
    """Whether a host is this machine by its name or its number: `localhost`, 127.0.0.0/8, ::1, and 0.0.0.0."""
    host = host.lower().rstrip(".")
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            # `127.1` and `0x7f000001` are understood by systems, too.
            address = ipaddress.ip_address(socket.inet_aton(host))
        except OSError:
            return False
    inner = getattr(address, "ipv4_mapped", None) or address
    return bool(inner.is_loopback or inner.is_unspecified)


def _opener(url: str) -> OpenerDirector:
    # Without an argument the proxies are those of the environment and the system.
    proxies = ProxyHandler({}) if is_local(urlsplit(url).hostname or "") else ProxyHandler()
    return build_opener(proxies, _NoRedirect)


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
            f"expected an answer, got a redirect to {_said(error.headers.get('Location', '')) or 'nowhere'}, "
            f"which is not followed; give that address if you trust it"
        )
    if error.code in (401, 403):
        return f"expected an answer, got {problem}; set the environment variable {KEY_VARIABLE} to a valid key"
    if error.code == 404:
        return f"expected an answer, got {problem}; check the address, which ends in /v1, and the model's name"
    return f"expected an answer, got {problem}; check the model's name and what the server can do"
