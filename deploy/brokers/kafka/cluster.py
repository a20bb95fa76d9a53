"""A cluster on one machine: made once, started and stopped as often as one likes.

What was decided when it was made (nodes, ports, id) is kept in ``cluster.json`` beside its data;
starting it again starts the same cluster.
"""

from __future__ import annotations

import base64
import json
import shutil
import signal
import socket
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeVar

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from deploy.brokers.errors import BrokerNotUp, ClusterDiffers, DiskFull, NoCluster, PortTaken
from deploy.brokers.kafka.java import LOG4J, class_path, find_java
from deploy.brokers.kafka.node import NodeProcess
from deploy.brokers.kafka.plan import HOST, PORTS_APART, Node, Plan, nodes_from
from deploy.identity import Identity
from deploy.patience import within
from deploy.topics.errors import ClusterUnsettled

T = TypeVar("T")

FIRST_PORT = 19092
LAST_PORT = 19992
START_SECONDS = 90.0
ANSWER_SECONDS = 3.0
ADMIN_PATIENCE = 10.0
ROOM_NEEDED = 512 << 20
"""Free bytes below which no broker is started."""
_FILE = "cluster.json"


class KafkaCluster:
    """A cluster in a folder.

    Args:
        plan: What it looks like.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.nodes = {node.number: NodeProcess(plan, node) for node in plan.nodes}
        self._java: tuple[str, str] | None = None

    @classmethod
    def make(
        cls,
        folder: Path,
        identities: Path,
        *,
        nodes: int,
        port: int = FIRST_PORT,
        far_host: str = "",
        settings: Mapping[str, str] | None = None,
    ) -> KafkaCluster:
        """Plans a new cluster, or opens the one that is in the folder.

        Args:
            folder: Where data and logs lie.
            identities: Folder of identities; each node's must be there before it starts.
            nodes: How many.
            port: First port; the others follow.
            far_host: A second address to serve clients on.
            settings: Broker settings that differ.

        Raises:
            ClusterDiffers: The folder holds a cluster with another number of nodes.
        """
        if (folder / _FILE).exists():
            known = cls.open(folder)
            if len(known.plan.nodes) != nodes:
                raise ClusterDiffers(
                    expected=f"--nodes {len(known.plan.nodes)}", got=f"--nodes {nodes}"
                )
            return known
        plan = Plan(
            folder=folder.resolve(),
            identities=identities.resolve(),
            cluster_id=_new_id(),
            nodes=nodes_from(port, nodes),
            far_host=far_host,
            settings=tuple((settings or {}).items()),
        )
        folder.mkdir(parents=True, exist_ok=True)
        content = {**asdict(plan), "folder": "", "identities": str(plan.identities)}
        (folder / _FILE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        return cls(plan)

    @classmethod
    def open(cls, folder: Path) -> KafkaCluster:
        """The cluster that was made in a folder.

        Raises:
            NoCluster: There is none.
        """
        try:
            kept = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        except OSError:
            raise NoCluster(expected=f"{_FILE} in {folder}") from None
        plan = Plan(**kept)
        return cls(
            replace(
                plan,
                folder=folder.resolve(),
                identities=Path(kept["identities"]),
                nodes=tuple(Node(**node) for node in kept["nodes"]),
                settings=tuple((name, value) for name, value in kept["settings"]),
            )
        )

    # --- Starting and stopping --------------------------------------------------------------------

    def start(self, on_step: Callable[[str], None] = lambda _: None) -> None:
        """Starts every node that does not run or was halted; waits until the cluster answers.

        Args:
            on_step: Told what is being done, for people who wait.

        Raises:
            JavaMissing, MavenMissing, PackagesMissing: As in `deploy.brokers.kafka.java`.
            DiskFull, PortTaken: Nothing was started.
            BrokerNotUp: A node ended, or the cluster does not answer in time.
        """
        resting = [node for node in self.nodes.values() if node.pid is None]
        for node in self.nodes.values():
            node.send(signal.SIGCONT)
        self._check_room()
        for node in resting:
            self._check_ports(node.node)
        on_step("Maven brings Apache Kafka (the first time takes a while)")
        self.find_java()
        for node in resting:
            on_step(f"starting {node.node.principal}")
            self.start_node(node.node.number)
        on_step("waiting until the cluster answers")
        self.wait_until_up()

    def find_java(self) -> tuple[str, str]:
        """Java and Kafka's class path, looked for once."""
        if self._java is None:
            self._java = find_java(), class_path(self.plan.folder / "classpath")
        return self._java

    def start_node(self, number: int) -> None:
        """Starts one node without waiting for it."""
        java, path = self.find_java()
        self.nodes[number].start(java, path, LOG4J)

    def stop(self) -> None:
        """Ends every node; all at once, because the last ones could not hand over to anyone."""
        for node in self.nodes.values():
            node.ask_to_end()
        for node in self.nodes.values():
            node.stop()

    def _check_room(self) -> None:
        free = shutil.disk_usage(self.plan.folder).free
        if free < ROOM_NEEDED:
            raise DiskFull(
                expected=f"{ROOM_NEEDED >> 20} MiB free at {self.plan.folder}",
                got=f"{free >> 20} MiB",
            )

    def _check_ports(self, node: Node) -> None:
        for port in node.ports:
            if not _is_free(port):
                raise PortTaken(expected=f"port {port} free for {node.principal}", got="a listener")

    # --- Looking at it ----------------------------------------------------------------------------

    def admin(self, timeout: float = ADMIN_PATIENCE) -> KafkaAdminClient:
        """A client with a broker's own rights; for setting the cluster up, and for tests.

        Raises:
            KafkaError: No node answers.
        """
        first = self.plan.nodes[0]
        return KafkaAdminClient(
            bootstrap_servers=self.plan.servers.split(","),
            security_protocol="SSL",
            ssl_context=Identity(self.plan.identities / first.principal).context,
            bootstrap_timeout_ms=int(timeout * 1000),
            request_timeout_ms=int(timeout * 1000),
        )

    def wait_until_up(self, *numbers: int, seconds: float = START_SECONDS) -> None:
        """Waits until nodes have joined the cluster: those that are named, or all.

        Raises:
            BrokerNotUp: One of them ended, or it takes longer.
        """
        due = set(numbers or self.nodes)
        deadline = time.monotonic() + seconds
        while True:
            for number in due:
                self._check_alive(self.nodes[number])
            if self.live_nodes() >= due:
                return
            if time.monotonic() > deadline:
                raise BrokerNotUp(expected=f"an answer within {seconds:.0f} s")
            time.sleep(0.2)

    def ask(self, question: Callable[[KafkaAdminClient], T], seconds: float = START_SECONDS) -> T:
        """What the cluster answers, asked again while the node that was asked is away.

        Args:
            question: Reads something; it may be asked more than once.
            seconds: How long to go on asking.

        Raises:
            BrokerNotUp: Nobody answered in time.
        """
        return self._insist(lambda: self._ask_once(question), seconds)

    def manage(self, work: Callable[[KafkaAdminClient], T], seconds: float = START_SECONDS) -> T:
        """Does long work with a broker's own rights, anew while the cluster is not ready for it.

        Args:
            work: Changes something; done twice, it does nothing the second time.
            seconds: How long to go on trying.

        Raises:
            BrokerNotUp: It was not done in time.
            ChangeRefused: The cluster refuses it.
        """

        def once() -> T:
            with self.admin() as admin:
                return work(admin)

        return self._insist(once, seconds)

    def _insist(self, attempt: Callable[[], T], seconds: float) -> T:
        deadline = time.monotonic() + seconds
        while True:
            try:
                return attempt()
            except (KafkaError, OSError, ClusterUnsettled) as error:
                if time.monotonic() > deadline:
                    raise BrokerNotUp(
                        expected=f"an answer within {seconds:.0f} s", got=type(error).__name__
                    ) from None
                time.sleep(0.5)

    def _ask_once(self, question: Callable[[KafkaAdminClient], T]) -> T:
        def ask() -> T:
            with self.admin(timeout=ANSWER_SECONDS) as admin:
                return question(admin)

        return within(2 * ANSWER_SECONDS, ask)

    def live_nodes(self) -> set[int]:
        """Numbers of the nodes that the cluster itself counts as alive; none if none answers."""
        if not any(_listens(node.clients) for node in self.plan.nodes):
            return set()
        try:
            return self._ask_once(_brokers)
        except (KafkaError, OSError):
            return set()

    def _check_alive(self, node: NodeProcess) -> None:
        if node.pid is None:
            self._check_room()
            raise BrokerNotUp(expected=f"{node.node.principal} running", got=_last_line(node.log))


def free_ports(nodes: int) -> int:
    """A first port from which on all ports of a new cluster are free.

    Raises:
        PortTaken: There is none among those that are looked at.
    """
    for first in range(FIRST_PORT, LAST_PORT, PORTS_APART * nodes):
        if all(_is_free(port) for node in nodes_from(first, nodes) for port in node.ports):
            return first
    raise PortTaken(expected=f"free ports from {FIRST_PORT} to {LAST_PORT}")


def _brokers(admin: KafkaAdminClient) -> set[int]:
    return {broker["broker_id"] for broker in admin.describe_cluster()["brokers"]}


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _listens(port: int) -> bool:
    """Whether anyone listens on a port of ours."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


def _new_id() -> str:
    """A cluster id as Kafka makes them: a UUID in base64url, not beginning with a dash."""
    while True:
        made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not made.startswith("-"):
            return made


def _last_line(log: Path) -> str:
    """The last line of a broker's log that says what went wrong; it holds no payload."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    telling = [
        line for line in lines if " FATAL " in line or " ERROR " in line or "Exception" in line
    ]
    return (telling or lines or ["nothing in its log"])[-1][:300]
