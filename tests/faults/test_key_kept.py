"""A server that repeats the API key: the audit ends as ever, and no file or line of it holds the key."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from unit.models.adapters.server.test_endpoint import Served

KEY = "sk-proj-AbC9x0123456789qrstUV"

pytestmark = pytest.mark.local_server


@pytest.fixture
def repeating() -> Iterator[Served]:
    """A server whose texts are a few words and the key that it was sent."""
    server = Served()
    server.answer = lambda path, body: (200, {"choices": [{"text": f"word {body['seed'] % 7} {KEY}"}]}, {})
    yield server
    server.stop()


def test_nothing_that_is_left_holds_it(tmp_path: Path, repeating: Served) -> None:
    texts = [f"word {row % 7} here" for row in range(60)]
    (tmp_path / "real.txt").write_text("\n".join(texts), encoding="utf-8")
    arguments = ["run", f"{repeating.base}#m", "--reference", "real.txt", "--samples", "60", "--out", "out"]
    environ = {
        **os.environ,
        "GENAI_AUDIT_API_KEY": KEY,
        "http_proxy": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
    }
    done = subprocess.run(
        [sys.executable, "-m", "genai_audit", *arguments], cwd=tmp_path, env=environ, capture_output=True, timeout=120
    )
    assert done.returncode in (0, 1, 3), done.stderr
    assert {headers["Authorization"] for _, _, headers in repeating.requests} == {f"Bearer {KEY}"}
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) > 5
    for left in (done.stdout, done.stderr, *(path.read_bytes() for path in files)):
        assert KEY.encode() not in left
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "answers hold the API key, which the server repeated: (key) stands in its place" in report
