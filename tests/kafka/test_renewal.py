"""Certificates are renewed while everything runs: no broker restarts, no batch is lost.

The certificates that everybody begins with really end during the test. A session that is open
lives on as it is; what the test looks at is the connections that are made afterwards, with the
contexts that the processes have had all along.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from country_adapters import AUTHORITIES
from deploy.adapter import Adapter
from deploy.brokers.errors import NotReloaded
from deploy.brokers.kafka import bring_up
from deploy.brokers.kafka.bring_up import RELOAD_SECONDS, reload_identities, shown_by
from deploy.brokers.kafka.cluster import KafkaCluster
from deploy.demo import INTAKE
from deploy.pki.certificates import dump_certificates
from deploy.pki.store import CA_FILE, IDENTITY_FILE, Office
from deploy.registers import tunisia
from deploy.registers.invent import fresh
from processors.indicators.rules import Cell
from schemas.access import principals
from schemas.kafka import Broker
from tests.integration.harness import TUNISIA, count_outbox, finish
from tests.kafka.cluster import KafkaScene
from tests.kafka.strangers import a_context, a_credential, an_identity, another_authority, is_let_in

MOROCCO = "ma.cnclt"
LONG_AGO = date(2018, 12, 31)
LIFETIME = timedelta(seconds=18)
BROKER, FORGETFUL = "broker.1", "authority.jo"
RENEWED = (BROKER, INTAKE, "authority.tn", "authority.ma")


def renew(cluster: KafkaCluster, *who: str, lifetime: timedelta | None = None) -> datetime:
    """Renews identities and has the broker read its own; returns when the first of them ends."""
    office, now = Office(cluster.plan.identities), datetime.now(UTC)
    options = {} if lifetime is None else {"lifetime": lifetime}
    made = [office.renew(principal, now, **options) for principal in who]
    reload_identities(cluster)
    return min(credential.certificate.not_valid_after_utc for credential in made)


@pytest.fixture
def brief(place: KafkaScene) -> Iterator[datetime]:
    """Everybody's certificate ends soon: gives the instant. Others find lasting ones again."""
    yield renew(place.cluster, *RENEWED, FORGETFUL, lifetime=LIFETIME)
    renew(place.cluster, BROKER, *principals())


def serials(cluster: KafkaCluster) -> set[int]:
    """Serial numbers of what all listeners show."""
    (node,) = cluster.plan.nodes
    looking = cluster.plan.identities / BROKER
    return {
        shown_by(host, port, looking).serial_number
        for host, port in cluster.plan.addresses(node).values()
    }


def is_reached(broker: Broker) -> bool:
    """Whether a new connection of a context is let in."""
    return is_let_in(int(broker.servers.rpartition(":")[2]), broker.ssl)


@asynccontextmanager
async def publishing(place: KafkaScene, *adapters: Adapter) -> AsyncIterator[None]:
    """Adapters that follow their registers, with new rows in Tunisia's every second."""
    tasks = [asyncio.create_task(adapter.follow()) for adapter in adapters]
    tasks.append(asyncio.create_task(rows(place.registers[TUNISIA].data)))
    try:
        yield
        ended = [task for task in tasks if task.done()]
        assert not ended, ended[0].exception()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def rows(data: Path) -> None:
    """What happened years ago leaves at once: it has waited long enough for others."""
    worlds = fresh(AUTHORITIES[TUNISIA], 90_000, LONG_AGO, Random(1))
    for world in worlds:
        await asyncio.to_thread(tunisia.append, world, data / "register.xlsx")
        await asyncio.sleep(1.0)


def receipted(adapter: Adapter) -> int:
    outbox = adapter.open_outbox()
    try:
        return outbox.tally()["events_receipted"]
    finally:
        outbox.close()


def in_outbox(adapter: Adapter) -> Counter[Cell]:
    """The cells of all that an adapter let out."""
    outbox = adapter.open_outbox()
    try:
        return count_outbox(outbox)
    finally:
        outbox.close()


async def until_more(adapter: Adapter, than: int) -> int:
    """Waits until more events are receipted than there were."""
    deadline = time.monotonic() + 40
    while (now := receipted(adapter)) <= than:
        assert time.monotonic() < deadline, "nothing more is receipted"
        await asyncio.sleep(0.2)
    return now


def wait_until(true: Callable[[], bool]) -> None:
    """Kafka answers before it has read the files."""
    deadline = time.monotonic() + RELOAD_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_everybody_is_renewed_while_batches_flow(
    place: KafkaScene, brief: datetime, tmp_path: Path
) -> None:
    (node,) = place.cluster.nodes.values()
    process, first = node.pid, serials(place.cluster)
    adapters = [place.adapter(TUNISIA), place.adapter(MOROCCO)]
    own = [place.reach.of(p) for p in ("authority.tn", "authority.ma", INTAKE)]
    forgetful = place.reach.of(FORGETFUL)
    assert is_reached(forgetful)

    async def run() -> None:
        async with publishing(place, *adapters):
            before = await until_more(adapters[0], 0)
            assert datetime.now(UTC) < brief, "the machine is too slow for this lifetime"
            renew(place.cluster, *RENEWED)
            second = serials(place.cluster)
            assert len(second) == 1
            assert second.isdisjoint(first)

            left = brief + timedelta(seconds=1) - datetime.now(UTC)
            await asyncio.sleep(max(0.0, left.total_seconds()))
            during = await until_more(adapters[0], before)
            assert [is_reached(broker) for broker in own] == [True] * len(own)
            assert not is_reached(forgetful)
            assert node.pid == process
            assert serials(place.cluster) == second

            # So far nobody had to connect anew. A broker that is away for a moment makes
            # everybody: the worker and both adapters come back with what they read since.
            await asyncio.to_thread(node.stop)
            place.cluster.start_node(node.node.number)
            await asyncio.to_thread(place.cluster.wait_until_up)
            await until_more(adapters[0], during)

    with place.workers("a") as (worker,):
        asyncio.run(asyncio.wait_for(run(), timeout=120))
        finish(place, TUNISIA)
        finish(place, MOROCCO)
        assert worker.poll() is None
    # How much may be told of Tunisia's new rows depends on when each was read.
    due = Counter(place.oracle(tmp_path / "oracle", MOROCCO))
    due.update(in_outbox(adapters[0]))
    assert place.cells() == due
    assert all(finding.agrees for finding in place.audit(tmp_path / "again"))


def test_an_authority_is_added_and_removed_without_a_restart(
    cluster: KafkaCluster, tmp_path: Path
) -> None:
    """So a certificate authority can be replaced: both are believed for a while, then one."""
    (node,) = cluster.plan.nodes
    office, second = Office(cluster.plan.identities), another_authority()
    ours = office.authority().certificate
    identity = an_identity(tmp_path / "new", a_credential(second, "authority.tn"), ours)
    context = a_context(office.ca_file, identity / IDENTITY_FILE)
    trusted = office.folder(BROKER) / CA_FILE
    alone = trusted.read_bytes()
    assert not is_let_in(node.clients, context)
    try:
        trusted.write_bytes(alone + dump_certificates(second.chain))
        reload_identities(cluster)
        wait_until(lambda: is_let_in(node.clients, context))
    finally:
        trusted.write_bytes(alone)
        reload_identities(cluster)
    wait_until(lambda: not is_let_in(node.clients, context))


def test_a_listener_that_shows_its_old_certificate_is_told(
    cluster: KafkaCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here because it was told nothing; at an operator's perhaps for another reason."""
    monkeypatch.setattr(bring_up, "_tell_files_again", lambda *_: None)
    monkeypatch.setattr(bring_up, "RELOAD_SECONDS", 0.5)
    Office(cluster.plan.identities).renew(BROKER, datetime.now(UTC))
    with pytest.raises(NotReloaded) as caught:
        reload_identities(cluster)
    assert "on CLIENTS of broker.1" in caught.value.expected
    assert "one by one" in caught.value.advice
    monkeypatch.undo()
    reload_identities(cluster)
