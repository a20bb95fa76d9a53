"""Brings up a whole cluster for development: authority, identities, brokers, contract.

In production each of these is a step of its own, done by different people (``docs/operator.md``).
Done again, it makes what is missing and leaves the rest as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from kafka.admin import ConfigResource, ConfigResourceType

from deploy.brokers.errors import BrokerNotUp
from deploy.brokers.kafka.cluster import FIRST_PORT, KafkaCluster, free_ports
from deploy.brokers.kafka.plan import LISTENERS
from deploy.home import Site
from deploy.pki.store import IDENTITY_FILE, Office
from deploy.topics.live import apply_changes, count_brokers, read_state
from deploy.topics.state import difference, wanted
from schemas.access import principals

Step = Callable[[str], None]


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
    with cluster.admin() as admin:
        changes = difference(read_state(admin), wanted(count_brokers(admin)))
        apply_changes(admin, changes)


def reload_identities(cluster: KafkaCluster) -> None:
    """Has every broker read its identity again, without a restart.

    Kafka looks at a keystore's file again when it is told the same place once more
    (KIP-226, "Dynamic Broker Configuration"). New connections see the new certificate; open ones
    live on.

    Raises:
        BrokerNotUp: A broker does not take it.
    """
    with cluster.admin() as admin:
        for node in cluster.plan.nodes:
            identity = cluster.plan.identities / node.principal / IDENTITY_FILE
            told = {
                f"listener.name.{listener.lower()}.ssl.keystore.location": str(identity)
                for listener in LISTENERS
            }
            name = str(node.number)
            resource = ConfigResource(ConfigResourceType.BROKER, name, configs=told)
            answer = admin.alter_configs([resource], raise_on_unknown=False)["broker"][name]
            if answer != "OK":
                raise BrokerNotUp(
                    expected=f"{node.principal} to read its identity", got=answer.partition(":")[0]
                )
