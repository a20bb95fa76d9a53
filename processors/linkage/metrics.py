"""What a trustee counts and measures."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from processors.linkage.judge import Decision, State
from schemas.metrics import BROKER_REACHABLE, SHARED, Meters, Metric
from schemas.receipts import Status

REQUESTS = Metric(
    "southmed_linkage_requests_total",
    "counter",
    ("country", "state"),
    "Requests decided on: accepted, duplicate because they were answered before, or refused.",
)
REFUSED = Metric(
    "southmed_linkage_requests_refused_total",
    "counter",
    ("country", "code"),
    "Requests refused, by why.",
)
ELEMENTS = Metric("southmed_linkage_elements_total", "counter", ("country",), "Elements evaluated.")
SECONDS = Metric(
    "southmed_linkage_seconds",
    "histogram",
    (),
    "Seconds to decide on a request and to write what follows into the book.",
)
ANSWERS_WAITING = Metric(
    "southmed_linkage_answers_waiting",
    "gauge",
    (),
    "Answers in the book that Kafka does not have yet.",
)
KEYS = Metric(
    "southmed_linkage_keys",
    "gauge",
    (),
    "Years whose key the trust document names for this holder, and which it has.",
)
LAST_REQUEST = Metric(
    "southmed_linkage_last_request_timestamp_seconds",
    "gauge",
    (),
    "When a request was decided on last, as Unix time; NaN before the first.",
)
LINKAGE_METRICS = (
    REQUESTS,
    REFUSED,
    ELEMENTS,
    SECONDS,
    ANSWERS_WAITING,
    KEYS,
    LAST_REQUEST,
    *SHARED,
)

_STATUS = {
    State.EVALUATED: Status.ACCEPTED,
    State.REPEATED: Status.DUPLICATE,
    State.REFUSED: Status.REFUSED,
}


class TrusteeMeters(Meters):
    """The metrics of a trustee.

    Args:
        registry: Where they are read from; one of their own if not given.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        super().__init__(LINKAGE_METRICS, registry or CollectorRegistry())

    def decided(self, country: str, decision: Decision, seconds: float) -> None:
        """Notes what became of a request."""
        self.count(REQUESTS, country=country, state=_STATUS[decision.state].value)
        self.observe(SECONDS, seconds)
        self.set(LAST_REQUEST, decision.at / 1000)
        if decision.state is State.REFUSED:
            self.count(REFUSED, country=country, code=decision.code)
        elif decision.state is State.EVALUATED:
            self.count(ELEMENTS, decision.elements, country=country)

    def reached(self, reachable: bool) -> None:
        """Notes whether the broker answers."""
        self.set(BROKER_REACHABLE, float(reachable))
