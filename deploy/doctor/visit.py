"""Asks a cluster everything that our principal may ask.

What is not answered by the end of our patience counts as not answered (`deploy.patience`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from kafka.admin import KafkaAdminClient

from deploy.doctor import certificates, clock, cluster, lag
from deploy.doctor.findings import Finding, attempt, ok, refused, skipped
from deploy.doctor.reading import PATIENCE, count_workers, read_cluster, read_logs
from deploy.identity import Identity
from deploy.patience import within
from deploy.pki.certificates import is_broker
from deploy.running.vitals import answers
from deploy.terminal import broker_at
from deploy.topics.errors import ClusterUnreachable
from deploy.topics.live import admin_client, read_state
from deploy.topics.state import difference, wanted
from schemas.access import INTAKE_GROUP, may, principals, rights
from schemas.errors import SouthmedError
from schemas.kafka import Broker

CLUSTER = "cluster"
PATIENCE_IN_ALL = 30.0
"""Seconds for everything that a cluster is asked."""
NEEDS_ANSWER = (
    *(clock.CHECK, cluster.TOPICS, cluster.RIGHTS, cluster.REPLICATION),
    *(cluster.CONTRACT, lag.GROUP, lag.LAG),
)
"""Checks that need an answer from the cluster."""
EMBEDDED = "an embedded broker answers no such question"
OPERATOR_ONLY = "needs the operator's identity"
INTAKE_ONLY = "needs the operator's or intake's identity"


@dataclass(frozen=True)
class Visitor:
    """Who asks, and what they bring along.

    Attributes:
        servers: The cluster's servers.
        identity: Folder of the identity to show; None for the embedded broker.
        clock: This machine's time, seconds since 1970.
        now: The same once, for dates.
        ledgers: The newest ledgers of this machine, if ledgers are kept here.
    """

    servers: str
    identity: Path | None
    clock: Callable[[], float]
    now: datetime
    ledgers: lag.Ledgers | None

    @property
    def principal(self) -> str:
        """Whose identity it is; empty without one."""
        return Identity(self.identity).principal if self.identity else ""

    @property
    def dialled(self) -> set[tuple[str, int]]:
        """Hosts and ports that were named."""
        pairs = (server.strip().rpartition(":") for server in self.servers.split(","))
        return {(host.strip("[]"), int(port)) for host, _, port in pairs if port.isdigit()}


def visit(visitor: Visitor) -> Iterator[Finding]:
    """Everything that a cluster tells, or that it tells nothing."""
    try:
        broker, principal = broker_at(visitor.servers, visitor.identity), visitor.principal
    except SouthmedError as error:
        yield from _no_answer(visitor, error)
        return
    yield from _shown(visitor, visitor.dialled)
    yield from patiently(lambda: _reach(visitor, broker, principal), visitor, PATIENCE_IN_ALL)


def patiently(
    look: Callable[[], Iterable[Finding]], visitor: Visitor, patience: float
) -> list[Finding]:
    """What is found within a time; whatever goes on longer is left to itself.

    Args:
        look: Asks the cluster.
        visitor: Who asks.
        patience: Seconds.
    """
    found: list[Finding] = []
    try:
        within(patience, lambda: found.extend(one for one in look()))
    except TimeoutError:
        told = list(found)
        silent = ClusterUnreachable(expected=f"all answers within {patience:.0f} s")
        return [*told, *_no_answer(visitor, silent, {finding.check for finding in told})]
    return found


def _reach(visitor: Visitor, broker: Broker, principal: str) -> Iterator[Finding]:
    if not principal:
        yield from _without_identity(visitor, broker)
        return
    try:
        with admin_client(broker, PATIENCE) as admin:
            yield from _ask(visitor, broker, admin, principal)
    except SouthmedError as error:
        yield from _no_answer(visitor, error)


def _without_identity(visitor: Visitor, broker: Broker) -> Iterator[Finding]:
    """An embedded broker: it tells nothing of topics, rights or groups, and has no clock."""
    if not asyncio.run(answers(broker)):
        silent = ClusterUnreachable(expected=f"an answer from {broker.servers}")
        yield from _no_answer(visitor, silent)
        return
    yield ok(CLUSTER, visitor.servers, "answers; embedded, without identities or rights")
    for check in NEEDS_ANSWER:
        yield skipped(check, CLUSTER, EMBEDDED)


def _no_answer(
    visitor: Visitor, error: SouthmedError, answered: Collection[str] = ()
) -> Iterator[Finding]:
    yield refused(CLUSTER, visitor.servers, error)
    for check in NEEDS_ANSWER:
        if check not in answered:
            yield skipped(check, CLUSTER, "the cluster does not answer")


def _shown(visitor: Visitor, brokers: Iterable[tuple[str, int]]) -> Iterator[Finding]:
    for host, port in sorted(brokers):
        subject = f"{host}:{port}"
        if visitor.identity is None:
            yield skipped(certificates.SHOWN, subject, "no --identity")
            continue
        look = partial(certificates.look_at_broker, visitor.identity, host, port, visitor.now)
        yield from attempt(certificates.SHOWN, subject, look)


def _ask(
    visitor: Visitor, broker: Broker, admin: KafkaAdminClient, principal: str
) -> Iterator[Finding]:
    yield from attempt(clock.CHECK, "this machine", partial(_clock, visitor, broker))
    yield from attempt(CLUSTER, visitor.servers, partial(_view, visitor, admin, principal))
    yield from attempt(lag.LAG, CLUSTER, partial(_intake, visitor, admin, principal))


def _clock(visitor: Visitor, broker: Broker) -> Iterator[Finding]:
    yield clock.judge_clock(clock.look_at_clock(broker, visitor.clock))


def _view(visitor: Visitor, admin: KafkaAdminClient, principal: str) -> Iterator[Finding]:
    view = read_cluster(admin, principal)
    yield ok(CLUSTER, visitor.servers, f"brokers alive: {len(view.brokers)}; we are {principal}")
    yield from _shown(visitor, set(view.brokers.values()) - visitor.dialled)
    if principal in principals():
        yield from cluster.judge_topics(view)
        yield from cluster.judge_rights(view)
    yield from cluster.judge_replication(view)
    if not _manages(principal):
        yield skipped(cluster.CONTRACT, CLUSTER, OPERATOR_ONLY)
        return
    # Brokers that are away count: the contract is about the whole cluster.
    due = wanted(len(view.known_brokers))
    look = lambda: cluster.judge_contract(difference(read_state(admin), due))  # noqa: E731
    yield from attempt(cluster.CONTRACT, CLUSTER, look)


def _intake(visitor: Visitor, admin: KafkaAdminClient, principal: str) -> Iterator[Finding]:
    if not (is_broker(principal) or may(rights(), principal, "group", INTAKE_GROUP, "DESCRIBE")):
        yield skipped(lag.GROUP, CLUSTER, INTAKE_ONLY)
        yield skipped(lag.LAG, CLUSTER, INTAKE_ONLY)
        return
    logs = read_logs(admin, group=True)
    yield from attempt(lag.GROUP, CLUSTER, lambda: lag.judge_group(count_workers(admin), logs))
    if visitor.ledgers is None:
        yield skipped(lag.LAG, "ledgers", "none is here")
    else:
        yield from lag.judge_ledgers_lag(visitor.ledgers, logs)


def _manages(principal: str) -> bool:
    return is_broker(principal) or (principal in principals() and principals()[principal].manages)
