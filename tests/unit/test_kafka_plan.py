"""A cluster on one machine: what its nodes are told, and what is said when it cannot start."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from deploy.brokers.errors import (
    ClusterDiffers,
    DiskFull,
    JavaMissing,
    MavenMissing,
    NoCluster,
    PackagesMissing,
    PortTaken,
)
from deploy.brokers.kafka import java
from deploy.brokers.kafka.cluster import FIRST_PORT, KafkaCluster, free_ports
from deploy.brokers.kafka.plan import Plan, nodes_from, settings
from deploy.brokers.rules import properties


def a_plan(nodes: int, far_host: str = "") -> Plan:
    return Plan(Path("/data"), Path("/pki"), "an-id", nodes_from(19092, nodes), far_host=far_host)


@pytest.mark.parametrize("nodes", [1, 2, 3])
@pytest.mark.parametrize("far_host", ["", "10.0.0.1"])
def test_every_listener_speaks_tls_and_asks_for_a_certificate(nodes: int, far_host: str) -> None:
    plan = a_plan(nodes, far_host)
    for node in plan.nodes:
        told = settings(plan, node)
        names = {part.split("://")[0] for part in str(told["listeners"]).split(",")}
        protocols = dict(
            pair.split(":") for pair in str(told["listener.security.protocol.map"]).split(",")
        )
        assert protocols == dict.fromkeys(names, "SSL")
        assert told["ssl.client.auth"] == "required"
        assert told["ssl.enabled.protocols"] == "TLSv1.3"
        assert told["allow.everyone.if.no.acl.found"] is False
        assert not any("SSL" in name for name in names)


@pytest.mark.parametrize(("nodes", "copies", "enough"), [(1, 1, 1), (2, 2, 2), (3, 3, 2)])
def test_as_many_copies_as_there_are_nodes_up_to_three(
    nodes: int, copies: int, enough: int
) -> None:
    told = settings(a_plan(nodes), a_plan(nodes).nodes[0])
    assert told["default.replication.factor"] == told["offsets.topic.replication.factor"] == copies
    assert told["min.insync.replicas"] == enough
    assert told["unclean.leader.election.enable"] is False


def test_brokers_are_super_users_and_nobody_else() -> None:
    plan = a_plan(3)
    told = settings(plan, plan.nodes[2])
    assert told["super.users"] == "User:broker.1;User:broker.2;User:broker.3"


def test_no_port_is_used_twice() -> None:
    ports = [port for node in nodes_from(19092, 3) for port in node.ports]
    assert len(set(ports)) == len(ports) == 12


def test_only_loopback_is_listened_on_unless_another_address_is_named() -> None:
    plan = a_plan(3)
    for node in plan.nodes:
        bound = str(settings(plan, node)["listeners"]).split(",")
        assert all("://127.0.0.1:" in listener for listener in bound)


def test_a_properties_file_says_values_as_java_reads_them() -> None:
    assert properties({"a": True, "b": 7, "c": "x\\y"}) == "a=true\nb=7\nc=x\\\\y\n"


# --- What is missing ------------------------------------------------------------------------------


class Tools(NamedTuple):
    """A path on which only some programs are."""

    folder: Path

    def add(self, name: str, script: str) -> None:
        program = self.folder / name
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return Tools(folder)


def test_no_java_is_told(tools: Tools) -> None:  # noqa: ARG001 - an empty path
    with pytest.raises(JavaMissing) as raised:
        java.find_java()
    assert "java 17 or newer" in str(raised.value)
    assert "JDK 17" in raised.value.advice


def test_a_java_that_is_too_old_is_told(tools: Tools) -> None:
    tools.add("java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2")
    with pytest.raises(JavaMissing) as raised:
        java.find_java()
    assert raised.value.got == "java 11"


def test_a_java_that_is_new_enough_is_taken(tools: Tools) -> None:
    tools.add("java", "echo 'openjdk version \"21.0.1\" 2023-10-17' >&2")
    assert java.find_java() == str(tools.folder / "java")


def test_no_maven_is_told(tools: Tools, tmp_path: Path) -> None:  # noqa: ARG001 - an empty path
    with pytest.raises(MavenMissing):
        java.class_path(tmp_path / "classpath")


def test_a_maven_that_brings_nothing_is_told(tools: Tools, tmp_path: Path) -> None:
    tools.add("mvn", "exit 1")
    with pytest.raises(PackagesMissing) as raised:
        java.class_path(tmp_path / "classpath")
    assert raised.value.got == "Maven's exit status 1"


def test_maven_is_asked_once_and_again_when_a_package_is_gone(tools: Tools, tmp_path: Path) -> None:
    package = tmp_path / "a.jar"
    package.touch()
    counter = tmp_path / "asked"
    write = 'for o in "$@"; do case $o in -Dmdep.outputFile=*) f=${o#*=};; esac; done'
    tools.add("mvn", f"echo x >> {counter}; {write}; printf %s {package} > $f")
    for _ in range(2):
        assert java.class_path(tmp_path / "kept") == str(package)
    assert counter.read_text() == "x\n"
    package.unlink()
    java.class_path(tmp_path / "kept")
    assert counter.read_text() == "x\nx\n"


# --- What stands in the way -----------------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path: Path) -> KafkaCluster:
    port = free_ports(1)
    return KafkaCluster.make(tmp_path / "kafka", tmp_path / "pki", nodes=1, port=port)


@pytest.fixture
def listener(cluster: KafkaCluster) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", cluster.plan.nodes[0].brokers)) as server:
        yield server.getsockname()[1]


def test_a_port_that_is_taken_is_told_and_nothing_is_started(
    cluster: KafkaCluster, listener: int
) -> None:
    with pytest.raises(PortTaken) as raised:
        cluster.start()
    assert str(listener) in raised.value.expected
    assert "--port" in raised.value.advice
    assert cluster.nodes[1].pid is None


def test_ports_that_are_taken_are_passed_over(cluster: KafkaCluster, listener: int) -> None:
    assert listener not in [p for n in nodes_from(free_ports(1), 1) for p in n.ports]
    assert free_ports(1) != cluster.plan.nodes[0].clients
    assert free_ports(3) >= FIRST_PORT


def test_a_full_disk_is_told_and_nothing_is_started(
    cluster: KafkaCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(cluster.plan.folder)._replace(free=100 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DiskFull) as raised:
        cluster.start()
    assert raised.value.got == "100 MiB"
    assert cluster.nodes[1].pid is None


def test_a_folder_keeps_the_cluster_that_was_made_in_it(
    cluster: KafkaCluster, tmp_path: Path
) -> None:
    opened = KafkaCluster.open(tmp_path / "kafka")
    assert opened.plan == cluster.plan
    same = KafkaCluster.make(tmp_path / "kafka", tmp_path / "elsewhere", nodes=1)
    assert same.plan == cluster.plan
    with pytest.raises(ClusterDiffers) as raised:
        KafkaCluster.make(tmp_path / "kafka", tmp_path / "pki", nodes=3)
    assert (raised.value.expected, raised.value.got) == ("--nodes 1", "--nodes 3")
    with pytest.raises(NoCluster):
        KafkaCluster.open(tmp_path)


def test_a_process_id_that_was_given_to_somebody_else_is_not_taken_for_a_node(
    cluster: KafkaCluster,
) -> None:
    node = cluster.nodes[1]
    node.home.mkdir(parents=True)
    (node.home / "pid").write_text(f"{os.getpid()}\n", encoding="utf-8")
    assert node.pid is None
