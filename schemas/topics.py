"""Every topic of southmed: who writes, who reads, how it is kept.

Topics, access rights and the AsyncAPI document all come from the table `TOPICS`. The national
topics exist once for each country: ``<cc>`` is the lower-case ISO 3166-1 alpha-2 code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, NewType

from schemas.codelists import codelist
from schemas.errors import WrongTopic

TopicName = NewType("TopicName", str)

PARTITIONS = 4
"""Partitions of every national topic, and so streams of every authority."""
REPLICAS = 3
"""Copies of every partition on a cluster of three brokers or more."""
MAX_RECORD = 1 << 20
"""Bytes of a record with what Kafka adds to it; a sealed batch is smaller (`envelope`)."""
HOUR = 3600 * 1000
DAY = 24 * HOUR
YEAR = 365 * DAY
HOLDERS = ("trustee.linkage", "trustee.coe", "trustee.national")
"""Who may hold the linkage key: the first all of it, or each a share of which two are needed."""


@dataclass(frozen=True)
class Topic:
    """One row of the table of topics.

    No principal may write in transactions: the markers would be holes in the log that the ledger
    folds record by record.

    Attributes:
        template: Name, with ``{cc}`` for the country.
        message: Subject of the Avro schema of its values; for those of `JSON_MESSAGES` what they
            are (`schemas.releases`, `schemas.alerts`, `schemas.quality`).
        writers: Principals that may write, with ``{cc}`` for the country's own.
        readers: Principals that may read.
        partitions: Number of partitions.
        retention_ms: How long records are kept; None for ever.
        meaning: What it carries, for people.
        compacted: Whether the newest record of each key is kept for ever, and of others none.

    Records carry the time at which the broker took them (LogAppendTime), so that a sender whose
    clock is wrong can neither shorten nor prolong how long they are kept.
    """

    template: str
    message: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    partitions: int
    retention_ms: int | None
    meaning: str
    compacted: bool = False

    def name(self, country: str = "") -> TopicName:
        """The topic's name for a country (alpha-3)."""
        return TopicName(self.template.format(cc=COUNTRY_CODES.get(country, "")))

    def settings(self, replicas: int = REPLICAS) -> dict[str, str]:
        """How a cluster keeps the topic, in Kafka's names.

        Args:
            replicas: Copies of each partition; one of them may be away while writing goes on.
        """
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(-1 if self.retention_ms is None else self.retention_ms),
            "retention.bytes": "-1",
            "min.insync.replicas": str(min(2, replicas)),
            "unclean.leader.election.enable": "false",
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(MAX_RECORD),
        }


COUNTRY_CODES: dict[str, str] = {
    code.code: code.maps_to["ISO3166-1"][0].lower() for code in codelist("CL_REPORTING_COUNTRY")
}
"""Alpha-3 to lower-case alpha-2, e.g. ``TUN`` to ``tn``."""

CASES = Topic(
    "southmed.cases.{cc}.v1",
    message="sealed_batch",
    writers=("authority.{cc}",),
    readers=("processor.intake",),
    partitions=PARTITIONS,
    # The log is the database: what was never folded may not disappear.
    retention_ms=None,
    meaning="Sealed batches of case events of one country.",
)
RECEIPTS = Topic(
    "southmed.receipts.{cc}.v1",
    message="signed_statement",
    writers=("processor.intake",),
    readers=("authority.{cc}",),
    partitions=PARTITIONS,
    retention_ms=YEAR,
    meaning="The platform's signed answers to a country's batches.",
)
QUARANTINE = Topic(
    "southmed.quarantine.{cc}.v1",
    message="sealed_batch",
    writers=("processor.intake",),
    readers=("operator",),
    partitions=PARTITIONS,
    retention_ms=None,
    meaning="Batches that were refused, whole and untouched, with the reason in the headers.",
)
CLOCK = Topic(
    "southmed.clock.v1",
    message="clock_question",
    writers=(
        "authority.{cc}",
        "processor.intake",
        "processor.release",
        "processor.alerts",
        *HOLDERS,
        "analyst.coe",
        "contact.{cc}",
        "operator",
    ),
    readers=(),
    partitions=1,
    retention_ms=HOUR,
    meaning="Questions for the time: the acknowledgement carries the broker's clock. Nobody reads"
    " them.",
)
RELEASES = Topic(
    "southmed.indicators.v1",
    message="release",
    writers=("processor.release",),
    # Its own messages are the ledger of releases: what was published is read before it publishes.
    readers=(
        "processor.release",
        # Surges are computed from what is published, and from nothing else.
        "processor.alerts",
        "authority.{cc}",
        "contact.{cc}",
        "analyst.coe",
        "console",
        "operator",
    ),
    # One, so that all releases have one order.
    partitions=1,
    retention_ms=None,
    meaning="Releases: tables with noise under a privacy budget, keyed by table, period, vintage.",
    compacted=True,
)
LINKAGE_REQUESTS = Topic(
    "southmed.linkage.requests.{cc}.v1",
    message="signed_statement",
    writers=("authority.{cc}",),
    readers=HOLDERS,
    partitions=1,
    # Long enough for a trustee that is away, short because blinded elements serve nobody later.
    retention_ms=90 * DAY,
    meaning="A country's blinded identifiers, to be evaluated. They tell nobody anything.",
)
LINKAGE_EVALUATIONS = Topic(
    "southmed.linkage.evaluations.{cc}.v1",
    message="signed_statement",
    writers=HOLDERS,
    readers=("authority.{cc}",),
    partitions=1,
    retention_ms=90 * DAY,
    meaning="The holders' evaluations of a country's blinded identifiers, each with its proof.",
)
CONTACT_ALERTS = Topic(
    "southmed.alerts.{cc}.v1",
    message="contact_alert",
    writers=("processor.alerts",),
    # What is out is read before anything is written: topics are the memory of alerts.
    readers=("contact.{cc}", "console", "processor.alerts"),
    partitions=1,
    retention_ms=None,
    meaning="Alerts to the contact point of one country: its own cases, the counterpart's country.",
    compacted=True,
)
ANALYST_ALERTS = Topic(
    "southmed.alerts.v1",
    message="analyst_alert",
    writers=("processor.alerts",),
    readers=("analyst.coe", "console", "processor.alerts"),
    partitions=1,
    retention_ms=None,
    meaning="Alerts to analysts: countries, a band of sizes, a quarter; no case and no token.",
    compacted=True,
)
SURGES = Topic(
    "southmed.surges.v1",
    message="surge",
    writers=("processor.alerts",),
    readers=("processor.alerts", *(r for r in RELEASES.readers if r != "processor.alerts")),
    partitions=1,
    retention_ms=None,
    meaning="Surges and displacements in published tables, for everybody who reads releases.",
    compacted=True,
)
CONTACT_ASSESSMENTS = Topic(
    "southmed.assessments.{cc}.v1",
    message="assessment",
    # The console passes on what a contact point answers there, and says so in its audit log.
    writers=("contact.{cc}", "console"),
    readers=("processor.alerts",),
    partitions=1,
    retention_ms=None,
    meaning="What a country's contact point answers to its alerts.",
    compacted=True,
)
ANALYST_ASSESSMENTS = Topic(
    "southmed.assessments.coe.v1",
    message="assessment",
    writers=("analyst.coe", "console"),
    readers=("processor.alerts",),
    partitions=1,
    retention_ms=None,
    meaning="What analysts answer to their alerts.",
    compacted=True,
)
QUALITY = Topic(
    "southmed.quality.v1",
    message="quality",
    # Whoever publishes releases reads all ledgers already.
    writers=("processor.release",),
    readers=(
        "processor.release",
        "authority.{cc}",
        "contact.{cc}",
        "analyst.coe",
        "console",
        "operator",
    ),
    partitions=1,
    retention_ms=None,
    meaning="How each authority's data come in: silent, late, refused; bands, nothing of persons.",
    compacted=True,
)
TOPICS = (
    CASES,
    RECEIPTS,
    QUARANTINE,
    CLOCK,
    RELEASES,
    LINKAGE_REQUESTS,
    LINKAGE_EVALUATIONS,
    CONTACT_ALERTS,
    ANALYST_ALERTS,
    SURGES,
    CONTACT_ASSESSMENTS,
    ANALYST_ASSESSMENTS,
    QUALITY,
)
JSON_MESSAGES = frozenset(
    {"release", "contact_alert", "analyst_alert", "surge", "assessment", "quality"}
)
"""Messages that are JSON, keyed; all others are Avro."""


@dataclass(frozen=True)
class CaseTopic:
    """A partition of a country's case topic."""

    country: str
    partition: int

    @classmethod
    def of(cls, topic: str, partition: int) -> CaseTopic:
        """Reads country and partition from a topic's name.

        Raises:
            WrongTopic: Not a case topic.
        """
        for country in COUNTRY_CODES:
            if topic == CASES.name(country):
                return cls(country, partition)
        raise WrongTopic(expected="a case topic", got=topic)


def stream_of(case_ref: bytes, streams: int = PARTITIONS) -> int:
    """The stream of a case: all its events go to one, so that they stay in order.

    Args:
        case_ref: Pseudonym of the case.
        streams: Number of streams of the authority.
    """
    return int.from_bytes(case_ref[:8], "big") % streams


class NamedTopic(NamedTuple):
    """A topic as it is on a cluster, and whose it is: a country's alpha-2 code, or nobody's."""

    name: TopicName
    topic: Topic
    cc: str


@cache
def named_topics() -> tuple[NamedTopic, ...]:
    """Every topic, the national ones once for each country."""
    return tuple(
        NamedTopic(topic.name(country), topic, COUNTRY_CODES.get(country, ""))
        for topic in TOPICS
        for country in (COUNTRY_CODES if "{cc}" in topic.template else ("",))
    )


def all_topics() -> dict[TopicName, Topic]:
    """Every topic by name."""
    return {named.name: named.topic for named in named_topics()}
