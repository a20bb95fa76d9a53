"""Renders ``docs/topics.md``: every topic, and what each principal may do."""

from __future__ import annotations

from collections import defaultdict

from deploy.documents.markdown import code, document, table
from schemas.access import PRINCIPALS, Principal
from schemas.topics import COUNTRY_CODES, HOUR, TOPICS, Topic


def retention(topic: Topic) -> str:
    """How long records are kept, for people."""
    if topic.compacted:
        return "the newest of each key, for ever"
    if topic.retention_ms is None:
        return "for ever"
    hours = topic.retention_ms // HOUR
    return f"{hours // 24} days" if hours >= 24 else f"{hours} h"


def rights() -> dict[str, tuple[tuple[Topic, ...], tuple[Topic, ...]]]:
    """What every principal may write and what it may read."""
    found: defaultdict[str, tuple[list[Topic], list[Topic]]] = defaultdict(lambda: ([], []))
    for topic in TOPICS:
        for writer in topic.writers:
            found[writer][0].append(topic)
        for reader in topic.readers:
            found[reader][1].append(topic)
    return {name: (tuple(writes), tuple(reads)) for name, (writes, reads) in found.items()}


def render() -> str:
    """The document."""
    return document(
        "# Topics",
        f"National topics exist once for each country; `{{cc}}` is {code(*COUNTRY_CODES.values())}."
        " A partition is a stream: its order is the order of the chain. Values are Avro"
        " single-object encoded and keys are not used, but for releases, alerts, assessments and"
        " quality, which are JSON and keyed (`schemas/releases.py`, `schemas/alerts.py`,"
        " `schemas/quality.py`). No topic carries a plaintext event.",
        table(
            ["topic", "carries", "value", "partitions", "kept", "written by", "read by"],
            [
                [
                    code(topic.template),
                    topic.meaning,
                    code(topic.message),
                    str(topic.partitions),
                    retention(topic),
                    code(*topic.writers),
                    code(*topic.readers),
                ]
                for topic in TOPICS
            ],
        ),
        "Copies: three of every partition, writes need two, never a leader that lags. Records carry"
        " the time at which the broker took them.",
        "## Who may do what",
        "A principal is the common name of a client certificate. Everything that is not said here"
        " is denied; nobody deletes, and nobody writes in transactions. A quota holds for each"
        " broker.",
        table(
            ["principal", "zone", "does", "may write", "may read", "quota: in, out a second"],
            [_principal(row) for row in PRINCIPALS],
        ),
    )


def _principal(row: Principal) -> list[str]:
    writes, reads = rights().get(row.template, ((), ()))
    quota = row.quota
    bounds = (
        f"{quota.producer_byte_rate // 1024} KiB, {quota.consumer_byte_rate // 1024} KiB"
        if quota
        else ""
    )
    return [
        code(row.template),
        row.zone,
        row.meaning,
        code(*(t.template for t in writes)),
        code(*(t.template for t in reads)),
        bounds,
    ]
