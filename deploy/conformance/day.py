"""A day's invented events in a newcomer's name, as rows for an outbox.

The stories are those of the benchmarks. None of their cases belongs to the stream that the vectors
are sent to, so that the two do not meet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from deploy.bench.events import Told, stories
from deploy.conformance.checking import DAY_EVENTS
from deploy.conformance.vectors import STREAM
from producers.rows import Draft, MappedRow
from schemas.codec import decode

ASSIGNED = ("event_id", "fact_ref", "supersedes", "revision")
"""Fields that the outbox gives to an event."""


def invented_day(authority: str, country: str, seed: int) -> list[MappedRow]:
    """Rows of cases with at least `DAY_EVENTS` events together.

    Args:
        authority: The authority id.
        country: Its country (alpha-3).
        seed: The same seed gives the same day.
    """
    rows: list[MappedRow] = []
    told = 0
    for story in stories(authority, country, seed):
        drafts = tuple(_drafts(story))
        if drafts:
            rows.append(MappedRow(hashlib.sha256(drafts[0].slot).digest(), drafts))
            told += len(drafts)
        if told >= DAY_EVENTS:
            return rows
    raise AssertionError("stories have no end")


def _drafts(story: list[Told]) -> Iterator[Draft]:
    for event in story:
        decoded = decode(event.message)
        if event.stream != STREAM and not decoded.fields["revision"]:
            slot = hashlib.sha256(decoded.fields["fact_ref"]).digest()
            fields = {name: v for name, v in decoded.fields.items() if name not in ASSIGNED}
            yield Draft(slot, {"event_type": decoded.subject, **fields})
