"""What the doctor says of given facts: the cluster, and how far ledgers lag behind it."""

from __future__ import annotations

from typing import get_args

import pytest

from deploy.doctor import cluster, lag
from deploy.doctor.findings import State
from deploy.topics.state import (
    Change,
    Grant,
    MakeTopic,
    Revoke,
    SetQuota,
    SetTopic,
    Told,
    TopicState,
)
from processors.indicators.rules import RULES_VERSION
from schemas.access import Operation, Right, may, principals, rights
from schemas.topics import CaseTopic, all_topics
from tests.samples import TUNISIA
from tests.unit.findings import FAIL, OK, WARN, faults, states

# --- The cluster ---------------------------------------------------------------------------------

TOPIC = TopicState(4, 3, {})
RIGHT = Right("operator", "topic", "southmed.", "prefixed", "ALTER")
CHANGES: list[tuple[Change, str]] = [
    (MakeTopic("southmed.clock.v1", TOPIC), "southmed.clock.v1"),
    (SetTopic("southmed.clock.v1", {"retention.ms": "1"}, {}), "southmed.clock.v1"),
    (Grant(RIGHT), "operator"),
    (Revoke(RIGHT), "operator"),
    (SetQuota("authority.tn", {"producer_byte_rate": 1.0}), "authority.tn"),
    (Told("southmed.cases.tn.v1", "5 partitions"), "southmed.cases.tn.v1"),
]


@pytest.mark.parametrize(("change", "subject"), CHANGES, ids=lambda c: type(c).__name__)
def test_every_difference_from_the_contract_is_a_fault(change: Change, subject: str) -> None:
    (found,) = cluster.judge_contract([change])
    assert (found.state, found.check, found.subject) == (FAIL, "contract", subject)
    assert "topics apply" in found.advice


def test_a_cluster_as_the_contract_says() -> None:
    assert states(cluster.judge_contract([])) == {OK}


BROKERS = {n: ("localhost", 19092 + n) for n in (1, 2, 3)}
COPIES = (1, 2, 3)


def partition(
    number: int, *, leader: int = 1, in_sync: tuple[int, ...] = COPIES
) -> cluster.PartitionSeen:
    return cluster.PartitionSeen(number, leader, COPIES, in_sync)


def as_due(principal: str) -> cluster.ClusterSeen:
    """A cluster of three that answers a principal just as the contract says."""
    topics = {
        str(name): cluster.TopicSeen(
            str(name),
            tuple(partition(n) for n in range(all_topics()[name].partitions)),
            frozenset(
                operation
                for operation in get_args(Operation)
                if may(rights(), principal, "topic", name, operation)
            ),
        )
        for name in cluster.due_topics(principal)
    }
    return cluster.ClusterSeen(principal, BROKERS, topics)


def with_topic(seen: cluster.ClusterSeen, topic: cluster.TopicSeen) -> cluster.ClusterSeen:
    return cluster.ClusterSeen(seen.principal, seen.brokers, {**seen.topics, topic.name: topic})


@pytest.mark.parametrize("principal", principals())
def test_no_principal_finds_fault_with_the_contracts_cluster(principal: str) -> None:
    seen = as_due(principal)
    for judge in (cluster.judge_topics, cluster.judge_rights, cluster.judge_replication):
        assert states(judge(seen)) == {OK}


CASES_TN, CASES_MA = "southmed.cases.tn.v1", "southmed.cases.ma.v1"
FOUR = tuple(partition(n) for n in range(4))
WRITES = frozenset({"WRITE", "DESCRIBE"})


@pytest.mark.parametrize(
    ("topic", "check", "told"),
    [
        (cluster.TopicSeen(CASES_TN, error="TopicAuthorizationFailedError"), "topics", "Authoriz"),
        (cluster.TopicSeen(CASES_TN, error="UnknownTopicOrPartitionError"), "topics", "Unknown"),
        (cluster.TopicSeen(CASES_TN, (*FOUR, partition(4)), WRITES), "topics", "5 partitions"),
        (cluster.TopicSeen(CASES_TN, FOUR, frozenset({"DESCRIBE"})), "rights", "lacks WRITE"),
        (cluster.TopicSeen(CASES_TN, FOUR, WRITES | {"READ"}), "rights", "may READ"),
        (cluster.TopicSeen(CASES_MA, FOUR, frozenset({"DESCRIBE"})), "rights", "may DESCRIBE"),
    ],
)
def test_an_authority_notices_what_is_not_its_own_contract(
    topic: cluster.TopicSeen, check: str, told: str
) -> None:
    seen = with_topic(as_due("authority.tn"), topic)
    found = faults([*cluster.judge_topics(seen), *cluster.judge_rights(seen)])
    about = [f for f in found if f.check == check]
    assert [(f.state, f.subject) for f in about] == [(FAIL, topic.name)]
    assert told in about[0].what
    assert "operator" in about[0].advice


@pytest.mark.parametrize(
    ("changed", "expected", "told"),
    [
        (partition(0, in_sync=(1, 2)), WARN, "a copy is away"),
        (partition(0, in_sync=(1,)), FAIL, "writes are refused"),
        (partition(0, leader=-1, in_sync=()), FAIL, "no leader"),
    ],
)
def test_copies_that_are_away(changed: cluster.PartitionSeen, expected: State, told: str) -> None:
    topic = cluster.TopicSeen(CASES_TN, (changed, *FOUR[1:]), WRITES)
    (found,) = cluster.judge_replication(with_topic(as_due("authority.tn"), topic))
    assert (found.state, found.subject) == (expected, CASES_TN)
    assert told in found.what
    assert "partition 0" in found.what
    assert found.advice


def test_a_broker_that_is_away_is_named() -> None:
    seen = as_due("operator")
    alive = {n: BROKERS[n] for n in (1, 3)}
    found = list(cluster.judge_replication(cluster.ClusterSeen("operator", alive, seen.topics)))
    assert [(f.state, f.subject) for f in found] == [(WARN, "broker.2")]


def test_a_single_broker_is_for_trials() -> None:
    alone = cluster.ClusterSeen("operator", {1: ("localhost", 1)}, {})
    assert [f.state for f in cluster.judge_replication(alone)] == [WARN]


# --- Lag -----------------------------------------------------------------------------------------

TUN0 = CaseTopic("TUN", 0)


@pytest.mark.parametrize(
    ("folded", "log", "expected", "told"),
    [
        (50, lag.LogSeen(0, 50), OK, "0 records"),
        (0, lag.LogSeen(0, 100), OK, "100 records"),
        (0, lag.LogSeen(0, 101), WARN, "101 records behind"),
        (10, lag.LogSeen(0, 10_011), FAIL, "10001 records behind"),
        # Another machine's worker has this partition: no harm.
        (0, lag.LogSeen(0, 50_000, committed=49_990), WARN, "the group is not"),
        (0, lag.LogSeen(0, 50_000, committed=10), FAIL, "behind"),
        (60, lag.LogSeen(0, 50), FAIL, "LOG_REPLACED"),
        (10, lag.LogSeen(20, 50), FAIL, "LOG_TRIMMED"),
    ],
)
def test_a_ledger_behind_the_log(folded: int, log: lag.LogSeen, expected: State, told: str) -> None:
    (found,) = lag.judge_ledgers_lag({TUN0: lag.LedgerSeen(folded)}, {TUN0: log})
    assert (found.state, found.check) == (expected, "lag")
    assert told in found.what
    assert bool(found.advice) == (expected != OK)


def test_a_partition_without_a_ledger_counts_from_its_start() -> None:
    (found,) = lag.judge_ledgers_lag({}, {TUN0: lag.LogSeen(0, 20_000)})
    assert (found.state, found.subject) == (FAIL, "TUN-0")


@pytest.mark.parametrize(
    ("members", "log", "expected"),
    [
        (2, lag.LogSeen(0, 50, 50), [OK]),
        (2, lag.LogSeen(0, 50), [OK]),
        (2, lag.LogSeen(0, 500, 0), [WARN]),
        (2, lag.LogSeen(0, 50_000, 0), [FAIL]),
        (0, lag.LogSeen(0, 50, 50), [WARN]),
        (0, lag.LogSeen(0, 50, 40), [FAIL]),
        (0, lag.LogSeen(0, 500, 40), [FAIL, WARN]),
    ],
)
def test_the_group(members: int, log: lag.LogSeen, expected: list[State]) -> None:
    found = list(lag.judge_group(members, {TUN0: log}))
    assert [f.state for f in found] == expected
    states(found)


def test_a_suspended_stream_is_named_with_what_to_do() -> None:
    seen = lag.LedgerSeen(5, RULES_VERSION, (TUNISIA,))
    (found,) = lag.judge_streams({TUN0: seen})
    assert (found.state, found.subject) == (FAIL, TUNISIA)
    assert "STREAM_SUSPENDED" in found.what
    assert "epoch" in found.advice
    assert states(lag.judge_streams({TUN0: lag.LedgerSeen(5)})) == {OK}
    assert list(lag.judge_streams({})) == []
