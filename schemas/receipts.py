"""What the platform answers to batches: signed receipts.

For every batch of a stream the platform tells whether it was accepted, was a duplicate, or was
refused with a code; which events inside were refused; and which position it expects next, so that
an authority knows where to send again from. A receipt about a duplicate repeats what was told the
first time, so a lost receipt costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from schemas.codec import decode_as, encode
from schemas.dsse import open_statement, sign_statement
from schemas.keys import SigningKey
from schemas.trust import Position, TrustDocument

PAYLOAD_TYPE = "application/vnd.southmed.receipt.v1+avro"


class Status(StrEnum):
    """What became of a batch."""

    ACCEPTED = "ACCEPTED"
    DUPLICATE = "DUPLICATE"
    REFUSED = "REFUSED"


@dataclass(frozen=True)
class RefusedEvent:
    """An event that was refused: its place in the batch, the code, and the field at fault."""

    index: int
    code: str
    detail: str


@dataclass(frozen=True)
class Entry:
    """What became of one batch."""

    epoch: int
    sequence: int
    batch_hash: bytes
    status: Status
    code: str = ""
    events_accepted: int = 0
    events_duplicate: int = 0
    refused: tuple[RefusedEvent, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """Answers to batches of one stream, and the position expected next."""

    authority: str
    stream: int
    next_position: Position
    entries: tuple[Entry, ...]


def sign_receipt(receipt: Receipt, signer: SigningKey) -> bytes:
    """The receipt as it travels."""
    fields = {
        "authority": receipt.authority,
        "stream": receipt.stream,
        "next_epoch": receipt.next_position[0],
        "next_sequence": receipt.next_position[1],
        "entries": [entry_fields(entry) for entry in receipt.entries],
    }
    return sign_statement(PAYLOAD_TYPE, encode("receipt", fields), signer)


def open_receipt(message: bytes, trust: TrustDocument) -> Receipt:
    """Reads a receipt once its signature by the platform was verified.

    Raises:
        WireError, SealError: As `schemas.dsse.open_statement`.
    """
    fields = decode_as("receipt", open_statement(message, PAYLOAD_TYPE, trust.receipt_key))
    return Receipt(
        authority=fields["authority"],
        stream=fields["stream"],
        next_position=(fields["next_epoch"], fields["next_sequence"]),
        entries=tuple(read_entry(entry) for entry in fields["entries"]),
    )


def entry_fields(entry: Entry) -> dict[str, object]:
    """An entry as plain fields; written out, because it is done for every batch."""
    return {
        "epoch": entry.epoch,
        "sequence": entry.sequence,
        "batch_hash": entry.batch_hash,
        "status": entry.status.value,
        "code": entry.code,
        "events_accepted": entry.events_accepted,
        "events_duplicate": entry.events_duplicate,
        "refused": [
            {"index": event.index, "code": event.code, "detail": event.detail}
            for event in entry.refused
        ],
    }


def read_entry(fields: dict[str, object]) -> Entry:
    refused: Sequence[dict[str, object]] = fields["refused"]  # type: ignore[assignment]
    events = tuple(RefusedEvent(**event) for event in refused)  # type: ignore[arg-type]
    return Entry(**{**fields, "status": Status(fields["status"]), "refused": events})  # type: ignore[arg-type]
