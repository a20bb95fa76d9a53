"""Avro single-object encoding: every message says which schema wrote it.

A message is ``C3 01``, the schema's CRC-64-AVRO fingerprint (8 bytes, little endian), and the Avro
bytes (Avro specification 1.12, "Single-object encoding"). The rules:

1. The schemas shipped under ``schemas/avro`` are the only ones there are. An unknown fingerprint
   is refused, never looked up elsewhere.
2. ``schemas/avro/lock.json`` pins the fingerprint of every released version. A file that does not
   match its pin is not loaded.
3. A message written under an older version is read as the newest one (Avro schema resolution).
4. Every byte belongs to the message: bytes left over are an error.

Example:
    >>> from schemas.codec import decode, encode
    >>> message = encode("event_batch", {"events": []})
    >>> decode(message).subject
    'event_batch'
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any, NamedTuple

import fastavro
from fastavro.schema import fingerprint, parse_schema, to_parsing_canonical_form

from schemas.errors import Truncated, Undecodable, UnknownSchema

MARKER = b"\xc3\x01"
PREFIX_LENGTH = 10
FOLDER = files("schemas") / "avro"

Schema = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """One version of one subject's schema."""

    name: str
    version: int
    fingerprint: bytes
    """CRC-64-AVRO of the parsing canonical form, as it stands in the message."""
    schema: Schema
    parsed: Schema


class Decoded(NamedTuple):
    """A message's subject and fields, read as the newest version of the subject."""

    subject: str
    fields: dict[str, Any]


def fingerprint_of(schema: Schema) -> bytes:
    """CRC-64-AVRO over the parsing canonical form, little endian (8 bytes)."""
    return bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))


class Registry:
    """The schemas shipped with this version, by subject and by fingerprint."""

    def __init__(self, subjects: Mapping[bytes, Subject]) -> None:
        self.by_fingerprint = dict(subjects)
        self.newest: dict[str, Subject] = {}
        for subject in sorted(subjects.values(), key=lambda s: s.version):
            self.newest[subject.name] = subject

    def encode(self, subject: str, fields: Mapping[str, Any]) -> bytes:
        """Writes fields under the newest schema of a subject.

        Raises:
            Undecodable: A field does not fit the schema.
        """
        target = self.newest[subject]
        buffer = BytesIO()
        buffer.write(MARKER + target.fingerprint)
        try:
            fastavro.schemaless_writer(buffer, target.parsed, fields, strict=True)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
            raise Undecodable(expected=f"fields of {subject}") from None
        return buffer.getvalue()

    def decode(self, message: bytes) -> Decoded:
        """Reads a message.

        Raises:
            Truncated: It is shorter than its prefix, or bytes are left over.
            UnknownSchema: Its fingerprint is not shipped with this version.
            Undecodable: Its bytes do not fit the schema.
        """
        writer = self._writer(message)
        newest = self.newest[writer.name]
        reader = newest.parsed if newest is not writer else None
        buffer = BytesIO(message)
        buffer.seek(PREFIX_LENGTH)
        # The decoder raises whatever hostile bytes provoke, so everything is caught.
        try:
            fields = fastavro.schemaless_reader(buffer, writer.parsed, reader)
        except Exception:
            raise Undecodable(expected=f"{writer.name} version {writer.version}") from None
        if left := len(message) - buffer.tell():
            raise Truncated(expected="no further bytes", got=f"{left} bytes")
        return Decoded(writer.name, fields)  # type: ignore[arg-type]

    def _writer(self, message: bytes) -> Subject:
        if len(message) < PREFIX_LENGTH:
            raise Truncated(expected=f"at least {PREFIX_LENGTH} bytes", got=f"{len(message)} bytes")
        if message[:2] != MARKER:
            raise UnknownSchema(expected="the marker C3 01")
        known = self.by_fingerprint.get(message[2:PREFIX_LENGTH])
        if known is None:
            raise UnknownSchema(got=f"fingerprint {message[2:PREFIX_LENGTH].hex()}")
        return known

    def decode_as(self, subject: str, message: bytes) -> dict[str, Any]:
        """Reads a message that must be of one subject.

        Raises:
            UnknownSchema: It is of another subject, or as in `decode`.
            Truncated, Undecodable: As in `decode`.
        """
        decoded = self.decode(message)
        if decoded.subject != subject:
            raise UnknownSchema(expected=subject, got=decoded.subject)
        return decoded.fields


@cache
def registry() -> Registry:
    """Loads every schema under ``schemas/avro``, each against its pin in ``lock.json``."""
    pins = json.loads((FOLDER / "lock.json").read_text(encoding="utf-8"))
    subjects = {}
    for name, versions in pins.items():
        for version, pinned in versions.items():
            text = (FOLDER / name / f"{version}.avsc").read_text(encoding="utf-8")
            schema = json.loads(text)
            actual = fingerprint_of(schema)
            if actual.hex() != pinned:
                raise UnknownSchema(
                    expected=f"{name} {version} with fingerprint {pinned}", got=actual.hex()
                )
            number = int(version.removeprefix("v"))
            subjects[actual] = Subject(name, number, actual, schema, _parsed(schema))
    return Registry(subjects)


def _parsed(schema: Schema) -> Schema:
    parsed: Schema = parse_schema(schema, named_schemas={})  # type: ignore[assignment]
    return parsed


def encode(subject: str, fields: Mapping[str, Any]) -> bytes:
    """`Registry.encode` with the shipped schemas."""
    return registry().encode(subject, fields)


def decode(message: bytes) -> Decoded:
    """`Registry.decode` with the shipped schemas."""
    return registry().decode(message)


def decode_as(subject: str, message: bytes) -> dict[str, Any]:
    """`Registry.decode_as` with the shipped schemas."""
    return registry().decode_as(subject, message)
