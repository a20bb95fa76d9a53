"""The trust document of somebody who only reads, read again whenever its file changes."""

from __future__ import annotations

from pathlib import Path

from schemas.errors import KeyFileInvalid
from schemas.trust import TrustDocument


class LiveTrust:
    """Gives the trust document in a file, in its newest version.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = -1
        self._document: TrustDocument | None = None

    def __call__(self) -> TrustDocument:
        """The document.

        Raises:
            KeyFileInvalid: The file is not there or holds no trust document, at the first reading;
                later the older version goes on, as half a file would otherwise stop a follower.
        """
        try:
            modified = self._path.stat().st_mtime_ns
            if self._document is None or modified != self._seen:
                self._document = TrustDocument.parse(self._path.read_bytes())
                self._seen = modified
        except (OSError, KeyFileInvalid) as error:
            if self._document is None:
                if isinstance(error, KeyFileInvalid):
                    raise
                raise KeyFileInvalid(expected="a trust document", got="no such file") from None
        return self._document
