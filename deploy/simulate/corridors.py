"""Victims by origin and country, month by month: seasons, surges, displacements, late reporting.

Counts are Poisson with a season of their own for every corridor. A **surge** multiplies a corridor
for six months; a **displacement** takes victims of one origin from one country to another. One
country enters most of one year at its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, tau
from random import Random

from deploy.simulate.chance import poisson
from deploy.simulate.extent import HISTORY, Extent
from deploy.simulate.networks import Registers
from deploy.simulate.records import Entry, day_in, victim_of
from deploy.simulate.truth import Change
from processors.alerts.facts import Month

CORRIDORS = {
    ("CIV", "TUN"): 5.0,
    ("TUN", "TUN"): 4.0,
    ("MAR", "MAR"): 6.0,
    ("CIV", "MAR"): 3.0,
    ("PHL", "JOR"): 4.0,
    ("BGD", "JOR"): 5.0,
    ("PHL", "LBN"): 6.0,
    ("SYR", "LBN"): 4.0,
    ("BGD", "LBN"): 3.0,
}
"""Identified victims a month, by origin and country."""
RATIOS = (1.5, 2.0, 3.0)
LASTS = 6
SEASON = 0.2
MOVED_BETWEEN = (("PHL", "LBN", "JOR"), ("BGD", "JOR", "LBN"), ("CIV", "TUN", "MAR"))
"""Origin, from where, to where."""
LEFT = 0.4


def changes(extent: Extent, random: Random) -> tuple[Change, ...]:
    """Draws what is to surge and what is to move, each corridor in one change at most.

    They begin in the last year, so that what is normal could be learned.
    """
    moved = random.sample(MOVED_BETWEEN, extent.displacements)
    taken = {(origin, place) for origin, *places in moved for place in places}
    free = [corridor for corridor in CORRIDORS if corridor not in taken]
    rising = random.sample(free, extent.surges)
    ratios = [RATIOS[place % len(RATIOS)] for place in range(extent.surges)]
    surges = [
        Change("surge", origin, country, _start(extent, random), LASTS, ratio)
        for (origin, country), ratio in zip(rising, ratios, strict=True)
    ]
    displaced = [
        Change("displacement", origin, to, _start(extent, random), LASTS, LEFT, fell_in=left)
        for origin, left, to in moved
    ]
    return (*surges, *displaced)


def _start(extent: Extent, random: Random) -> Month:
    return extent.last - 11 + random.randrange(6)


def enter(
    extent: Extent,
    planted: Sequence[Change],
    back_loaded: tuple[str, int],
    random: Random,
    registers: Registers,
) -> None:
    """Enters the victims of all corridors, those of the years before included."""
    for (origin, country), mean in CORRIDORS.items():
        phase = random.randrange(12)
        for month in range(extent.first - HISTORY, extent.last + 1):
            season = 1 + SEASON * cos(tau * (month - phase) / 12)
            moved = _moved(origin, country, month, planted)
            rate = (mean * moved[0] + moved[1]) * season * extent.corridors
            for _ in range(poisson(rate, random)):
                _enter_one(origin, country, month, back_loaded, random, registers)


def _moved(
    origin: str, country: str, month: Month, planted: Sequence[Change]
) -> tuple[float, float]:
    """How a corridor's mean has changed: by which factor, and by how many more."""
    factor = more = 0.0
    for change in _of(origin, month, planted):
        if (change.kind == "surge" and change.country == country) or change.fell_in == country:
            factor = change.ratio
        elif change.kind == "displacement" and change.country == country:
            more = CORRIDORS[origin, change.fell_in] * (1 - change.ratio)
    return factor or 1.0, more


def _of(origin: str, month: Month, planted: Sequence[Change]) -> Iterator[Change]:
    for change in planted:
        if change.origin == origin and change.start <= month < change.start + change.months:
            yield change


def _enter_one(
    origin: str,
    country: str,
    month: Month,
    back_loaded: tuple[str, int],
    random: Random,
    registers: Registers,
) -> None:
    number = registers.number(country)
    case = victim_of(country, number, origin, day_in(month, random), random)
    entered = month + random.choices((0, 1), (8, 2))[0]
    if back_loaded == (country, month // 12) and random.random() < 0.7:
        registers.counts["back-loaded"] += 1
        entered = max(entered, month // 12 * 12 + 11)
    registers.entries.append(Entry(country, {entered: case}))
