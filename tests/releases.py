"""What the tests of releases share: invented records, keys, and releases made of them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from datetime import date
from typing import Any

from processors.indicators.acceptance import month_told
from processors.release.calendar import item_of
from processors.release.measure import Made, Origin, ReleaseKeys, make
from processors.release.snapshot import Population, Record
from processors.release.tables import Tables, shipped
from schemas.releases import LogRange, Release, StreamRange

YEARS = tuple(str(year) for year in range(2019, 2031))
LATER = date(2031, 1, 1)
DIMENSIONS = ("REF_AREA", "SEX", "AGE", "FORM", "ORIGIN", "STAGE")
HEAD = StreamRange(
    authority="tn.inltp",
    stream=0,
    from_epoch=1,
    from_sequence=1,
    to_epoch=1,
    to_sequence=9,
    head="ab" * 32,
)
LOG = LogRange(country="TUN", partition=0, next_offset=12)
ORIGIN = Origin([LOG], [HEAD], 1, "0.1.0", "cd" * 32)


def in_ledger(event: dict[str, Any], offset: int = 0) -> dict[str, Any]:
    """An event as a ledger keeps it: first told at an offset, for the month that it tells."""
    return {**event, "first_offset": offset, "first_told": month_told(event)}


def some_keys(seed: str = "test") -> ReleaseKeys:
    def key(name: str) -> bytes:
        return hashlib.sha256(f"{seed} {name}".encode()).digest()

    return ReleaseKeys(key("record"), {year: key(year) for year in YEARS})


def a_record(number: int, month: str = "2023-05", **values: str) -> Record:
    """A woman of 18 to 29 in Tunisia, unless told otherwise."""
    usual = dict(zip(DIMENSIONS, ("TUN", "F", "Y18T29", "LAB", "CIV", "REFERRED"), strict=True))
    return Record(hashlib.sha256(str(number).encode()).digest(), month, {**usual, **values})


def some_records(
    size: int, year: str = "2023", seed: int = 1, tables: Tables | None = None
) -> list[Record]:
    """Records of one year, spread unevenly over all values."""
    rng = random.Random(f"{seed} {year}")
    tables = tables or shipped()

    def draw(name: str) -> str:
        values = tables.dimensions[name]
        return rng.choices(values, [1 / (place + 1) for place in range(len(values))])[0]

    return [
        a_record(
            rng.getrandbits(60),
            f"{year}-{rng.randint(1, 12):02}",
            **{name: draw(name) for name in DIMENSIONS},
        )
        for _ in range(size)
    ]


def a_population(victims: Iterable[Record]) -> Population:
    return {"VICTIMS": list(victims), "TRAININGS": [], "REQUESTS": []}


def made(
    key: str = "F1|2023|FINAL",
    victims: Iterable[Record] | None = None,
    keys: ReleaseKeys | None = None,
    on: date = LATER,
) -> Made:
    """A release of the shipped tables."""
    people = a_population(some_records(300) if victims is None else victims)
    tables = shipped()
    return make(item_of(tables, key, on), people, tables, keys or some_keys(), ORIGIN, on)


def a_release(key: str = "F1|2023|FINAL") -> Release:
    return made(key).release
