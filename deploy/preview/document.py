"""A preview for programs: one JSON object, labels in all languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from deploy.preview.fields import in_order, labels, meaning, shown_fields
from deploy.preview.reasons import reasons
from deploy.preview.seen import EventSeen, EventsSeen, Preview, RowSeen
from deploy.preview.words import WORDS


def document(preview: Preview) -> dict[str, Any]:
    """The whole of a preview."""
    return {
        "register": preview.register,
        "authority": preview.authority,
        "country": preview.country,
        "day": preview.day.isoformat(),
        "sha256": {"declarations": preview.declarations, "content": preview.content},
        "tables": [asdict(table) for table in preview.tables],
        "columns_at_home": [asdict(column) for column in preview.home],
        "columns_read": [asdict(column) for column in preview.read],
        "events": [_events(kind, seen) for kind, seen in sorted(preview.events.items())],
        "refusals": [
            {**asdict(refusal), "reasons": dict(reasons(refusal.code))}
            for refusal in preview.refusals
        ],
        "identifiers": preview.identifiers.document(),
        "quarters": [
            {**asdict(quarter), "node": quarter.node and quarter.node._asdict()}
            for quarter in preview.quarters
        ],
        "rows": [_row(row) for row in preview.rows],
    }


def _events(event_type: str, seen: EventsSeen) -> dict[str, Any]:
    lists = shown_fields(event_type)
    return {
        "event_type": event_type,
        "labels": labels("CL_EVENT_TYPE", event_type),
        "count": seen.count,
        "fields": [
            {
                "field": name,
                "meanings": {language: meaning(event_type, name, language) for language in WORDS},
                "codelist": lists[name],
                "values": [
                    {"code": value, "count": count, "labels": labels(lists[name], value)}
                    for value, count in in_order(lists[name], counts)
                ],
            }
            for name, counts in seen.fields.items()
        ],
    }


def _row(row: RowSeen) -> dict[str, Any]:
    return {
        "table": row.table,
        "place": row.place,
        "events": [
            {"event_type": event.event_type, "fields": _fields(event)} for event in row.events
        ],
        "problems": [asdict(problem) for problem in row.problems],
        "identifiers": list(row.identifiers),
        "unusable": [asdict(problem) for problem in row.unusable],
    }


def _fields(event: EventSeen) -> Mapping[str, list[dict[str, Any]]]:
    lists = shown_fields(event.event_type)
    return {
        name: [{"code": value, "labels": labels(lists[name], value)} for value in values]
        for name, values in event.fields.items()
    }
