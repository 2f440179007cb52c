"""Text behind an OpenAI-compatible interface, against a server in this process that answers what each test says."""

import dataclasses
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import torch

from genai_audit.models.adapters.opened import Options
from genai_audit.models.adapters.server.endpoint import open_endpoint
from genai_audit.models.adapters.server.http_json import Patience
from genai_audit.models.base import GenerativeModel
from genai_audit.models.errors import UserError

KEY = "sk-very-secret"
Answer = tuple[int, Any, dict[str, str]]


class Served:
    """A server on a port of its own; `answer(path, body)` says what comes back: status, JSON or bytes, headers."""

    def __init__(self) -> None:
        self.answer: Callable[[str, Any], Answer] = talk
        self.requests: list[tuple[str, Any, dict[str, str]]] = []
        self.waits: list[float] = []
        lock, served = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(length)) if length else None
                with lock:
                    served.requests.append((self.path, body, dict(self.headers)))
                status, content, headers = served.answer(self.path, body)
                text = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(text)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST

            def log_message(self, *arguments: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 64

            def handle_error(self, request: Any, client_address: Any) -> None:
                # A client that no longer waits closes the connection.
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        self.patience = Patience(timeout=5, sleep=self.waits.append)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def open(self, end: str = "#tiny", prompts: tuple[str, ...] = (), **patience: Any) -> Any:
        patience_ = dataclasses.replace(self.patience, **patience)
        return open_endpoint(self.base + end, Options(prompts=prompts), patience_)


def talk(path: str, body: Any) -> Answer:
    """Texts that depend on the seed and the prompt alone."""
    if path.endswith("/models"):
        return 200, {"data": [{"id": "tiny"}]}, {}
    asked = body["messages"][0]["content"] if "chat" in path else body["prompt"]
    text = f"{asked}+{random.Random(body['seed']).randrange(1000)}"
    time.sleep(0.002 * (body["seed"] % 5))
    choice = {"message": {"role": "assistant", "content": text}} if "chat" in path else {"text": text}
    return 200, {"choices": [{"index": 0, "finish_reason": "stop", **choice}]}, {}


def draw(model: Any, n: int = 5, seed: int = 0, condition: Any = None) -> list[str]:
    return model.sample(n, generator=torch.Generator().manual_seed(seed), condition=condition)


pytestmark = pytest.mark.local_server


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    for name in (
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "GENAI_AUDIT_API_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    server = Served()
    yield server
    server.stop()


def test_completions_come_in_order_and_depend_on_the_generator(served: Served) -> None:
    opened = served.open()
    assert isinstance(opened.model, GenerativeModel)
    texts = draw(opened.model, 20)
    assert draw(opened.model, 20) == texts
    assert draw(opened.model, 20, seed=1) != texts
    seeds = torch.randint(2**31 - 1, (20,), generator=torch.Generator().manual_seed(0)).tolist()
    assert texts == [f"+{random.Random(seed).randrange(1000)}" for seed in seeds]
    path, body, headers = served.requests[0]
    assert path == "/v1/completions"
    assert body == {
        "model": "tiny", "prompt": "", "seed": body["seed"], "max_tokens": 64, "temperature": 1, "top_p": 1, "n": 1,
    }  # fmt: skip
    assert "Authorization" not in headers
    assert opened.parameters is None
    assert opened.declared["interface"] == "completions"
    assert any("depends on the server" in note for note in opened.notes)
    assert "Texts complete the empty text, as no prompts were given." in opened.notes


def test_prompts_go_to_the_chat(served: Served) -> None:
    opened = served.open(prompts=("one", "two"))
    texts = draw(opened.model, 30)
    assert {text.partition("+")[0] for text in texts} == {"one", "two"}
    assert {path for path, _, _ in served.requests} == {"/v1/chat/completions"}
    assert opened.declared["interface"] == "chat/completions"
    assert draw(opened.model, 2, condition="three")[0].startswith("three+")
    assert [text[:1] for text in draw(opened.model, 2, condition=["a", "b"])] == ["a", "b"]
    served.requests.clear()
    texts = draw(served.open("/completions#tiny", prompts=("one",)).model)
    assert all(text.startswith("one+") for text in texts)
    assert {path for path, _, _ in served.requests} == {"/v1/completions"}
    with pytest.raises(UserError, match=r"expected prompts for a chat, got none; give --prompts FILE\.txt"):
        served.open("/chat/completions#tiny")


def test_a_model_without_log_probabilities_offers_none(served: Served) -> None:
    opened = served.open()
    assert not hasattr(opened.model, "log_prob")
    assert any("no log-probability of a given text" in note for note in opened.notes)


def test_the_only_model_needs_no_name(served: Served) -> None:
    assert served.open("").declared["model"] == "tiny"
    served.answer = lambda path, body: (200, {"data": [{"id": "a"}, {"id": "b"}]}, {})
    with pytest.raises(
        UserError, match=r"expected a model's name after #, since the server has 2 \(a, b\); add #MODEL"
    ):
        served.open("")
    served.answer = lambda path, body: (200, {"object": "list"}, {})
    with pytest.raises(UserError, match="since the server has no list of them"):
        served.open("")


def test_the_key_travels_in_a_header_and_is_nowhere_else(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENAI_AUDIT_API_KEY", f" {KEY}\n")
    opened = served.open()
    draw(opened.model, 2)
    assert {headers["Authorization"] for _, _, headers in served.requests} == {f"Bearer {KEY}"}
    assert KEY not in repr(opened) + json.dumps(opened.declared) + repr(opened.model.server)
    # A server that repeats the key in its refusal.
    served.answer = lambda path, body: (401, {"error": {"message": f"Incorrect key {KEY}", "type": "x"}}, {})
    with pytest.raises(UserError) as error:
        draw(opened.model, 1)
    assert KEY not in str(error.value)
    assert "HTTP 401 (Incorrect key (key)); set the environment variable GENAI_AUDIT_API_KEY" in str(error.value)
    with pytest.raises(UserError, match="expected https:// where a key is sent, got http://"):
        open_endpoint("http://elsewhere.example/v1#m", Options())
    monkeypatch.setenv("GENAI_AUDIT_API_KEY", "two\nlines")
    with pytest.raises(UserError, match="expected a key of ASCII letters without spaces") as error:
        served.open()
    assert "two" not in str(error.value)


def after(refusals: list[Answer]) -> Callable[[str, Any], Answer]:
    """Answers that refuse each text that often, in this order, and then give it."""
    times: Counter[int] = Counter()
    lock = threading.Lock()

    def answer(path: str, body: Any) -> Answer:
        with lock:
            times[body["seed"]] += 1
            count = times[body["seed"]]
        return refusals[count - 1] if count <= len(refusals) else talk(path, body)

    return answer


def test_refusals_for_a_time_are_waited_out(served: Served) -> None:
    model = served.open().model
    expected = draw(model, 3)
    busy = (503, b"busy", {})
    served.answer = after([(429, {"error": "slow down"}, {"Retry-After": "7"}), busy, (500, {}, {}), busy])
    assert draw(model, 3) == expected
    # What the server says, then twice as long each time.
    assert Counter(served.waits) == {7.0: 3, 2.0: 3, 4.0: 3, 8.0: 3}


def test_the_server_may_name_a_time_of_day_but_not_an_age(served: Served) -> None:
    model = served.open().model
    served.answer = after([(429, {}, {"Retry-After": formatdate(time.time() + 30, usegmt=True)})])
    draw(model, 1)
    assert 25 < served.waits[0] <= 30
    served.answer = after([(429, {}, {"Retry-After": "86400"}), (429, {}, {"Retry-After": "soon"})])
    draw(model, 1, seed=1)
    assert served.waits[1:] == [60.0, 2.0]


def test_a_server_that_never_recovers_is_given_up(served: Served) -> None:
    model = served.open().model
    served.answer = lambda path, body: (500, {"error": {"message": "out of\nmemory"}}, {})
    with pytest.raises(
        UserError,
        match=r"POST http://127.*/v1/completions: expected an answer, got HTTP 500 \(out of memory\) in 5 attempts; ",
    ) as error:
        draw(model, 1)
    assert "\n" not in str(error.value)
    assert len(served.requests) == 5
    assert served.waits == [1.0, 2.0, 4.0, 8.0]


def test_a_silent_server_is_given_up(served: Served) -> None:
    model = served.open(timeout=0.1, attempts=2).model
    done = threading.Event()

    def never(path: str, body: Any) -> Answer:
        done.wait(5)
        return talk(path, body)

    served.answer = never
    with pytest.raises(UserError, match=r"expected an answer, got no answer within 0.1 s in 2 attempts; check that"):
        draw(model, 1)
    done.set()


def test_a_server_that_is_gone_or_breaks_off_is_given_up(served: Served) -> None:
    model = served.open(attempts=2).model
    served.answer = lambda path, body: (200, b"{", {"Content-Length": "100", "Connection": "close"})
    with pytest.raises(UserError, match=r"no connection or a broken one \(99 bytes are missing\) in 2 attempts"):
        draw(model, 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{free.getsockname()[1]}/v1#m"
        with pytest.raises(UserError, match=r"no connection or a broken one \(\[Errno \d+\] Connection refused\) in 2"):
            draw(open_endpoint(gone, Options(), Patience(attempts=2, first_wait=0)).model, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>\n<p>Welcome", "expected a JSON object, got '<html> <p>Welcome'; is this the address of an OpenAI"),
        (b"", "expected a JSON object, got 'nothing'"),
        (b"[1]", "expected a JSON object, got '.1.'"),
        ({"object": "error", "detail": 1}, r"expected choices\[0\].text in the answer, got detail, object; is this"),
        ({"choices": []}, r"expected choices\[0\].text in the answer, got choices"),
        ({"choices": [{"text": None}]}, r"expected choices\[0\].text in the answer"),
        ({"choices": ["text"]}, r"expected choices\[0\].text in the answer"),
        ({}, r"got an empty object"),
    ],
)
def test_answers_of_another_form_are_refused_at_once(served: Served, content: Any, message: str) -> None:
    model = served.open().model
    served.answer = lambda path, body: (200, content, {})
    with pytest.raises(UserError, match=message):
        draw(model, 1)
    assert len(served.requests) == 1


def test_a_chat_that_declines_says_nothing(served: Served) -> None:
    model = served.open(prompts=("one",)).model
    message = {"role": "assistant", "content": None, "refusal": "no"}
    served.answer = lambda path, body: (200, {"choices": [{"message": message}]}, {})
    assert draw(model, 1) == [""]
    served.answer = lambda path, body: (200, {"choices": [{"message": {"role": "assistant"}}]}, {})
    with pytest.raises(UserError, match=r"expected choices\[0\].message.content in the answer, got choices"):
        draw(model, 1)


def test_redirects_are_not_followed(served: Served) -> None:
    for status in (301, 302, 307, 308):
        served.requests.clear()
        served.answer = lambda path, body, status=status: (status, b"", {"Location": "http://elsewhere.example/v1"})  # type: ignore[misc]  # default binds the loop's value
        for end in ("#tiny", ""):
            with pytest.raises(UserError, match=r"a redirect to http://elsewhere.example/v1, which is not followed"):
                draw(served.open(end).model, 1)
        assert len(served.requests) == 2


def test_errors_that_stay_are_said_at_once(served: Served) -> None:
    model = served.open("#none").model
    served.answer = lambda path, body: (404, {"message": "The model `none` does not exist."}, {})
    with pytest.raises(
        UserError, match=r"HTTP 404 \(The model `none` does not exist.\); check the address, which ends"
    ):
        draw(model, 1)
    served.answer = lambda path, body: (400, {"error": {"message": "temperature must be 0"}}, {})
    with pytest.raises(UserError, match=r"HTTP 400 \(temperature must be 0\); check the model's name and what"):
        draw(model, 1)
    assert len(served.requests) == 2
    assert served.waits == []


def test_servers_that_renamed_the_limit_are_asked_by_its_new_name(served: Served) -> None:
    model = served.open().model
    expected = draw(model, 3)

    def renamed(path: str, body: Any) -> Answer:
        if "max_tokens" in body:
            return 400, {"error": {"message": "Use 'max_completion_tokens' instead of 'max_tokens'."}}, {}
        return talk(path, body)

    served.answer = renamed
    assert draw(model, 3) == expected
    served.requests.clear()
    assert draw(model, 3) == expected
    assert all(body["max_completion_tokens"] == 64 for _, body, _ in served.requests)
    assert len(served.requests) == 3


def test_one_error_ends_the_draw(served: Served) -> None:
    model = served.open().model
    served.answer = lambda path, body: (403, {}, {})
    with pytest.raises(UserError, match="HTTP 403"):
        draw(model, 200)
    assert len(served.requests) < 100


def test_tests_of_a_local_server_may_go_nowhere_else() -> None:
    for host in ("127.0.0.2", "localhost"):
        with pytest.raises(pytest.fail.Exception, match="the network was used"):
            socket.create_connection((host, 9), timeout=1)


def drip(served: "Served", head: bytes, piece: bytes, pause: float) -> None:
    """Make a server answer with a head, and then one piece after another."""

    def handle(handler: Any) -> None:
        handler.rfile.readline()
        handler.wfile.write(head)
        while served.thread.is_alive():
            handler.wfile.write(piece)
            time.sleep(pause)

    served.server.RequestHandlerClass.handle = handle


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("head", "piece"),
    [(HEAD + b"\r\n", b" "), (HEAD, b"X: y\r\n"), (b"HTTP/1.1 503 Busy\r\n\r\n", b" "), (b"", b"H")],
    ids=["body", "headers", "failure", "status"],
)
def test_an_answer_that_trickles_is_given_up(served: Served, head: bytes, piece: bytes) -> None:
    drip(served, head, piece, 0.02)
    started = time.monotonic()
    with pytest.raises(UserError, match=r"expected a whole answer within 0.5 s, got a part of one or none; check"):
        served.open("", whole=0.5)
    assert time.monotonic() - started < 5
    assert served.waits == []


def test_an_answer_without_end_is_given_up(served: Served) -> None:
    drip(served, HEAD + b"\r\n", b" " * 2**20, 0)
    with pytest.raises(UserError, match=r"expected at most 32,000,000 bytes in an answer of a server, got more"):
        served.open("")
