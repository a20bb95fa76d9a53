"""What a report is held against by those who admit: their own table, contract and clock.

The report's word is taken for what happened and for nothing else. Which vectors there are, which
answer each must get, what the contract is and what time it is, the checker knows by itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from deploy.conformance.errors import (
    ConformanceError,
    DayUnbalanced,
    RegisterUnmapped,
    ReportIncomplete,
    ReportKeyDiffers,
    ReportOfOtherContract,
    ReportOutdated,
    VectorsFailed,
)
from deploy.conformance.report import Report, VectorTold
from deploy.conformance.vectors import TABLE, Section, Vector
from deploy.contract import LOCK
from schemas.codelists import FOLDER

UNANSWERED = "UNANSWERED"
"""What a vector got that no receipt and no record of quarantine speaks of."""
NOT_RUN = "NOT_RUN"
DAY_EVENTS = 200
"""Events that an invented day has at least."""
MAX_AGE_DAYS = 30
CLOCKS_DIFFER = timedelta(hours=1)
NAMED = 5


@dataclass(frozen=True)
class Against:
    """What a report is held against.

    Attributes:
        now: The time here.
        max_age_days: Days for which a report is good.
        keyid: The key id that the newcomer told by another way; empty if it was not asked.
    """

    now: datetime
    max_age_days: int = MAX_AGE_DAYS
    keyid: str = ""


def contract_digest() -> str:
    """SHA-256 over the pins of all frozen schemas and over all code lists."""
    pins = json.loads(LOCK.read_text(encoding="utf-8"))
    digest = hashlib.sha256(json.dumps(pins, sort_keys=True).encode())
    for path in sorted(Path(str(FOLDER)).glob("CL_*.csv")):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def passed(vector: Vector, told: VectorTold, platform: str) -> bool:
    """Whether a vector got its answer.

    An unreadable batch is not answered, but kept in quarantine under its code. On a platform whose
    quarantine the newcomer may not read, silence is all that it can see.
    """
    silence = vector.section is Section.UNREAD and platform == "given" and told.got == UNANSWERED
    return told.got == vector.code or silence


def faults(report: Report, against: Against) -> list[ConformanceError]:
    """Every reason not to admit the newcomer; none if there is none."""
    return [
        *_key(report, against),
        *_contract(report),
        *_age(report, against),
        *_vectors(report),
        *_day(report),
        *_register(report),
    ]


def failed(report: Report) -> list[VectorTold]:
    """The vectors of the table that did not get their answer."""
    table = {vector.title: vector for vector in TABLE}
    return [
        told
        for told in report.vectors
        if told.name in table and not passed(table[told.name], told, report.platform)
    ]


def _key(report: Report, against: Against) -> Iterator[ConformanceError]:
    keyid = report.key.key.keyid
    if against.keyid and against.keyid.lower().replace(" ", "") != keyid:
        yield ReportKeyDiffers(expected=against.keyid, got=keyid)


def _contract(report: Report) -> Iterator[ConformanceError]:
    if report.contract != (ours := contract_digest()):
        yield ReportOfOtherContract(expected=ours[:16], got=report.contract[:16])


def _age(report: Report, against: Against) -> Iterator[ConformanceError]:
    age = against.now - report.made_at
    if not -CLOCKS_DIFFER <= age <= timedelta(days=against.max_age_days):
        expected = f"a report of the last {against.max_age_days} days"
        yield ReportOutdated(expected=expected, got=f"one of {report.made_at:%Y-%m-%d %H:%M} UTC")


def _vectors(report: Report) -> Iterator[ConformanceError]:
    ours, theirs = [vector.title for vector in TABLE], [told.name for told in report.vectors]
    if missing := [name for name in ours if name not in theirs]:
        yield ReportIncomplete(expected=f"{len(ours)} vectors", got=f"none for {_some(missing)}")
    elif len(theirs) != len(ours):
        yield ReportIncomplete(expected=f"{len(ours)} vectors", got=f"{len(theirs)} vectors")
    if wrong := failed(report):
        yield VectorsFailed(expected="the answers of the table", got=_some([w.name for w in wrong]))


def _day(report: Report) -> Iterator[ConformanceError]:
    day, ledger = report.day, report.ledger
    if day.ended:
        yield DayUnbalanced(expected="publishing to its end", got=day.ended)
    if day.events < DAY_EVENTS:
        yield DayUnbalanced(expected=f"at least {DAY_EVENTS} events", got=f"{day.events}")
    if day.refused or day.receipted != day.events:
        got = f"{day.receipted} receipted, {sum(day.refused.values())} refused"
        yield DayUnbalanced(expected=f"{day.events} events receipted, none refused", got=got)
    if report.platform == "own" and (ledger is None or ledger.found != ledger.expected):
        counted = "no ledger" if ledger is None else f"{ledger.found} events in the ledger"
        expected = "" if ledger is None else f"{ledger.expected} events in the ledger"
        yield DayUnbalanced(expected=expected, got=counted)


def _register(report: Report) -> Iterator[ConformanceError]:
    register = report.source
    if not register.mapped or register.rows != register.mapped + register.rejected:
        got = f"{register.mapped} of {register.rows} rows mapped, {register.rejected} refused"
        yield RegisterUnmapped(expected="rows that are mapped or refused", got=got)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return "; ".join(names[:NAMED]) + more
