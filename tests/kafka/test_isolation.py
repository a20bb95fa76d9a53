"""Who may do what, asked of the real broker: every principal, every thing, every operation.

Each principal tries everything with its own certificate, and the broker's answers are compared
with `schemas.access` in both directions: what is granted works, what is not is refused, with the
error that says so and not by some other failure. Then the broker is asked what it thinks each
principal may do. Two tables are equal, or the test names the cells that differ.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient

from deploy.brokers.kafka.cluster import KafkaCluster
from deploy.pki.certificates import Credential
from deploy.pki.store import IDENTITY_FILE, Office
from deploy.terminal import broker_at
from deploy.topics.live import admin_client, apply_changes, read_state
from deploy.topics.state import Grant, difference, wanted
from schemas.access import Right, principals
from tests.kafka import requests as ask
from tests.kafka import wire
from tests.kafka.attempts import ATTEMPTS, GROUPS, OURS
from tests.kafka.cluster import empty
from tests.kafka.strangers import a_context, a_credential, an_identity, another_authority, is_let_in
from tests.kafka.table import (
    OPERATIONS,
    Cell,
    assert_same,
    due,
    operations_due,
    told_operations,
    tried,
)


@pytest.fixture(scope="module")
def fresh(cluster: KafkaCluster) -> KafkaCluster:
    """The cluster as the contract says, with nothing in it."""
    empty(cluster)
    with cluster.admin() as admin:
        wake_coordinators(admin)
    return cluster


def wake_coordinators(admin: KafkaAdminClient) -> None:
    """Kafka makes its own topics when the first who may asks for a coordinator."""
    for kind, name in enumerate(("southmed-intake", "nobody")):
        assert wire.tried(admin, ask.coordinator(name, kind)) == "NoError"


@contextmanager
def acting_as(cluster: KafkaCluster, identity: Path) -> Iterator[KafkaAdminClient]:
    with admin_client(broker_at(cluster.plan.servers, identity)) as client:
        yield client


def identity_of(cluster: KafkaCluster, principal: str) -> Path:
    return cluster.plan.identities / principal


# --- The whole table ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answers(fresh: KafkaCluster) -> set[Cell]:
    """What the broker answered to everything that every principal tried."""
    found: set[Cell] = set()
    for principal in principals():
        with acting_as(fresh, identity_of(fresh, principal)) as client:
            found |= tried(client, principal, ATTEMPTS)
    return found


def test_every_principal_may_exactly_what_the_table_says(
    answers: set[Cell], capsys: pytest.CaptureFixture[str]
) -> None:
    granted = sum(cell.answer == "granted" for cell in answers)
    with capsys.disabled():
        print(f"\n{len(answers)} attempts: {granted} granted, {len(answers) - granted} refused")
    assert_same(answers, {cell for name in principals() for cell in due(name, ATTEMPTS)})
    assert 0 < granted < len(answers)


def test_the_broker_itself_thinks_so_too(
    fresh: KafkaCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    found: set[Cell] = set()
    for principal in principals():
        with acting_as(fresh, identity_of(fresh, principal)) as client:
            found |= {Cell(principal, *rest) for rest in told_operations(client)}
    asked = len(principals()) * len(OPERATIONS) * (len(OURS) + len(GROUPS) + 1)
    with capsys.disabled():
        print(f"\n{len(found)} of {asked} operations authorised by the broker's own word")
    assert_same(
        found, {Cell(name, *rest) for name in principals() for rest in operations_due(name)}
    )


def test_nothing_that_was_tried_changed_anything(fresh: KafkaCluster, answers: set[Cell]) -> None:
    assert answers
    with fresh.admin() as admin:
        assert difference(read_state(admin), wanted(1)) == []


def test_a_right_too_much_is_seen_in_the_table(fresh: KafkaCluster) -> None:
    """So the comparison is no formality: one right by hand, and exactly its cell differs."""
    extra = Right("analyst.coe", "topic", "southmed.cases.tn.v1", "literal", "READ")
    reading = [attempt for attempt in ATTEMPTS if attempt.what == "reads"]
    with fresh.admin() as admin:
        apply_changes(admin, [Grant(extra)])
        try:
            with acting_as(fresh, identity_of(fresh, "analyst.coe")) as client:
                found = tried(client, "analyst.coe", reading)
        finally:
            apply_changes(admin, difference(read_state(admin), wanted(1)))
    too_much = found - due("analyst.coe", reading)
    assert too_much == {Cell("analyst.coe", "reads", "southmed.cases.tn.v1", "granted")}


# --- The same in words ----------------------------------------------------------------------------

COUNTRIES = ("tn", "ma", "jo", "lb")


def answer(answers: set[Cell], principal: str, what: str, name: str) -> str:
    """The one answer to a question; it must have been asked."""
    (only,) = [cell.answer for cell in answers if cell[:3] == (principal, what, name)]
    return only


@pytest.mark.parametrize("mine", COUNTRIES)
def test_a_country_writes_its_own_cases_and_reads_its_own_receipts(
    answers: set[Cell], mine: str
) -> None:
    me = f"authority.{mine}"
    assert answer(answers, me, "writes", f"southmed.cases.{mine}.v1") == "granted"
    assert answer(answers, me, "reads", f"southmed.receipts.{mine}.v1") == "granted"


@pytest.mark.parametrize("mine", COUNTRIES)
def test_a_country_cannot_touch_another_s_topics(answers: set[Cell], mine: str) -> None:
    for other in set(COUNTRIES) - {mine}:
        for kind in ("cases", "receipts", "quarantine"):
            for what in ("reads", "writes", "looks at", "asks for offsets"):
                topic = f"southmed.{kind}.{other}.v1"
                assert answer(answers, f"authority.{mine}", what, topic) == "refused"


@pytest.mark.parametrize("mine", COUNTRIES)
def test_a_country_cannot_write_its_own_receipts_nor_read_what_it_sent(
    answers: set[Cell], mine: str
) -> None:
    me = f"authority.{mine}"
    assert answer(answers, me, "writes", f"southmed.receipts.{mine}.v1") == "refused"
    assert answer(answers, me, "reads", f"southmed.cases.{mine}.v1") == "refused"


@pytest.mark.parametrize("cc", COUNTRIES)
def test_cases_are_read_by_intake_and_by_nobody_else(answers: set[Cell], cc: str) -> None:
    topic = f"southmed.cases.{cc}.v1"
    readers = {name for name in principals() if answer(answers, name, "reads", topic) == "granted"}
    assert readers == {"processor.intake"}


@pytest.mark.parametrize("what", ["deletes", "deletes records of"])
def test_nobody_deletes(answers: set[Cell], what: str) -> None:
    assert {cell.answer for cell in answers if cell.what == what} == {"refused"}


@pytest.mark.parametrize("what", ["begins", "extends", "ends"])
def test_nobody_has_a_transactional_id(answers: set[Cell], what: str) -> None:
    assert {cell.answer for cell in answers if cell.what == what} == {"refused"}


def test_nobody_reads_as_brokers_read(answers: set[Cell]) -> None:
    assert {cell.answer for cell in answers if cell.what == "reads as a broker"} == {"refused"}


def test_the_operator_alone_manages(answers: set[Cell]) -> None:
    managing = {"makes (validated only)", "grants a right", "alters a quota (validated only)"}
    granted = {c.principal for c in answers if c.what in managing and c.answer == "granted"}
    assert granted == {"operator"}


# --- Who is not in the table ----------------------------------------------------------------------

STRANGERS = {
    "a principal that the table does not know": ("authority.fr", "southmed"),
    "a broker that the cluster does not know": ("broker.9", "southmed"),
    "an authority's name in another organisation": ("authority.tn", "elsewhere"),
    "a broker's name in another organisation": ("broker.1", "elsewhere"),
    "a name that ends as one of ours": ("not.authority.tn", "southmed"),
    "a name in capitals": ("AUTHORITY.TN", "southmed"),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_certificate_of_somebody_else_is_worth_nothing(
    fresh: KafkaCluster, name: str, tmp_path: Path
) -> None:
    """Signed by our own authority, as a mistake might be."""
    ca = Office(fresh.plan.identities).authority()
    shown = an_identity(tmp_path / "stranger", a_credential(ca, *STRANGERS[name]), ca.certificate)
    with acting_as(fresh, shown) as client:
        assert_same(tried(client, "nobody", ATTEMPTS), due("nobody", ATTEMPTS))
        assert set(told_operations(client)) == set()


# --- Who is not let in at all ---------------------------------------------------------------------


def listeners(cluster: KafkaCluster) -> tuple[int, ...]:
    (node,) = cluster.plan.nodes
    return (node.clients, node.brokers, node.controller)


def tls(cluster: KafkaCluster, identity: Path | None) -> ssl.SSLContext:
    return a_context(Office(cluster.plan.identities).ca_file, identity)


def shown_by(credential: Credential, folder: Path, cluster: KafkaCluster) -> Path:
    ca = Office(cluster.plan.identities).authority().certificate
    return an_identity(folder, credential, ca) / IDENTITY_FILE


def test_a_principal_is_let_in(cluster: KafkaCluster) -> None:
    """Without this the refusals below would say nothing."""
    own = identity_of(cluster, "authority.tn") / IDENTITY_FILE
    assert all(is_let_in(port, tls(cluster, own)) for port in listeners(cluster))


def test_a_certificate_of_another_authority_is_not_let_in(
    cluster: KafkaCluster, tmp_path: Path
) -> None:
    forged = shown_by(a_credential(another_authority(), "authority.tn"), tmp_path / "f", cluster)
    assert not any(is_let_in(port, tls(cluster, forged)) for port in listeners(cluster))


def test_a_broker_s_name_signed_elsewhere_is_not_let_in(
    cluster: KafkaCluster, tmp_path: Path
) -> None:
    forged = shown_by(a_credential(another_authority(), "broker.1"), tmp_path / "f", cluster)
    assert not any(is_let_in(port, tls(cluster, forged)) for port in listeners(cluster))


def test_a_certificate_that_signs_itself_is_not_let_in(
    cluster: KafkaCluster, tmp_path: Path
) -> None:
    forged = shown_by(another_authority(), tmp_path / "f", cluster)
    assert not any(is_let_in(port, tls(cluster, forged)) for port in listeners(cluster))


def test_a_certificate_that_has_ended_is_not_let_in(cluster: KafkaCluster, tmp_path: Path) -> None:
    ca = Office(cluster.plan.identities).authority()
    over = a_credential(ca, "authority.tn", ended=True)
    shown = shown_by(over, tmp_path / "over", cluster)
    assert not any(is_let_in(port, tls(cluster, shown)) for port in listeners(cluster))


def test_without_a_certificate_nobody_is_let_in(cluster: KafkaCluster) -> None:
    assert not any(is_let_in(port, tls(cluster, None)) for port in listeners(cluster))


def test_without_tls_nobody_is_let_in(cluster: KafkaCluster) -> None:
    assert not any(is_let_in(port, None) for port in listeners(cluster))


def test_older_tls_is_not_let_in(cluster: KafkaCluster) -> None:
    older = tls(cluster, identity_of(cluster, "authority.tn") / IDENTITY_FILE)
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    assert not any(is_let_in(port, older) for port in listeners(cluster))


def test_a_client_does_not_believe_another_authority_s_broker(
    cluster: KafkaCluster, tmp_path: Path
) -> None:
    elsewhere = another_authority()
    identity = an_identity(
        tmp_path / "there", a_credential(elsewhere, "authority.tn"), elsewhere.certificate
    )
    trusting = a_context(identity / "ca.pem", None)
    assert not any(is_let_in(port, trusting) for port in listeners(cluster))
