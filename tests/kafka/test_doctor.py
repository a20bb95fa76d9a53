"""The doctor on Apache Kafka: a healthy cluster is found so by everyone, and each fault by name."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from deploy.demo import INTAKE
from deploy.doctor.examine import Question, examine
from deploy.doctor.findings import Finding, State
from deploy.pki.store import Office
from deploy.topics.live import apply_changes
from deploy.topics.state import Grant, Revoke
from deploy.trustee import Place, enrol, make_key
from schemas.access import Operation, Right
from schemas.topics import LINKAGE_REQUESTS
from schemas.trust import Holder
from tests.integration.harness import TUNISIA, finish
from tests.kafka.cluster import KafkaScene, empty

OPERATOR, AUTHORITY = "operator", "authority.tn"
CASES = "southmed.cases.tn.v1"
TRUSTEE: Holder = "trustee.linkage"
EVERYBODY = (OPERATOR, AUTHORITY, INTAKE, TRUSTEE, "analyst.coe", "broker.1")
HEALTHY = (
    *("clock", "broker certificates", "cluster", "outbox", "trust", "schemas"),
    *("linkage keys", "linkage holder"),
)


@dataclass(frozen=True)
class Doctor:
    """Asks the doctor as somebody."""

    place: KafkaScene

    def question(self, principal: str) -> Question:
        identity = self.place.reach.identity(principal)
        return Question(self.place.site.root, self.place.reach.servers, identity, time.time)

    def ask(self, principal: str) -> list[Finding]:
        return examine(self.question(principal))


@pytest.fixture
def doctor(place: KafkaScene) -> Doctor:
    return Doctor(place)


def faults(found: list[Finding]) -> set[tuple[str, str]]:
    """Check and subject of every fault; each has its advice."""
    bad = [finding for finding in found if finding.state == State.FAIL]
    assert all(finding.advice for finding in bad)
    return {(finding.check, finding.subject) for finding in bad}


def states(found: list[Finding], check: str) -> set[State]:
    return {finding.state for finding in found if finding.check == check}


def until(look: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until a change has reached the brokers."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_on_a_healthy_cluster_nobody_finds_a_fault(doctor: Doctor, place: KafkaScene) -> None:
    enrol(Place(place.site, TRUSTEE))
    make_key(Place(place.site, TRUSTEE), "2026")
    with place.workers("a"):
        finish(place)
        told = {principal: doctor.ask(principal) for principal in EVERYBODY}
    for principal, found in told.items():
        assert faults(found) == set(), principal
        for check in HEALTHY:
            assert states(found, check) & {State.OK}, (principal, check)
        sees_all = principal in (OPERATOR, "broker.1")
        assert states(found, "contract") == {State.OK if sees_all else State.SKIPPED}, principal
        sees_group = sees_all or principal == INTAKE
        assert states(found, "group") == {State.OK if sees_group else State.SKIPPED}, principal
        assert states(found, "lag") == {State.OK if sees_group else State.SKIPPED}, principal


@pytest.mark.parametrize(
    ("owner", "topic", "operation"),
    [(AUTHORITY, CASES, "WRITE"), (TRUSTEE, str(LINKAGE_REQUESTS.name("TUN")), "READ")],
)
def test_a_right_that_was_taken_away_is_found_by_the_operator_and_its_owner(
    doctor: Doctor, place: KafkaScene, owner: str, topic: str, operation: Operation
) -> None:
    right = Right(owner, "topic", topic, "literal", operation)
    with place.cluster.admin() as admin:
        apply_changes(admin, [Revoke(right)])
        until(lambda: ("contract", owner) in faults(doctor.ask(OPERATOR)))
        assert ("topics", topic) in faults(doctor.ask(owner))
        assert faults(doctor.ask(INTAKE)) == set()
        apply_changes(admin, [Grant(right)])


def test_a_right_too_many_is_found_by_the_operator_and_by_whom_it_was_given(
    doctor: Doctor, place: KafkaScene
) -> None:
    right = Right(AUTHORITY, "topic", "southmed.cases.ma.v1", "literal", "READ")
    with place.cluster.admin() as admin:
        apply_changes(admin, [Grant(right)])
        until(lambda: ("contract", AUTHORITY) in faults(doctor.ask(OPERATOR)))
        assert ("rights", "southmed.cases.ma.v1") in faults(doctor.ask(AUTHORITY))
        apply_changes(admin, [Revoke(right)])


def test_a_setting_that_was_changed_is_found(doctor: Doctor, place: KafkaScene) -> None:
    wrong = ConfigResource(ConfigResourceType.TOPIC, CASES, configs={"retention.ms": "3600000"})
    with place.cluster.admin() as admin:
        admin.alter_configs([wrong])
    until(lambda: ("contract", CASES) in faults(doctor.ask(OPERATOR)))
    (found,) = [f for f in doctor.ask(OPERATOR) if f.subject == CASES]
    assert "retention.ms 3600000 -> -1" in found.what
    assert "topics apply" in found.advice


def test_partitions_that_were_added_are_found_by_whoever_uses_them(
    doctor: Doctor, place: KafkaScene
) -> None:
    with place.cluster.admin() as admin:
        admin.create_partitions({CASES: 5})
    until(lambda: ("contract", CASES) in faults(doctor.ask(OPERATOR)))
    assert ("topics", CASES) in faults(doctor.ask(AUTHORITY))


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what never answers, however long one waits."""
    monkeypatch.setattr("deploy.doctor.visit.PATIENCE", 2.0)


@pytest.mark.usefixtures("_impatient")
def test_an_identity_that_has_ended_is_the_reason_that_is_told(
    doctor: Doctor, place: KafkaScene, tmp_path: Path
) -> None:
    assert place.reach.identities is not None
    ended = tmp_path / "pki"
    shutil.copytree(place.reach.identities / "ca", ended / "ca")
    long_ago = datetime.now(UTC) - timedelta(days=60)
    identity = Office(ended).issue(OPERATOR, long_ago, lifetime=timedelta(days=30))
    found = examine(replace(doctor.question(OPERATOR), identity=identity))
    assert faults(found) == {
        ("certificates", OPERATOR),
        ("cluster", place.reach.servers),
    }
    assert states(found, "rights") == {State.SKIPPED}


@pytest.mark.usefixtures("_impatient")
def test_a_broker_that_is_dialled_by_another_name_is_not_believed(
    doctor: Doctor, place: KafkaScene
) -> None:
    """The certificate names localhost and the loopback addresses, and not this one."""
    port = place.reach.servers.rpartition(":")[2]
    server = f"127.0.0.2:{port}"
    question = replace(doctor.question(OPERATOR), servers=server)
    # A listener on 127.0.0.1 does not answer on 127.0.0.2: the kernel refuses, and it is told.
    assert ("broker certificates", server) in faults(examine(question))


def test_a_ledger_that_is_behind_is_found(doctor: Doctor, place: KafkaScene) -> None:
    asyncio.run(_fill(place, 150))
    place.site.ledgers.mkdir(parents=True)
    found = doctor.ask(INTAKE)
    behind = [f for f in found if (f.check, f.subject) == ("lag", "TUN-0")]
    assert [f.state for f in behind] == [State.WARN]
    assert "150 records behind" in behind[0].what
    assert "worker" in behind[0].advice
    # Nobody is there to fold them, and that is a fault.
    assert ("group", "intake") in faults(found)
    with place.workers("a"):
        until(lambda: states(doctor.ask(INTAKE), "lag") == {State.OK}, seconds=60)


async def _fill(place: KafkaScene, records: int) -> None:
    """Records that are no batches: intake quarantines each."""
    async with AIOKafkaProducer(**place.reach.of(AUTHORITY).options()) as producer:
        for number in range(records):
            await producer.send(CASES, b"no batch %d" % number, partition=0)
        await producer.flush()


def test_a_log_that_was_made_anew_under_a_ledger_is_found(
    doctor: Doctor, place: KafkaScene
) -> None:
    with place.workers("a"):
        finish(place, TUNISIA)
    empty(place.cluster)
    told = [f for f in doctor.ask(OPERATOR) if f.check == "lag" and f.state == State.FAIL]
    assert told
    assert all("LOG_REPLACED" in finding.what and finding.advice for finding in told)


@pytest.mark.parametrize(
    ("ahead", "expected"), [(0, State.OK), (30, State.WARN), (-30, State.WARN), (3600, State.FAIL)]
)
def test_a_clock_that_is_wrong_is_measured_against_the_brokers(
    doctor: Doctor, ahead: int, expected: State
) -> None:
    question = replace(doctor.question(AUTHORITY), clock=lambda: time.time() + ahead)
    (found,) = [f for f in examine(question) if f.check == "clock"]
    assert found.state == expected
    if ahead:
        assert f"{abs(ahead)}.0" in found.what or f"{abs(ahead) - 1}.9" in found.what


def test_a_process_whose_clock_is_wrong_says_so(place: KafkaScene) -> None:
    if shutil.which("faketime") is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("no faketime here (Debian: apt-get install faketime)")
    identity = place.reach.identity(AUTHORITY)
    done = subprocess.run(
        [
            *("faketime", "-f", "+20m", sys.executable, "-m", "deploy.cli", "doctor"),
            *("--broker", place.reach.servers, "--identity", str(identity)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr[-2000:]
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("fail     clock")]
    assert "ahead of the broker's clock" in line


def test_a_broker_that_takes_connections_and_says_nothing_is_given_up(
    doctor: Doctor, place: KafkaScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.doctor.visit.PATIENCE_IN_ALL", 3.0)
    pid = place.cluster.nodes[1].pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        found = doctor.ask(OPERATOR)
    finally:
        os.kill(pid, signal.SIGCONT)
        place.cluster.wait_until_up()
    server = place.reach.servers
    assert faults(found) == {("broker certificates", server), ("cluster", server)}
    assert states(found, "clock") == {State.SKIPPED}
    assert State.OK in states(found, "trust")


def test_looking_takes_little_time(doctor: Doctor) -> None:
    began = time.monotonic()
    doctor.ask(OPERATOR)
    assert time.monotonic() - began < 15
