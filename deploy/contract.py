"""Keeps the frozen contract in step with the models: Avro files and their pins.

`southmed contract freeze` writes a next version for every subject whose model no longer matches
its newest file, and pins it in ``schemas/avro/lock.json``. Files already pinned are never touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import schemas
from schemas.avro_schema import avro_schema
from schemas.case_events import EVENT_TYPES
from schemas.codec import Schema, fingerprint_of

AVRO = Path(schemas.__file__).parent / "avro"
LOCK = AVRO / "lock.json"


def _dump(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def versions(subject: str) -> list[Path]:
    """The schema files of a subject, oldest first."""
    found = (AVRO / subject).glob("v*.avsc")
    return sorted(found, key=lambda path: int(path.stem.removeprefix("v")))


def stale() -> Iterator[tuple[str, Schema]]:
    """Event types whose model differs from the newest frozen schema, with the schema due."""
    for event_type, model in EVENT_TYPES.items():
        due = avro_schema(event_type, model)
        frozen = versions(event_type)
        if not frozen or json.loads(frozen[-1].read_text(encoding="utf-8")) != due:
            yield event_type, due


def pins() -> dict[str, dict[str, str]]:
    """The fingerprint of every frozen schema, by subject and version."""
    return {
        folder.name: {
            path.stem: fingerprint_of(json.loads(path.read_text(encoding="utf-8"))).hex()
            for path in versions(folder.name)
        }
        for folder in sorted(AVRO.iterdir())
        if folder.is_dir() and versions(folder.name)
    }


def freeze() -> list[str]:
    """Writes what is due and the pins; returns the files written, relative to ``schemas/avro``."""
    written = []
    for event_type, schema in list(stale()):
        target = AVRO / event_type / f"v{len(versions(event_type)) + 1}.avsc"
        target.parent.mkdir(exist_ok=True)
        target.write_text(_dump(schema), encoding="utf-8")
        written.append(str(target.relative_to(AVRO)))
    LOCK.write_text(_dump(pins()), encoding="utf-8")
    return written
