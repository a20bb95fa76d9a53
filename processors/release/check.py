"""Checks a release: what anybody can, and what only the platform can.

Anybody who holds the trust document can check the signature (`schemas.releases.open_release`), that
the values for reading follow from the measurements, that every cell is there, and that the budget
was kept. Whoever holds the keys and the records behind a release can compute it again, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from processors.release.measure import ReleaseKeys, item_of, reproduces, rows
from processors.release.snapshot import Record
from processors.release.tables import MONTH, Tables
from schemas.releases import Release

OK, WRONG, NOT_CHECKED = "ok", "wrong", "not checked"


@dataclass(frozen=True)
class Check:
    """What the check of one release came to; each is `OK`, `WRONG` or `NOT_CHECKED`.

    Attributes:
        key: Of the release.
        cells: Whether every cell is there, and values follow from measurements.
        budget: Whether its cost is what the file of tables says.
        again: Whether keys and records give exactly these numbers.
    """

    key: str
    cells: str
    budget: str
    again: str

    @property
    def sound(self) -> bool:
        return WRONG not in (self.cells, self.budget, self.again)


def check(
    release: Release,
    tables: Tables,
    keys: ReleaseKeys | None = None,
    records: Sequence[Record] | None = None,
) -> Check:
    """Checks one release whose signature was verified.

    Args:
        release: As it was published.
        tables: The file of tables at hand; a release by another one is not checked against it.
        keys: The secrets, where they are at hand.
        records: The records behind it, where they were kept.
    """
    if release.statement.parameters != tables.digest or release.table not in tables.tables:
        return Check(release.key, NOT_CHECKED, NOT_CHECKED, NOT_CHECKED)
    cost = release.statement.rho == float(tables.rho(release.table))
    if release.withdrawn:
        return Check(release.key, NOT_CHECKED, _said(cost), NOT_CHECKED)
    again = NOT_CHECKED
    if keys is not None and records is not None:
        again = _said(reproduces(release, records, tables, keys))
    return Check(release.key, _said(_follows(release, tables)), _said(cost), again)


def _said(sound: bool) -> str:
    return OK if sound else WRONG


def _follows(release: Release, tables: Tables) -> bool:
    """Whether all cells are there, and rows are what the measurements give."""
    table = tables.tables[release.table]
    by = ["TIME_PERIOD" if name == MONTH else name for name in table.by]
    measured = {row.key(by): row.MEASUREMENT for row in release.observations}
    if list(measured) != tables.cells(release.table, release.period):
        return False
    return release.observations == rows(item_of(release), measured, tables)
