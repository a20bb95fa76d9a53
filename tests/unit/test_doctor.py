"""What the doctor says of given facts: every state of every check but the cluster's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.doctor import certificates, clock, machine
from deploy.doctor.findings import Finding, State, attempt, fail, ok, skipped, warn, worst
from deploy.doctor.visit import NEEDS_ANSWER, Visitor, patiently
from deploy.pki.certificates import Credential, issue, make_authority, new_key
from deploy.running.broker_clock import Answer
from schemas.errors import ChainGap
from tests.unit.findings import FAIL, OK, WARN, faults, states

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


# --- Findings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], OK),
        ([skipped("c", "s", "w")], State.SKIPPED),
        ([ok("c", "s", "w"), skipped("c", "s", "w")], OK),
        ([ok("c", "s", "w"), warn("c", "s", "w", "a")], WARN),
        ([fail("c", "s", "w", "a"), warn("c", "s", "w", "a"), ok("c", "s", "w")], FAIL),
    ],
)
def test_the_worst_finding_decides(found: list[Finding], expected: State) -> None:
    assert worst(found) == expected


def test_what_was_found_before_an_error_stays_and_the_error_is_a_finding() -> None:
    def look() -> Iterator[Finding]:
        yield ok("check", "first", "fine")
        raise RuntimeError("a text that may quote anything")

    first, second = attempt("check", "subject", look)
    assert (first.state, second.state) == (OK, FAIL)
    assert "RuntimeError" in second.what
    assert "quote anything" not in second.what
    assert second.advice


def test_an_error_of_ours_brings_its_own_advice() -> None:
    def look() -> Iterator[Finding]:
        raise ChainGap(expected="sequence 7")
        yield

    (found,) = attempt("check", "subject", look)
    assert found.what == "CHAIN_GAP: a batch is missing (expected sequence 7)"
    assert found.advice == ChainGap.advice


def visitor() -> Visitor:
    return Visitor("broker:1", None, time.time, NOW, None)


def test_a_cluster_that_never_answers_is_given_up_and_what_it_told_is_kept() -> None:
    def look() -> Iterator[Finding]:
        yield ok(clock.CHECK, "this machine", "fine")
        time.sleep(60)

    began = time.monotonic()
    found = patiently(look, visitor(), patience=0.3)
    assert time.monotonic() - began < 10
    assert [f.check for f in found if f.state == OK] == [clock.CHECK]
    assert [f.check for f in found if f.state == FAIL] == ["cluster"]
    left = [f.check for f in found if f.state == State.SKIPPED]
    assert left == [check for check in NEEDS_ANSWER if check != clock.CHECK]


# --- Certificates --------------------------------------------------------------------------------

CA = make_authority(NOW - timedelta(days=400), timedelta(days=1000))


def credential(principal: str = "authority.tn", *, days: float, ca: Credential = CA) -> Credential:
    """An identity that ends so many days from now."""
    key, made = new_key(), NOW - timedelta(days=30)
    lifetime = timedelta(days=30 + days)
    return Credential(key, (issue(ca, principal, key.public_key(), made, lifetime=lifetime),))


@pytest.mark.parametrize(
    ("days", "expected"), [(60, OK), (30, OK), (29.9, WARN), (1, WARN), (0, FAIL), (-5, FAIL)]
)
def test_a_certificate_is_told_before_it_ends(days: float, expected: State) -> None:
    held = credential(days=days)
    (found,) = certificates.judge_identity(held, CA.chain, NOW)
    assert found.state == expected
    assert (found.check, found.subject) == ("certificates", "authority.tn")
    assert ("pki renew" in found.advice) == (expected != OK)


def test_a_certificate_that_does_not_hold_yet_points_to_the_clock() -> None:
    early = datetime(2026, 4, 1, tzinfo=UTC)
    (found,) = certificates.judge_identity(credential(days=60), CA.chain, early)
    assert found.state == FAIL
    assert "clock" in found.advice


def test_a_certificate_of_another_authority_is_a_fault() -> None:
    other = make_authority(NOW - timedelta(days=1))
    found = list(certificates.judge_identity(credential(days=60), other.chain, NOW))
    assert [f.state for f in found] == [FAIL, OK]


@pytest.mark.parametrize(("days", "expected"), [(200, OK), (179, WARN), (-1, FAIL)])
def test_an_authoritys_certificate_needs_more_time(days: int, expected: State) -> None:
    ca = make_authority(NOW - timedelta(days=300), timedelta(days=300 + days))
    assert states(certificates.judge_authorities([*ca.chain, *ca.chain], NOW)) == {expected}


def test_a_brokers_advice_is_to_have_it_read_the_new_one() -> None:
    (found,) = certificates.judge_identity(credential("broker.1", days=3), CA.chain, NOW)
    assert "broker reload" in found.advice
    assert "localhost" in found.what


def test_a_broker_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    from deploy.pki.store import Office

    office = Office(tmp_path)
    office.open(NOW)
    identity = office.issue("operator", NOW)
    (found,) = certificates.look_at_broker(identity, "127.0.0.1", 1, NOW)
    assert (found.state, found.check) == (FAIL, "broker certificates")
    assert "ConnectionRefusedError" in found.what


# --- The clock -----------------------------------------------------------------------------------


def answer(ahead: float, trip: float = 0.1) -> Answer:
    """An answer to a machine whose clock is so far ahead."""
    return Answer(1000 + ahead, 1000 + trip / 2, 1000 + ahead + trip)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([answer(0)], OK),
        ([answer(4)], OK),
        ([answer(6)], WARN),
        ([answer(-6)], WARN),
        ([answer(299)], WARN),
        ([answer(301)], FAIL),
        ([answer(-3600)], FAIL),
        # Nobody knows when within twenty seconds the broker looked at its clock.
        ([answer(9, trip=20)], OK),
        # The quickest answer decides, not the first.
        ([answer(9, trip=20), answer(9, trip=0.1)], WARN),
        ([], State.SKIPPED),
    ],
)
def test_clocks_are_compared_as_far_as_the_round_trip_allows(
    answers: list[Answer], expected: State
) -> None:
    found = clock.judge_clock(answers)
    assert found.state == expected
    assert ("NTP" in found.advice) == (expected in (WARN, FAIL))


def test_the_side_is_told() -> None:
    assert "6.000 s ahead of" in clock.judge_clock([answer(6)]).what
    assert "6.000 s behind" in clock.judge_clock([answer(-6)]).what


# --- This machine --------------------------------------------------------------------------------

GIB = 1 << 30


@pytest.mark.parametrize(
    ("total", "free", "expected"),
    [
        (100 * GIB, 20 * GIB, OK),
        (100 * GIB, 9 * GIB, WARN),
        (10 * GIB, GIB + GIB // 2, WARN),
        (10 * GIB, GIB // 4, FAIL),
        (GIB, 0, FAIL),
    ],
)
def test_room_on_disk(total: int, free: int, expected: State) -> None:
    assert states([machine.judge_disk("/site", total, free)]) == {expected}


@pytest.mark.parametrize(
    ("version", "required", "expected"),
    [
        ("0.14.0", "aiokafka<0.15,>=0.14", True),
        ("0.15", "aiokafka<0.15,>=0.14", False),
        ("0.15.0", "aiokafka<0.15,>=0.14", False),
        ("0.13.9", "aiokafka<0.15,>=0.14", False),
        ("0.14.1rc1", "aiokafka<0.15,>=0.14", True),
        ("1", "x==1.0", True),
        ("2.0", "x<=1.9", False),
        ("2.0", "x>1.9", True),
        ("2.0", "x", True),
    ],
)
def test_versions_are_compared_as_numbers(version: str, required: str, expected: bool) -> None:
    assert machine.fits(version, required) is expected
    assert states([machine.judge_version("x", version, required)]) == {OK if expected else FAIL}


def test_an_old_python_or_one_without_tls_is_a_fault() -> None:
    def judged(version: tuple[int, ...], has_tls13: bool) -> list[State]:
        found = machine.judge_python(version, has_tls13=has_tls13, openssl="OpenSSL")
        return [finding.state for finding in found]

    assert judged((3, 11, 7), True) == [OK, OK]
    assert judged((3, 10, 9), True) == [FAIL, OK]
    assert judged((3, 12, 0), False) == [OK, FAIL]


def test_this_installation_is_in_order() -> None:
    found = [*machine.look_at_versions(), *machine.look_at_schemas()]
    assert states(found) == {OK}
    assert {"aiokafka", "sealing", "ledger store"} <= {finding.subject for finding in found}


@pytest.mark.parametrize(
    ("shipped", "locked", "stale", "faulty"),
    [
        ({"a": {"v1": "1"}}, {"a": {"v1": "1"}}, [], []),
        ({"a": {"v1": "2"}}, {"a": {"v1": "1"}}, [], ["a"]),
        ({}, {"a": {"v1": "1"}}, [], ["a"]),
        ({"a": {"v1": "1"}, "b": {}}, {"a": {"v1": "1"}}, [], ["b"]),
        ({"a": {"v1": "1"}}, {"a": {"v1": "1"}}, ["a"], ["a"]),
    ],
)
def test_schemas_are_those_that_were_frozen(
    shipped: machine.Pins, locked: machine.Pins, stale: list[str], faulty: list[str]
) -> None:
    found = list(machine.judge_schemas(shipped, locked, stale))
    assert [finding.subject for finding in faults(found)] == faulty
    assert states(found) == ({FAIL} if faulty else {OK})
