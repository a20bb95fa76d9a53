"""What a delivery counts and measures."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from schemas.metrics import BROKER_REACHABLE, SHARED, Meters, Metric

SENT = Metric("southmed_delivery_sent_total", "counter", (), "Letters that a server took.")
DELAYED = Metric(
    "southmed_delivery_delayed_total", "counter", (), "Attempts after which a letter has to wait."
)
REFUSED = Metric(
    "southmed_delivery_refused_total", "counter", (), "Letters that were refused for good."
)
WAITING = Metric(
    "southmed_delivery_waiting", "gauge", (), "Letters that no server has taken yet, nor refused."
)
HELD = Metric(
    "southmed_delivery_held",
    "gauge",
    (),
    "Alerts that wait for the end of somebody's quiet hours or for a digest.",
)
DELIVERY_METRICS = (SENT, DELAYED, REFUSED, WAITING, HELD, *SHARED)


class DeliveryMeters(Meters):
    """The metrics of a delivery.

    Args:
        registry: Where they are read from; one of their own if not given.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        super().__init__(DELIVERY_METRICS, registry or CollectorRegistry())

    def reached(self, reachable: bool) -> None:
        """Notes whether the broker answers."""
        self.set(BROKER_REACHABLE, float(reachable))
