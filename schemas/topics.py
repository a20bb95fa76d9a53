"""Every topic of southmed: who writes, who reads, how it is kept.

Topics, access rights and the AsyncAPI document all come from the table `TOPICS`. The national
topics exist once for each country: ``<cc>`` is the lower-case ISO 3166-1 alpha-2 code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from schemas.codelists import codelist
from schemas.errors import WrongTopic

TopicName = NewType("TopicName", str)

PARTITIONS = 4
"""Partitions of every national topic, and so streams of every authority."""
YEAR = 365 * 24 * 3600 * 1000


@dataclass(frozen=True)
class Topic:
    """One row of the table of topics.

    No principal may write in transactions: the markers would be holes in the log that the ledger
    folds record by record.

    Attributes:
        template: Name, with ``{cc}`` for the country.
        message: Subject of the Avro schema of its values.
        writers: Principals that may write, with ``{cc}`` for the country's own.
        readers: Principals that may read.
        partitions: Number of partitions.
        retention_ms: How long records are kept; None for ever.
        meaning: What it carries, for people.
    """

    template: str
    message: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    partitions: int
    retention_ms: int | None
    meaning: str

    def name(self, country: str = "") -> TopicName:
        """The topic's name for a country (alpha-3)."""
        return TopicName(self.template.format(cc=COUNTRY_CODES.get(country, "")))


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
TOPICS = (CASES, RECEIPTS, QUARANTINE)


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


def all_topics() -> dict[TopicName, Topic]:
    """Every topic by name, the national ones for each country."""
    return {
        topic.name(country): topic
        for topic in TOPICS
        for country in (COUNTRY_CODES if "{cc}" in topic.template else ("",))
    }
