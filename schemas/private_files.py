"""Files of keys and secrets: readable by their owner only, and refused otherwise."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from schemas.errors import KeyFileInvalid


def read_file(path: Path) -> bytes:
    """Reads a file of keys or trust; raises KeyFileInvalid if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileInvalid(expected=f"a readable file {path}", got=type(error).__name__) from None


def is_private(path: Path) -> bool:
    """Whether nobody but a file's owner may use it."""
    return not path.stat().st_mode & 0o077


def read_private(path: Path) -> bytes:
    """Reads a private file.

    Raises:
        KeyFileInvalid: It is not there, or others than its owner may read it.
    """
    content = read_file(path)
    if not is_private(path):
        raise KeyFileInvalid(
            expected=f"{path} readable by its owner only", got="wider permissions (chmod 600)"
        )
    return content


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner can ever read, on disk before it is used.

    Raises:
        KeyFileInvalid: There is one already; it is never overwritten.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyFileInvalid(expected="no key yet", got=f"{path}") from None
    with os.fdopen(descriptor, "wb") as file:
        _write(file, content)


def replace_private(path: Path, content: bytes) -> None:
    """Puts a private file in the place of another: who reads it sees the old or the new, whole.

    After a loss of power, too: the content is on disk before the name points to it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            _write(file, content)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
