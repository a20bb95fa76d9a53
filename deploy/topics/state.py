"""What a cluster holds, what it should hold, and the difference, as values.

The rules:

1. What the contract names and the cluster lacks is made; what the cluster has otherwise is set
   right, as far as that harms nothing.
2. A right that is not in the contract is taken away if it touches anything of southmed's: a
   principal of the contract, a topic or group under its prefix, or a pattern that covers one. What
   everyone may do on the cluster or with transactional ids, our principals may do too, so that is
   taken away as well. Rights of others on other things are left alone.
3. Some differences are only told, because mending them by a command would do harm: another number
   of partitions (a case's events would change their stream), fewer copies, denials, topics under
   the prefix that the contract does not know, others who may alter the cluster's rights, quotas
   of kinds that come before ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from schemas.access import GROUP_PREFIX, TOPIC_PREFIX, Right, principals, rights
from schemas.topics import REPLICAS, all_topics

EVERYONE = "*"
Quotas = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class TopicState:
    """A topic as it is kept."""

    partitions: int
    replicas: int
    settings: Mapping[str, str]


@dataclass(frozen=True)
class ClusterState:
    """What a cluster holds of the contract's kinds.

    Attributes:
        topics: By name.
        rights: All that is granted on any host.
        quotas: By principal, Kafka's key to value.
        oddities: What touches us and is of a kind that the contract never uses (denials, rights
            bound to a host, quotas of a client id), in words.
    """

    topics: Mapping[str, TopicState] = field(default_factory=dict)
    rights: frozenset[Right] = frozenset()
    quotas: Quotas = field(default_factory=dict)
    oddities: tuple[str, ...] = ()


@dataclass(frozen=True)
class MakeTopic:
    """A topic is missing."""

    name: str
    topic: TopicState

    def __str__(self) -> str:
        return f"{self.topic.partitions} partitions, {self.topic.replicas} copies"


@dataclass(frozen=True)
class SetTopic:
    """Settings of a topic differ."""

    name: str
    settings: Mapping[str, str]
    before: Mapping[str, str]

    def __str__(self) -> str:
        return ", ".join(
            f"{key} {self.before.get(key, 'unset')} -> {value}"
            for key, value in self.settings.items()
        )


@dataclass(frozen=True)
class Grant:
    """A right is missing."""

    right: Right

    def __str__(self) -> str:
        return tell_right(self.right)


@dataclass(frozen=True)
class Revoke:
    """A right is too much."""

    right: Right

    def __str__(self) -> str:
        return tell_right(self.right)


@dataclass(frozen=True)
class SetQuota:
    """A quota differs; None takes a value away."""

    principal: str
    values: Mapping[str, float | None]

    def __str__(self) -> str:
        told = (
            f"{key} {'none' if value is None else f'{value:,.0f}'}"
            for key, value in self.values.items()
        )
        return ", ".join(told)


@dataclass(frozen=True)
class Told:
    """A difference that a command does not mend."""

    subject: str
    what: str

    def __str__(self) -> str:
        return self.what


Change = MakeTopic | SetTopic | Grant | Revoke | SetQuota | Told


def subject(change: Change) -> str:
    """What a change is about: a topic or a principal."""
    match change:
        case Grant(right) | Revoke(right):
            return right.principal
        case SetQuota(principal=principal):
            return principal
        case Told(subject=what):
            return what
        case MakeTopic(name=name) | SetTopic(name=name):
            return name


def tell_right(right: Right) -> str:
    """A right in a few words: ``READ topic southmed.cases.tn.v1``."""
    star = "*" if right.pattern == "prefixed" else ""
    return f"{right.operation} {right.resource} {right.name}{star}"


def wanted(brokers: int, replicas: int | None = None) -> ClusterState:
    """What the contract asks of a cluster.

    Args:
        brokers: How many brokers it has; a partition cannot have more copies.
        replicas: Copies of each partition, if not the contract's own number.
    """
    copies = min(replicas or REPLICAS, brokers)
    topics = {
        str(name): TopicState(topic.partitions, copies, topic.settings(copies))
        for name, topic in all_topics().items()
    }
    quotas = {
        name: {
            "producer_byte_rate": float(row.quota.producer_byte_rate),
            "consumer_byte_rate": float(row.quota.consumer_byte_rate),
        }
        for name, row in principals().items()
        if row.quota is not None
    }
    return ClusterState(topics, rights(), quotas)


def difference(live: ClusterState, due: ClusterState) -> list[Change]:
    """What has to be done to a cluster so that it is as it should be.

    Args:
        live: What it holds.
        due: What it should hold.
    """
    return [
        *_topics(live, due),
        *(Grant(right) for right in sorted(due.rights - live.rights)),
        *(Revoke(right) for right in sorted(live.rights - due.rights) if touches_us(right)),
        *_quotas(live, due),
        *_looked_at(live),
    ]


def _topics(live: ClusterState, due: ClusterState) -> Iterator[Change]:
    for name, topic in due.topics.items():
        found = live.topics.get(name)
        if found is None:
            yield MakeTopic(name, topic)
            continue
        changed = {k: v for k, v in topic.settings.items() if found.settings.get(k) != v}
        if changed:
            yield SetTopic(name, changed, found.settings)
        if found.partitions != topic.partitions:
            what = f"{found.partitions} partitions, the contract says {topic.partitions}"
            yield Told(name, f"{what}; see `docs/operator.md`, adding partitions")
        if found.replicas < topic.replicas:
            what = f"{found.replicas} copies, the contract says {topic.replicas}"
            yield Told(name, f"{what}; reassign its partitions")
    for name in live.topics:
        if name.startswith(TOPIC_PREFIX) and name not in due.topics:
            yield Told(name, "not in the contract; nobody of the contract may use it")


def _quotas(live: ClusterState, due: ClusterState) -> Iterator[Change]:
    for principal in principals():
        now, then = live.quotas.get(principal, {}), due.quotas.get(principal, {})
        values: dict[str, float | None] = {k: v for k, v in then.items() if now.get(k) != v}
        values |= dict.fromkeys(key for key in now if key not in then)
        if values:
            yield SetQuota(principal, values)


def _looked_at(live: ClusterState) -> Iterator[Change]:
    """What somebody has to judge who knows the cluster."""
    for right in sorted(live.rights):
        if may_alter_all(right) and not touches_us(right):
            yield Told(right.principal, f"{tell_right(right)}: may grant itself anything of ours")
    for oddity in live.oddities:
        yield Told("not of the contract's kind", oddity)


def may_alter_all(right: Right) -> bool:
    """Whether a right lets its holder change everybody's."""
    return right.resource == "cluster" and right.operation in ("ALTER", "ALL")


def touches_us(right: Right) -> bool:
    """Whether a right concerns a principal of the contract, or anything under its prefixes."""
    if right.principal in principals():
        return True
    if right.principal == EVERYONE and right.resource in ("cluster", "transactional_id"):
        return True
    prefix = {"topic": TOPIC_PREFIX, "group": GROUP_PREFIX}.get(right.resource)
    if prefix is None:
        return False
    if right.name == EVERYONE or right.name.startswith(prefix):
        return True
    return right.pattern == "prefixed" and prefix.startswith(right.name)
