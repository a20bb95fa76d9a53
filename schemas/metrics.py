"""What a running process counts and measures, each declared in a table of its room.

The rules:

1. A metric is declared before it is set: its name, its kind, its labels, what it means
   (``metrics.py`` of each room). ``docs/logs-and-metrics.md`` is generated from the tables.
2. The values of a label are a closed set: countries, partitions, codes, states. A value outside of
   it is counted under ``other``, so no case has a way into a label, and no sender can make the
   number of series grow.
3. Metrics are changed once a batch or once a look, never once an event: an event costs 50 µs, and
   a counter one or two of them.
4. Every process, and every test, has a registry of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.errors import ChainError, EventError, SealError, WireError, tree
from schemas.linkage_errors import LinkageError
from schemas.oprf_errors import OprfError
from schemas.receipts import Status
from schemas.topics import COUNTRY_CODES, PARTITIONS

Kind = Literal["counter", "gauge", "histogram"]

OTHER = "other"
UNKNOWN = float("nan")
"""The value of a gauge that nobody has set yet."""
FOLD_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0)
"""Bounds of histograms, in seconds: from a batch of one event to a disk that hangs."""


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: Its name; a counter's ends in ``_total``.
        kind: How it behaves.
        labels: Names from `label_values`.
        meaning: What it says.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str


CERTIFICATE_EXPIRY = Metric(
    "southmed_certificate_expiry_timestamp_seconds",
    "gauge",
    (),
    "When this process's certificate ends, as Unix time; NaN without one.",
)
CLOCK_SKEW = Metric(
    "southmed_clock_skew_seconds",
    "gauge",
    (),
    "By how much this machine's clock is ahead of the broker's; NaN until it was measured.",
)
BROKER_REACHABLE = Metric(
    "southmed_broker_reachable", "gauge", (), "1 if the broker answered when last asked, else 0."
)
SHARED = (BROKER_REACHABLE, CERTIFICATE_EXPIRY, CLOCK_SKEW)
"""What every process tells."""


TOLD = (WireError, SealError, ChainError, EventError, LinkageError, OprfError)
"""Families of errors that receipts, quarantine and holders' answers can name."""


def label_values() -> Mapping[str, frozenset[str]]:
    """Every label and its closed set of values."""
    numbers = frozenset(str(number) for number in range(PARTITIONS))
    return {
        "code": frozenset(error.code for family in TOLD for error in tree(family)),
        "country": frozenset(COUNTRY_CODES),
        "partition": numbers,
        "state": frozenset(status.value for status in Status),
        "stream": numbers,
    }


class Meters:
    """The metrics of one process.

    Args:
        table: What is declared.
        registry: Where they are read from.

    Example:
        >>> folded = Metric("demo_records_total", "counter", ("country",), "Records folded.")
        >>> registry = CollectorRegistry()
        >>> Meters([folded], registry).count(folded, country="TUN")
        >>> registry.get_sample_value("demo_records_total", {"country": "TUN"})
        1.0
    """

    def __init__(self, table: Iterable[Metric], registry: CollectorRegistry) -> None:
        self.registry = registry
        self._allowed = label_values()
        self._counters: dict[Metric, Counter] = {}
        self._gauges: dict[Metric, Gauge] = {}
        self._histograms: dict[Metric, Histogram] = {}
        for metric in table:
            self._declare(metric)

    def _declare(self, metric: Metric) -> None:
        named = (metric.name, metric.meaning, metric.labels)
        if metric.kind == "counter":
            self._counters[metric] = Counter(*named, registry=self.registry)
        elif metric.kind == "gauge":
            self._gauges[metric] = Gauge(*named, registry=self.registry)
            if not metric.labels:
                self._gauges[metric].set(UNKNOWN)
        else:
            self._histograms[metric] = Histogram(
                *named, registry=self.registry, buckets=FOLD_BUCKETS
            )

    def count(self, metric: Metric, amount: int = 1, **labels: object) -> None:
        """Adds to a counter."""
        counter = self._counters[metric]
        (counter.labels(**self._closed(labels)) if labels else counter).inc(amount)

    def set(self, metric: Metric, value: float, **labels: object) -> None:
        """Sets a gauge."""
        gauge = self._gauges[metric]
        (gauge.labels(**self._closed(labels)) if labels else gauge).set(value)

    def observe(self, metric: Metric, value: float) -> None:
        """Adds a measurement to a histogram."""
        self._histograms[metric].observe(value)

    def forget(self, metric: Metric, **labels: object) -> None:
        """Drops a series of a gauge, because what it tells of is no longer this process's."""
        closed = self._closed(labels)
        self._gauges[metric].remove(*(closed[name] for name in metric.labels))

    def _closed(self, labels: Mapping[str, object]) -> dict[str, str]:
        texts = {name: str(value) for name, value in labels.items()}
        return {n: t if t in self._allowed[n] else OTHER for n, t in texts.items()}
