"""One cluster of one node for all tests of this folder; every test finds it empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.brokers.kafka.cluster import KafkaCluster
from tests.kafka.cluster import KafkaScene, running_cluster, scene_on

SLOW = {
    "test_a_country_joins",
    "test_broker_commands",
    "test_doctor",
    "test_quotas",
    "test_renewal",
}
"""Files whose tests bring up clusters of their own, or wait for clocks and quotas."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/kafka/" in str(item.path):
            item.add_marker(pytest.mark.kafka)
            if item.path.stem in SLOW:
                item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    with running_cluster(tmp_path_factory.mktemp("kafka"), nodes=1) as running:
        yield running


@pytest.fixture
def place(cluster: KafkaCluster, tmp_path: Path) -> KafkaScene:
    return scene_on(cluster, tmp_path / "site")
