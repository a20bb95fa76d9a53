"""What the tests on Apache Kafka share: a cluster that is emptied between tests, and its scenes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError, UnknownTopicOrPartitionError

from country_adapters import AUTHORITIES
from deploy.brokers.errors import BrokerError
from deploy.brokers.kafka.bring_up import apply_contract, bring_up
from deploy.brokers.kafka.cluster import KafkaCluster, free_ports
from deploy.brokers.kafka.java import class_path, find_java
from deploy.demo import prepare
from deploy.home import init_site
from deploy.pki.store import Office
from deploy.reach import Reach
from schemas.access import GROUP_PREFIX, TOPIC_PREFIX
from tests.integration.harness import Scene

EMPTY_SECONDS = 30.0


def check_kafka(folder: Path) -> None:
    """Skips where Java, Maven or Kafka's packages are missing; fails in continuous integration."""
    try:
        find_java()
        class_path(folder / "classpath")
    except BrokerError as error:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing(f"no Apache Kafka here: {error}. {error.advice}")


@dataclass
class KafkaScene(Scene):
    """A site on Apache Kafka."""

    cluster: KafkaCluster


@contextmanager
def running_cluster(
    root: Path,
    *,
    nodes: int,
    far_host: str = "",
    settings: Mapping[str, str] | None = None,
) -> Iterator[KafkaCluster]:
    """A cluster with all identities and the contract applied, stopped at the end."""
    check_kafka(root)
    cluster = bring_up(
        root / "kafka",
        Office(root / "pki"),
        nodes=nodes,
        now=datetime.now(UTC),
        port=free_ports(nodes),
        far_host=far_host,
        settings=settings,
    )
    try:
        yield cluster
    finally:
        cluster.stop()


def scene_on(cluster: KafkaCluster, root: Path) -> KafkaScene:
    """A fresh site on an emptied cluster."""
    empty(cluster)
    place = prepare(init_site(root, AUTHORITIES))
    reach = Reach(cluster.plan.servers, cluster.plan.identities)
    return KafkaScene(place.site, reach, dict(place.registers), cluster)


def empty(cluster: KafkaCluster) -> None:
    """Makes all topics of the contract anew, and forgets the groups."""
    with cluster.admin() as admin:
        ours = [name for name in admin.list_topics() if name.startswith(TOPIC_PREFIX)]
        if ours:
            admin.delete_topics(ours)
        _wait_until_gone(admin, ours)
        groups = [group["group_id"] for group in admin.list_groups()]
        with suppress(KafkaError):
            admin.delete_groups([name for name in groups if name.startswith(GROUP_PREFIX)])
    apply_contract(cluster)


def _wait_until_gone(admin: KafkaAdminClient, topics: list[str]) -> None:
    deadline = time.monotonic() + EMPTY_SECONDS
    while topics and set(topics) & set(admin.list_topics()):
        assert time.monotonic() < deadline, "topics that were deleted are still there"
        with suppress(UnknownTopicOrPartitionError):
            time.sleep(0.1)
