"""SHA-256 of files and folders, in hexadecimal: what a checkpoint is known by."""

import hashlib
from pathlib import Path


def file_sha256(path: Path) -> str:
    """Digest of a file's bytes.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_sha256(folder: Path) -> str:
    """Digest of the places and contents of all files in a folder, hidden ones too.

    Raises:
        OSError: if one cannot be read.
    """
    state = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            state.update(f"{file.relative_to(folder).as_posix()}\0{file_sha256(file)}\n".encode())
    return state.hexdigest()
