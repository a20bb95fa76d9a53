"""``southmed topics apply`` on a live cluster: drift made by hand, found and mended.

The drift is made with a broker's rights, as somebody in a hurry would; the command runs as the
operator, and so shows that the operator's rights are enough.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Timer
from types import SimpleNamespace
from typing import Any, cast

import pytest
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
from kafka.errors import (
    InvalidReplicationFactorError,
    KafkaError,
    KafkaTimeoutError,
    NotControllerError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
)
from kafka.protocol.admin import AlterClientQuotasRequest

from deploy.brokers.kafka.bring_up import apply_contract
from deploy.brokers.kafka.cluster import ADMIN_PATIENCE, KafkaCluster
from deploy.topics.errors import ChangeRefused, ClusterUnsettled
from deploy.topics.live import apply_changes, read_state
from deploy.topics.state import (
    Change,
    ClusterState,
    Grant,
    MakeTopic,
    Revoke,
    SetQuota,
    TopicState,
    wanted,
)
from schemas.access import Right
from schemas.errors import PlatformError
from tests.kafka.cluster import empty
from tests.kafka.wire import message, send

CASES, RECEIPTS = "southmed.cases.tn.v1", "southmed.receipts.tn.v1"
OK, FAILED, PARTIAL = 0, 1, 3


@pytest.fixture
def admin(cluster: KafkaCluster) -> Any:
    """A broker's own client, on a cluster that is as the contract says before and after."""
    empty(cluster)
    with cluster.admin() as client:
        yield client
    empty(cluster)


@dataclass
class Ran:
    """What the command came to: its exit status, and (change, subject, detail) of each line."""

    status: int
    applied: bool = False
    lines: list[tuple[str, str, str]] = field(default_factory=list)


def apply(cluster: KafkaCluster, *options: str) -> Ran:
    """Runs the command as the operator."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "deploy.cli", "topics", "apply", "--json"),
            *("--broker", cluster.plan.servers),
            *("--identity", str(cluster.plan.identities / "operator")),
            *options,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in (OK, FAILED, PARTIAL), done.stderr
    told = json.loads(done.stdout)
    lines = [(line["change"], line["subject"], line["detail"]) for line in told["changes"]]
    return Ran(done.returncode, told["applied"], lines)


def by_hand(admin: KafkaAdminClient, *changes: Change) -> None:
    apply_changes(admin, changes)


def set_by_hand(admin: KafkaAdminClient, topic: str, **settings: str) -> None:
    told = {name.replace("_", "."): value for name, value in settings.items()}
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs=told)
    assert admin.alter_configs([resource])["topic"][topic] == "OK"


# --- What is mended -------------------------------------------------------------------------------


def test_drift_is_found_shown_and_mended(cluster: KafkaCluster, admin: KafkaAdminClient) -> None:
    everyone = Right("*", "topic", CASES, "literal", "READ")
    broad = Right("somebody", "topic", "south", "prefixed", "ALL")
    elsewhere = Right("somebody", "topic", "elsewhere.v1", "literal", "ALL")
    missing = Right("authority.tn", "topic", CASES, "literal", "WRITE")
    set_by_hand(admin, RECEIPTS, retention_ms="1000", cleanup_policy="compact")
    by_hand(admin, Grant(everyone), Grant(broad), Grant(elsewhere), Revoke(missing))
    by_hand(admin, SetQuota("authority.tn", {"producer_byte_rate": 1e12}))
    by_hand(admin, SetQuota("processor.intake", {"request_percentage": 1.0}))
    drifted = read_state(admin)

    looked = apply(cluster, "--dry-run")
    assert (looked.status, looked.applied) == (FAILED, False)
    assert {line[:2] for line in looked.lines} == {
        ("set topic", RECEIPTS),
        ("grant", "authority.tn"),
        ("revoke", "*"),
        ("revoke", "somebody"),
        ("set quota", "authority.tn"),
        ("set quota", "processor.intake"),
    }
    assert "ALL topic south*" in {line[2] for line in looked.lines}
    assert read_state(admin) == drifted, "a dry run changed something"

    mended = apply(cluster)
    assert (mended.status, mended.applied) == (OK, True)
    assert mended.lines == looked.lines
    due = wanted(1)
    assert read_state(admin) == ClusterState(due.topics, due.rights | {elsewhere}, due.quotas)

    assert apply(cluster) == Ran(OK, True)
    assert apply(cluster, "--dry-run") == Ran(OK, False)
    by_hand(admin, Revoke(elsewhere))


def test_a_topic_that_is_missing_is_made(cluster: KafkaCluster, admin: KafkaAdminClient) -> None:
    admin.delete_topics([CASES])
    made = apply(cluster)
    assert (made.status, [line[:2] for line in made.lines]) == (OK, [("make topic", CASES)])
    assert read_state(admin) == wanted(1)


# --- What is only told ----------------------------------------------------------------------------


def make_foreign_topic(admin: KafkaAdminClient) -> None:
    by_hand(admin, MakeTopic("southmed.other.v1", TopicState(1, 1, {})))


def add_partitions(admin: KafkaAdminClient) -> None:
    admin.create_partitions({CASES: 6})


def make_with_fewer_partitions(admin: KafkaAdminClient) -> None:
    admin.delete_topics([RECEIPTS])
    by_hand(admin, MakeTopic(RECEIPTS, TopicState(2, 1, wanted(1).topics[RECEIPTS].settings)))


def rule(principal: str, permission: ACLPermissionType, host: str = "*") -> ACL:
    topic = ResourcePattern(ResourceType.TOPIC, CASES, ACLResourcePatternType.LITERAL)
    return ACL(principal, host, ACLOperation.WRITE, permission, topic)


def deny(admin: KafkaAdminClient) -> None:
    admin.create_acls([rule("User:authority.tn", ACLPermissionType.DENY)])


def allow_from_one_host(admin: KafkaAdminClient) -> None:
    admin.create_acls([rule("User:somebody", ACLPermissionType.ALLOW, "192.0.2.1")])


def let_another_alter_rights(admin: KafkaAdminClient) -> None:
    by_hand(admin, Grant(Right("somebody", "cluster", "kafka-cluster", "literal", "ALTER")))


def lift_the_quota_of_a_client_id(admin: KafkaAdminClient) -> None:
    entity = [
        {"entity_type": "user", "entity_name": "authority.tn"},
        {"entity_type": "client-id", "entity_name": "runaway"},
    ]
    lifted = {"key": "producer_byte_rate", "value": 1e12, "remove": False}
    entries = [{"entity": entity, "ops": [lifted]}]
    wish = message(AlterClientQuotasRequest, entries=entries, validate_only=False)
    assert send(admin, wish).entries[0].error_code == 0


def drop_what_was_made(admin: KafkaAdminClient) -> None:
    """Rules and quotas outlive topics; what these tests made is taken back by its exact name."""
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    for principal, permission in (
        ("User:authority.tn", ACLPermissionType.DENY),
        ("User:somebody", ACLPermissionType.ANY),
    ):
        admin.delete_acls([ACLFilter(principal, None, ACLOperation.ANY, permission, anything)])
    entity = [
        {"entity_type": "user", "entity_name": "authority.tn"},
        {"entity_type": "client-id", "entity_name": "runaway"},
    ]
    gone = {"key": "producer_byte_rate", "value": 0.0, "remove": True}
    entries = [{"entity": entity, "ops": [gone]}]
    send(admin, message(AlterClientQuotasRequest, entries=entries, validate_only=False))


ONLY_TOLD: dict[Callable[[KafkaAdminClient], None], tuple[str, str]] = {
    make_foreign_topic: ("southmed.other.v1", "not in the contract"),
    add_partitions: (CASES, "6 partitions, the contract says 4"),
    make_with_fewer_partitions: (RECEIPTS, "2 partitions, the contract says 4"),
    deny: ("not of the contract's kind", "User:authority.tn DENY WRITE"),
    allow_from_one_host: ("not of the contract's kind", "from host 192.0.2.1"),
    let_another_alter_rights: ("somebody", "may grant itself anything of ours"),
    lift_the_quota_of_a_client_id: ("not of the contract's kind", "client-id runaway"),
}


def test_what_a_command_should_not_mend_is_told_and_left(
    cluster: KafkaCluster, admin: KafkaAdminClient
) -> None:
    for drift in ONLY_TOLD:
        drift(admin)
    before = read_state(admin)
    try:
        told = apply(cluster)
        assert told.status == PARTIAL
        assert {line[0] for line in told.lines} == {"look at"}
        for subject, detail in ONLY_TOLD.values():
            assert any(line[1] == subject and detail in line[2] for line in told.lines), subject
        assert len(told.lines) == len(ONLY_TOLD)
        assert read_state(admin) == before
        assert apply(cluster, "--dry-run").status == FAILED
    finally:
        drop_what_was_made(admin)
    empty(cluster)
    assert read_state(admin) == wanted(1)


def test_whoever_may_not_manage_is_told_so(cluster: KafkaCluster) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "deploy.cli", "topics", "apply"),
            *("--broker", cluster.plan.servers),
            *("--identity", str(cluster.plan.identities / "authority.tn")),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == FAILED
    assert "ChangeRefused" in done.stderr
    assert "operator" in done.stderr


# --- A cluster that is slow -----------------------------------------------------------------------


def test_a_cluster_that_does_not_answer_for_a_while_is_brought_up_all_the_same(
    cluster: KafkaCluster, admin: KafkaAdminClient
) -> None:
    admin.delete_topics([CASES])
    (node,) = cluster.nodes.values()
    node.send(signal.SIGSTOP)
    awake = Timer(ADMIN_PATIENCE + 2, node.send, [signal.SIGCONT])
    awake.start()
    try:
        apply_contract(cluster)
    finally:
        awake.cancel()
        node.send(signal.SIGCONT)
    assert read_state(admin) == wanted(1)


@pytest.mark.parametrize(
    ("answer", "ours"),
    [
        (NotControllerError, ClusterUnsettled),
        (KafkaTimeoutError, ClusterUnsettled),
        (TopicAlreadyExistsError, ClusterUnsettled),
        (TopicAuthorizationFailedError, ChangeRefused),
        (InvalidReplicationFactorError, ChangeRefused),
    ],
)
def test_an_answer_that_may_change_is_no_refusal(
    answer: type[KafkaError], ours: type[PlatformError]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise answer("a broker's own text")

    admin = SimpleNamespace(create_topics=fail)
    topic = MakeTopic(CASES, TopicState(1, 1, {}))
    with pytest.raises(ours) as told:
        apply_changes(cast(KafkaAdminClient, admin), [topic])
    assert told.value.got == answer.__name__
