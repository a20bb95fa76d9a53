"""Who may do what: the rights that follow from the table of topics."""

from __future__ import annotations

import pytest

from schemas.access import PRINCIPALS, may, principals, rights
from schemas.topics import (
    ANALYST_ALERTS,
    ANALYST_ASSESSMENTS,
    CONTACT_ALERTS,
    CONTACT_ASSESSMENTS,
    COUNTRY_CODES,
    HOLDERS,
    JSON_MESSAGES,
    QUALITY,
    RELEASES,
    SURGES,
    TOPICS,
    Topic,
    named_topics,
)

COUNTRIES = tuple(COUNTRY_CODES.values())


def granted(principal: str) -> set[tuple[str, str]]:
    """What a principal may do on what."""
    return {(right.operation, right.name) for right in rights() if right.principal == principal}


def test_every_writer_and_reader_of_a_topic_is_a_principal() -> None:
    named = {name for topic in TOPICS for name in (*topic.writers, *topic.readers)}
    assert named <= {row.template for row in PRINCIPALS}


@pytest.mark.parametrize("cc", COUNTRIES)
def test_an_authority_writes_and_reads_what_is_its_own_and_what_is_published_and_nothing_else(
    cc: str,
) -> None:
    assert granted(f"authority.{cc}") == {
        ("WRITE", f"southmed.cases.{cc}.v1"),
        ("READ", f"southmed.receipts.{cc}.v1"),
        ("WRITE", f"southmed.linkage.requests.{cc}.v1"),
        ("READ", f"southmed.linkage.evaluations.{cc}.v1"),
        ("READ", "southmed.indicators.v1"),
        ("READ", "southmed.surges.v1"),
        ("READ", "southmed.quality.v1"),
        ("WRITE", "southmed.clock.v1"),
    }


@pytest.mark.parametrize("cc", COUNTRIES)
def test_a_contact_point_reads_its_own_alerts_and_what_is_published_and_answers(cc: str) -> None:
    assert granted(f"contact.{cc}") == {
        ("READ", "southmed.indicators.v1"),
        ("READ", "southmed.surges.v1"),
        ("READ", "southmed.quality.v1"),
        ("READ", f"southmed.alerts.{cc}.v1"),
        ("WRITE", f"southmed.assessments.{cc}.v1"),
        ("WRITE", "southmed.clock.v1"),
    }


def test_alerts_are_made_from_releases_and_answers_and_never_from_batches() -> None:
    assert granted("processor.alerts") == {
        *((op, f"southmed.alerts.{cc}.v1") for cc in COUNTRIES for op in ("READ", "WRITE")),
        *(("READ", f"southmed.assessments.{cc}.v1") for cc in COUNTRIES),
        *((op, name) for op in ("READ", "WRITE") for name in ("southmed.alerts.v1", SURGES.name())),
        ("READ", "southmed.assessments.coe.v1"),
        ("READ", "southmed.indicators.v1"),
        ("WRITE", "southmed.clock.v1"),
    }


@pytest.mark.parametrize("topic", [CONTACT_ALERTS, ANALYST_ALERTS, SURGES])
def test_alerts_are_written_by_the_processor_of_alerts_alone(topic: Topic) -> None:
    assert topic.writers == ("processor.alerts",)


def test_surges_are_read_by_whoever_reads_releases() -> None:
    assert set(SURGES.readers) == set(RELEASES.readers)


@pytest.mark.parametrize("topic", [CONTACT_ALERTS, CONTACT_ASSESSMENTS])
@pytest.mark.parametrize("country", COUNTRY_CODES)
def test_nobody_of_another_country_reads_or_answers_an_alert(topic: Topic, country: str) -> None:
    mine = f"contact.{COUNTRY_CODES[country]}"
    allowed = {r.principal for r in rights() if r.name == topic.name(country)}
    assert allowed == {mine, "console", "processor.alerts"}


def test_alerts_and_answers_are_kept_by_the_alert() -> None:
    ours = (CONTACT_ALERTS, ANALYST_ALERTS, SURGES, CONTACT_ASSESSMENTS, ANALYST_ASSESSMENTS)
    assert all(topic.compacted and topic.partitions == 1 for topic in ours)


@pytest.mark.parametrize("holder", HOLDERS)
def test_a_holder_of_the_linkage_key_sees_blinded_elements_and_nothing_else(holder: str) -> None:
    assert granted(holder) == {
        ("WRITE", "southmed.clock.v1"),
        *(("READ", f"southmed.linkage.requests.{cc}.v1") for cc in COUNTRIES),
        *(("WRITE", f"southmed.linkage.evaluations.{cc}.v1") for cc in COUNTRIES),
    }


def test_an_analyst_reads_releases_surges_and_its_alerts_and_answers_and_nothing_else() -> None:
    assert granted("analyst.coe") == {
        ("READ", "southmed.indicators.v1"),
        ("READ", "southmed.surges.v1"),
        ("READ", "southmed.quality.v1"),
        ("READ", "southmed.alerts.v1"),
        ("WRITE", "southmed.assessments.coe.v1"),
        ("WRITE", "southmed.clock.v1"),
    }


def test_the_console_reads_what_is_published_and_alerts_and_passes_answers_on() -> None:
    console = {(r.resource, r.operation, r.name) for r in rights() if r.principal == "console"}
    alerts = [CONTACT_ALERTS.name(country) for country in COUNTRY_CODES]
    answers = [CONTACT_ASSESSMENTS.name(country) for country in COUNTRY_CODES]
    read = [RELEASES.name(), SURGES.name(), QUALITY.name(), ANALYST_ALERTS.name(), *alerts]
    assert console == {
        *(("topic", "READ", name) for name in read),
        *(("topic", "WRITE", name) for name in (ANALYST_ASSESSMENTS.name(), *answers)),
    }


def test_releases_are_written_by_the_release_processor_alone_and_kept_by_key() -> None:
    writers = [p for p in principals() if may(rights(), p, "topic", RELEASES.name(), "WRITE")]
    assert writers == ["processor.release"]
    assert RELEASES.settings()["cleanup.policy"] == "compact"
    others = {t for t in TOPICS if t.message not in JSON_MESSAGES}
    assert {t.settings()["cleanup.policy"] for t in others} == {"delete"}


def test_quality_is_written_by_who_reads_all_ledgers_already_and_kept_by_authority() -> None:
    writers = [p for p in principals() if may(rights(), p, "topic", QUALITY.name(), "WRITE")]
    assert writers == ["processor.release"]
    assert QUALITY.settings()["cleanup.policy"] == "compact"


def test_nobody_deletes_and_nobody_has_a_transactional_id() -> None:
    assert [right for right in rights() if right.operation == "DELETE"] == []
    assert [right for right in rights() if right.resource == "transactional_id"] == []


def test_cases_are_read_by_intake_alone() -> None:
    for named in named_topics():
        if named.name.startswith("southmed.cases."):
            readers = [p for p in principals() if may(rights(), p, "topic", named.name, "READ")]
            assert readers == ["processor.intake"]


def test_only_the_operator_alters_anything() -> None:
    altering = {"ALTER", "ALTER_CONFIGS", "CREATE"}
    assert {r.principal for r in rights() if r.operation in altering} == {"operator"}


def test_reading_and_writing_include_describing() -> None:
    assert may(rights(), "authority.tn", "topic", "southmed.cases.tn.v1", "DESCRIBE")
    assert not may(rights(), "authority.tn", "topic", "southmed.cases.tn.v1", "DESCRIBE_CONFIGS")
    assert may(rights(), "operator", "topic", "southmed.cases.tn.v1", "DESCRIBE_CONFIGS")
    assert not may(rights(), "operator", "topic", "southmed.cases.tn.v1", "READ")


def test_a_stranger_may_nothing() -> None:
    assert not any(right.principal not in principals() for right in rights())
    assert not may(rights(), "authority.fr", "topic", "southmed.clock.v1", "DESCRIBE")
