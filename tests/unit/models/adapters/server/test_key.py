"""The key of a server goes to that server alone, and into nothing that is printed or kept."""

import base64
import json
import socket
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from genai_audit.models.adapters.opened import Options
from genai_audit.models.adapters.server.endpoint import open_endpoint, parse
from genai_audit.models.adapters.server.http_json import Patience, Server, is_local
from genai_audit.models.api_key import KEY_VARIABLE
from genai_audit.models.errors import UserError
from unit.models.adapters.server.test_endpoint import Served, draw, talk

KEY = "sk-proj-AbC/9+x_Zy-0123456789qrstUV"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "no_proxy", "NO_PROXY")
WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "capitals": str.upper,
    "percent": lambda key: urllib.parse.quote(key, safe=""),
    "base64": lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    "json": lambda key: "".join(f"\\u{ord(char):04x}" for char in key),
    "html": lambda key: "".join(f"&#{ord(char)};" for char in key),
    "hexadecimal": lambda key: key.encode().hex(),
    "broken": lambda key: f"{key[:17]}\n{key[17:]}",
}
HELD = [base64.b64encode(b" " * before + KEY.encode()).decode()[4:20] for before in range(3)]

pytestmark = pytest.mark.local_server


def holds_key(text: str) -> bool:
    """Whether any ten characters of the key stand in a text, as they are or in one of the ways of writing it."""
    forms = [text, urllib.parse.unquote(text), text.replace("\n", "").replace(" ", "")]
    forms += [json.dumps(each) for each in forms] + [text.encode().decode("unicode_escape", "replace")]
    wanted = [KEY[at : at + 10].lower() for at in range(len(KEY) - 9)]
    wanted += [KEY.encode().hex()[:20], *("".join(f"&#{ord(char)};" for char in KEY[:10]),)]
    wanted += [each.lower() for each in HELD]
    return any(each in form.lower() for form in forms for each in wanted)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    server = Served()
    yield server
    server.stop()


def refusal(served: Served, **patience: Any) -> UserError:
    with pytest.raises(UserError) as error:
        draw(served.open("#tiny", attempts=1, **patience).model, 1)
    return error.value


def assert_clean(error: BaseException) -> None:
    chain: BaseException | None = error
    while chain is not None:
        assert not holds_key(str(chain)), str(chain)
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)


@pytest.mark.parametrize("form", WRITTEN)
@pytest.mark.parametrize(
    "answer",
    [
        lambda said: (401, {"error": {"message": f"Incorrect key {said}"}}, {}),
        lambda said: (400, said.encode(), {}),
        lambda said: (418, {said: said}, {}),
        lambda said: (500, {"message": f"{'x' * 190}{said}"}, {}),
        lambda said: (200, f"<p>{'y' * 185}{said}".encode(), {}),
        lambda said: (200, {said: 1}, {}),
        lambda said: (302, b"", {"Location": f"http://elsewhere.example/?q={said}".replace("\n", "")}),
    ],
    ids=["refused", "text", "names", "long", "page", "strange", "redirect"],
)
def test_no_refusal_repeats_it(served: Served, answer: Any, form: str) -> None:
    served.answer = lambda path, body: answer(WRITTEN[form](KEY))
    assert_clean(refusal(served))


def test_a_part_of_it_at_a_cut_is_none(served: Served) -> None:
    # Whichever of its characters is the last that is shown, or the last that came.
    for at in range(len(KEY)):
        served.answer = lambda path, body, at=at: (400, b"z" * (199 - at) + KEY.encode(), {})  # type: ignore[misc]  # default binds the loop's value
        assert_clean(refusal(served))
    for size in range(17, len(KEY)):
        served.answer = lambda path, body, size=size: (400, b"you said " + KEY[:size].encode(), {})  # type: ignore[misc]  # default binds the loop's value
        assert_clean(refusal(served))


@pytest.mark.parametrize(
    "answer", [f"HTTP/1.1 {KEY} x", f"HTTP/{KEY} 200 OK", KEY, f"{'a' * 290}{KEY}", f"HTTP/1.1 401 {KEY}", ""], ids=repr
)
def test_a_status_line_that_is_none_does_not_repeat_it(
    answer: str, monkeypatch: pytest.MonkeyPatch, served: Served
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def reply() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(f"{answer}\r\n\r\n".encode())

        thread = threading.Thread(target=reply)
        thread.start()
        with pytest.raises(UserError) as error:
            Server(KEY, Patience(attempts=1, timeout=5)).ask(f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
        thread.join()
    assert_clean(error.value)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_server_on_this_machine_is_asked_without_a_proxy(
    served: Served, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Served()
    try:
        monkeypatch.setenv(name, proxy.base.removesuffix("/v1"))
        assert len(draw(served.open().model, 3)) == 3
        assert proxy.requests == []
        assert len(served.requests) == 3
    finally:
        proxy.stop()


@pytest.mark.parametrize(
    ("host", "local"),
    [
        *((each, True) for each in ("localhost", "LOCALHOST.", "127.0.0.1", "127.8.9.1", "::1", "127.1", "0.0.0.0")),
        *((each, True) for each in ("::ffff:127.0.0.1", "2130706433")),
        *((each, False) for each in ("example.org", "localhost.example.org", "128.0.0.1", "10.0.0.1", "::2", "")),
    ],
)
def test_which_hosts_are_this_machine(host: str, local: bool) -> None:
    assert is_local(host) is local


def test_a_remote_server_with_a_key_needs_tls_and_so_a_tunnel(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="expected https:// where a key is sent, got http://"):
        open_endpoint("http://10.0.0.1/v1#m", Options())
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def refuse() -> None:
            connection, _ = proxy.accept()
            with connection:
                seen.append(connection.recv(65536))
                connection.sendall(f"HTTP/1.1 407 {KEY}\r\n\r\n".encode())

        thread = threading.Thread(target=refuse)
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        model = open_endpoint("https://model.example/v1#m", Options(), Patience(attempts=1, timeout=5)).model
        with pytest.raises(UserError) as error:
            draw(model, 1)
        thread.join()
    assert seen[0].startswith(b"CONNECT model.example:443 ")
    assert KEY.encode() not in seen[0]
    assert_clean(error.value)


@pytest.mark.parametrize("form", WRITTEN)
def test_texts_of_a_server_that_repeats_it_are_kept_without_it_and_a_note_says_so(served: Served, form: str) -> None:
    said = f"you are {WRITTEN[form](KEY)}, are you not?"
    served.answer = lambda path, body: (200, {"choices": [{"text": said}]}, {})
    opened = served.open()
    assert opened.model.later_notes() == []
    texts = draw(opened.model, 3)
    assert not any(map(holds_key, texts))
    assert all("(key)" in text and text.endswith(", are you not?") for text in texts)
    assert opened.model.later_notes() == [
        "3 answers hold the API key, which the server repeated: (key) stands in its place."
    ]


def test_the_name_of_the_only_model_is_kept_without_it(served: Served) -> None:
    served.answer = lambda path, body: (200, {"data": [{"id": f"m-{KEY}"}]}, {})
    assert served.open("").declared["model"] == "m-(key)"


@pytest.mark.parametrize("key", ["EMPTY", "none", "x"])
def test_what_is_no_secret_stays_in_texts(served: Served, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, key)
    said = f"the {key} set"
    served.answer = lambda path, body: (200, {"choices": [{"text": said}]}, {})
    model = served.open().model
    assert draw(model, 1) == [said]
    assert model.later_notes() == []


@pytest.mark.parametrize(
    "key", ["two\nlines-secret", "a\x1bsecret", "naïve-secret", "a secret", "tab\tsecret", "a\0secret"]
)
def test_a_key_that_is_none_is_refused_and_not_repeated(
    served: Served, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "\0" in key:
        monkeypatch.setattr("genai_audit.models.adapters.server.endpoint.api_key", lambda: key)
    else:
        monkeypatch.setenv(KEY_VARIABLE, key)
    with pytest.raises(UserError, match="expected a key of ASCII letters without spaces") as error:
        served.open()
    assert "secret" not in str(error.value)
    assert served.requests == []


@pytest.mark.parametrize(
    "url",
    [
        *(f"https://host/v1?x={written(KEY)}#m" for written in list(WRITTEN.values())[:3]),
        *(f"https://host/{KEY}/v1#m", f"https://host/v1#{KEY}", f"https://{KEY}@host/v1#m"),
    ],
)
def test_an_address_that_holds_it_is_refused_and_not_repeated(served: Served, url: str) -> None:
    with pytest.raises(UserError, match="key") as error:
        open_endpoint(url, Options())
    assert not holds_key(str(error.value))


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://user:hid/den@host/v1",
            "https://user:hid@den@host/v1",
            "https://hidden@host:x/v1",
            "ftp://u:hidden@h",
        ),
        *("https://host:x/v1?key=hidden", "https://host/v1?sig=hidden", "https://host/v1?code=hidden&x=1"),
        *("https://host/v1?session_id=hidden", "https://host/v1?PASSWD=hidden", "https://[hidden@host/v1"),
    ],
)
def test_other_secrets_in_addresses_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UserError) as error:
        parse(url)
    assert "hid" not in str(error.value)
    assert "den" not in str(error.value)


def test_the_table_would_see_a_key(served: Served) -> None:
    assert all(holds_key(f"a {written(KEY)} b") for written in WRITTEN.values())
    assert not holds_key("a (key) b")
    served.answer = talk
    assert draw(served.open().model, 1, seed=1) == served.open().model.sample(
        1, generator=torch.Generator().manual_seed(1)
    )
