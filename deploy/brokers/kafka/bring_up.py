"""Brings up a whole cluster for development: authority, identities, brokers, contract.

In production each of these is a step of its own, done by different people (``docs/operator.md``).
Done again, it makes what is missing and leaves the rest as it is.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from deploy.brokers.errors import BrokerNotUp, NotReloaded
from deploy.brokers.kafka.cluster import FIRST_PORT, KafkaCluster, free_ports
from deploy.brokers.kafka.plan import Node, Plan
from deploy.home import Site
from deploy.identity import Identity
from deploy.pki.store import CA_FILE, IDENTITY_FILE, Office, read_identity
from deploy.topics.live import apply_changes, read_state
from deploy.topics.state import difference, wanted
from schemas.access import principals

Step = Callable[[str], None]
RELOAD_SECONDS = 10.0
"""A listener gets so long to show a renewed certificate; Kafka takes about a second."""


def bring_up(
    folder: Path,
    office: Office,
    *,
    nodes: int,
    now: datetime,
    port: int = FIRST_PORT,
    far_host: str = "",
    settings: Mapping[str, str] | None = None,
    on_step: Step = lambda _: None,
) -> KafkaCluster:
    """Starts a cluster that is ready for work.

    Args:
        folder: Where its data lie.
        office: The certificate authority; opened if it is not there.
        nodes: How many brokers.
        now: Time of issue of certificates.
        port: First port.
        far_host: A second address to serve clients on.
        settings: Broker settings that differ.
        on_step: Told what is being done.
    """
    cluster = KafkaCluster.make(
        folder, office.root, nodes=nodes, port=port, far_host=far_host, settings=settings
    )
    issue_missing(office, cluster, now)
    cluster.start(on_step)
    on_step("topics, rights and quotas of the contract")
    apply_contract(cluster)
    return cluster


@contextmanager
def kafka(site: Site, on_step: Step = lambda _: None, *, nodes: int = 1) -> Iterator[KafkaCluster]:
    """A cluster of a site on ports that are free, stopped at the end.

    Args:
        site: Its data and identities go there.
        on_step: Told what is being done.
        nodes: How many brokers.
    """
    office = Office(site.pki)
    cluster = bring_up(
        site.kafka,
        office,
        nodes=nodes,
        now=datetime.now(UTC),
        port=free_ports(nodes),
        on_step=on_step,
    )
    try:
        yield cluster
    finally:
        cluster.stop()


def issue_missing(office: Office, cluster: KafkaCluster, now: datetime) -> None:
    """Makes the identities of all principals and brokers that have none yet."""
    if not office.ca_file.exists():
        office.open(now)
    plan = cluster.plan
    extra = (plan.far_host,) if plan.far_host else ()
    due = {**dict.fromkeys(principals(), ()), **{n.principal: extra for n in plan.nodes}}
    for principal, hosts in due.items():
        if not (office.folder(principal) / IDENTITY_FILE).exists():
            office.issue(principal, now, hosts=hosts)


def apply_contract(cluster: KafkaCluster) -> None:
    """Makes the cluster what the contract says, with a broker's own rights."""
    nodes = len(cluster.plan.nodes)
    cluster.manage(lambda admin: apply_changes(admin, difference(read_state(admin), wanted(nodes))))


def reload_identities(cluster: KafkaCluster) -> None:
    """Has every broker read its identity and whom it believes again, without a restart.

    Kafka looks at the files again when it is told the same places once more (KIP-226, "Dynamic
    Broker Configuration"). New connections see the new certificate; open ones live on. Kafka
    answers before it has done so; whether it did is seen at every listener.

    Raises:
        BrokerNotUp: A broker does not take it.
        NotReloaded: A listener shows another certificate than the broker's identity.
    """
    with cluster.admin() as admin:
        for node in cluster.plan.nodes:
            _tell_files_again(admin, cluster.plan, node)
    for node in cluster.plan.nodes:
        for listener, (host, port) in cluster.plan.addresses(node).items():
            _wait_until_shown(cluster.plan.identities / node.principal, listener, host, port)


def _tell_files_again(admin: KafkaAdminClient, plan: Plan, node: Node) -> None:
    folder = plan.identities / node.principal
    told = {
        f"listener.name.{listener.lower()}.ssl.{store}.location": str(folder / file)
        for listener in plan.addresses(node)
        for store, file in (("keystore", IDENTITY_FILE), ("truststore", CA_FILE))
    }
    name = str(node.number)
    resource = ConfigResource(ConfigResourceType.BROKER, name, configs=told)
    answer = admin.alter_configs([resource], raise_on_unknown=False)["broker"][name]
    if answer != "OK":
        raise BrokerNotUp(
            expected=f"{node.principal} to read its identity", got=answer.partition(":")[0]
        )


def _wait_until_shown(folder: Path, listener: str, host: str, port: int) -> None:
    due = read_identity(folder).certificate
    deadline = time.monotonic() + RELOAD_SECONDS
    while (shown := shown_by(host, port, folder)) != due:
        if time.monotonic() > deadline:
            raise NotReloaded(
                expected=f"serial {due.serial_number:x} on {listener} of {folder.name}",
                got=f"serial {shown.serial_number:x}",
            )
        time.sleep(0.1)


def shown_by(host: str, port: int, identity: Path) -> x509.Certificate:
    """The certificate that a listener shows.

    Args:
        host: Where it listens.
        port: Its port.
        identity: Folder of the identity to look with.
    """
    with (
        socket.create_connection((host, port), timeout=RELOAD_SECONDS) as plain,
        Identity(identity).context.wrap_socket(plain, server_hostname=host) as channel,
    ):
        return x509.load_der_x509_certificate(channel.getpeercert(binary_form=True) or b"")
