"""``southmed broker`` as a user gives it: three nodes, started, looked at, halted, stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.brokers.kafka.cluster import KafkaCluster, free_ports
from tests.kafka.cluster import check_kafka


class Southmed:
    """The command, at one site."""

    def __init__(self, site: Path) -> None:
        self.site = site

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=150,
        )

    def broker(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self("broker", *arguments, "--site", str(self.site))

    def nodes(self) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = json.loads(self.broker("status", "--json").stdout)["nodes"]
        return nodes


@pytest.fixture
def southmed(tmp_path: Path) -> Southmed:
    check_kafka(tmp_path)
    return Southmed(tmp_path / "site")


def test_three_brokers_from_nothing_to_nothing(southmed: Southmed) -> None:
    port = str(free_ports(3))
    started = southmed.broker("start", "--nodes", "3", "--port", port, "--json")
    try:
        assert started.returncode == 0, started.stderr
        told = json.loads(started.stdout)
        assert told["servers"].count(",") == 2
        nodes = southmed.nodes()
        assert [node["alive"] for node in nodes] == [True] * 3
        assert all(100 < node["memory_mib"] < 1_000 for node in nodes)

        # The contract was applied, with three copies of everything.
        operator = ("--broker", told["servers"], "--identity", f"{told['identities']}/operator")
        assert southmed("topics", "apply", "--dry-run", *operator).returncode == 0

        again = southmed.broker("start", "--nodes", "3", "--json")
        assert again.returncode == 0, again.stderr
        assert [node["pid"] for node in southmed.nodes()] == [node["pid"] for node in nodes]

        KafkaCluster.open(southmed.site / "kafka").nodes[3].send(signal.SIGKILL)
        status = southmed.broker("status")
        assert status.returncode == 1
        assert "away" in status.stdout
        assert "broker.1" in southmed.broker("logs", "--lines", "3").stdout
        assert southmed.broker("start", "--nodes", "1").returncode == 1
    finally:
        stopped = southmed.broker("stop")
    assert stopped.returncode == 0, stopped.stderr
    assert [node["pid"] for node in southmed.nodes()] == [None] * 3


def test_a_broker_that_was_never_made_is_told(southmed: Southmed) -> None:
    status = southmed.broker("status")
    assert status.returncode == 1
    assert "NO_CLUSTER" in status.stderr
    assert "southmed broker start" in status.stderr
