"""Versions of the SDMX structures: a version belongs to one content.

Tools keep structures by agency, id and version, and do not ask again for what they have. So what a
version means never changes: ``structures.lock.json`` pins each structure's version to a digest of
what it holds. Where the contract changed (a code, a label, a column), ``southmed contract freeze``
pins the next version; a data structure gets a new one too when a list that it uses did. A test
holds the pins to the contract.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from deploy.exports.errors import StructureUnknown

LOCK = "structures.lock.json"
FIRST = "1.0.0"


class Pin(NamedTuple):
    """One structure as it stands.

    Attributes:
        version: Major, minor, patch.
        sha256: Of its content.
    """

    version: str
    sha256: str


Pins = Mapping[str, Pin]


@cache
def pins() -> Pins:
    """What is pinned, by the structures' ids."""
    read = json.loads((files("deploy") / "exports" / LOCK).read_text(encoding="utf-8"))
    return {name: Pin(**pin) for name, pin in read.items()}


def version_of(name: str) -> str:
    """The version of a structure.

    Raises:
        StructureUnknown: There is none of this name.
    """
    if name not in pins():
        raise StructureUnknown(expected=", ".join(pins()), got=name)
    return pins()[name].version


def renewed(before: Pins, contents: Mapping[str, Any], used: Mapping[str, frozenset[str]]) -> Pins:
    """The pins due: the old one for the same content, the next version for another.

    Args:
        before: What was pinned.
        contents: What each structure holds, those first that others use.
        used: Which others a structure uses; their versions are part of what it holds.
    """
    # What is no longer exported stays, so that its versions are not given out again.
    pinned: dict[str, Pin] = dict(before)
    for name, content in contents.items():
        versions = sorted((other, pinned[other].version) for other in used.get(name, ()))
        digest = _digest([content, versions])
        old = before.get(name)
        if old is None:
            pinned[name] = Pin(FIRST, digest)
        else:
            pinned[name] = old if old.sha256 == digest else Pin(_next(old.version), digest)
    return pinned


def write(folder: Path, found: Pins) -> Path:
    """Writes the pins into the folder of this package."""
    path = folder / LOCK
    document = {name: pin._asdict() for name, pin in found.items()}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return path


def _digest(content: Any) -> str:
    told = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(told).hexdigest()


def _next(version: str) -> str:
    """The next version: what stood in the old one may be missing, so it is a major one.

    Example:
        >>> _next("1.0.0")
        '2.0.0'
    """
    return f"{int(version.partition('.')[0]) + 1}.0.0"
