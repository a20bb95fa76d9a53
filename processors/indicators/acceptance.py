"""In which month a fact counts for what is published: that of its first acceptance, or later.

Tables that are published do not grow afterwards: whoever compares two editions of one would see
who came late. So what is published does not count by the month of the fact, as the operator's cells
do, but by the month in which the fact was first accepted. The rules:

1. The month of acceptance is that in which the batch was sealed that was the first to tell the fact
   (UTC). Corrections and withdrawals do not change it. A batch may come in long after its sealing,
   and its time is only its authority's word; therefore
2. **Closing** a month says how far the log of each partition was read for it. What stands behind
   that place and would belong to the month, or to one before it, belongs to the first month that is
   still open.

Both follow from the log and the closings alone, so that a replay comes to the same months.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from processors.indicators.dimensions import Event

DAY_OF_ACCEPTANCE = "first_accepted"
"""The day on which the batch was sealed that was the first to tell a fact, ``2023-05-14``."""
PLACE_OF_ACCEPTANCE = "first_offset"
"""The offset of that batch in the log of its partition."""


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


def month_counted(event: Event, partition: str, closings: Sequence[Closing]) -> str:
    """The month in which a fact counts for what is published.

    Args:
        event: An event that stands in a ledger.
        partition: Name of the ledger's partition, as the closings have it.
        closings: All closings so far.

    Example:
        >>> june = Closing("2023-06", {"TUN-0": 40})
        >>> late = {"first_accepted": "2023-05-14", "first_offset": 41}
        >>> month_counted(late, "TUN-0", [june])
        '2023-07'
    """
    month = str(event[DAY_OF_ACCEPTANCE])[:7]
    for closing in sorted(closings, key=lambda closing: closing.month):
        came_later = event[PLACE_OF_ACCEPTANCE] >= closing.read_to.get(partition, 0)
        if month <= closing.month and came_later:
            month = _month_after(closing.month)
    return month


def _month_after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02}"
