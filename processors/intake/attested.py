"""What the ledger keeps of what authorities attest of their quarters.

Of every authority and quarter the newest attestation is kept, as the partition's batches brought
it, and whether one of them was ever finer than the one before: levels that were once given up are
not to be taken back, because what is told finer later tells what was hidden earlier.

An authority attests the same quarter in every stream, so partitions are put together: the newest is
the one sealed last. A quarter became finer if it did so in any partition or from one to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from processors.intake.apply import Origin, Read, Writes
from schemas.anonymity import Attestation, Node

ATTESTED = b"A"

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode


@dataclass(frozen=True)
class Kept:
    """A quarter of an authority.

    Attributes:
        attested: The newest attestation.
        produced_at: When its batch was sealed, milliseconds since 1970, as the authority says.
        finer: Whether an attestation was ever finer than the one before it.
    """

    attested: Attestation
    produced_at: int
    finer: bool = False

    def pack(self) -> bytes:
        a = self.attested
        return _pack((self.produced_at, self.finer, a.node, (a.k, a.l, a.suppressed)))


def attested_key(authority: str, window: str) -> bytes:
    return ATTESTED + authority.encode() + b"/" + window.encode()


def read_kept(key: bytes, value: bytes) -> tuple[str, Kept]:
    """The authority of a record, and what it keeps."""
    authority, _, window = key[len(ATTESTED) :].decode().rpartition("/")
    produced_at, finer, node, counts = _unpack(value)
    return authority, Kept(Attestation(window, Node(*node), *counts), produced_at, finer)


def keep(origin: Origin, read: Read) -> Writes:
    """What to write of a batch's attestations.

    Args:
        origin: Who sealed it and when, and what it attests.
        read: Access to the ledger.
    """
    keys = [attested_key(origin.authority.id, a.window) for a in origin.anonymity]
    return {
        key: _after(key, before, Kept(attested, origin.produced_at)).pack()
        for key, before, attested in zip(keys, read(keys), origin.anonymity, strict=True)
    }


def _after(key: bytes, before: bytes | None, now: Kept) -> Kept:
    return now if before is None else _follow(read_kept(key, before)[1], now)


def _follow(earlier: Kept, later: Kept) -> Kept:
    back = not later.attested.node.covers(earlier.attested.node)
    return replace(later, finer=earlier.finer or later.finer or back)


def newest(kept: Sequence[Kept]) -> Kept:
    """What the partitions keep of one quarter, put together; of two sealed at once the coarser."""
    ordered = sorted(kept, key=lambda one: (one.produced_at, sum(one.attested.node)))
    found = ordered[0]
    for later in ordered[1:]:
        found = _follow(found, later)
    return found


def by_quarter(records: Iterable[tuple[bytes, bytes]]) -> dict[tuple[str, str], Kept]:
    """The quarters of all authorities, from the records of all partitions."""
    found: dict[tuple[str, str], list[Kept]] = {}
    for key, value in records:
        authority, kept = read_kept(key, value)
        found.setdefault((authority, kept.attested.window), []).append(kept)
    return {quarter: newest(kept) for quarter, kept in found.items()}
