"""What a worker reads is what it was asked, to the type of every field."""

from dataclasses import fields
from pathlib import Path

from genai_audit.audit.process.answer import PATHS, Chunks, read_request, write_request
from genai_audit.audit.request import Request


def test_a_request_survives_its_way_to_the_worker(tmp_path: Path) -> None:
    paths = {each.name: Path(each.name) for each in fields(Request) if each.type == Path | None}
    assert {"policy", "prompts", "types", "base_model"} <= set(paths) == set(PATHS)
    probes = (Path("a.csv"), Path("b.csv"))
    asked = Request("model", groups=("sex",), steps=3, tokens=True, safety_checker=False, probes=probes, **paths)  # type: ignore[arg-type]  # by name
    write_request(tmp_path, asked, 2**30)
    assert read_request(tmp_path) == (asked, 2**30, None)
    chunks = Chunks(20, (0, 7), 3, "image")
    write_request(tmp_path, asked, None, chunks)
    assert read_request(tmp_path) == (asked, None, chunks)
