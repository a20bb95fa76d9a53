"""The difference between a cluster and the contract: what is mended, told, and left alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.topics.state import (
    Change,
    ClusterState,
    Grant,
    MakeTopic,
    Revoke,
    SetQuota,
    SetTopic,
    Told,
    TopicState,
    difference,
    touches_us,
    wanted,
)
from schemas.access import CLUSTER, Operation, Pattern, Resource, Right, may, principals, rights
from schemas.topics import all_topics

DUE = wanted(3)
CASES = "southmed.cases.tn.v1"


def applied(live: ClusterState, changes: Iterable[Change]) -> ClusterState:
    """A cluster after changes, as far as values go."""
    topics, quotas = dict(live.topics), {name: dict(q) for name, q in live.quotas.items()}
    granted = set(live.rights)
    for change in changes:
        match change:
            case MakeTopic(name, topic):
                assert name not in topics
                topics[name] = topic
            case SetTopic(name, settings):
                old = topics[name]
                topics[name] = replace(old, settings={**old.settings, **settings})
            case Grant(right):
                granted.add(right)
            case Revoke(right):
                granted.remove(right)
            case SetQuota(principal, values):
                merged: Mapping[str, float | None] = {**quotas.get(principal, {}), **values}
                quotas[principal] = {k: v for k, v in merged.items() if v is not None}
    return replace(live, topics=topics, rights=frozenset(granted), quotas=quotas)


# --- Any cluster ----------------------------------------------------------------------------------

PRINCIPALS = (*principals(), "*", "somebody", "authority.fr", "broker.1")
NAMES = ("southmed.", "southmed.cases.", "south", "s", "*", "southmed-", "southmed-intake", "x")
RIGHTS = st.builds(
    Right,
    st.sampled_from(PRINCIPALS),
    st.sampled_from(get_args(Resource)),
    st.sampled_from((*NAMES, *all_topics(), CLUSTER, "elsewhere.v1")),
    st.sampled_from(get_args(Pattern)),
    st.sampled_from(get_args(Operation)),
) | st.sampled_from(sorted(rights()))
SETTINGS = st.dictionaries(
    st.sampled_from([*DUE.topics[CASES].settings, "segment.bytes"]),
    st.sampled_from(["1", "delete", "-1", "false", "compact"]),
)
TOPIC_STATES = st.builds(TopicState, st.integers(1, 9), st.integers(1, 3), SETTINGS)
TOPICS = st.dictionaries(
    st.sampled_from([*all_topics(), "southmed.other.v1", "elsewhere.v1"]), TOPIC_STATES
)
QUOTAS = st.dictionaries(
    st.sampled_from(PRINCIPALS),
    st.dictionaries(
        st.sampled_from(["producer_byte_rate", "consumer_byte_rate", "request_percentage"]),
        st.sampled_from([1.0, float(1 << 20), 1e12]),
    ),
)
CLUSTERS = st.builds(
    ClusterState,
    TOPICS,
    st.frozensets(RIGHTS, max_size=30),
    QUOTAS,
    st.sampled_from([(), ("a denial",)]),
)


@given(CLUSTERS)
def test_after_applying_nothing_is_left_but_what_is_only_told(live: ClusterState) -> None:
    left = difference(applied(live, difference(live, DUE)), DUE)
    assert [change for change in left if not isinstance(change, Told)] == []


@given(CLUSTERS)
def test_what_is_told_is_told_again_until_somebody_mends_it(live: ClusterState) -> None:
    changes = difference(live, DUE)
    told = [change for change in changes if isinstance(change, Told)]
    assert difference(applied(live, changes), DUE) == told


@given(CLUSTERS)
def test_afterwards_our_principals_may_exactly_what_the_contract_says(live: ClusterState) -> None:
    after = applied(live, difference(live, DUE)).rights
    assert after >= rights()
    assert {right for right in after if right.principal in principals()} == rights()
    for topic in all_topics():
        for who in PRINCIPALS:
            for operation in get_args(Operation):
                granted = may(rights(), who, "topic", topic, operation)
                assert may(after, who, "topic", topic, operation) == granted


@given(CLUSTERS)
def test_rights_of_others_that_do_not_touch_us_are_never_revoked(live: ClusterState) -> None:
    for change in difference(live, DUE):
        if isinstance(change, Revoke):
            assert touches_us(change.right)
    untouched = {right for right in live.rights if not touches_us(right)}
    assert untouched <= applied(live, difference(live, DUE)).rights


@given(CLUSTERS)
def test_no_topic_is_ever_deleted_and_none_loses_or_gains_partitions(live: ClusterState) -> None:
    after = applied(live, difference(live, DUE)).topics
    for name, topic in live.topics.items():
        assert (after[name].partitions, after[name].replicas) == (topic.partitions, topic.replicas)


@given(CLUSTERS)
def test_topics_and_quotas_of_others_stay_as_they_are(live: ClusterState) -> None:
    after = applied(live, difference(live, DUE))
    for name in live.topics.keys() - all_topics():
        assert after.topics[name] == live.topics[name]
    for name in live.quotas.keys() - principals().keys():
        assert after.quotas[name] == live.quotas[name]


# --- Cases ----------------------------------------------------------------------------------------


def test_a_cluster_as_it_should_be_needs_nothing() -> None:
    assert difference(DUE, DUE) == []


def test_an_empty_cluster_gets_everything() -> None:
    assert applied(ClusterState(), difference(ClusterState(), DUE)) == DUE


TOO_MUCH = {
    "everyone reads one topic": Right("*", "topic", CASES, "literal", "READ"),
    "everyone may do all with everything": Right("*", "topic", "*", "literal", "ALL"),
    "a prefix that covers ours": Right("somebody", "topic", "south", "prefixed", "READ"),
    "a prefix below ours": Right("somebody", "topic", "southmed.cases.", "prefixed", "DESCRIBE"),
    "ours on another's topic": Right("analyst.coe", "topic", "elsewhere.v1", "literal", "READ"),
    "a stranger in intake's group": Right("x", "group", "southmed-intake", "literal", "READ"),
    "all groups": Right("x", "group", "*", "literal", "READ"),
    "a transactional id": Right("authority.tn", "transactional_id", "t", "literal", "WRITE"),
    "everyone's transactional ids": Right("*", "transactional_id", "*", "literal", "WRITE"),
    "everyone on the cluster": Right("*", "cluster", CLUSTER, "literal", "CREATE"),
    "deleting": Right("operator", "topic", "southmed.", "prefixed", "DELETE"),
}


@pytest.mark.parametrize("right", TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_right_too_much_is_taken_away(right: Right) -> None:
    live = replace(DUE, rights=DUE.rights | {right})
    assert difference(live, DUE) == [Revoke(right)]


NOT_OURS = {
    "another's topic": Right("somebody", "topic", "elsewhere.v1", "literal", "ALL"),
    "a prefix beside ours": Right("somebody", "topic", "southmedia.", "prefixed", "ALL"),
    "a name that is no pattern": Right("somebody", "topic", "south", "literal", "ALL"),
    "another's group": Right("somebody", "group", "elsewhere", "literal", "READ"),
    "another's transactions": Right("somebody", "transactional_id", "*", "literal", "WRITE"),
    "looking at the cluster": Right("somebody", "cluster", CLUSTER, "literal", "DESCRIBE"),
}


@pytest.mark.parametrize("right", NOT_OURS.values(), ids=NOT_OURS)
def test_a_right_that_is_nobody_of_ours_is_left_alone(right: Right) -> None:
    assert difference(replace(DUE, rights=DUE.rights | {right}), DUE) == []


@pytest.mark.parametrize("operation", ["ALTER", "ALL"])
def test_others_who_may_alter_all_rights_are_told_and_left(operation: Operation) -> None:
    right = Right("somebody", "cluster", CLUSTER, "literal", operation)
    (told,) = difference(replace(DUE, rights=DUE.rights | {right}), DUE)
    assert isinstance(told, Told)
    assert told.subject == "somebody"


@pytest.mark.parametrize(("partitions", "replicas"), [(3, 3), (5, 3), (4, 1)])
def test_partitions_and_copies_are_told_and_not_mended(partitions: int, replicas: int) -> None:
    other = replace(DUE.topics[CASES], partitions=partitions, replicas=replicas)
    (told,) = difference(replace(DUE, topics={**DUE.topics, CASES: other}), DUE)
    assert isinstance(told, Told)
    assert told.subject == CASES


def test_a_value_of_a_quota_that_the_contract_does_not_set_is_removed() -> None:
    given_ = {"processor.intake": {"producer_byte_rate": 1.0}}
    changes = difference(replace(DUE, quotas={**DUE.quotas, **given_}), DUE)
    assert changes == [SetQuota("processor.intake", {"producer_byte_rate": None})]
