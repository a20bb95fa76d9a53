"""Gathers what a cluster tells one principal, each question with a time after which it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from kafka.admin import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError, for_code
from kafka.protocol.consumer import OffsetSpec
from kafka.structs import TopicPartition

from deploy.doctor.cluster import ClusterSeen, PartitionSeen, TopicSeen, due_topics
from deploy.doctor.lag import LogSeen
from schemas.access import INTAKE_GROUP, TOPIC_PREFIX
from schemas.topics import CASES, COUNTRY_CODES, CaseTopic

T = TypeVar("T")

PATIENCE = 10.0
"""Seconds for each answer."""
TRIES = 5


def read_cluster(admin: KafkaAdminClient, principal: str) -> ClusterSeen:
    """Brokers and topics.

    Args:
        admin: A client of the principal's.
        principal: Who looks.
    """
    brokers = {
        broker["broker_id"]: (broker["host"], broker["port"])
        for broker in admin.describe_cluster()["brokers"]
        if not broker.get("is_fenced")
    }
    visible = [name for name in admin.list_topics() if name.startswith(TOPIC_PREFIX)]
    asked = sorted({*visible, *due_topics(principal)})
    told = admin.describe_topics(asked) if asked else []
    topics = {topic["name"]: _topic(topic) for topic in told}
    return ClusterSeen(principal, brokers, topics)


def _topic(told: dict[str, Any]) -> TopicSeen:
    if code := told["error_code"]:
        return TopicSeen(told["name"], error=for_code(code).__name__)
    partitions = [
        PartitionSeen(
            p["partition_index"],
            p["leader_id"],
            tuple(p["replica_nodes"]),
            tuple(p["isr_nodes"]),
        )
        for p in told["partitions"]
    ]
    partitions.sort(key=lambda p: p.number)
    operations = frozenset(told.get("authorized_operations") or ())
    return TopicSeen(told["name"], tuple(partitions), operations)


def read_logs(admin: KafkaAdminClient, *, group: bool) -> dict[CaseTopic, LogSeen]:
    """First and last offset of every partition of the case topics that is there.

    Args:
        admin: A client that may see them.
        group: Also where intake's group has committed.
    """
    names = {str(CASES.name(country)): country for country in COUNTRY_CODES}
    there = admin.describe_topics(sorted(names))
    partitions = [
        TopicPartition(topic["name"], p["partition_index"])
        for topic in there
        for p in topic["partitions"]
    ]
    if not partitions:
        return {}
    first = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
    end = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
    committed = _committed(admin) if group else {}
    return {
        CaseTopic(names[at.topic], at.partition): LogSeen(
            first[at].offset, end[at].offset, committed.get(at)
        )
        for at in partitions
    }


def _committed(admin: KafkaAdminClient) -> dict[TopicPartition, int]:
    told = _once_coordinated(lambda: admin.list_group_offsets({INTAKE_GROUP: None}))
    return {at: kept.offset for at, kept in told[INTAKE_GROUP].items() if kept.offset >= 0}


def count_workers(admin: KafkaAdminClient) -> int:
    """Members of intake's group at present."""
    told = _once_coordinated(lambda: admin.describe_groups([INTAKE_GROUP]))
    return len(told[INTAKE_GROUP]["members"])


def _once_coordinated(question: Callable[[], T]) -> T:
    """Asks again where a new cluster has only now begun to keep groups."""
    for _ in _pauses():
        try:
            return question()
        except CoordinatorNotAvailableError:
            continue
    return question()


def _pauses() -> Iterator[None]:
    for _ in range(TRIES):
        yield
        time.sleep(0.5)
