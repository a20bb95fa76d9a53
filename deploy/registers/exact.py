"""Worlds with exactly given counts of identified victims, to rebuild published figures.

UNODC publishes, for a country and a year, how many victims were detected, by sex, age group and
form of exploitation. ``exact_world`` takes such cells and tells a story in which exactly so many
victims were identified in that year, each with the forms of its cell. A register written from it
must come out of its adapter, the broker and the counting with the published numbers. There is no
chance in it: days and regions go round in turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import count

from deploy.registers.invent import BODIES, regions
from deploy.registers.world import Case, Dated, Identification, Victim, World

Cell = tuple[str, str, str]
"""Sex (CL_SEX), age group (Y0T17, Y_GE18 or _U), form of exploitation (CL_EXPLOITATION).

Several forms of one victim are joined by ``+``, as in ``SEX_PROST+LAB``: published forms sum to
more than published victims.
"""

AGES = {"Y0T17": range(1, 17), "Y_GE18": range(19, 60)}
LAST_REPORT = 240
"""Reports come in the first days of the year, so that identification falls into it too."""


def exact_world(country: str, year: int, cells: Mapping[Cell, int]) -> World:
    """A world in which exactly so many victims were identified in a year.

    Args:
        country: ISO 3166-1 alpha-3 code of one of the four countries.
        year: Year of report, presumption and identification.
        cells: Number of victims by sex, age group and form. The country's register must have a
            word for each sex and form (``words/``), or it cannot be written.

    Example:
        >>> world = exact_world("JOR", 2019, {("F", "Y_GE18", "LAB_DOM"): 7})
        >>> len(world.cases)
        7
    """
    numbers = count(1)
    return World(
        country,
        tuple(
            _case(country, year, next(numbers), cell)
            for cell, victims in cells.items()
            for _ in range(victims)
        ),
    )


def _case(country: str, year: int, number: int, cell: Cell) -> Case:
    sex, age_group, joined = cell
    forms = tuple(joined.split("+"))
    reported_on = date(year, 1, 1) + timedelta(days=number % LAST_REPORT)
    presumed_on = reported_on + timedelta(days=number % 20)
    ages = AGES.get(age_group)
    born = reported_on - timedelta(days=ages[number % len(ages)] * 365 + 30) if ages else None
    child = {"Y0T17": "Y", "Y_GE18": "N"}.get(age_group, "_U")
    victim = Victim(
        sex=sex,
        born=born,
        citizenship=country,
        forms=forms,
        detected_by="POLICE",
        presumed_on=presumed_on,
        identification=_identified(country, presumed_on + timedelta(days=number % 90), child),
    )
    return Case(
        number=number,
        region=regions(country)[number % len(regions(country))],
        reported_on=reported_on,
        channel="REFER",
        reporter="POLICE",
        forms=forms,
        geography="DOM",
        n_presumed=1,
        child=child,
        urgent="N",
        triage=Dated(reported_on + timedelta(days=number % 10), "ACCEPTED"),
        victims=(victim,),
    )


def _identified(country: str, on: date, child: str) -> Identification:
    return Identification(
        on=on,
        decision="IDENTIFIED",
        body=BODIES[country][0],
        acts=("RECRUIT",),
        means=("CHILD",) if child == "Y" else ("VULN",),
        control=("_U",),
        sector="_U",
        recruited_in=country,
        transit=(),
        exploited_in=country,
        duration="_U",
        recruitment="_U",
        relation="_U",
    )
