"""What would leave through the gate, if every quarter that is over were told today.

The rows go through an outbox that is empty and lasts as long as the look: the real one, with the
real gate, in a temporary folder. It knows facts under a secret of this look only. Then the register
is read a second time, and each fact says what may be told of it; one that would wait is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

from country_adapters.kit.gate import Gate
from country_adapters.kit.register import Register
from country_adapters.kit.runner import Judged
from producers.outbox import Outbox
from producers.rows import Draft, RejectedRow
from schemas.anonymity import Node, window_of

CHUNK = 200


@dataclass(frozen=True)
class QuarterSeen:
    """How a quarter would be told.

    Attributes:
        window: The quarter.
        node: The level of each attribute, None if it is not decided.
        published: Facts that would leave.
        waiting: Facts that would wait.
        k: Persons in the smallest class.
        l: Forms in the class with the fewest.
        suppressed: Persons told at the top though others are told more, rounded to 5.
    """

    window: str
    node: Node | None
    published: int
    waiting: int
    k: int = 0
    l: int = 0  # noqa: E741
    suppressed: int = 0


class Gated:
    """An outbox after the gate."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def told(self, judged: Iterable[Judged]) -> Iterator[Judged]:
        """Rows with what may be told of their facts."""
        for table, place, row in judged:
            if isinstance(row, RejectedRow):
                yield table, place, row
                continue
            told = ((draft.slot, self._outbox.told(draft.slot)) for draft in row.drafts)
            drafts = tuple(Draft(slot, fields) for slot, fields in told if fields is not None)
            yield table, place, replace(row, drafts=drafts)

    def quarters(self) -> tuple[QuarterSeen, ...]:
        """How the quarters would be told."""
        found = []
        for quarter in self._outbox.quarters():
            seen = QuarterSeen(quarter.window, quarter.node, quarter.published, quarter.waiting)
            if said := self._outbox.attestation(quarter.window):
                seen = replace(seen, k=said.k, l=said.l, suppressed=said.suppressed)
            found.append(seen)
        return tuple(found)


@contextmanager
def gated(register: Register, judged: Iterable[Judged], day: date) -> Iterator[Gated]:
    """Takes the rows of a register through the gate.

    Args:
        register: The register.
        judged: Its rows.
        day: Today.
    """
    now, gate = window_of(day.isoformat()[:7]), partial(Gate, register.declaration.anonymity)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "outbox.sqlite"
        outbox = Outbox(path, authority=register.authority, streams=1, id_key=bytes(32))
        try:
            for table, rows in groupby(judged, key=itemgetter(0)):
                while chunk := [row for *_, row in islice(rows, CHUNK)]:
                    outbox.record(table, chunk, "", now=now)
            for window in outbox.to_settle(now):
                outbox.settle(window, now, gate)
            yield Gated(outbox)
        finally:
            outbox.close()
