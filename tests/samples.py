"""Sample events: one valid event of every type, about an invented case of a Tunisian authority."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.conformance import samples
from deploy.conformance.samples import Fields, ref
from schemas.case_events import EVENT_TYPES
from schemas.codec import encode

__all__ = ["MOROCCO", "TUNISIA", "Fields", "an_event", "encoded", "one_of_each", "ref"]

TUNISIA, MOROCCO = "tn.inltp", "ma.cnclt"
_SPEAKER: Fields = {
    "producer": TUNISIA,
    "country": "TUN",
    "region": "TN-R1",
    "region_level": "MACRO",
}


def an_event(event_type: str = "victim.identified", **changes: Any) -> Fields:
    """A valid event of a type; a change of any field but its id gives it another id."""
    return samples.an_event(event_type, **{**_SPEAKER, **changes})


def encoded(fields: Mapping[str, Any]) -> bytes:
    """An event as it travels."""
    return encode(fields["event_type"], {n: v for n, v in fields.items() if n != "event_type"})


def one_of_each() -> list[Fields]:
    """One event of every type."""
    return [an_event(event_type) for event_type in EVENT_TYPES]
