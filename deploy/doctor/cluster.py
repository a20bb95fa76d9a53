"""A cluster against the contract, as far as one principal sees it: facts in, findings out.

What a broker answers to "what may I do with this topic" is the truth about rights: it is compared
with the table of rights for every topic that the principal sees or should see. The operator sees
more, and compares the whole cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from deploy.doctor.findings import Finding, fail, ok, warn
from deploy.topics.state import Change, Grant, MakeTopic, Revoke, SetQuota, SetTopic, Told, subject
from schemas.access import TOPIC_PREFIX, Operation, may, rights
from schemas.topics import REPLICAS, TopicName, all_topics

CONTRACT = "contract"
TOPICS = "topics"
RIGHTS = "rights"
REPLICATION = "replication"

APPLY = "`southmed topics apply --dry-run`, then without it, as the operator."
ASK = "Ask the operator for `southmed topics apply`."
_WORDS: dict[type[Change], str] = {
    MakeTopic: "is missing",
    SetTopic: "is set otherwise",
    Grant: "lacks a right",
    Revoke: "has a right too many",
    SetQuota: "has another quota",
    Told: "differs",
}


@dataclass(frozen=True)
class PartitionSeen:
    """A partition as the cluster tells of it.

    Attributes:
        number: Which of its topic.
        leader: The broker that serves it; below 0 if none does.
        replicas: Brokers that should have a copy.
        in_sync: Brokers whose copy is complete.
    """

    number: int
    leader: int
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]


@dataclass(frozen=True)
class TopicSeen:
    """A topic as one principal sees it.

    Attributes:
        name: Its name.
        partitions: Its partitions.
        operations: What the broker says we may do with it.
        error: Name of the broker's error, if it does not tell of the topic.
    """

    name: str
    partitions: tuple[PartitionSeen, ...] = ()
    operations: frozenset[str] = frozenset()
    error: str = ""


@dataclass(frozen=True)
class ClusterSeen:
    """A cluster as one principal sees it.

    Attributes:
        principal: Who looked; empty without an identity.
        brokers: Those alive: number to host and port.
        topics: By name: those the principal should see, and all of ours that it does see.
    """

    principal: str
    brokers: Mapping[int, tuple[str, int]]
    topics: Mapping[str, TopicSeen]

    @property
    def known_brokers(self) -> set[int]:
        """Brokers alive, and those that should have a copy of something."""
        partitions = (p for topic in self.topics.values() for p in topic.partitions)
        return {*self.brokers, *(broker for p in partitions for broker in p.replicas)}


def due_topics(principal: str) -> list[TopicName]:
    """The topics that a principal should see."""
    return [n for n in all_topics() if may(rights(), principal, "topic", n, "DESCRIBE")]


# --- The contract ---------------------------------------------------------------------------------


def judge_contract(changes: Sequence[Change]) -> Iterator[Finding]:
    """The whole cluster against the contract, as the operator sees it.

    Args:
        changes: The difference, as `deploy.topics.state.difference` tells it.
    """
    for change in changes:
        what = f"{_WORDS[type(change)]}: {change}"
        if isinstance(change, Told):
            advice = "`southmed topics apply` does not mend this: docs/operator.md."
            yield fail(CONTRACT, subject(change), what, advice)
        else:
            yield fail(CONTRACT, subject(change), what, APPLY)
    if not changes:
        yield ok(CONTRACT, "cluster", "topics, settings, rights and quotas as the contract says")


def judge_topics(seen: ClusterSeen) -> Iterator[Finding]:
    """Whether the topics that a principal works with are there, with as many partitions."""
    due, faults = due_topics(seen.principal), 0
    for name in due:
        topic, partitions = seen.topics[name], all_topics()[name].partitions
        if topic.error:
            faults += 1
            yield fail(TOPICS, name, f"the cluster does not tell of it: {topic.error}", ASK)
        elif len(topic.partitions) != partitions:
            faults += 1
            what = f"{len(topic.partitions)} partitions, the contract says {partitions}"
            yield fail(TOPICS, name, what, "Publish nothing: docs/operator.md, adding partitions.")
    if not faults:
        yield ok(TOPICS, seen.principal, f"{len(due)} topics, each with its partitions")


def judge_rights(seen: ClusterSeen) -> Iterator[Finding]:
    """Whether a principal may do with topics what the contract grants it, and nothing else."""
    faults = 0
    for name, topic in sorted(seen.topics.items()):
        due = {
            operation
            for operation in get_args(Operation)
            if may(rights(), seen.principal, "topic", name, operation)
        }
        lacking = due - topic.operations
        extra = topic.operations & set(get_args(Operation)) - due
        faults += bool(lacking) + bool(extra)
        if lacking:
            yield fail(RIGHTS, name, f"{seen.principal} lacks {_listed(lacking)}", ASK)
        if extra:
            what = f"{seen.principal} may {_listed(extra)} beyond the contract"
            yield fail(RIGHTS, name, what, ASK)
    if not faults:
        yield ok(RIGHTS, seen.principal, f"exactly the contract's on {len(seen.topics)} topics")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


# --- Copies ---------------------------------------------------------------------------------------


def judge_replication(seen: ClusterSeen) -> Iterator[Finding]:
    """Whether every partition has a leader and all its copies, and every broker is alive."""
    faults = False
    for finding in (*_brokers(seen), *_copies(seen)):
        faults = True
        yield finding
    if not faults:
        yield ok(REPLICATION, "cluster", f"{len(seen.brokers)} brokers, every copy complete")


def _brokers(seen: ClusterSeen) -> Iterator[Finding]:
    for number in sorted(seen.known_brokers - set(seen.brokers)):
        what = "should have copies and is not alive"
        advice = "Start it; its log says why it ended. It catches up by itself."
        yield warn(REPLICATION, f"broker.{number}", what, advice)
    if (count := len(seen.known_brokers)) < REPLICAS:
        what = f"{REPLICAS} copies of everything are wanted, brokers there are {count}"
        advice = "For trials only. A cluster that is relied on has three brokers or more."
        yield warn(REPLICATION, "cluster", what, advice)


def _copies(seen: ClusterSeen) -> Iterator[Finding]:
    for name, topic in sorted(seen.topics.items()):
        if not name.startswith(TOPIC_PREFIX):
            continue
        offline, blocked, behind = [], [], []
        for partition in topic.partitions:
            copies, complete = len(partition.replicas), len(partition.in_sync)
            if partition.leader < 0:
                offline.append(partition.number)
            elif complete < min(2, copies):
                blocked.append(partition.number)
            elif complete < copies:
                behind.append(partition.number)
        if offline:
            advice = "Start the brokers that have its copies; never elect one that lags."
            yield fail(REPLICATION, name, _told("no leader", offline), advice)
        if blocked:
            what = _told("too few complete copies, writes are refused", blocked)
            yield fail(REPLICATION, name, what, "Start the brokers that are away.")
        if behind:
            what = _told("a copy is away or lags", behind)
            advice = "Start the broker that is away, or wait until it has caught up."
            yield warn(REPLICATION, name, what, advice)


def _told(what: str, partitions: Sequence[int]) -> str:
    return f"{what}: partition {', '.join(map(str, partitions))}"
