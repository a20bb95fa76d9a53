"""What an intake worker counts and measures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry

from processors.intake.fold import Outcome, Record
from schemas.metrics import BROKER_REACHABLE, SHARED, Meters, Metric
from schemas.receipts import Status
from schemas.topics import CaseTopic

PLACE = ("country", "partition")

RECORDS = Metric(
    "southmed_intake_records_total",
    "counter",
    (*PLACE, "state"),
    "Records folded, by what became of the batch.",
)
EVENTS = Metric(
    "southmed_intake_events_total",
    "counter",
    ("country", "state"),
    "Events of accepted batches: accepted, or duplicate because they were counted before.",
)
EVENTS_REFUSED = Metric(
    "southmed_intake_events_refused_total",
    "counter",
    ("country", "code"),
    "Events refused one by one, while their batch was accepted.",
)
QUARANTINED = Metric(
    "southmed_intake_batches_quarantined_total",
    "counter",
    ("country", "code"),
    "Batches that were refused and kept whole in quarantine.",
)
FOLD_SECONDS = Metric(
    "southmed_intake_fold_seconds",
    "histogram",
    (),
    "Seconds to fold one record and to write what follows into the ledger.",
)
LAG = Metric(
    "southmed_intake_lag_records",
    "gauge",
    PLACE,
    "Records that wait in a partition of this worker, at the last look (every 5 s).",
)
NEXT_OFFSET = Metric(
    "southmed_intake_next_offset",
    "gauge",
    PLACE,
    "The offset that the ledger of a partition of this worker expects next, at the last look.",
)
ASSIGNED = Metric("southmed_intake_partitions_assigned", "gauge", (), "Partitions of this worker.")
RECEIPTS_SENT = Metric(
    "southmed_intake_receipts_sent_total",
    "counter",
    ("country",),
    "Signed receipts handed to the broker; one may speak of many batches.",
)
REBALANCES = Metric(
    "southmed_intake_rebalances_total",
    "counter",
    (),
    "How often the group gave this worker its partitions.",
)
SEEKS = Metric(
    "southmed_intake_seeks_total",
    "counter",
    PLACE,
    "Records that came before the one expected, each answered by seeking back.",
)
LAST_PROGRESS = Metric(
    "southmed_intake_last_progress_timestamp_seconds",
    "gauge",
    (),
    "When a record was folded last, as Unix time; NaN before the first.",
)
INTAKE_METRICS = (
    RECORDS,
    EVENTS,
    EVENTS_REFUSED,
    QUARANTINED,
    FOLD_SECONDS,
    LAG,
    NEXT_OFFSET,
    ASSIGNED,
    RECEIPTS_SENT,
    REBALANCES,
    SEEKS,
    LAST_PROGRESS,
    *SHARED,
)


class IntakeMeters(Meters):
    """The metrics of an intake worker.

    Args:
        registry: Where they are read from; one of their own if not given.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        super().__init__(INTAKE_METRICS, registry or CollectorRegistry())
        self._places: frozenset[CaseTopic] = frozenset()

    def folded(self, record: Record, outcome: Outcome, seconds: float, now: float) -> None:
        """Notes what became of a record.

        Args:
            record: The record.
            outcome: What followed from it.
            seconds: How long the fold and its write took.
            now: Unix time.
        """
        country = record.topic.country
        self.observe(FOLD_SECONDS, seconds)
        self.set(LAST_PROGRESS, now)
        entries = outcome.receipt.entries if outcome.receipt else ()
        state = entries[0].status if entries else Status.REFUSED
        self.count(RECORDS, **_where(record.topic), state=state.value)
        if outcome.quarantine is not None:
            self.count(QUARANTINED, country=country, code=outcome.quarantine.code)
        if state is not Status.ACCEPTED:
            return
        (entry,) = entries
        counted = {Status.ACCEPTED: entry.events_accepted, Status.DUPLICATE: entry.events_duplicate}
        for status, number in counted.items():
            self.count(EVENTS, number, country=country, state=status.value)
        for code, number in Counter(event.code for event in entry.refused).items():
            self.count(EVENTS_REFUSED, number, country=country, code=code)

    def seen(self, *, reachable: bool, places: Mapping[CaseTopic, tuple[int, int]]) -> None:
        """Notes what was seen at a look.

        Args:
            reachable: Whether the broker answered; if not, the rest stays as it was.
            places: Next offset and end of every partition of this worker.
        """
        self.set(BROKER_REACHABLE, float(reachable))
        if not reachable:
            return
        self.set(ASSIGNED, len(places))
        for topic in self._places - places.keys():
            self.forget(NEXT_OFFSET, **_where(topic))
            self.forget(LAG, **_where(topic))
        self._places = frozenset(places)
        for topic, (following, end) in places.items():
            self.set(NEXT_OFFSET, following, **_where(topic))
            self.set(LAG, max(0, end - following), **_where(topic))


def _where(topic: CaseTopic) -> dict[str, Any]:
    return {"country": topic.country, "partition": topic.partition}
