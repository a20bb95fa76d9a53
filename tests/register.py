"""A register of reports and its outbox: rows as a mapping hands them over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from processors.intake.records import unpack_subject
from producers.outbox import Outbox
from producers.rows import (
    Draft,
    MappedRow,
    PendingBatch,
    Problem,
    RejectedRow,
    Rejection,
)
from producers.sealer import Sealer
from schemas.codec import decode
from schemas.envelope import open_body, verify
from schemas.topics import CaseTopic
from tests.samples import (
    TUNISIA,
    an_event,
    ref,
)
from tests.world import (
    NOW,
    Platform,
    World,
    a_world,
    some_random,
)

ID_KEY = b"invented key of the authority..."
ASSIGNED = ("event_id", "supersedes", "revision")
Fields = dict[str, Any]


def draft(slot: str, event_type: str = "report.received", **changes: Any) -> Draft:
    fields = an_event(event_type, **changes)
    return Draft(ref(slot) * 2, {n: v for n, v in fields.items() if n not in ASSIGNED})


def row(name: str, *drafts: Draft) -> MappedRow:
    return MappedRow(ref(name) * 2, drafts)


def rejected(name: str, place: str = "2") -> RejectedRow:
    problem = Problem("sex", "CODE_UNKNOWN", "a sex", "a text of 3 letters")
    return RejectedRow(ref(name) * 2, Rejection("victims", place, (problem,)))


def open_outbox(path: Path, streams: int = 1) -> Outbox:
    return Outbox(path, authority=TUNISIA, streams=streams, id_key=ID_KEY)


def sealer(world: World | None = None) -> Sealer:
    us = world or a_world()
    return Sealer(us.tunisia, us.trust, lambda: NOW, some_random())


def seal_all(outbox: Outbox, stream: int = 0) -> list[PendingBatch]:
    batches = []
    while (batch := outbox.seal_next(stream, sealer(), even_empty=False)) is not None:
        batches.append(batch)
    return batches


def events_in(batch: PendingBatch) -> list[Fields]:
    us = a_world()
    verified = verify(batch.message, CaseTopic("TUN", batch.stream), us.trust)
    return [decode(event).fields for event in open_body(verified, [us.opener])]


def standing(platform: Platform) -> list[tuple[str, str]]:
    """Channel and validation of every event that stands and was not withdrawn."""
    subjects = [v for k, v in platform.records.items() if k.startswith(b"S")]
    events = [event for value in subjects for event in unpack_subject(value)]
    return sorted(
        (event["case_ref"].hex(), event["channel"])
        for event in events
        if event["validation"] != "WITHDRAWN"
    )


def many(number: int) -> list[MappedRow]:
    return [row(str(n), draft(f"slot {n}", case_ref=ref(f"case {n}"))) for n in range(number)]
