"""What must come out, whatever was done: an undisturbed fold, and how a ledger is held against it.

The oracle reads each register once, through the gate, into an outbox that is never published, lets
the newest event of each fact stand, and counts the cells of what stands. Pseudonyms are keyed, so
the oracle and the disturbed run have the same keys, and facts can be compared one by one.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from country_adapters import AUTHORITIES
from country_adapters.kit.register import Register
from deploy.adapter import Adapter
from deploy.home import Site, init_site
from processors.indicators.rules import Cell, cells_of
from processors.intake.ledger import Ledger, newest_ledgers
from processors.intake.records import (
    ACCEPTANCE,
    CELLS,
    pack_subject,
    read_cell,
    unpack_count,
    unpack_subject,
)
from producers.outbox import ASSIGNED
from schemas.kafka import Broker
from tests.integration.harness import standing_in

SUBJECTS = b"S"
OF_THE_RUN = "DQ_LATE"
"""Counts when facts were accepted, which no other run has in common."""
Fact = tuple[bytes, bytes]
"""A fact's reference, and a digest of what stands for it."""


@dataclass(frozen=True)
class Counted:
    """What a fold came to.

    Attributes:
        cells: The numbers counted.
        facts: Every fact with what stands for it; one that stands twice is here twice.
    """

    cells: Mapping[Cell, int]
    facts: Mapping[Fact, int]

    @property
    def total(self) -> int:
        return sum(self.facts.values())


@dataclass(frozen=True)
class Difference:
    """How a ledger differs from the oracle; all zero if nothing was lost or counted twice.

    Attributes:
        lost: Facts of the oracle that the ledger does not hold.
        twice: Facts that the ledger holds beyond those of the oracle.
        cells: Cells whose numbers differ.
    """

    lost: int = 0
    twice: int = 0
    cells: int = 0

    def __add__(self, other: Difference) -> Difference:
        return Difference(
            self.lost + other.lost, self.twice + other.twice, self.cells + other.cells
        )

    def __bool__(self) -> bool:
        return bool(self.lost or self.twice or self.cells)


def compare(found: Counted, due: Counted) -> Difference:
    """Holds what was found against what is due."""
    lost, more = Counter(due.facts), Counter(found.facts)
    lost.subtract(found.facts)
    more.subtract(due.facts)
    cells = {*found.cells, *due.cells}
    return Difference(
        lost=sum((+lost).values()),
        twice=sum((+more).values()),
        cells=sum(found.cells.get(cell, 0) != due.cells.get(cell, 0) for cell in cells),
    )


def undisturbed(registers: Mapping[str, Register], keys: Path, scratch: Path) -> Counted:
    """The oracle of some registers.

    Args:
        registers: By authority.
        keys: A site whose pseudonym keys are used.
        scratch: Folder for outboxes.
    """
    cells: Counter[Cell] = Counter()
    facts: Counter[Fact] = Counter()
    for authority, register in registers.items():
        site = init_site(scratch / authority, {authority: AUTHORITIES[authority]})
        same_pseudonyms(Site(keys), site, [authority])
        adapter = Adapter(site, register, Broker(""))
        adapter.read_once()
        outbox = adapter.open_outbox()
        by_subject = standing_in(outbox)
        outbox.close()
        for standing in by_subject.values():
            # As a ledger would keep it.
            events = unpack_subject(pack_subject(standing))
            cells.update(cells_of(events))  # Nothing accepted, so nothing of the run.
            facts.update(map(_fact, events))
    return Counted(dict(cells), facts)


def same_pseudonyms(known: Site, other: Site, authorities: Iterable[str]) -> None:
    """Gives the authorities of one site the pseudonym keys that they have at another."""
    for authority in authorities:
        name = "pseudonyms.key"
        shutil.copyfile(known.authority(authority) / name, other.authority(authority) / name)


def in_ledgers(site: Site) -> Counted:
    """What the newest ledgers of a site hold."""
    cells: Counter[Cell] = Counter()
    facts: Counter[Fact] = Counter()
    for path in newest_ledgers(site.ledgers).values():
        ledger = Ledger(path, read_only=True)
        for key, value in ledger.items(CELLS):
            if (cell := read_cell(key))[0] != OF_THE_RUN:
                cells[cell] += unpack_count(value)
        for _, value in ledger.items(SUBJECTS):
            facts.update(map(_fact, unpack_subject(value)))
        ledger.close()
    return Counted(dict(cells), facts)


def _fact(fields: Mapping[str, Any]) -> Fact:
    run_s_own = (*ASSIGNED, *ACCEPTANCE)
    content = {name: value for name, value in fields.items() if name not in run_s_own}
    packed = msgspec.msgpack.encode(sorted(content.items()))
    return fields["fact_ref"], hashlib.sha256(packed).digest()
