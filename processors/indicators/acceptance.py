"""In which month a fact counts for what is published: its own, or the first that was still open.

Tables that are published do not grow afterwards: whoever compares two editions of one would see
who came late. So a fact that comes when its month is out counts in a later one. The rules:

1. A fact has the month that it told when it was first accepted; its quarter, where the month is not
   told. Corrections and withdrawals do not change that, also where they tell another month.
2. **Closing** a month says how far the log of each partition was read for it. A fact that was first
   told behind that place and would belong to the month, or to one before it, counts in the first
   month that is still open. No clock is asked, and no authority's word for the time.

Both follow from the log and the closings alone, so that a replay comes to the same months.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from processors.indicators.dimensions import Event
from processors.indicators.rule import hides_month, period_at
from schemas.anonymity import last_month

DAY_OF_ACCEPTANCE = "first_accepted"
"""The day on which the batch was sealed that was the first to tell a fact, ``2023-05-14``."""
PLACE_OF_ACCEPTANCE = "first_offset"
"""The offset of that batch in the log of its partition."""
MONTH_FIRST_TOLD = "first_told"
"""The month that the fact told then, ``2023-05``; its quarter, ``2023-Q2``, where that was all."""


@dataclass(frozen=True)
class Closing:
    """A month that is closed, and all before it.

    Attributes:
        month: The last month that is closed, e.g. ``2023-06``.
        read_to: Offset of the first record that was not read for it, by partition; a partition
            that is not named had nothing.
    """

    month: str
    read_to: Mapping[str, int]


def month_told(event: Event) -> str:
    """The month of a fact, or its quarter where the month is not told.

    Example:
        >>> month_told({"period": "2023-06", "suppressed_fields": ["period"]})
        '2023-Q2'
    """
    return period_at(event["period"], "Q" if hides_month(event) else "M")


def month_counted(event: Event, partition: str, closings: Sequence[Closing]) -> str:
    """The month in which a fact counts for what is published; a quarter, if that is all it told.

    Args:
        event: An event that stands in a ledger.
        partition: Name of the ledger's partition, as the closings have it.
        closings: All closings so far.

    Example:
        >>> june = Closing("2023-06", {"TUN-0": 40})
        >>> late = {"first_told": "2023-05", "first_offset": 41}
        >>> month_counted(late, "TUN-0", [june])
        '2023-07'
    """
    counted = str(event[MONTH_FIRST_TOLD])
    for closing in sorted(closings, key=lambda closing: closing.month):
        came_later = event[PLACE_OF_ACCEPTANCE] >= closing.read_to.get(partition, 0)
        if end_of(counted) <= closing.month and came_later:
            counted = _month_after(closing.month)
    return counted


def end_of(month: str) -> str:
    """The last month of a quarter; a month as it is."""
    return last_month(month) if "Q" in month else month


def _month_after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02}"
