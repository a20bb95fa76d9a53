"""What the releasing process keeps on disk: what it is about to publish, and what for the audit.

Three folders, private::

    intended/F1_2023_FINAL.json     about to be published: the message, byte for byte
    published/F1_2023_FINAL.json    read back from the topic
    records/F1_2023_FINAL.jsonl     the records behind it, to compute it again; deleted after audit

The topic is the truth; if this folder is lost, nothing is lost but the means to compute again what
was published, and a release whose publication was under way at that moment is measured anew.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from processors.alone import Write, alone_in
from processors.release.errors import ReleaseInProgress
from processors.release.log import Message


class Desk:
    """The folder.

    Args:
        folder: Where it is.
        write: Writes a private file.
    """

    def __init__(self, folder: Path, write: Write) -> None:
        self._folder = folder
        self._write = write

    def alone(self) -> AbstractContextManager[None]:
        """Keeps other processes of this site from publishing.

        Raises:
            ReleaseInProgress: One does already.
        """
        return alone_in(self._folder, ReleaseInProgress)

    def keep(self, key: str, records: bytes) -> None:
        """Keeps the records behind a release."""
        self._write(self._records(key), records)

    def records(self, key: str) -> bytes | None:
        """The records behind a release, unless they were deleted."""
        path = self._records(key)
        return path.read_bytes() if path.exists() else None

    def intend(self, message: Message) -> None:
        """Writes down what will be published, before it is."""
        self._write(self._path("intended", message.key), message.dump())

    def intended(self) -> list[Message]:
        """What was begun and not yet confirmed."""
        return self._read("intended")

    def confirm(self, message: Message) -> None:
        """Notes that a message was read back from the topic."""
        target = self._path("published", message.key)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path("intended", message.key).replace(target)

    def published(self) -> list[Message]:
        """What was confirmed here: the topic's newest messages, as far as this site published."""
        return self._read("published")

    def _read(self, state: str) -> list[Message]:
        found = sorted((self._folder / state).glob("*.json"))
        return [Message.parse(path.read_bytes()) for path in found]

    def _path(self, state: str, key: str) -> Path:
        return self._folder / state / f"{key.replace('|', '_')}.json"

    def _records(self, key: str) -> Path:
        return self._folder / "records" / f"{key.replace('|', '_')}.jsonl"
