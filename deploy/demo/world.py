"""The world of the demo: four registers over three full years and up to today, with much in them.

The rules:

1. The years end today, whenever that is. Half a year before them is there too, so that cases which
   take their time are in every stage from the first quarter on.
2. What happens to people is invented as in the shipped registers (``deploy.registers.invent``),
   faults included. Two corridors carry more than they did in the last two quarters that are out.
3. Networks across borders are those of ``southmed simulate``, and nobody else's identifiers are
   noted. One more network shows itself only while the reader watches: its cases are of the last
   quarter and come into the registers late.
4. The same day invents the same world.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count, islice
from random import Random

from deploy.registers.chance import pick
from deploy.registers.invent import build_case, build_world
from deploy.registers.world import Case, Contact, Victim, World
from deploy.simulate.contacts import PHONES, Identifier
from deploy.simulate.extent import Extent
from deploy.simulate.records import day_in, noting
from deploy.simulate.story import Story, invent
from processors.alerts.facts import Month
from processors.release.calendar import due_on, last_day, months_later
from processors.release.tables import shipped

SEED = 20230101
DAYS_OF_A_YEAR = 365
YEARS = 3
"""Full years before the present one."""
REPORTED = {"TUN": 320, "MAR": 360, "JOR": 400, "LBN": 440}
"""Victims who are reported in a year; about three in four of them are identified."""
TREND = (0.85, 0.95, 1.0, 1.1, 1.05)
"""How the years differ, the half before the three first."""
SURGES = (("ETH", "LBN", 60), ("CIV", "TUN", 50))
"""Origin, country, and by how many victims a quarter it carries more."""
ORIGINS: Mapping[str, Mapping[str, int]] = {
    "TUN": {"TUN": 1, "CIV": 1},
    "MAR": {"MAR": 1, "CIV": 2},
    "JOR": {"BGD": 3, "PHL": 2},
    "LBN": {"SYR": 3, "ETH": 2},
}
"""Where victims come from: two countries each, so that many are of each. Those who came from
elsewhere in the story come from one of them, by weight."""
LIVE = (("LBN", "RECRUIT"), ("MAR", "TRANSP"), ("JOR", "EXPLOIT"))
"""Where the network of rule 3 shows itself, month after month, and in which part."""
LIVE_PHONE = Identifier("PHONE", PHONES["LBN"].format(9999))
STORY_NUMBER, LIVE_NUMBER = 20_000, 80_000
NOBODY = Contact()
"""What is noted of a facilitator of whom nothing is known."""


@dataclass(frozen=True)
class Invented:
    """What was invented.

    Attributes:
        today: The day on which the story ends.
        worlds: What each country's register holds at the start.
        later: What comes into three of them while the demo runs.
        story: Where the networks come from; its truth says what was planted.
    """

    today: date
    worlds: Mapping[str, World]
    later: Mapping[str, World]
    story: Story

    @property
    def since(self) -> int:
        """The first year that is published."""
        return self.today.year - YEARS


def invent_until(today: date) -> Invented:
    """Invents the years up to a day."""
    extent = Extent(
        first_year=today.year - YEARS,
        years=YEARS + 1,
        records_a_month=8,
        networks=7,
        hubs=2,
        wanderers=1,
        corridors=0,
        surges=0,
        displacements=0,
    )
    story = invent(SEED, extent)
    worlds = {country: _world(country, story, today) for country in REPORTED}
    return Invented(today, worlds, _later(today), story)


def _world(country: str, story: Story, today: date) -> World:
    rng = Random(f"{SEED} {country}")  # noqa: S311 - invented data, nothing secret
    parts = [*_years(country, today, rng), *_surges(country, today, rng)]
    numbered = [_from(1 + 1_000 * place, part) for place, part in enumerate(parts)]
    last_month = today.year * 12 + today.month - 2
    noted = _from(STORY_NUMBER, story.register(country, last_month))
    cases = [case for part in (*numbered, noted) for case in part.cases]
    began = date(today.year - YEARS - 1, 7, 1)
    return World(
        country,
        tuple(sorted((c for c in cases if began <= c.reported_on < today), key=_reported)),
        tuple(n for part in (*numbered, noted) for n in part.networks if began <= n.on < today),
        tuple(t for part in numbered for t in part.trainings if began <= t.on < today),
        tuple(r for part in numbered for r in part.cooperation if began <= r.case.reported_on),
    )


def _reported(case: Case) -> date:
    return case.reported_on


def _years(country: str, today: date, rng: Random) -> Iterator[World]:
    """What is reported year by year; of the present one, as much as of its days are over."""
    for place, factor in enumerate(TREND):
        year = today.year - YEARS - 1 + place
        share = min(1.0, (today - date(year, 1, 1)).days / DAYS_OF_A_YEAR)
        victims = round(REPORTED[country] * factor * share)
        built = build_world(country, [year], victims, rng, until=today)
        yield replace(built, cases=tuple(_settled(case, country, rng) for case in built.cases))


def _settled(case: Case, country: str, rng: Random) -> Case:
    """The same case with origins, ways and suspects as frequent ones have them.

    A gate tells of a corridor only where many have come by it. The shipped registers have many
    rare ones, and so tell of hardly any; here, there is something to be seen.
    """
    told = {victim.citizenship for victim in case.victims} & set(ORIGINS[country])
    origin = min(told) if told else pick(rng, ORIGINS[country])
    opened = case.investigation
    if opened:
        suspects = tuple(replace(s, citizenship=country) for s in opened.suspects)
        opened = replace(opened, suspects=suspects)
    victims = tuple(_coming_from(victim, origin, country) for victim in case.victims)
    return replace(case, victims=victims, investigation=opened)


def _coming_from(victim: Victim, origin: str, country: str) -> Victim:
    found, back = victim.identification, victim.returned
    if found:
        found = replace(found, recruited_in=origin, transit=(), exploited_in=country)
    if back:
        back = replace(back, country=origin) if origin != country else None
    return replace(victim, citizenship=origin, identification=found, returned=back)


def _surges(country: str, today: date, rng: Random) -> Iterator[World]:
    """Cases of the corridors that carry more, reported early enough to be identified in time."""
    for origin, where, victims in SURGES:
        if where != country:
            continue
        end = newest_quarter(today)
        for quarter in (end, months_later(end, -3)):
            found = _of_origin(country, origin, quarter, today, rng)
            yield World(country, tuple(islice(found, victims)))


def _of_origin(
    country: str, origin: str, quarter: date, today: date, rng: Random
) -> Iterator[Case]:
    """Cases with victims of an origin, most of whom are identified in a quarter.

    Args:
        country: Where.
        origin: Whose citizens.
        quarter: The quarter's last day.
        today: The day on which the story ends.
        rng: Chance.
    """
    for number in count(1):
        on = quarter - timedelta(days=rng.randrange(60, 160))
        case = _settled(build_case(country, number, on, today, rng), country, rng)
        if any(victim.citizenship == origin for victim in case.victims):
            yield case


def newest_quarter(today: date) -> date:
    """The last day of the newest quarter whose provisional tables are out."""
    quarters = (f"{year}-Q{n}" for year in (today.year, today.year - 1) for n in (4, 3, 2, 1))
    return next(
        last_day(quarter)
        for quarter in quarters
        if due_on(shipped(), quarter, "PROVISIONAL") <= today
    )


# --- What registers are told ----------------------------------------------------------------------


def unnoted(part: World) -> World:
    """The same with nothing noted of facilitators of whom nothing was."""
    return _from(0, part)


def _from(first: int, part: World) -> World:
    """The same with other numbers, and with nothing noted of facilitators of whom nothing was."""
    cases = {case.number: _numbered(case, case.number + first) for case in part.cases}
    return World(
        part.country,
        tuple(cases.values()),
        tuple(
            replace(n, number=n.number + first, contact=n.contact or NOBODY) for n in part.networks
        ),
        tuple(replace(t, number=t.number + first) for t in part.trainings),
        tuple(
            replace(r, number=r.number + first, case=cases[r.case.number]) for r in part.cooperation
        ),
    )


def _numbered(case: Case, number: int) -> Case:
    opened = case.investigation
    if opened:
        suspects = (replace(s, contact=s.contact or NOBODY) for s in opened.suspects)
        opened = replace(opened, suspects=tuple(suspects))
    return replace(case, number=number, investigation=opened, contact=case.contact or NOBODY)


# --- What comes later -----------------------------------------------------------------------------


def _later(today: date) -> dict[str, World]:
    """The network of rule 3: two cases a month, of the last quarter that is over."""
    rng = Random(f"{SEED} later")  # noqa: S311 - invented data, nothing secret
    first: Month = today.year * 12 + (today.month - 1) // 3 * 3 - 3
    found = {}
    for place, (country, role) in enumerate(LIVE):
        on, roles = day_in(first + place, rng), {LIVE_PHONE: role}
        cases = (noting(country, LIVE_NUMBER + n, on, roles, rng) for n in range(2))
        found[country] = World(country, tuple(c for c in cases if isinstance(c, Case)))
    return found
