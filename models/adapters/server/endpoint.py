"""A language model behind an OpenAI-compatible HTTP interface: `https://host/v1#MODEL`.

The address may name the interface, `…/v1/completions#MODEL` or `…/v1/chat/completions#MODEL`; else prompts go to the
chat, and without prompts texts are completions of the empty text. The key, if the server wants one, comes from the
environment variable GENAI_AUDIT_API_KEY and from nowhere else.
"""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from ...api_key import KEY_VARIABLE, SHOWN, api_key, without_key, without_secrets
from ...errors import UserError
from ..opened import Opened, Options
from .http_json import Patience, Refused, Server, is_local

if TYPE_CHECKING:
    import torch

MAX_NEW_TOKENS = 64
THREADS = 8
SECRET = ("key", "token", "secret", "sig", "passw", "pwd", "auth", "code", "credential", "jwt", "session")
NOTES = (
    "The model lies behind a server: its weights were not seen, and whether the same seed gives the same text depends "
    "on the server.",
    "The interface gives no log-probability of a given text, so likelihoods are not available.",
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model is served: the base of the interface, its query, chat or completions, and the model's name."""

    base: str
    query: str
    chat: bool | None
    name: str

    def at(self, path: str) -> str:
        """The URL of a part of the interface."""
        return f"{self.base}/{path}{'?' if self.query else ''}{self.query}"


def open_endpoint(url: str, options: Options, patience: Patience | None = None) -> Opened:
    """The language model behind an address; no other host is contacted.

    Raises:
        UserError: if the address is none, carries a secret, does not name a model that the server has, or is that of a
            chat and no prompts are given.
    """
    key = api_key()
    if without_key(url) != url:
        raise UserError(
            f"{without_secrets(url)}: expected no key in the address, where it would stand in the record; "
            f"{KEY_VARIABLE} is sent by itself"
        )
    address = parse(url)
    host = urlsplit(address.base).hostname or ""
    if key and address.base.startswith("http://") and not is_local(host):
        raise UserError(f"{address.base}: expected https:// where a key is sent, got http://; use https://")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UserError(
            f"{KEY_VARIABLE}: expected a key of ASCII letters without spaces, got something else; set it again"
        )
    chat = bool(options.prompts) if address.chat is None else address.chat
    if chat and not options.prompts:
        raise UserError(
            f"{address.base}: expected prompts for a chat, got none; give --prompts FILE.txt, or use …/v1/completions"
        )
    server = Server(key, patience or Patience())
    name = address.name or _only_model(server, address)
    model = ServedText(server, address, name, options.prompts, chat=chat)
    declared = {
        "url": address.base,
        "model": name,
        "interface": "chat/completions" if chat else "completions",
        "temperature": 1,
        "max_new_tokens": MAX_NEW_TOKENS,
        "prompts": len(options.prompts),
    }
    empty = () if options.prompts else ("Texts complete the empty text, as no prompts were given.",)
    return Opened(model, "OpenAI-compatible endpoint", None, declared, (*NOTES, *empty))


def parse(url: str) -> Address:
    """The parts of an address.

    Raises:
        UserError: if it is none, or carries a user, a password or a key, which would stand in the record.
    """
    # A password may hold a slash, and a mistake anywhere makes another part of it: nothing before the last @ is shown.
    shown = re.sub(r"[^#]*@", "", url) if "@" in url.partition("#")[0] else url
    shown = shown.partition("?")[0]
    try:
        parts = urlsplit(url)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError as error:
        # What is wrong may be a part of a password.
        why = "" if "@" in url else f" ({error})"
        raise UserError(f"{shown}: expected an address such as https://host/v1#MODEL, got none{why}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_sound:
        raise UserError(f"{shown}: expected an address such as https://host/v1#MODEL, got none; check it")
    if not (parts.path + parts.query).isascii():
        raise UserError(f"{shown}: expected an address in ASCII, got other characters; write them as %XX")
    if "@" in parts.netloc:
        raise UserError(f"{shown}: expected an address without user and password; set {KEY_VARIABLE} instead")
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if any(word in name.lower() for word in SECRET):
            raise UserError(
                f"{parts.scheme}://{parts.netloc}{parts.path}: expected no {name} in the address, where it would stand "
                f"in the record; set {KEY_VARIABLE} instead"
            )
    path, chat = parts.path.rstrip("/"), None
    for end, is_chat in (("/chat/completions", True), ("/completions", False)):
        if path.endswith(end):
            path, chat = path.removesuffix(end), is_chat
            break
    return Address(urlunsplit((parts.scheme, parts.netloc, path, "", "")), parts.query, chat, unquote(parts.fragment))


def _only_model(server: Server, address: Address) -> str:
    served = server.ask(address.at("models")).get("data")
    names = (
        [each["id"] for each in served if isinstance(each, dict) and isinstance(each.get("id"), str)]
        if isinstance(served, list)
        else []
    )
    if len(names) == 1:
        return str(names[0])
    some = f"{len(names)} ({', '.join(names[:5])}{', …' if len(names) > 5 else ''})" if names else "no list of them"
    raise UserError(f"{address.base}: expected a model's name after #, since the server has {some}; add #MODEL")


class ServedText:
    """A model that is asked over HTTP: one request a text, a few at a time, answers in order."""

    modality = "text"
    chunk = 2 * THREADS
    default_samples = 500  # each text is a request that somebody pays for

    def __init__(self, server: Server, address: Address, name: str, prompts: Sequence[str], *, chat: bool) -> None:
        self.server = server
        self.url = address.at("chat/completions" if chat else "completions")
        self.name = name
        self.prompts = tuple(prompts)
        self.chat = chat
        self.limit = "max_tokens"

    def later_notes(self) -> list[str]:
        """What a reviewer must know of the answers, once they have come."""
        count = len(self.server.repeated)
        if not count:
            return []
        what = "answer holds" if count == 1 else "answers hold"
        return [f"{count} {what} the API key, which the server repeated: {SHOWN} stands in its place."]

    def sample(self, n: int, *, generator: "torch.Generator", condition: Any = None) -> list[str]:
        """Draw n texts, each to a prompt picked at random and with a seed drawn; `condition` is a prompt or n of them.

        Raises:
            UserError: if the server does not answer, or not in the form of its interface.
        """
        import torch

        from ..token_models.text_generation import choose_prompts

        prompts = choose_prompts(n, self.prompts, generator, condition)
        seeds = torch.randint(2**31 - 1, (n,), generator=generator, device=generator.device).tolist()
        pool = ThreadPoolExecutor(min(THREADS, max(n, 1)))
        try:
            return list(pool.map(self._text, prompts, seeds))
        finally:
            # After an error nothing that waits is still asked for.
            pool.shutdown(cancel_futures=True)

    def _text(self, prompt: str | None, seed: int) -> str:
        asked: dict[str, Any] = {"model": self.name, "temperature": 1, "top_p": 1, "n": 1, "seed": seed}
        if self.chat:
            asked["messages"] = [{"role": "user", "content": prompt or ""}]
        else:
            asked["prompt"] = prompt or ""
        limit = self.limit
        try:
            answer = self.server.ask(self.url, {**asked, limit: MAX_NEW_TOKENS})
        except Refused as error:
            # Newer servers renamed the field, and say so.
            if limit != "max_tokens" or error.status != 400 or "max_completion_tokens" not in error.said:
                raise
            self.limit = "max_completion_tokens"
            answer = self.server.ask(self.url, {**asked, self.limit: MAX_NEW_TOKENS})
        return self._first(answer)

    def _first(self, answer: dict[str, Any]) -> str:
        choices = answer.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        if isinstance(first, dict):
            message = first.get("message") if self.chat else first
            text = message.get("content" if self.chat else "text") if isinstance(message, dict) else None
            if isinstance(text, str):
                return text
            # A chat that has nothing to say, or declines, has no content.
            if self.chat and isinstance(message, dict) and "content" in message and text is None:
                return ""
        wanted = "choices[0].message.content" if self.chat else "choices[0].text"
        raise UserError(
            f"POST {self.url}: expected {wanted} in the answer, got {', '.join(sorted(answer)) or 'an empty object'}; "
            f"is this an OpenAI-compatible interface?"
        )
