"""What a cluster on one machine looks like: nodes, ports, and the settings of each.

The rules:

1. Every listener speaks TLS 1.3 and asks for a client certificate: clients, brokers among each
   other, controllers.
2. The principal is the common name of the certificate; brokers are super users, everyone else may
   do what was granted, and nothing is granted to everyone.
3. With three nodes a partition has three copies, a write needs two of them, and a copy that lags
   never becomes leader: what was acknowledged survives the loss of one node.
4. Topics are never made by accident.

Source of the names: Apache Kafka 4 documentation, "Broker Configs"; KIP-651 for PEM files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.topics import MAX_RECORD, REPLICAS

HOST = "127.0.0.1"
NAME = "localhost"
"""The name in the brokers' certificates."""
PRINCIPAL_RULES = "RULE:^CN=([a-z0-9.-]+),O=southmed$/$1/,DEFAULT"
PORTS_APART = 10
LISTENERS = ("CLIENTS", "BROKERS", "CONTROLLERS")
"""Of every node. No name says SSL: the image of Apache Kafka takes that for a keystore's
password."""


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


def settings(plan: Plan, node: Node) -> dict[str, str]:
    """Everything a node is told, in Kafka's names."""
    copies = str(plan.replicas)
    enough = str(min(2, plan.replicas))
    voters = ",".join(f"{n.number}@{NAME}:{n.controller}" for n in plan.nodes)
    supers = ";".join(f"User:{n.principal}" for n in plan.nodes)
    return {
        "process.roles": "broker,controller",
        "node.id": str(node.number),
        "controller.quorum.voters": voters,
        **_listeners(plan, node),
        **_tls(plan, node),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": supers,
        "log.dirs": str(plan.home(node) / "data"),
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": enough,
        "unclean.leader.election.enable": "false",
        "log.message.timestamp.type": "LogAppendTime",
        "message.max.bytes": str(MAX_RECORD),
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": "6",
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": enough,
        "transaction.state.log.num.partitions": "3",
        # A first worker does not wait for others.
        "group.initial.rebalance.delay.ms": "0",
        # A broker that hangs is given up within seconds.
        "broker.session.timeout.ms": "6000",
        "broker.heartbeat.interval.ms": "1000",
        "replica.lag.time.max.ms": "6000",
        "log.segment.bytes": str(64 << 20),
        "log.cleaner.dedupe.buffer.size": str(8 << 20),
        "num.network.threads": "2",
        "num.io.threads": "2",
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


def _tls(plan: Plan, node: Node) -> dict[str, str]:
    identity = plan.identities / node.principal
    return {
        "ssl.client.auth": "required",
        "ssl.enabled.protocols": "TLSv1.3",
        "ssl.protocol": "TLSv1.3",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(identity / "identity.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(identity / "ca.pem"),
        "ssl.principal.mapping.rules": PRINCIPAL_RULES,
    }


def properties(pairs: Mapping[str, str]) -> str:
    """Settings as a Java properties file; backslashes are doubled, as that format wants it."""
    lines = [f"{name}={value}".replace("\\", "\\\\") for name, value in pairs.items()]
    return "\n".join(lines) + "\n"


def command(java: str, path: str, logging: Path, main: str, *arguments: str) -> Sequence[str]:
    """The command line of one of Kafka's programs, with a heap that three of them can share."""
    return [
        java,
        *("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:MaxMetaspaceSize=128m"),
        f"-Dlog4j2.configurationFile={logging}",
        *("-cp", path, main),
        *arguments,
    ]
