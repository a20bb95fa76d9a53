"""What the ledgers hold of how an authority's data come in.

Read are the journal (what became of every record), the receipts of batches in which events were
refused, the heads of chains, what is attested, and the standing events. The rules:

1. Days are those on which batches say they were sealed, as everywhere in a ledger: the same in
   every fold of the log. The newest accepted batch is the last of its stream in the log, not the
   one that claims the latest day: a clock that was ahead once does not hide a silence afterwards.
2. What follows from persons is counted from the authority's own subjects by the rules of counting
   (`processors.indicators.rules`), and how many subjects stand behind it is counted with it: each
   once, however many events it has.
3. A stream has a gap if the last that came of it was refused for one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from processors.indicators.additivity import gaps
from processors.indicators.rules import Cell, cells_of
from processors.intake.attested import ATTESTED, Kept, by_quarter
from processors.intake.ledger import Ledger
from processors.intake.records import (
    CELLS,
    HEADS,
    JOURNAL,
    SUBJECTS,
    Journal,
    batch_key,
    read_cell,
    unpack_count,
    unpack_entry,
    unpack_head,
    unpack_subject,
)
from schemas.chain import Head
from schemas.errors import ChainGap
from schemas.receipts import Status
from schemas.topics import CaseTopic

WATCHED = frozenset({"DQ_UNK_DEN", "DQ_UNK_NUM", "DQ_LATE", "DQ_SEQ"})
"""Measures of quality; their one dimension is the last of a cell."""
Mark = tuple[str, str]
"""A measure, and what its number is of."""
ANYTHING = ""
"""What a subject counts once for, whatever it has of a measure."""


@dataclass(frozen=True)
class Batch:
    """What became of a batch.

    Attributes:
        stream: Its stream.
        day: When it says it was sealed.
        code: Why it was refused; empty if it was accepted.
        refused: Events in it that were refused, by code.
    """

    stream: int
    day: str
    code: str = ""
    refused: Counter[str] = field(default_factory=Counter)


@dataclass
class Facts:
    """What the ledgers hold of one authority.

    Attributes:
        batches: Accepted and refused ones, in the order of each log.
        last: Day of the newest accepted batch of each stream.
        gaps: Streams whose last batch was refused for a gap.
        heads: The head of each stream that has one.
        attested: What is attested of its quarters.
        events: Numbers of what is watched, in the quarters that are told.
        subjects: How many cases, victims and suspects stand behind each number.
    """

    batches: list[Batch] = field(default_factory=list)
    last: dict[int, str] = field(default_factory=dict)
    gaps: set[int] = field(default_factory=set)
    heads: dict[int, Head] = field(default_factory=dict)
    attested: dict[str, Kept] = field(default_factory=dict)
    events: Counter[Mark] = field(default_factory=Counter)
    subjects: Counter[Mark] = field(default_factory=Counter)

    def take(self, batch: Batch) -> None:
        """Adds the next batch of a log."""
        self.batches.append(batch)
        if batch.code == ChainGap.code:
            self.gaps.add(batch.stream)
        elif not batch.code:
            self.gaps.discard(batch.stream)
            self.last[batch.stream] = batch.day

    def count(self, subject: Mapping[Cell, int], quarters: Collection[str]) -> None:
        """Adds what a subject adds to the cells of some quarters."""
        marks: Counter[Mark] = Counter()
        for (measure, _, quarter, *rest), number in subject.items():
            if measure in WATCHED and quarter in quarters:
                marks[measure, rest[-1]] += number
        self.events.update(marks)
        self.subjects.update({*marks, *((measure, ANYTHING) for measure, _ in marks)})


@dataclass
class Found:
    """What the ledgers of all partitions hold.

    Attributes:
        authorities: By id.
        unsound: Countries whose cells do not add up.
    """

    authorities: dict[str, Facts] = field(default_factory=dict)
    unsound: frozenset[str] = frozenset()

    def of(self, authority: str) -> Facts:
        return self.authorities.setdefault(authority, Facts())


def find(ledgers: Iterable[tuple[CaseTopic, Ledger]], quarters: Collection[str]) -> Found:
    """Reads the ledgers of all partitions.

    Args:
        ledgers: By partition.
        quarters: Of which is counted what follows from persons.
    """
    found, cells = Found(), Counter[Cell]()
    attested: list[tuple[bytes, bytes]] = []
    for topic, ledger in ledgers:
        _read_batches(found, topic.partition, ledger)
        _read_subjects(found, ledger, quarters)
        attested += ledger.items(ATTESTED)
        for key, value in ledger.items(CELLS):
            cells[read_cell(key)] += unpack_count(value)
    for (authority, window), kept in by_quarter(attested).items():
        found.of(authority).attested[window] = kept
    found.unsound = frozenset(gap.cell[1] for gap in gaps(cells))
    return found


def _read_batches(found: Found, stream: int, ledger: Ledger) -> None:
    for key, value in ledger.items(HEADS):
        head = unpack_head(value)
        if head.sequence or head.suspended:
            found.of(key[len(HEADS) :].decode()).heads[stream] = head
    for _, value in ledger.items(JOURNAL):
        journal = Journal.unpack(value)
        # A duplicate says nothing new, and a record that nobody can be named for is nobody's.
        if journal.authority and journal.status is not Status.DUPLICATE:
            refused = _refused(ledger, journal)
            found.of(journal.authority).take(Batch(stream, journal.day, journal.code, refused))


def _refused(ledger: Ledger, journal: Journal) -> Counter[str]:
    if not journal.refused:
        return Counter()
    (entry,) = ledger.read([batch_key(journal.authority, journal.position)])
    return Counter(event.code for event in unpack_entry(entry).refused) if entry else Counter()


def _read_subjects(found: Found, ledger: Ledger, quarters: Collection[str]) -> None:
    for _, value in ledger.items(SUBJECTS):
        events = unpack_subject(value)
        found.of(events[0]["producer"]).count(cells_of(events), quarters)


def of_measure(numbers: Mapping[Mark, int], measure: str) -> Counter[str]:
    """The numbers of a measure, by what they are of."""
    return Counter(
        {what: n for (name, what), n in numbers.items() if name == measure and what != ANYTHING}
    )
