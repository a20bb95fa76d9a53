"""The requests of `tests.kafka.attempts`, each about one thing by its name.

A request that changes something changes nothing on a cluster that is as it should be, or can be
validated only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kafka.protocol import admin as manage
from kafka.protocol import consumer as consume
from kafka.protocol import producer as produce
from kafka.protocol.api_message import ApiMessage
from kafka.protocol.metadata import FindCoordinatorRequest, MetadataRequest

from schemas.access import INTAKE_GROUP
from schemas.topics import all_topics
from tests.kafka.wire import a_record, message

A_TOPIC = next(iter(all_topics()))
TOPIC, BROKER = 2, 4
"""Kafka's numbers for what settings are of."""
_ALLOW, _ANY = 3, 1
_SOON = 2_000


def write(topic: str) -> ApiMessage:
    records = a_record(b"an attempt")
    return message(
        produce.ProduceRequest,
        12,
        transactional_id=None,
        acks=-1,
        timeout_ms=_SOON,
        topic_data=[{"name": topic, "partition_data": [{"index": 0, "records": records}]}],
    )


def read(topic: str, replica: int = -1) -> ApiMessage:
    partition = {
        "partition": 0,
        "current_leader_epoch": -1,
        "fetch_offset": 0,
        "last_fetched_epoch": -1,
        "log_start_offset": -1,
        "partition_max_bytes": 1_000,
    }
    return message(
        consume.FetchRequest,
        12,
        replica_id=replica,
        max_wait_ms=0,
        min_bytes=0,
        max_bytes=1_000,
        isolation_level=0,
        session_id=0,
        session_epoch=-1,
        topics=[{"topic": topic, "partitions": [partition]}],
        forgotten_topics_data=[],
        rack_id="",
    )


def metadata(topic: str) -> ApiMessage:
    return message(
        MetadataRequest,
        topics=[{"name": topic, "topic_id": None}],
        allow_auto_topic_creation=False,
        include_topic_authorized_operations=False,
    )


def list_offsets(topic: str) -> ApiMessage:
    partition = {"partition_index": 0, "current_leader_epoch": -1, "timestamp": -1}
    return message(
        consume.ListOffsetsRequest,
        replica_id=-1,
        isolation_level=0,
        topics=[{"name": topic, "partitions": [partition]}],
        timeout_ms=_SOON,
    )


def create_topic(topic: str, *, validate: bool = True) -> ApiMessage:
    wish = {
        "name": topic,
        "num_partitions": 1,
        "replication_factor": 1,
        "assignments": [],
        "configs": [],
    }
    return message(
        manage.CreateTopicsRequest, topics=[wish], timeout_ms=_SOON, validate_only=validate
    )


def delete_topic(topic: str) -> ApiMessage:
    return message(manage.DeleteTopicsRequest, 5, topics=[], topic_names=[topic], timeout_ms=_SOON)


def delete_records(topic: str) -> ApiMessage:
    wish = {"name": topic, "partitions": [{"partition_index": 0, "offset": -1}]}
    return message(manage.DeleteRecordsRequest, topics=[wish], timeout_ms=_SOON)


def add_partitions(topic: str, *, validate: bool = True) -> ApiMessage:
    wish = {"name": topic, "count": 9, "assignments": None}
    return message(
        manage.CreatePartitionsRequest, topics=[wish], timeout_ms=_SOON, validate_only=validate
    )


def alter_configs(kind: int, name: str, key: str, *, validate: bool = True) -> ApiMessage:
    change = {"name": key, "config_operation": 0, "value": "100000000"}
    wish = {"resource_type": kind, "resource_name": name, "configs": [change]}
    return message(manage.IncrementalAlterConfigsRequest, resources=[wish], validate_only=validate)


def describe_configs(kind: int, name: str) -> ApiMessage:
    wish = {"resource_type": kind, "resource_name": name, "configuration_keys": None}
    return message(
        manage.DescribeConfigsRequest,
        resources=[wish],
        include_synonyms=False,
        include_documentation=False,
    )


def commit(topic: str, group: str = INTAKE_GROUP) -> ApiMessage:
    partition = {
        "partition_index": 0,
        "committed_offset": 0,
        "committed_leader_epoch": -1,
        "committed_metadata": "",
    }
    return message(
        consume.OffsetCommitRequest,
        8,
        group_id=group,
        generation_id_or_member_epoch=-1,
        member_id="",
        group_instance_id=None,
        topics=[{"name": topic, "partitions": [partition]}],
    )


def read_offsets(group: str) -> ApiMessage:
    return message(consume.OffsetFetchRequest, 7, group_id=group, topics=None, require_stable=False)


def join(group: str) -> ApiMessage:
    return message(
        consume.JoinGroupRequest,
        group_id=group,
        session_timeout_ms=6_000,
        rebalance_timeout_ms=6_000,
        member_id="",
        group_instance_id=None,
        protocol_type="consumer",
        protocols=[{"name": "range", "metadata": b""}],
        reason=None,
    )


def heartbeat(group: str) -> ApiMessage:
    return message(
        consume.HeartbeatRequest,
        group_id=group,
        generation_id=1,
        member_id="nobody",
        group_instance_id=None,
    )


def leave(group: str) -> ApiMessage:
    member = {"member_id": "nobody", "group_instance_id": None, "reason": None}
    return message(consume.LeaveGroupRequest, group_id=group, members=[member])


def forget_offsets(group: str) -> ApiMessage:
    wish = {"name": A_TOPIC, "partitions": [{"partition_index": 0}]}
    return message(consume.OffsetDeleteRequest, group_id=group, topics=[wish])


def coordinator(key: str, kind: int) -> ApiMessage:
    return message(FindCoordinatorRequest, 3, key=key, key_type=kind)


def init_producer(transaction: str | None) -> ApiMessage:
    return message(
        produce.InitProducerIdRequest,
        5,
        transactional_id=transaction,
        transaction_timeout_ms=10_000,
        producer_id=-1,
        producer_epoch=-1,
    )


def extend_transaction(transaction: str) -> ApiMessage:
    return message(
        produce.AddPartitionsToTxnRequest,
        3,
        v3_and_below_transactional_id=transaction,
        v3_and_below_producer_id=1,
        v3_and_below_producer_epoch=0,
        v3_and_below_topics=[{"name": A_TOPIC, "partitions": [0]}],
    )


def end_transaction(transaction: str) -> ApiMessage:
    return message(
        produce.EndTxnRequest,
        4,
        transactional_id=transaction,
        producer_id=1,
        producer_epoch=0,
        committed=True,
    )


def mark(topic: str) -> ApiMessage:
    marker = {
        "producer_id": 1,
        "producer_epoch": 0,
        "transaction_result": False,
        "topics": [{"name": topic, "partition_indexes": [0]}],
        "coordinator_epoch": 0,
    }
    return message(produce.WriteTxnMarkersRequest, 1, markers=[marker])


def grant(_: str) -> ApiMessage:
    """A right that is granted already: whoever may grant it changes nothing."""
    wish = {
        "resource_type": 2,
        "resource_name": "southmed.",
        "resource_pattern_type": 4,
        "principal": "User:operator",
        "host": "*",
        "operation": manage.ACLOperation.DESCRIBE,
        "permission_type": _ALLOW,
    }
    return message(manage.CreateAclsRequest, creations=[wish])


def revoke(_: str) -> ApiMessage:
    """A right that nobody has."""
    wish = {
        "resource_type_filter": 2,
        "resource_name_filter": "elsewhere.v1",
        "pattern_type_filter": 3,
        "principal_filter": "User:nobody",
        "host_filter": "*",
        "operation": manage.ACLOperation.READ,
        "permission_type": _ALLOW,
    }
    return message(manage.DeleteAclsRequest, filters=[wish])


def list_rights(_: str) -> ApiMessage:
    return message(
        manage.DescribeAclsRequest,
        resource_type_filter=_ANY,
        resource_name_filter=None,
        pattern_type_filter=_ANY,
        principal_filter=None,
        host_filter=None,
        operation=_ANY,
        permission_type=_ANY,
    )


def alter_quota(_: str, *, validate: bool = True) -> ApiMessage:
    entity = [{"entity_type": "user", "entity_name": "authority.tn"}]
    change = {"key": "producer_byte_rate", "value": 1e12, "remove": False}
    return message(
        manage.AlterClientQuotasRequest,
        entries=[{"entity": entity, "ops": [change]}],
        validate_only=validate,
    )


def list_quotas(_: str) -> ApiMessage:
    wish = {"entity_type": "user", "match_type": 2, "match": None}
    return message(manage.DescribeClientQuotasRequest, components=[wish], strict=True)


def elect(_: str) -> ApiMessage:
    wish = {"topic": A_TOPIC, "partitions": [0]}
    return message(
        manage.ElectLeadersRequest, election_type=0, topic_partitions=[wish], timeout_ms=_SOON
    )


def reassign(_: str) -> ApiMessage:
    wish = {"name": A_TOPIC, "partitions": [{"partition_index": 0, "replicas": None}]}
    return message(manage.AlterPartitionReassignmentsRequest, 0, timeout_ms=_SOON, topics=[wish])


def list_moves(_: str) -> ApiMessage:
    return message(manage.ListPartitionReassignmentsRequest, timeout_ms=_SOON, topics=None)


def make_password(_: str) -> ApiMessage:
    """Deletes a password that nobody has."""
    gone = {"name": "nobody", "mechanism": 1}
    return message(manage.AlterUserScramCredentialsRequest, deletions=[gone], upsertions=[])


def list_passwords(_: str) -> ApiMessage:
    return message(manage.DescribeUserScramCredentialsRequest, users=[{"name": "nobody"}])


def quorum(_: str) -> ApiMessage:
    wish = {"topic_name": "__cluster_metadata", "partitions": [{"partition_index": 0}]}
    return message(manage.DescribeQuorumRequest, topics=[wish])


def disks(_: str) -> ApiMessage:
    return message(manage.DescribeLogDirsRequest, topics=None)


def simply(kind: Any, **fields: Any) -> Callable[[str], ApiMessage]:
    """A request with the thing's name in the one field that is a list."""
    ((field, _),) = [item for item in fields.items() if item[1] is Ellipsis]
    return lambda name: message(kind, 5, **{**fields, field: [name]})
