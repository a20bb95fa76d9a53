"""One process at a time: a lock on a folder, which goes with the process that holds it."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Write = Callable[[Path, bytes], None]
"""Puts a private file in its place, whole and safe on disk."""


@contextmanager
def alone_in(folder: Path, busy: type[Exception]) -> Iterator[None]:
    """Keeps other processes out of a folder for a while.

    Args:
        folder: The folder; made if it is not there.
        busy: What to raise if one is in it already.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, alone_in(Path(folder), RuntimeError):
        ...     pass
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise busy() from None
        yield
