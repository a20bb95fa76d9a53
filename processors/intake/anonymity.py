"""The platform's own count of what authorities attest: classes as they stand in the ledgers.

It uses nothing of the adapter's gate and none of the ladders, only what the events say. The rules:

1. Counted are persons by quarter: those of the standing events that describe one. What was
   withdrawn is not counted. The event types are counted each for itself.
2. A class is all persons of one type whose events say the same in every field under the gate and of
   their time: of the month, or only of the quarter where the month is hidden. They also name the
   same of these fields as suppressed: else it could be seen who had a value to hide.
3. k is the smallest class; l the fewest different forms in a class: sets of exploitation codes, or
   of suspects the stage with its offence. Persons of whom nothing is told are left out and counted
   as suppressed, unless there are no others: below that nothing can be hidden.
4. Then three numbers stand side by side: agreed, attested, counted. A class may be smaller than
   attested because corrections and withdrawals came after the sealing, or because batches are still
   under way; it is told by how much. More than attested is no fault.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from processors.intake.attested import ATTESTED, Kept, by_quarter
from processors.intake.ledger import Ledger
from processors.intake.records import SUBJECTS, Fields, unpack_subject
from schemas.anonymity import FIELDS, PERSONS, window_of
from schemas.trust import Anonymity, TrustDocument

Quarter = tuple[str, str]
"""Authority and window."""
Class = tuple[object, ...]


class Verdict(StrEnum):
    """What the three numbers come to."""

    UNATTESTED = "not attested"
    LESS_THAN_AGREED = "less than agreed"
    FINER_THAN_BEFORE = "finer than before"
    SMALLER = "smaller than attested"


# --- Counting ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """Persons of a quarter.

    Attributes:
        k: Persons in the smallest class; 0 where there are none.
        l: Fewest different forms in a class.
        suppressed: Persons of whom nothing is told while of others there is.
        hidden: Whether nothing is told of anyone.
    """

    k: int = 0
    l: int = 0  # noqa: E741
    suppressed: int = 0
    hidden: bool = True


class _Members:
    """A class: who is in it, and what is sensitive about them."""

    def __init__(self) -> None:
        self.persons: set[bytes] = set()
        self.forms: set[tuple[str, ...]] = set()


def count(subjects: Iterable[tuple[bytes, list[Fields]]]) -> dict[Quarter, Counted]:
    """Counts the classes of every authority and quarter.

    Args:
        subjects: Keys of subjects with their standing events, of all partitions.
    """
    classes: defaultdict[Quarter, defaultdict[Class, _Members]]
    classes = defaultdict(lambda: defaultdict(_Members))
    for person, events in subjects:
        for event in events:
            if event["event_type"] in PERSONS and event["validation"] != "WITHDRAWN":
                quarter = (event["producer"], window_of(event["period"]))
                members = classes[quarter][_class_of(event)]
                members.persons.add(person)
                members.forms.add(_form(event))
    return {quarter: _sizes(found) for quarter, found in classes.items()}


def _class_of(event: Fields) -> Class:
    fields = FIELDS[event["event_type"]]
    hidden = tuple(field for field in fields if field in event["suppressed_fields"])
    return (event["event_type"], _month(event), hidden, *(_plain(event[f]) for f in fields))


def _form(event: Fields) -> tuple[str, ...]:
    if "exploitation" in event:
        return tuple(sorted(event["exploitation"]))
    return (event["stage"], event["offence_basis"])


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _month(event: Fields) -> str:
    return "" if "period" in event["suppressed_fields"] else str(event["period"])


def _tells_nothing(of: Class) -> bool:
    _, month, _, *said = of
    return not month and all(value in ("_U", ()) for value in said)


def _sizes(classes: Mapping[Class, _Members]) -> Counted:
    told = {of: members for of, members in classes.items() if not _tells_nothing(of)}
    left_out = [members for of, members in classes.items() if of not in told] if told else []
    counted = (told or classes).values()
    return Counted(
        k=min(len(members.persons) for members in counted),
        l=min(len(members.forms) for members in counted),
        suppressed=sum(len(members.persons) for members in left_out),
        hidden=not told,
    )


# --- Comparing -----------------------------------------------------------------------------------


class Finding(NamedTuple):
    """A quarter of an authority: agreed, attested, counted.

    Attributes:
        authority: Its id.
        window: The quarter.
        agreed: What the trust document says of the authority.
        kept: What it attested last.
        counted: What stands in the ledgers.
    """

    authority: str
    window: str
    agreed: Anonymity | None
    kept: Kept | None
    counted: Counted

    @property
    def missing(self) -> tuple[int, int]:
        """By how much k and l are smaller than attested."""
        if self.kept is None or not self.counted.k:
            return 0, 0
        attested, counted = self.kept.attested, self.counted
        return max(0, attested.k - counted.k), max(0, attested.l - counted.l)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What is not as it should be; nothing if all is as attested."""
        judged = {
            Verdict.UNATTESTED: self.kept is None and self.agreed is not None,
            Verdict.LESS_THAN_AGREED: self._is_less_than_agreed(),
            Verdict.FINER_THAN_BEFORE: self.kept is not None and self.kept.finer,
            Verdict.SMALLER: any(self.missing),
        }
        return tuple(verdict for verdict, holds in judged.items() if holds)

    def _is_less_than_agreed(self) -> bool:
        agreed, counted = self.agreed, self.counted
        if agreed is None or counted.hidden:
            return False
        return counted.k < agreed.k or counted.l < agreed.l


def compare(
    counted: Mapping[Quarter, Counted], kept: Mapping[Quarter, Kept], trust: TrustDocument
) -> list[Finding]:
    """Puts the numbers of every quarter side by side that is attested, or was to be.

    Args:
        counted: What stands in the ledgers.
        kept: What was attested.
        trust: What the authorities agreed.
    """
    agreed = {authority.id: authority.anonymity for authority in trust.authorities}
    due = {quarter for quarter in counted if agreed.get(quarter[0]) is not None}
    return [
        Finding(
            *quarter, agreed.get(quarter[0]), kept.get(quarter), counted.get(quarter, Counted())
        )
        for quarter in sorted(due | kept.keys())
    ]


def examine(ledgers: Sequence[Ledger], trust: TrustDocument) -> list[Finding]:
    """Reads the ledgers of all partitions and compares.

    Args:
        ledgers: One of each partition.
        trust: What the authorities agreed.
    """
    attested = (record for ledger in ledgers for record in ledger.items(ATTESTED))
    subjects = (
        (key, unpack_subject(value)) for ledger in ledgers for key, value in ledger.items(SUBJECTS)
    )
    return compare(count(subjects), by_quarter(attested), trust)
