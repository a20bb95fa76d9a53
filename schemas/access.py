"""Who may do what on the cluster: principals, and the rights that follow from the table of topics.

The rules:

1. A principal is the common name of a client certificate: ``authority.tn``, ``processor.intake``.
2. Everything that is not granted here is denied. Nothing is granted to groups of principals or to
   everyone, and there are no denials to reason about.
3. Rights on topics follow from writers and readers in `schemas.topics`; a principal that stands
   in no row of that table may do nothing with topics.
4. Nobody deletes a topic or a record, and nobody has a transactional id: the markers of
   transactions would be holes in the log that the ledger folds record by record.
5. The operator manages: it makes and alters topics, rights and quotas, and sees how groups stand.
   It reads quarantine, releases as everybody, and nothing else. Who may alter rights may grant
   itself any, and Kafka lets it write the marker of a transaction too, which is a hole in a log;
   that is why the operator's key is kept apart, and why batches are encrypted for the platform
   and not for it.
6. Brokers are super users by their own certificates; nobody works under such a certificate but to
   set a cluster up.

Kafka's rules for rights that come along (Kafka documentation, "Authorization and ACLs"): READ,
WRITE, DELETE and ALTER include DESCRIBE; ALTER_CONFIGS includes DESCRIBE_CONFIGS; ALL includes
everything.

Example:
    >>> may(rights(), "authority.tn", "topic", "southmed.cases.tn.v1", "WRITE")
    True
    >>> may(rights(), "authority.tn", "topic", "southmed.cases.ma.v1", "DESCRIBE")
    False
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from schemas.topics import COUNTRY_CODES, named_topics

Resource = Literal["topic", "group", "cluster", "transactional_id"]
Pattern = Literal["literal", "prefixed"]
Operation = Literal[
    "READ",
    "WRITE",
    "CREATE",
    "DELETE",
    "ALTER",
    "DESCRIBE",
    "DESCRIBE_CONFIGS",
    "ALTER_CONFIGS",
    "CLUSTER_ACTION",
    "IDEMPOTENT_WRITE",
    "ALL",
]
"""Kafka's operations on these; the last three are never granted here, but found on clusters."""

TOPIC_PREFIX = "southmed."
INTAKE_GROUP = "southmed-intake"
GROUP_PREFIX = "southmed-"
CLUSTER = "kafka-cluster"
"""Kafka's own name of the one resource of its kind."""

_IMPLIED: dict[Operation, tuple[Operation, ...]] = {
    "DESCRIBE": ("READ", "WRITE", "DELETE", "ALTER"),
    "DESCRIBE_CONFIGS": ("ALTER_CONFIGS",),
}
_MANAGE: tuple[Operation, ...] = (
    "CREATE",
    "ALTER",
    "ALTER_CONFIGS",
    "DESCRIBE",
    "DESCRIBE_CONFIGS",
)


@dataclass(frozen=True)
class Quota:
    """How much of the cluster a principal may take.

    Attributes:
        producer_byte_rate: Bytes a second to each broker.
        consumer_byte_rate: Bytes a second from each broker.
    """

    producer_byte_rate: int
    consumer_byte_rate: int


class Right(NamedTuple):
    """One grant, as Kafka keeps it."""

    principal: str
    resource: Resource
    name: str
    pattern: Pattern
    operation: Operation


@dataclass(frozen=True)
class Principal:
    """One row of the table of principals.

    Attributes:
        template: Its name, with ``{cc}`` where there is one for each country.
        zone: Who holds its key (zones of trust, ``docs/architecture.md``).
        meaning: What it does, for people.
        quota: Bounds on what it may take; None for none.
        group: Consumer group that it reads in.
        manages: Whether it manages topics, rights and quotas.
    """

    template: str
    zone: str
    meaning: str
    quota: Quota | None = None
    group: str = ""
    manages: bool = False

    def names(self) -> tuple[str, ...]:
        """The principals of this row."""
        if "{cc}" not in self.template:
            return (self.template,)
        return tuple(self.template.format(cc=code) for code in COUNTRY_CODES.values())


_MEBIBYTE = 1 << 20
_SMALL = Quota(producer_byte_rate=_MEBIBYTE // 4, consumer_byte_rate=4 * _MEBIBYTE)

PRINCIPALS = (
    Principal(
        "authority.{cc}",
        "national",
        "An authority's adapter: publishes its country's batches, reads its own receipts.",
        # A sealed event takes about 100 bytes: some ten thousand events a second to each broker.
        Quota(producer_byte_rate=_MEBIBYTE, consumer_byte_rate=4 * _MEBIBYTE),
    ),
    Principal(
        "processor.intake",
        "platform",
        "Intake workers: read all batches, answer with receipts, keep what they refuse.",
        group=INTAKE_GROUP,
    ),
    Principal(
        "processor.release",
        "platform",
        "Publishes releases and how data come in; what it published is its ledger.",
    ),
    Principal(
        "processor.alerts",
        "platform",
        "Publishes alerts and surges; reads what is out, what readers answer, and releases.",
    ),
    Principal(
        "trustee.linkage",
        "trustee",
        "Holds the linkage key, or a share of it: evaluates blinded identifiers.",
        _SMALL,
    ),
    Principal(
        "trustee.coe",
        "trustee",
        "A unit of the Council of Europe that holds a share of the linkage key.",
        _SMALL,
    ),
    Principal(
        "trustee.national",
        "trustee",
        "The national authority whose turn it is to hold a share of the linkage key.",
        _SMALL,
    ),
    Principal(
        "contact.{cc}",
        "national",
        "A country's contact point: reads alerts on its cases, releases and surges, and answers.",
        _SMALL,
    ),
    Principal(
        "analyst.coe",
        "analyst",
        "Analysts: read releases, surges and their own alerts, and answer.",
        _SMALL,
    ),
    Principal(
        "console",
        "analyst",
        "Serves pages of what is published and of alerts, and passes on what its readers answer.",
        _SMALL,
    ),
    Principal(
        "operator",
        "platform",
        "Manages topics, rights and quotas, watches groups, reads quarantine.",
        _SMALL,
        manages=True,
    ),
)


def principals() -> dict[str, Principal]:
    """Every principal by its full name."""
    return {name: row for row in PRINCIPALS for name in row.names()}


def expand(template: str, cc: str) -> tuple[str, ...]:
    """The principals that a row of the table of topics names.

    Args:
        template: A principal, perhaps with ``{cc}``.
        cc: Country of the topic, or nothing for a topic that all countries share.
    """
    if "{cc}" not in template:
        return (template,)
    return tuple(template.format(cc=code) for code in ([cc] if cc else COUNTRY_CODES.values()))


@cache
def rights() -> frozenset[Right]:
    """Everything that is granted to anyone."""
    return frozenset([*_topic_rights(), *_group_rights(), *_management_rights()])


def _topic_rights() -> Iterator[Right]:
    for name, topic, cc in named_topics():
        roles: tuple[tuple[Operation, tuple[str, ...]], ...] = (
            ("WRITE", topic.writers),
            ("READ", topic.readers),
        )
        for operation, templates in roles:
            for template in templates:
                for principal in expand(template, cc):
                    yield Right(principal, "topic", name, "literal", operation)


def _group_rights() -> Iterator[Right]:
    for name, row in principals().items():
        if row.group:
            yield Right(name, "group", row.group, "literal", "READ")


def _management_rights() -> Iterator[Right]:
    for name, row in principals().items():
        if row.manages:
            for operation in _MANAGE:
                yield Right(name, "topic", TOPIC_PREFIX, "prefixed", operation)
                yield Right(name, "cluster", CLUSTER, "literal", operation)
            yield Right(name, "group", GROUP_PREFIX, "prefixed", "DESCRIBE")


def may(
    granted: Collection[Right],
    principal: str,
    resource: Resource,
    name: str,
    operation: Operation,
) -> bool:
    """Whether a principal may do something, by Kafka's rules.

    Args:
        granted: All that is granted.
        principal: Who.
        resource: Kind of thing.
        name: Which of that kind.
        operation: What to do with it.
    """
    enough = (operation, "ALL", *_IMPLIED.get(operation, ()))
    return any(
        right.principal == principal
        and right.resource == resource
        and right.operation in enough
        and (name.startswith(right.name) if right.pattern == "prefixed" else name == right.name)
        for right in granted
    )
