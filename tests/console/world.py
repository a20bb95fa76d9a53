"""An invented region whose releases came out on the calendar, for the tests of the console."""

from __future__ import annotations

from datetime import date
from functools import cache

from deploy.console.store import Kept, Snapshot
from deploy.consume.judge import Message
from processors.release.calendar import items
from processors.release.measure import make
from processors.release.snapshot import Population, Record
from processors.release.tables import shipped
from schemas.releases import Release
from tests.published import message, withdrawn
from tests.releases import ORIGIN, a_record, some_keys, some_records

TODAY = date(2025, 3, 1)
WITHDRAWN = "F4|2022|FINAL"
SIZES = {"2021": 430, "2022": 520, "2023": 610, "2024": 690}


def people(year: str) -> list[Record]:
    """The persons of a year, and what is counted beside them."""
    return some_records(SIZES[year], year, seed=int(year))


@cache
def releases() -> tuple[Release, ...]:
    """Everything that is due, in the order in which it came out, one of it withdrawn later."""
    tables, found = shipped(), []
    records = {year: people(year) for year in SIZES}
    for item in items(tables, TODAY):
        year = item.period[:4]
        if year not in records:
            continue
        population: Population = {
            "VICTIMS": records[year],
            "TRAININGS": [
                a_record(n, f"{year}-03", REF_AREA="MAR", AXIS="PREV", MODE="INPERS")
                for n in range(4)
            ],
            "REQUESTS": [
                a_record(n, f"{year}-06", REF_AREA="JOR", DIRECTION="SENT", KIND="MLA")
                for n in range(7)
            ],
        }
        found.append(make(item, population, tables, some_keys(), ORIGIN, item.due).release)
    wrong = next(release for release in found if release.key == WITHDRAWN)
    return (*found, withdrawn(wrong))


@cache
def messages() -> tuple[Message, ...]:
    """The releases as they stand on the topic."""
    return tuple(message(release, offset) for offset, release in enumerate(releases()))


@cache
def snapshot() -> Snapshot:
    """What a console knows that has read them all."""
    known = Snapshot()
    for release, travelled in zip(releases(), messages(), strict=True):
        known = known.having(Kept(release, travelled))
    return known
