"""Events as an authority tells them at a node, and what it attests of them."""

from __future__ import annotations

from typing import Any

from schemas.anonymity import FIELDS, GATED, Attestation, Node, ladder, last_month, window_of
from schemas.areas import level_of_area, level_of_region
from tests.samples import Fields, an_event


def coarsened(event: Fields, node: Node) -> Fields:
    """An event told at a node; all that may be coarser there is among its suppressed fields."""
    if event["event_type"] not in FIELDS:
        return event
    country, told = event["country"], dict(event)
    levels = {field: getattr(node, GATED[field].attribute) for field in FIELDS[event["event_type"]]}
    for field, level in levels.items():
        told[field] = ladder(field, event[field], country)[level]
    if node.period:
        told["period"] = last_month(window_of(event["period"]))
    told["region_level"] = level_of_region(told["region"], country)
    if levels.get("citizenship"):
        told["citizenship_level"] = level_of_area(told["citizenship"])[0]
    coarser = [*(field for field, level in levels.items() if level), *["period"] * node.period]
    hidden = {*event["suppressed_fields"], *coarser}
    told["suppressed_fields"] = sorted(hidden)
    return told


def an_event_at(
    node: Node, event_type: str = "victim.identified", *, but: Fields | None = None, **changes: Any
) -> Fields:
    """A sample event told at a node, but for some fields; another content has another id."""
    told = {**coarsened(an_event(event_type, **changes), node), **(but or {})}
    return an_event(**{name: value for name, value in told.items() if name != "event_id"})


def attested(node: Node, window: str = "2023-Q2", **counts: int) -> Attestation:
    """What an authority attests of a quarter."""
    return Attestation(window, node, **{"k": 5, "l": 2, "suppressed": 0, **counts})
