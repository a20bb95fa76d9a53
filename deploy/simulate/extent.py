"""How much is invented."""

from __future__ import annotations

from dataclasses import dataclass

from processors.alerts.facts import Month

FIRST_YEAR = 2023
HISTORY = 24
"""Months of victims that registers hold when the platform begins."""


@dataclass(frozen=True)
class Extent:
    """How much is invented.

    Attributes:
        years: Years that are lived through, from January of the first on.
        first_year: The first of them.
        records_a_month: Records that have to do with nothing; each notes one to three identifiers.
        networks: Half of them are chains.
        hubs: Hotlines, embassies, airport taxis.
        unlisted: How many of them no stop list names.
        wanderers: Numbers that went to another owner in another country.
        corridors: Scale of the counts of victims.
        surges: How many corridors surge, by 1.5, 2 and 3 in turns.
        displacements: How many corridors move to another country.
        noted: Probability that a case of a network names an identifier of it.
        wrong: Probability that an identifier is mistyped.
        mended: Probability that this is corrected later.
        withdrawn: Probability that identifiers are taken out of a record later.
        late: Probability that a record is entered two to six months late.
        misjudged: Probability that a role is judged wrongly, where a register asks for it.
    """

    years: int = 3
    first_year: int = FIRST_YEAR
    records_a_month: float = 90
    networks: int = 20
    hubs: int = 12
    unlisted: int = 0
    wanderers: int = 1
    corridors: float = 1.0
    surges: int = 3
    displacements: int = 1
    noted: float = 0.5
    wrong: float = 0.05
    mended: float = 0.5
    withdrawn: float = 0.02
    late: float = 0.05
    misjudged: float = 0.1

    @property
    def first(self) -> Month:
        """The first month that is lived through."""
        return self.first_year * 12

    @property
    def months(self) -> int:
        return self.years * 12

    @property
    def last(self) -> Month:
        return self.first + self.months - 1


QUICK = Extent(
    years=1, records_a_month=30, networks=6, hubs=4, corridors=0.2, surges=0, displacements=0
)
"""A small world, for tests: too short for surges, whose normal is learned in two years."""
