"""Renders ``docs/topics.md``: every topic, and what each principal may do."""

from __future__ import annotations

from collections import defaultdict

from deploy.documents.markdown import code, document, table
from schemas.topics import COUNTRY_CODES, TOPICS, Topic

_DAY_MS = 24 * 3600 * 1000


def retention(topic: Topic) -> str:
    """How long records are kept, for people."""
    return "for ever" if topic.retention_ms is None else f"{topic.retention_ms // _DAY_MS} days"


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
        " single-object encoded; keys are not used. No topic carries a plaintext event.",
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
        "## What each principal may do",
        "Everything else is denied.",
        table(
            ["principal", "may write", "may read"],
            [
                [
                    code(name),
                    code(*(t.template for t in writes)),
                    code(*(t.template for t in reads)),
                ]
                for name, (writes, reads) in sorted(rights().items())
            ],
        ),
    )
