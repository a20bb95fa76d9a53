"""Everything a client may try on a cluster, as a table: the request, and the right that it needs.

Which right Kafka asks for is from its documentation ("Authorization and ACLs", the table of
protocols and the operations they need). What is granted is looked up in `schemas.access` and
nowhere else.

Nothing here harms a cluster that is as it should be: where Kafka can be told to validate only, it
is told so, and what cannot be undone is granted to nobody. Attempts that are marked ``in_earnest``
are made only by those to whom they are not granted: they show that a validation is authorised as
the deed is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kafka.protocol import admin as manage
from kafka.protocol.api_message import ApiMessage

from schemas.access import CLUSTER, INTAKE_GROUP, Operation, Resource, may, rights
from schemas.topics import TopicName, all_topics
from tests.kafka import requests as ask

Need = Callable[[str, str], bool]
"""Whether a principal is granted what an attempt on a thing of that name needs."""

OURS = tuple(all_topics())
FOREIGN = (
    TopicName("southmed.cases.fr.v1"),
    TopicName("southmed.other.v1"),
    TopicName("elsewhere.v1"),
    TopicName("__consumer_offsets"),
)
GROUPS = (INTAKE_GROUP, "southmed-other", "elsewhere")
TRANSACTIONS = ("southmed-intake", "authority.tn", "elsewhere")


@dataclass(frozen=True)
class Attempt:
    """One thing to try.

    Attributes:
        what: In words.
        names: On which things.
        need: What it needs.
        request: The request for a thing.
        refusal: The errors that say that it is not granted.
        fine: Errors that only come once it was granted.
        in_earnest: Not made where it is granted.
    """

    what: str
    names: tuple[str, ...]
    need: Need
    request: Callable[[str], ApiMessage]
    refusal: frozenset[str]
    fine: frozenset[str] = frozenset()
    in_earnest: bool = False

    def verdict(self, error: str, name: str) -> str:
        """What an answer says: granted, refused, or another error by its name."""
        if error in self.refusal:
            return "refused"
        missing = name in FOREIGN and error == "UnknownTopicOrPartitionError"
        return "granted" if error in self.fine | {"NoError"} or missing else error


# --- Needs ----------------------------------------------------------------------------------------


def on(resource: Resource, operation: Operation) -> Need:
    """A right on the thing itself."""
    return lambda principal, name: may(rights(), principal, resource, name, operation)


def cluster(operation: Operation) -> Need:
    """A right on the cluster."""
    return lambda principal, _: may(rights(), principal, "cluster", CLUSTER, operation)


def both(one: Need, other: Need) -> Need:
    return lambda principal, name: one(principal, name) and other(principal, name)


def either(one: Need, other: Need) -> Need:
    return lambda principal, name: one(principal, name) or other(principal, name)


def never(principal: str, name: str) -> bool:
    """A right that the contract does not even know: that of brokers among each other."""
    del principal, name
    return False


def _in_intakes_group(principal: str, _: str) -> bool:
    return may(rights(), principal, "group", INTAKE_GROUP, "READ")


def _writes_anywhere(principal: str, _: str) -> bool:
    return any(may(rights(), principal, "topic", name, "WRITE") for name in OURS)


# --- Refusals -------------------------------------------------------------------------------------

NO_TOPIC = frozenset({"TopicAuthorizationFailedError"})
NO_GROUP = frozenset({"GroupAuthorizationFailedError"})
NO_CLUSTER = frozenset({"ClusterAuthorizationFailedError"})
NO_TRANSACTION = frozenset({"TransactionalIdAuthorizationFailedError"})


# --- The table ------------------------------------------------------------------------------------

_EVERY = (*OURS, *FOREIGN)
_CREATE = either(on("topic", "CREATE"), cluster("CREATE"))
_THERE = frozenset({"TopicAlreadyExistsError", "InvalidTopicError"})
_ALONE = (CLUSTER,)


def _topic_attempts() -> Iterable[Attempt]:
    yield Attempt("writes", _EVERY, on("topic", "WRITE"), ask.write, NO_TOPIC)
    yield Attempt("reads", _EVERY, on("topic", "READ"), ask.read, NO_TOPIC)
    yield Attempt("reads as a broker", _EVERY, never, lambda name: ask.read(name, 1), NO_TOPIC)
    yield Attempt("looks at", _EVERY, on("topic", "DESCRIBE"), ask.metadata, NO_TOPIC)
    yield Attempt("asks for offsets", _EVERY, on("topic", "DESCRIBE"), ask.list_offsets, NO_TOPIC)
    yield Attempt(
        "commits offsets of",
        _EVERY,
        both(_in_intakes_group, on("topic", "READ")),
        ask.commit,
        NO_TOPIC | NO_GROUP,
    )
    yield Attempt(
        "reads settings of",
        _EVERY,
        on("topic", "DESCRIBE_CONFIGS"),
        lambda name: ask.describe_configs(ask.TOPIC, name),
        NO_TOPIC,
    )
    for validate in (True, False):
        yield from _management_attempts(validate=validate)
    yield Attempt("deletes", OURS, on("topic", "DELETE"), ask.delete_topic, NO_TOPIC)
    yield Attempt("deletes records of", OURS, on("topic", "DELETE"), ask.delete_records, NO_TOPIC)


def _management_attempts(*, validate: bool) -> Iterable[Attempt]:
    how = " (validated only)" if validate else ""
    yield Attempt(
        f"makes{how}",
        _EVERY,
        _CREATE,
        lambda name: ask.create_topic(name, validate=validate),
        NO_TOPIC,
        _THERE,
        in_earnest=not validate,
    )
    yield Attempt(
        f"adds partitions to{how}",
        _EVERY,
        on("topic", "ALTER"),
        lambda name: ask.add_partitions(name, validate=validate),
        NO_TOPIC,
        in_earnest=not validate,
    )
    yield Attempt(
        f"alters settings of{how}",
        _EVERY,
        on("topic", "ALTER_CONFIGS"),
        lambda name: ask.alter_configs(ask.TOPIC, name, "segment.bytes", validate=validate),
        NO_TOPIC,
        in_earnest=not validate,
    )


def _group_attempts() -> Iterable[Attempt]:
    read, describe, delete = (on("group", op) for op in ("READ", "DESCRIBE", "DELETE"))
    no_member = frozenset({"UnknownMemberIdError", "IllegalGenerationError"})
    joining = frozenset({"MemberIdRequiredError"})
    yield Attempt("joins", GROUPS, read, ask.join, NO_GROUP, joining)
    yield Attempt("reports to", GROUPS, read, ask.heartbeat, NO_GROUP, no_member)
    yield Attempt("leaves", GROUPS, read, ask.leave, NO_GROUP, no_member)
    yield Attempt("commits in", GROUPS, read, lambda name: ask.commit(ask.A_TOPIC, name), NO_GROUP)
    yield Attempt("reads offsets of", GROUPS, describe, ask.read_offsets, NO_GROUP)
    yield Attempt("seeks", GROUPS, describe, lambda name: ask.coordinator(name, 0), NO_GROUP)
    describing = ask.simply(
        manage.DescribeGroupsRequest, groups=..., include_authorized_operations=False
    )
    yield Attempt("looks at", GROUPS, describe, describing, NO_GROUP)
    yield Attempt("forgets offsets of", GROUPS, delete, ask.forget_offsets, NO_GROUP)
    yield Attempt(
        "deletes",
        GROUPS,
        delete,
        ask.simply(manage.DeleteGroupsRequest, groups_names=...),
        NO_GROUP,
    )


def _transaction_attempts() -> Iterable[Attempt]:
    write, describe = on("transactional_id", "WRITE"), on("transactional_id", "DESCRIBE")
    yield Attempt("begins", TRANSACTIONS, write, ask.init_producer, NO_TRANSACTION)
    yield Attempt("extends", TRANSACTIONS, write, ask.extend_transaction, NO_TRANSACTION)
    yield Attempt("ends", TRANSACTIONS, write, ask.end_transaction, NO_TRANSACTION)
    seeking = lambda name: ask.coordinator(name, 1)  # noqa: E731 - a cell of the table
    yield Attempt("seeks", TRANSACTIONS, describe, seeking, NO_TRANSACTION)
    looking = ask.simply(manage.DescribeTransactionsRequest, transactional_ids=...)
    yield Attempt("looks at", TRANSACTIONS, describe, looking, NO_TRANSACTION)
    # Kafka asks for a right on the cluster here, the operator's among others.
    yield Attempt(
        "marks the end of a transaction in",
        OURS,
        cluster("ALTER"),
        ask.mark,
        NO_CLUSTER,
        in_earnest=True,
    )
    yield Attempt(
        "numbers records",
        _ALONE,
        _writes_anywhere,
        lambda _: ask.init_producer(None),
        NO_CLUSTER,
    )


def _cluster_attempts() -> Iterable[Attempt]:
    look, alter = cluster("DESCRIBE"), cluster("ALTER")
    settle, see = cluster("ALTER_CONFIGS"), cluster("DESCRIBE_CONFIGS")
    for what, request in (
        ("lists rights", ask.list_rights),
        ("lists moves", ask.list_moves),
        ("looks at the quorum", ask.quorum),
        ("looks at the disks", ask.disks),
    ):
        yield Attempt(what, _ALONE, look, request, NO_CLUSTER)
    missing = frozenset({"ResourceNotFoundError"})
    yield Attempt("looks for passwords", _ALONE, look, ask.list_passwords, NO_CLUSTER, missing)
    yield Attempt("lists quotas", _ALONE, see, ask.list_quotas, NO_CLUSTER)
    yield Attempt(
        "reads a broker's settings",
        _ALONE,
        see,
        lambda _: ask.describe_configs(ask.BROKER, "1"),
        NO_CLUSTER,
    )
    yield Attempt("grants a right", _ALONE, alter, ask.grant, NO_CLUSTER)
    yield Attempt("takes a right away", _ALONE, alter, ask.revoke, NO_CLUSTER)
    for what, request, fine in (
        ("elects leaders", ask.elect, "ElectionNotNeededError"),
        ("moves partitions", ask.reassign, "NoReassignmentInProgressError"),
        ("alters passwords", ask.make_password, "ResourceNotFoundError"),
    ):
        yield Attempt(what, _ALONE, alter, request, NO_CLUSTER, frozenset({fine}))
    for validate in (True, False):
        how = " (validated only)" if validate else ""
        yield Attempt(
            f"alters a quota{how}",
            _ALONE,
            settle,
            lambda name, v=validate: ask.alter_quota(name, validate=v),
            NO_CLUSTER,
            in_earnest=not validate,
        )
        yield Attempt(
            f"alters a broker's settings{how}",
            _ALONE,
            settle,
            lambda _, v=validate: ask.alter_configs(
                ask.BROKER, "1", "log.segment.bytes", validate=v
            ),
            NO_CLUSTER,
            in_earnest=not validate,
        )


ATTEMPTS = (
    *_topic_attempts(),
    *_group_attempts(),
    *_transaction_attempts(),
    *_cluster_attempts(),
)
