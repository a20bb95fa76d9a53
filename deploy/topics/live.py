"""Reads a live cluster's topics, rights and quotas, and changes them.

kafka-python speaks to the cluster. It has no call for quotas but the messages of KIP-546, which
are sent as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast, get_args

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from kafka.protocol.admin import AlterClientQuotasRequest, DescribeClientQuotasRequest

from deploy.topics.errors import ChangeRefused, ClusterUnreachable, ClusterUnsettled
from deploy.topics.state import (
    EVERYONE,
    Change,
    ClusterState,
    Grant,
    MakeTopic,
    Revoke,
    SetQuota,
    SetTopic,
    TopicState,
    touches_us,
)
from schemas.access import TOPIC_PREFIX, Operation, Pattern, Resource, Right, principals
from schemas.kafka import Broker
from schemas.topics import all_topics

_USER = "User:"


@contextmanager
def admin_client(broker: Broker, timeout: float = 15.0) -> Iterator[KafkaAdminClient]:
    """A client for managing; closed at the end.

    Args:
        broker: Where Kafka is.
        timeout: Seconds for the first answer, and for each.

    Raises:
        ClusterUnreachable: No broker answers, or none lets us in.
    """
    milliseconds = int(timeout * 1000)
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=broker.servers.split(","),
            security_protocol="SSL" if broker.ssl else "PLAINTEXT",
            ssl_context=broker.ssl,
            bootstrap_timeout_ms=milliseconds,
            request_timeout_ms=milliseconds,
        )
    except (KafkaError, OSError) as error:
        raise ClusterUnreachable(
            expected=f"an answer from {broker.servers}", got=type(error).__name__
        ) from None
    try:
        yield admin
    finally:
        admin.close()


# --- Reading --------------------------------------------------------------------------------------


def read_state(admin: KafkaAdminClient) -> ClusterState:
    """What the cluster holds of topics, rights and quotas.

    Raises:
        ChangeRefused: Our principal may not see it.
        ClusterUnsettled: Not now; later it will.
    """
    with _translated("looking at topics, rights and quotas"):
        granted, odd_rights = _read_rights(admin)
        quotas, odd_quotas = _read_quotas(admin)
        return ClusterState(_read_topics(admin), granted, quotas, odd_rights + odd_quotas)


def count_brokers(admin: KafkaAdminClient) -> int:
    """How many brokers are alive."""
    return len(admin.describe_cluster()["brokers"])


def _read_topics(admin: KafkaAdminClient) -> dict[str, TopicState]:
    found = {
        topic["name"]: topic
        for topic in admin.describe_topics()
        if topic["name"].startswith(TOPIC_PREFIX) and topic["error_code"] == 0
    }
    if not found:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in found]
    # Values that are Kafka's default are looked at too: they may be what the contract says.
    settings = admin.describe_configs(asked, config_filter="all")["topic"]
    known = {key for topic in all_topics().values() for key in topic.settings()}
    return {
        name: TopicState(
            partitions=len(topic["partitions"]),
            replicas=min(len(p["replica_nodes"]) for p in topic["partitions"]),
            settings={k: v["value"] for k, v in settings[name].items() if k in known},
        )
        for name, topic in found.items()
    }


def _read_rights(admin: KafkaAdminClient) -> tuple[frozenset[Right], tuple[str, ...]]:
    everything = ACLFilter(
        principal=None,
        host=None,
        operation=ACLOperation.ANY,
        permission_type=ACLPermissionType.ANY,
        resource_pattern=ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
    )
    found, error = admin.describe_acls(everything)
    _check(error, "the list of rights")
    granted, odd = set(), []
    for acl in found:
        right = _right_of(acl)
        if right is not None and acl.host == EVERYONE and _allows(acl):
            granted.add(right)
        elif right is None or touches_us(right):
            odd.append(_tell_acl(acl))
    return frozenset(granted), tuple(sorted(odd))


def _right_of(acl: ACL) -> Right | None:
    """What a rule of Kafka's is about, or None where the contract has no word for it."""
    pattern = acl.resource_pattern
    resource, operation = pattern.resource_type.name.lower(), acl.operation.name
    known = resource in get_args(Resource) and operation in get_args(Operation)
    if not known or not acl.principal.startswith(_USER):
        return None
    kind: Pattern = (
        "prefixed" if pattern.pattern_type == ACLResourcePatternType.PREFIXED else "literal"
    )
    name = acl.principal.removeprefix(_USER)
    return Right(name, resource, pattern.resource_name, kind, cast(Operation, operation))


def _allows(acl: ACL) -> bool:
    return bool(acl.permission_type == ACLPermissionType.ALLOW)


def _tell_acl(acl: ACL) -> str:
    pattern = acl.resource_pattern
    return (
        f"{acl.principal} {acl.permission_type.name} {acl.operation.name} on "
        f"{pattern.resource_type.name} {pattern.resource_name} from host {acl.host}"
    )


def _read_quotas(admin: KafkaAdminClient) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """Quotas of principals by their names, and what else would hold our principals back."""
    question = DescribeClientQuotasRequest(components=[], strict=False)
    answer = admin._manager.run(admin._manager.send, question)
    _check(for_code(answer.error_code), "the list of quotas")
    quotas, odd = {}, []
    for entry in answer.entries or ():
        entity = {part.entity_type: part.entity_name for part in entry.entity}
        if list(entity) == ["user"] and entity["user"] is not None:
            quotas[entity["user"]] = {value.key: value.value for value in entry.values}
        elif entity.get("user") in (None, *principals()) and "ip" not in entity:
            told = ", ".join(f"{kind} {name or 'of no name'}" for kind, name in entity.items())
            odd.append(f"a quota for {told}")
    return quotas, tuple(sorted(odd))


# --- Changing -------------------------------------------------------------------------------------


def apply_changes(
    admin: KafkaAdminClient,
    changes: Sequence[Change],
    on_change: Callable[[Change], None] = lambda _: None,
) -> None:
    """Makes a cluster what it should be. Done twice, it does nothing the second time.

    Args:
        admin: A client whose principal may.
        changes: As `deploy.topics.state.difference` gave them.
        on_change: Told of each change after it was made.

    Raises:
        ChangeRefused: The cluster refuses one; those before it were made.
        ClusterUnsettled: It is not ready for one; the same may be asked again.
    """
    for change in changes:
        match change:
            case MakeTopic(name, topic):
                _make_topic(admin, name, topic)
            case SetTopic(name, settings):
                _set_topic(admin, name, dict(settings))
            case Grant(right):
                _grant(admin, right)
            case Revoke(right):
                _revoke(admin, right)
            case SetQuota(principal, values):
                _set_quota(admin, principal, values.items())
        on_change(change)


def _make_topic(admin: KafkaAdminClient, name: str, topic: TopicState) -> None:
    wish = {
        "num_partitions": topic.partitions,
        "replication_factor": topic.replicas,
        "configs": dict(topic.settings),
    }
    with _translated(f"topic {name}"):
        admin.create_topics({name: wish}, wait_for_metadata=True)


def _set_topic(admin: KafkaAdminClient, name: str, settings: dict[str, str]) -> None:
    resource = ConfigResource(ConfigResourceType.TOPIC, name, configs=settings)
    with _translated(f"settings of {name}"):
        told = admin.alter_configs([resource], raise_on_unknown=False)["topic"][name]
    if told != "OK":
        raise ChangeRefused(expected=f"settings of {name}", got=told.partition(":")[0])


def _acl(right: Right) -> ACL:
    return ACL(
        principal=f"{_USER}{right.principal}",
        host=EVERYONE,
        operation=ACLOperation[right.operation],
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(
            ResourceType[right.resource.upper()],
            right.name,
            ACLResourcePatternType[right.pattern.upper()],
        ),
    )


def _grant(admin: KafkaAdminClient, right: Right) -> None:
    for failed in admin.create_acls([_acl(right)])["failed"]:
        _check(failed, f"a right for {right.principal}")


def _revoke(admin: KafkaAdminClient, right: Right) -> None:
    acl = _acl(right)
    exact = ACLFilter(
        acl.principal, acl.host, acl.operation, acl.permission_type, acl.resource_pattern
    )
    for _, _, error in admin.delete_acls([exact]):
        _check(error, f"taking a right from {right.principal}")


def _set_quota(
    admin: KafkaAdminClient, principal: str, values: Iterable[tuple[str, float | None]]
) -> None:
    entry = AlterClientQuotasRequest.EntryData
    wish = AlterClientQuotasRequest(
        entries=[
            entry(
                entity=[entry.EntityData(entity_type="user", entity_name=principal)],
                ops=[
                    entry.OpData(key=key, value=value or 0.0, remove=value is None)
                    for key, value in values
                ],
            )
        ],
        validate_only=False,
    )
    answer = admin._manager.run(admin._manager.send, wish)
    for told in answer.entries:
        _check(for_code(told.error_code), f"the quota of {principal}")


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turns an error of the client's into ours; its text is the broker's and stays behind."""
    try:
        yield
    except KafkaError as error:
        raise _ours(type(error), what) from None


def _check(error: Any, what: str) -> None:
    """Raises what the cluster answered, unless it is that all is well."""
    kind = error if isinstance(error, type) else type(error)
    if kind.__name__ != "NoError":
        raise _ours(kind, what)


def _ours(kind: type[KafkaError], what: str) -> ChangeRefused | ClusterUnsettled:
    """A topic that was asked for twice is there: the first answer was late, not a refusal."""
    late = kind.retriable or issubclass(kind, TopicAlreadyExistsError)
    ours = ClusterUnsettled if late else ChangeRefused
    return ours(expected=what, got=kind.__name__)
