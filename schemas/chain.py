"""The chain of a stream: what may follow what.

An authority publishes in streams, one for each partition of its topic. In a stream every batch
has a position, (epoch, sequence), and names the hash of the batch before it. The rules:

1. A stream begins with sequence 1 and a previous hash of zeros; so does every new epoch.
2. The next batch has the head's epoch, the head's sequence + 1, and the head's hash.
3. A position already seen with the same hash is a duplicate: nothing happens, it is receipted.
4. Anything else of an epoch before the head's is stale: a closed epoch can neither grow nor
   suspend the one that followed it, however often its batches are sent again.
5. A position already seen with another hash is equivocation: two histories were signed. The
   stream is suspended.
6. A position ahead of the next one is a gap: nothing is applied until what is missing has come.
7. A new epoch begins only where the trust document announces it. It frees a suspended stream.
8. A suspended stream takes nothing but duplicates and a new epoch.

The functions below are those rules in that order of precedence; they hold no state and read no
clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from schemas.errors import (
    BrokenLink,
    ChainGap,
    EpochNotOpened,
    Equivocation,
    StaleEpoch,
    StreamSuspended,
)
from schemas.trust import Position

GENESIS_HASH = bytes(32)


@dataclass(frozen=True)
class Link:
    """The place of one batch in its chain."""

    epoch: int
    sequence: int
    previous_hash: bytes
    hash: bytes

    @property
    def position(self) -> Position:
        return (self.epoch, self.sequence)


@dataclass(frozen=True)
class Head:
    """The last batch accepted in a stream."""

    epoch: int = 1
    sequence: int = 0
    hash: bytes = GENESIS_HASH
    suspended: bool = False

    @property
    def next_position(self) -> Position:
        return (self.epoch, self.sequence + 1)


class Step(Enum):
    """What an acceptable batch does to its chain."""

    EXTENDS = "extends"
    DUPLICATES = "duplicates"


def follow(head: Head, link: Link, *, seen: bytes | None, announced_epoch: int) -> Step:
    """Judges a batch against the head of its stream.

    Args:
        head: The last accepted batch.
        link: The batch's place.
        seen: The hash accepted earlier at the batch's position, if any.
        announced_epoch: The newest epoch that the trust document allows for this stream.

    Raises:
        Equivocation: Rule 5. The caller suspends the stream (`suspend`).
        StreamSuspended, StaleEpoch, EpochNotOpened, ChainGap, BrokenLink: As named.
    """
    if seen == link.hash:
        return Step.DUPLICATES
    if link.epoch < head.epoch:
        raise StaleEpoch(expected=f"epoch {head.epoch}", got=f"epoch {link.epoch}")
    if seen is not None:
        raise Equivocation(expected=_short(seen), got=_short(link.hash))
    if link.epoch > head.epoch:
        return _open_epoch(link, announced_epoch)
    if head.suspended:
        raise StreamSuspended(expected=f"a batch of epoch {head.epoch + 1}")
    if link.sequence != head.sequence + 1:
        raise ChainGap(expected=f"sequence {head.sequence + 1}", got=f"sequence {link.sequence}")
    _check_link(link, head.hash)
    return Step.EXTENDS


def _open_epoch(link: Link, announced_epoch: int) -> Step:
    if link.epoch != announced_epoch:
        raise EpochNotOpened(expected=f"epoch {announced_epoch}", got=f"epoch {link.epoch}")
    if link.sequence != 1:
        raise ChainGap(expected="sequence 1 of the new epoch", got=f"sequence {link.sequence}")
    _check_link(link, GENESIS_HASH)
    return Step.EXTENDS


def _check_link(link: Link, previous: bytes) -> None:
    if link.previous_hash != previous:
        raise BrokenLink(expected=_short(previous), got=_short(link.previous_hash))


def advance(link: Link) -> Head:
    """The head after a batch that extends the chain."""
    return Head(link.epoch, link.sequence, link.hash)


def suspend(head: Head) -> Head:
    """The head after an equivocation."""
    return replace(head, suspended=True)


def _short(digest: bytes) -> str:
    return f"hash {digest.hex()[:16]}"
