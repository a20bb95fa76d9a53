"""What the process of alerts counts and measures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from prometheus_client import CollectorRegistry

from schemas.metrics import BROKER_REACHABLE, SHARED, Meters, Metric
from schemas.topics import COUNTRY_CODES

ROUNDS = Metric(
    "southmed_alerts_rounds_total", "counter", (), "Rounds that came to their end, read back."
)
ROUNDS_FAILED = Metric(
    "southmed_alerts_rounds_failed_total",
    "counter",
    (),
    "Rounds that did not; the next one goes on where they stopped.",
)
WRITTEN = Metric(
    "southmed_alerts_written_total", "counter", (), "Alerts that were raised, changed or closed."
)
HELD = Metric(
    "southmed_alerts_held",
    "gauge",
    ("country",),
    "Hits of a country that nothing else backs, and that are told to nobody.",
)
ROUND_SECONDS = Metric(
    "southmed_alerts_round_seconds",
    "gauge",
    (),
    "Seconds that the newest round took that came to its end; NaN before the first.",
)
LAST_ROUND = Metric(
    "southmed_alerts_last_round_timestamp_seconds",
    "gauge",
    (),
    "When a round came to its end last, as Unix time; NaN before the first.",
)
ALERT_METRICS = (ROUNDS, ROUNDS_FAILED, WRITTEN, HELD, ROUND_SECONDS, LAST_ROUND, *SHARED)


class AlertMeters(Meters):
    """The metrics of the process of alerts.

    Args:
        registry: Where they are read from; one of their own if not given.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        super().__init__(ALERT_METRICS, registry or CollectorRegistry())
        self.in_order: bool | None = None
        """Whether the newest round came to its end; None before the first."""

    def round_done(self, written: int, held: Iterable[str], seconds: float, now: float) -> None:
        """Notes a round.

        Args:
            written: Alerts written.
            held: The country of each hit that is held.
            seconds: How long it took.
            now: Unix time.
        """
        self.in_order = True
        self.count(ROUNDS)
        self.count(WRITTEN, written)
        self.set(ROUND_SECONDS, seconds)
        self.set(LAST_ROUND, now)
        counted = Counter(held)
        for country in COUNTRY_CODES:
            self.set(HELD, counted[country], country=country)

    def round_failed(self) -> None:
        """Notes a round that did not come to its end."""
        self.in_order = False
        self.count(ROUNDS_FAILED)

    def reached(self, reachable: bool) -> None:
        """Notes whether the broker answers."""
        self.set(BROKER_REACHABLE, float(reachable))
