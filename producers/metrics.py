"""What a publisher counts, and what can be seen of its outbox.

The outbox keeps no times. How long a batch has been pending is therefore counted from the look
that first saw it pending, and begins anew with the process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from prometheus_client import CollectorRegistry

from producers.outbox import Outbox
from schemas.metrics import BROKER_REACHABLE, SHARED, UNKNOWN, Meters, Metric
from schemas.trust import Position

UNSEALED = Metric(
    "southmed_publisher_events_unsealed",
    "gauge",
    ("stream",),
    "Events in the outbox that no batch holds yet.",
)
PENDING = Metric(
    "southmed_publisher_batches_pending",
    "gauge",
    ("stream",),
    "Sealed batches that no receipt has accepted yet.",
)
OLDEST_PENDING = Metric(
    "southmed_publisher_oldest_pending_seconds",
    "gauge",
    ("stream",),
    "Age of the queue: seconds since this process first saw the oldest pending batch pending; 0"
    " without one.",
)
SINCE_RECEIPT = Metric(
    "southmed_publisher_since_receipt_seconds",
    "gauge",
    (),
    "Seconds since the last valid receipt; NaN before the first.",
)
ROWS_REJECTED = Metric(
    "southmed_adapter_rows_rejected",
    "gauge",
    (),
    "Rows of the register that stay home at present, listed in rejects.csv.",
)
EVENTS_REFUSED = Metric(
    "southmed_publisher_events_refused_total",
    "counter",
    ("code",),
    "Events that the platform refused, told by receipts since the process started.",
)
PUBLISHER_METRICS = (
    UNSEALED,
    PENDING,
    OLDEST_PENDING,
    SINCE_RECEIPT,
    ROWS_REJECTED,
    EVENTS_REFUSED,
    *SHARED,
)


class PublisherMeters(Meters):
    """The metrics of a publisher and its outbox.

    Args:
        registry: Where they are read from; one of their own if not given.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        super().__init__(PUBLISHER_METRICS, registry or CollectorRegistry())
        self._heard: float | None = None
        self._first_seen: dict[tuple[int, Position], float] = {}

    def reached(self, reachable: bool) -> None:
        """Notes whether the broker answered."""
        self.set(BROKER_REACHABLE, float(reachable))

    def heard(self, now: float) -> None:
        """Notes that a valid receipt came."""
        self._heard = now

    def refused(self, codes: Iterable[str]) -> None:
        """Counts events that a receipt refuses."""
        for code, number in Counter(codes).items():
            self.count(EVENTS_REFUSED, number, code=code)

    def look(self, outbox: Outbox, now: float) -> None:
        """Measures the outbox.

        Args:
            outbox: A connection of the looking thread's own.
            now: Seconds of the clock that `heard` is told.
        """
        seen: dict[tuple[int, Position], float] = {}
        for stream in range(outbox.streams):
            pending = [(stream, position) for position in outbox.pending_positions(stream)]
            seen |= {batch: self._first_seen.get(batch, now) for batch in pending}
            self.set(UNSEALED, outbox.unsealed(stream), stream=stream)
            self.set(PENDING, len(pending), stream=stream)
            age = now - seen[pending[0]] if pending else 0.0
            self.set(OLDEST_PENDING, age, stream=stream)
        self._first_seen = seen
        self.set(ROWS_REJECTED, outbox.rejected_rows())
        self.set(SINCE_RECEIPT, UNKNOWN if self._heard is None else now - self._heard)
