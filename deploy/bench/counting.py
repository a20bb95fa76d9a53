"""What counting costs: `cells_of` for every event, all rules beside those of the first version.

A ledger counts a subject twice for each batch that touches it: as it was, to take it back, and as
it is. So here every event of a subject is counted as the newest of those before it, and those
before it once more. Cells are not kept: how many they are is told, because each is a record to
read and write.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from processors.indicators.dimensions import Event
from processors.indicators.rules import COUNTING, Counting
from processors.indicators.table import RULES
from processors.intake.records import Fields, subject_key
from schemas.codec import decode

FIRST_MEASURES = (
    *("VIC_PRES", "VIC_IDENT", "VIC_CITIZ", "VIC_PRES2ID_DEN", "VIC_PRES2ID_NUM", "COR_FLOW"),
    *("REF_COV_NUM", "AST_N", "REP_N", "REP_TRANS_SH_DEN", "REP_TRANS_SH_NUM", "INV_N", "SUS_N"),
    *("PRO_N", "CONV_N", "NET_N", "TRN_N", "TRN_N_PER", "DQ_UNK_DEN", "DQ_UNK_NUM"),
)
"""What the first version counted, for the first 21 indicators."""
FIRST_RULES = tuple(rule for rule in RULES if rule.measure in FIRST_MEASURES)
KINDS = {
    "the first 21": Counting(FIRST_RULES, finds_faults=False),
    "all 46": COUNTING,
}
"""The rules measured, by the indicators that they are for."""


@dataclass(frozen=True)
class CountingCost:
    """What counting costs by some rules.

    Attributes:
        indicators: Which they are for.
        us_per_event: Microseconds of processor time, median of the rounds.
        cells_per_event: Cells that an event changes in the mean.
    """

    indicators: str
    us_per_event: float
    cells_per_event: float

    @property
    def events_per_core_second(self) -> float:
        return 1e6 / self.us_per_event


def measure_counting(messages: Sequence[bytes], rounds: int) -> list[CountingCost]:
    """Counts the same events by the first rules and by all, by turns.

    Args:
        messages: Encoded events.
        rounds: How often.
    """
    lives = _lives(messages)
    costs: dict[str, list[float]] = {name: [] for name in KINDS}
    for _ in range(rounds):
        for name, counting in KINDS.items():
            since = time.process_time()
            _count(counting, lives)
            costs[name].append((time.process_time() - since) / len(messages) * 1e6)
    return [
        CountingCost(name, median(costs[name]), _changed(counting, lives) / len(messages))
        for name, counting in KINDS.items()
    ]


def _lives(messages: Sequence[bytes]) -> list[list[Event]]:
    """The events of each subject, in their order."""
    lives: dict[bytes, list[Event]] = {}
    for message in messages:
        decoded = decode(message)
        fields: Fields = {"event_type": decoded.subject, **decoded.fields}
        day = {"first_accepted": f"{fields['period']}-28"}
        lives.setdefault(subject_key(fields), []).append({**fields, **day})
    return list(lives.values())


def _count(counting: Counting, lives: Sequence[Sequence[Event]]) -> None:
    for events in lives:
        for number in range(len(events)):
            counting.cells_of(events[:number])
            counting.cells_of(events[: number + 1])


def _changed(counting: Counting, lives: Sequence[Sequence[Event]]) -> int:
    """How many cells the events change, one after the other."""
    changed = 0
    for events in lives:
        for number in range(len(events)):
            change = counting.cells_of(events[: number + 1])
            change.subtract(counting.cells_of(events[:number]))
            changed += sum(1 for count in change.values() if count)
    return changed
