"""What stands of identifiers in a ledger: which case holds which token.

A **sighting** is a `network.linkage` event that stands. The rules:

1. Tokens are the platform's own (`processors.intake.outer`).
2. A sighting is left out after its month of expiry, whether or not it was withdrawn by then.
3. It is **backed** if another event of its case stands, from whatever register of the authority.
   Nothing is written for that: an event of the case itself is found by its key, and only the cases
   that have none are looked for among the events of their persons, in one walk through all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from processors.intake.ledger import Ledger
from processors.intake.outer import LINKAGE
from processors.intake.records import (
    SIGHTINGS,
    SUBJECTS,
    Fields,
    subject_key,
    unpack_sighting,
    unpack_subject,
)

_AT_ONCE = 1_000
_Case = tuple[bytes, str]


@dataclass(frozen=True, slots=True)
class StandingSighting:
    """That a case holds an identifier.

    Attributes:
        fact: ``fact_ref`` of the event.
        country: Reporting country (alpha-3).
        authority: Who states it.
        case: ``case_ref``.
        tokens: Of the epoch, and of the year before if there is one.
        link_type: A code of ``CL_LINK_TYPE``.
        role: A code of ``CL_ROLE``.
        evidence_grade: A code of ``CL_EVID_GRADE``.
        period: The month of the fact.
        epoch: The year of the first token.
        expires: The last month in which it is used.
        backed: Whether another event of the case stands.
    """

    fact: bytes
    country: str
    authority: str
    case: bytes
    tokens: tuple[bytes, ...]
    link_type: str
    role: str
    evidence_grade: str
    period: str
    epoch: str
    expires: str
    backed: bool


def sightings(ledger: Ledger, month: str) -> Iterator[StandingSighting]:
    """The sightings of a partition, in the order of their keys.

    Args:
        ledger: Its ledger.
        month: The present month; what expired before it is left out.
    """
    found = [unpack_sighting(value) for _, value in ledger.items(SIGHTINGS)]
    lasting = [fields for fields in found if fields["expires"] >= month]
    backed = _backed(ledger, {_case(fields): fields for fields in lasting})
    for fields in lasting:
        yield _sighting(fields, _case(fields) in backed)


def _sighting(fields: Fields, backed: bool) -> StandingSighting:
    return StandingSighting(
        fact=fields["fact_ref"],
        country=fields["country"],
        authority=fields["producer"],
        case=fields["case_ref"],
        tokens=tuple(t for t in (fields["token"], fields["previous_token"]) if t is not None),
        link_type=fields["link_type"],
        role=fields["role"],
        evidence_grade=fields["evidence_grade"],
        period=fields["period"],
        epoch=fields["token_epoch"],
        expires=fields["expires"],
        backed=backed,
    )


def _case(fields: Fields) -> _Case:
    return fields["case_ref"], fields["producer"]


def _backed(ledger: Ledger, cases: dict[_Case, Fields]) -> set[_Case]:
    """Those of the cases of which something else stands."""
    backed: set[_Case] = set()
    wanted = list(cases)
    for start in range(0, len(wanted), _AT_ONCE):
        chunk = wanted[start : start + _AT_ONCE]
        keys = [subject_key({**cases[case], "event_type": LINKAGE}) for case in chunk]
        for case, record in zip(chunk, ledger.read(keys), strict=True):
            if any(map(_backs, unpack_subject(record))):
                backed.add(case)
    left = cases.keys() - backed
    walk = ledger.items(SUBJECTS) if left else iter(())
    for _, record in walk:
        backed |= {_case(e) for e in unpack_subject(record) if _backs(e)} & left
    return backed


def _backs(event: Fields) -> bool:
    return bool(event["event_type"] != LINKAGE and event["validation"] != "WITHDRAWN")
