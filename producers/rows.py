"""What a mapping hands to the outbox, and what comes of it: plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Protocol

from schemas.anonymity import Node


@dataclass(frozen=True)
class Draft:
    """An event as a mapping sees it.

    Attributes:
        slot: Keyed identity of the fact in the register (32 bytes).
        fields: The event's fields without event_id, supersedes and revision.
    """

    slot: bytes
    fields: dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one column of a row; `got` is a kind of thing, never the content."""

    column: str
    code: str
    expected: str
    got: str


@dataclass(frozen=True)
class Identifier:
    """An identifier of an alleged facilitator, in its one spelling. It stays at home, sealed.

    A linkage token is made of it (`producers.identifiers`); no event or batch holds anything else.

    Attributes:
        slot: Keyed identity of what the row states by it (32 bytes).
        case_ref: Pseudonym of the case.
        link_type: A code of ``CL_LINK_TYPE``.
        value: The identifier; in no ``repr``.
        role: A code of ``CL_ROLE``.
        evidence_grade: A code of ``CL_EVID_GRADE``.
        norm_version: The version of the normaliser.
        period: The month of the fact.
        expires: The month after which the token is no longer kept.
    """

    slot: bytes
    case_ref: bytes
    link_type: str
    value: str = field(repr=False)
    role: str
    evidence_grade: str
    norm_version: int
    period: str
    expires: str


@dataclass(frozen=True)
class MappedRow:
    """A row that could be mapped, and all that it says now.

    Attributes:
        row_key: Keyed identity of the row.
        drafts: The events that it states.
        identifiers: Of facilitators.
        unusable: Identifiers that cannot be used, and why; the row is stated without them.
    """

    row_key: bytes
    drafts: tuple[Draft, ...]
    identifiers: tuple[Identifier, ...] = ()
    unusable: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Rejection:
    """A row that stays home, and why. `row` says where it stands in its table."""

    table: str
    row: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class RejectedRow:
    """A row that could not be mapped."""

    row_key: bytes
    rejection: Rejection


@dataclass(frozen=True)
class Sighting:
    """That a complete reading found some rows.

    Attributes:
        reading: The number of the reading.
        contents: A keyed digest of what stands in each row, in their order; blank where rows are
            not compared.
    """

    reading: int
    contents: Sequence[bytes]


@dataclass(frozen=True)
class Recorded:
    """What a chunk of rows came to: numbers of events, and of rows rejected."""

    new: int = 0
    corrected: int = 0
    withdrawn: int = 0
    unchanged: int = 0
    rejected: int = 0

    def __add__(self, other: Recorded) -> Recorded:
        return Recorded(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Recorded)))


# --- Under the gate ------------------------------------------------------------------------------


class Fact(NamedTuple):
    """A fact of a quarter, as the gate is shown it.

    Attributes:
        fields: What the register says of it; if nothing new, what was published.
        published: Whether an event of it stands.
        top: Whether it was told at the top before.
        waited: Quarters that it waits since it could have been told first.
    """

    fields: Mapping[str, Any]
    published: bool
    top: bool
    waited: int


class Told(NamedTuple):
    """What the gate lets out of a fact, and whether that is at the top."""

    fields: dict[str, Any]
    top: bool


class Judge(Protocol):
    """A gate of one quarter: shown every fact, then asked, then told what each may say."""

    def see(self, fact: Fact) -> None: ...

    def decide(self) -> Node | None: ...

    def told(self, fact: Fact) -> Told | None: ...


@dataclass(frozen=True)
class Quarter:
    """How a quarter stands in an outbox.

    Attributes:
        window: The quarter.
        node: The level at which it is told, None if that is not decided.
        published: Facts of it that stand.
        waiting: Facts of it that wait.
        since: The quarter in which the first of those could be told at the earliest.
    """

    window: str
    node: Node | None
    published: int
    waiting: int
    since: str | None


@dataclass(frozen=True)
class PendingBatch:
    """A sealed batch that the platform has not accepted yet."""

    stream: int
    epoch: int
    sequence: int
    hash: bytes
    message: bytes

    @property
    def position(self) -> tuple[int, int]:
        return (self.epoch, self.sequence)


@dataclass(frozen=True)
class Keep:
    """For how long, and up to which size, accepted batches are kept to be sent again.

    Attributes:
        days: Days since their receipt; 0 for not at all.
        megabytes: Room for all streams together, each having its part.
    """

    days: int = 90
    megabytes: int = 512


@dataclass(frozen=True)
class Replay:
    """What a stream sends again: its first and last position, how many batches and bytes."""

    stream: int
    first: tuple[int, int]
    last: tuple[int, int]
    batches: int
    bytes: int
