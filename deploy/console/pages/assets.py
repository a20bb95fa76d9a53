"""The files that browsers load beside pages: ours alone, under names that change with them."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

FOLDER = files("deploy") / "console" / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@cache
def contents() -> dict[str, bytes]:
    """Every file by its name."""
    return {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.is_file()}


@cache
def asset(name: str) -> str:
    """The address of a file."""
    return f"/static/{hashlib.sha256(contents()[name]).hexdigest()[:12]}/{name}"
