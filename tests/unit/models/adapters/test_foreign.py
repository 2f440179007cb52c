"""What a library raises becomes one line, archives that cannot be read hold nothing, and trials never crash."""

import zipfile
from pathlib import Path

import pytest
import torch

from genai_audit.models.adapters.foreign import attempt, members
from genai_audit.models.adapters.latent_images import LatentSampler, Picture, check_images
from genai_audit.models.errors import LONGEST, UserError, one_line


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("sizes differ:\n\t3 and 4\n"), "sizes differ: 3 and 4"),
        (KeyError(), "KeyError"),
        (EOFError("  \n"), "EOFError"),
        (ValueError("x" * 1000), "x" * LONGEST + "…"),
    ],
)
def test_an_exception_is_quoted_in_one_bounded_line(error: Exception, said: str) -> None:
    assert one_line(error) == said
    with pytest.raises(UserError) as refusal, attempt(Path("m.bin"), "reading it", "copy it again"):
        raise error
    assert str(refusal.value) == f"m.bin: reading it failed with {type(error).__name__}: {said}; copy it again"
    assert refusal.value.__cause__ is error


def test_what_speaks_to_the_user_already_and_what_stops_the_program_pass_unchanged() -> None:
    for error in (UserError("mine"), KeyboardInterrupt()):
        with pytest.raises(type(error)) as passed, attempt(Path("m.bin"), "reading it", "copy it again"):
            raise error
        assert passed.value is error


def test_members_of_archives_and_of_what_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/code/a.py", "")
        archive.writestr("m/data.pkl", "")
    assert members(path) == ("m/code/a.py", "m/data.pkl")
    content = path.read_bytes()
    path.write_bytes(content.replace(b"PK\x01\x02", b"PK\x00\x00"))
    assert zipfile.is_zipfile(path)
    assert members(path) == ()
    path.write_bytes(content[:30])
    assert members(path) == members(tmp_path) == members(tmp_path / "none") == ()


def test_a_network_that_fails_only_on_the_second_trial_is_refused_in_one_line(tmp_path: Path) -> None:
    def network(z: torch.Tensor) -> torch.Tensor:
        # As a graph that was traced with one size of batch: 8 latents and 1 are tried before 2 are.
        if len(z) == 2:
            raise RuntimeError("cannot be broadcast:\n 2 and 8")
        return z.repeat(1, 4).sigmoid()

    model = LatentSampler(network, 4, Picture("flat", (1, 4, 4)))
    with pytest.raises(
        UserError, match=r"m.onnx: sample\(2, generator=…\) failed with RuntimeError: cannot be broadcast: 2"
    ):
        check_images(model, tmp_path / "m.onnx")
