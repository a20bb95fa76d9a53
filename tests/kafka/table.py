"""The two tables that are compared: what the broker answers, and what it should answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple, get_args

from kafka.admin import KafkaAdminClient
from kafka.protocol import admin as manage
from kafka.protocol.metadata import MetadataRequest

from schemas.access import CLUSTER, Operation, Resource, may, rights
from tests.kafka import wire
from tests.kafka.attempts import GROUPS, OURS, Attempt
from tests.kafka.wire import message, send

OPERATIONS: tuple[Operation, ...] = get_args(Operation)


class Cell(NamedTuple):
    """One answer: who tried what on which thing, and what came of it."""

    principal: str
    what: str
    name: str
    answer: str


def tried(client: KafkaAdminClient, principal: str, attempts: Iterable[Attempt]) -> set[Cell]:
    """What the broker answers to everything that a principal tries."""
    return {
        Cell(principal, attempt.what, name, attempt.verdict(error, name))
        for attempt, name in made_by(principal, attempts)
        for error in [wire.tried(client, attempt.request(name))]
    }


def due(principal: str, attempts: Iterable[Attempt]) -> set[Cell]:
    """What the broker should answer, by the table of rights alone."""
    return {
        Cell(principal, attempt.what, name, "granted" if granted else "refused")
        for attempt, name in made_by(principal, attempts)
        for granted in [attempt.need(principal, name)]
    }


def made_by(principal: str, attempts: Iterable[Attempt]) -> Iterator[tuple[Attempt, str]]:
    for attempt in attempts:
        for name in attempt.names:
            if not (attempt.in_earnest and attempt.need(principal, name)):
                yield attempt, name


def assert_same(found: set[Cell], expected: set[Cell]) -> None:
    """Fails with the cells that differ."""
    wrong = "\n".join(f"  found {' '.join(cell)}" for cell in sorted(found - expected))
    missing = "\n".join(f"  not   {' '.join(cell)}" for cell in sorted(expected - found))
    assert found == expected, f"the broker and the table of rights differ:\n{wrong}\n{missing}"


def told_operations(client: KafkaAdminClient) -> Iterator[tuple[str, str, str]]:
    """What the broker says its asker may do: kind of thing, name, operation."""
    request = message(
        MetadataRequest,
        topics=[{"name": name, "topic_id": None} for name in OURS],
        allow_auto_topic_creation=False,
        include_topic_authorized_operations=True,
    )
    for topic in send(client, request).topics:
        yield from named("topic", topic.name, topic.authorized_operations)
    request = message(
        manage.DescribeGroupsRequest, 5, groups=list(GROUPS), include_authorized_operations=True
    )
    for group in send(client, request).groups:
        yield from named("group", group.group_id, group.authorized_operations)
    request = message(manage.DescribeClusterRequest, 1, include_cluster_authorized_operations=True)
    told = send(client, request).authorized_operations
    yield from named("cluster", CLUSTER, told)


def named(
    kind: Resource, name: str, told: Collection[int] | None
) -> Iterator[tuple[str, str, str]]:
    """Operations by their names; nothing is told to whoever may not see the thing."""
    for number in told or ():
        yield kind, name, manage.ACLOperation(number).name


def operations_due(principal: str) -> Iterator[tuple[str, str, str]]:
    """What may be told: everything granted on a thing, to whoever may see the thing at all."""
    things: dict[Resource, tuple[str, ...]] = {
        "topic": OURS,
        "group": GROUPS,
        "cluster": (CLUSTER,),
    }
    for kind, names in things.items():
        for name in names:
            if may(rights(), principal, kind, name, "DESCRIBE"):
                for operation in OPERATIONS:
                    if may(rights(), principal, kind, name, operation):
                        yield kind, name, operation
