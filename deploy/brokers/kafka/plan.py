"""What a cluster on one machine looks like: nodes, ports, and the settings of each.

What holds for a broker wherever it runs stands in `deploy.brokers.rules`; here is what comes with
sharing one machine: ports beside each other, small buffers, quick suspicion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.brokers.rules import Settings, everywhere, guarded
from deploy.pki.store import CA_FILE, IDENTITY_FILE
from schemas.topics import REPLICAS

HOST = "127.0.0.1"
NAME = "localhost"
"""The name in the brokers' certificates."""
PORTS_APART = 10
LISTENERS = ("CLIENTS", "BROKERS", "CONTROLLERS")
SMALL: Settings = {
    "offsets.topic.num.partitions": 6,
    "transaction.state.log.num.partitions": 3,
    # A first worker does not wait for others.
    "group.initial.rebalance.delay.ms": 0,
    # A broker that hangs is given up within seconds.
    "broker.session.timeout.ms": 6_000,
    "broker.heartbeat.interval.ms": 1_000,
    "replica.lag.time.max.ms": 6_000,
    "log.segment.bytes": 64 << 20,
    "log.cleaner.dedupe.buffer.size": 8 << 20,
    "num.network.threads": 2,
    "num.io.threads": 2,
}
"""What differs where a whole cluster shares one machine."""


@dataclass(frozen=True)
class Node:
    """One broker and controller.

    Attributes:
        number: Its id, from 1.
        clients: Port of the listener for clients.
        brokers: Port of the listener for other brokers.
        controller: Port of the listener for controllers.
        far: Port of a listener on the plan's far address, if there is one.
    """

    number: int
    clients: int
    brokers: int
    controller: int
    far: int

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.clients, self.brokers, self.controller, self.far)

    @property
    def principal(self) -> str:
        return f"broker.{self.number}"


@dataclass(frozen=True)
class Plan:
    """A cluster.

    Attributes:
        folder: Where data and logs lie.
        identities: Folder with an identity for each node.
        cluster_id: Kafka's id of the cluster.
        nodes: Its nodes.
        far_host: An address of this machine, beside loopback, on which clients in another network
            namespace are served; none if empty.
        settings: Broker settings that differ from the plan's own.
    """

    folder: Path
    identities: Path
    cluster_id: str
    nodes: tuple[Node, ...]
    far_host: str = ""
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def servers(self) -> str:
        return ",".join(f"{NAME}:{node.clients}" for node in self.nodes)

    @property
    def far_servers(self) -> str:
        return ",".join(f"{self.far_host}:{node.far}" for node in self.nodes)

    @property
    def replicas(self) -> int:
        return min(REPLICAS, len(self.nodes))

    def home(self, node: Node) -> Path:
        """Folder of a node."""
        return self.folder / f"node-{node.number}"

    def addresses(self, node: Node) -> dict[str, tuple[str, int]]:
        """Where each listener of a node is reached, by its name."""
        ports = dict(zip(LISTENERS, (node.clients, node.brokers, node.controller), strict=True))
        near = {name: (NAME, port) for name, port in ports.items()}
        return near | ({"FAR": (self.far_host, node.far)} if self.far_host else {})


def nodes_from(port: int, count: int) -> tuple[Node, ...]:
    """Nodes whose ports follow a first one, ten apart: 19092, 19102, 19112."""
    firsts = [port + PORTS_APART * n for n in range(count)]
    return tuple(Node(n + 1, p, p + 1, p + 2, p + 3) for n, p in enumerate(firsts))


def settings(plan: Plan, node: Node) -> dict[str, str | int | bool]:
    """Everything a node is told, in Kafka's names."""
    identity = plan.identities / node.principal
    numbers = [n.number for n in plan.nodes]
    return {
        "process.roles": "broker,controller",
        "node.id": node.number,
        "controller.quorum.voters": ",".join(
            f"{n.number}@{NAME}:{n.controller}" for n in plan.nodes
        ),
        **_listeners(plan, node),
        **guarded(numbers, str(identity / IDENTITY_FILE), str(identity / CA_FILE)),
        **everywhere(plan.replicas),
        "log.dirs": str(plan.home(node) / "data"),
        **SMALL,
        **dict(plan.settings),
    }


def _listeners(plan: Plan, node: Node) -> dict[str, str]:
    reached = plan.addresses(node)
    told = {name: f"{host}:{port}" for name, (host, port) in reached.items()}
    # Bound by address: a name may stand for two, of which Kafka takes one.
    bound = {name: address.replace(NAME, HOST) for name, address in told.items()}
    del told["CONTROLLERS"]
    return {
        "listeners": _pairs(bound),
        "advertised.listeners": _pairs(told),
        "listener.security.protocol.map": ",".join(f"{name}:SSL" for name in bound),
        "inter.broker.listener.name": "BROKERS",
        "controller.listener.names": "CONTROLLERS",
    }


def _pairs(listeners: Mapping[str, str]) -> str:
    return ",".join(f"{name}://{address}" for name, address in listeners.items())


def command(java: str, path: str, logging: Path, main: str, *arguments: str) -> Sequence[str]:
    """The command line of one of Kafka's programs, with a heap that three of them can share."""
    return [
        java,
        *("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:MaxMetaspaceSize=128m"),
        f"-Dlog4j2.configurationFile={logging}",
        *("-cp", path, main),
        *arguments,
    ]
