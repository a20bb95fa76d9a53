"""How a world is invented: typologies drawn by weight, then the way of a case step by step.

``typologies.yaml`` says what happens in each country and how often. A case is drawn from one
typology; its victims share origin and kind of exploitation. Then time goes on: every step waits
some days for the one before it, some cases stop on the way, and what would lie after the end of
the story has not happened yet. All chance comes from the ``random.Random`` passed in, so the same
seed tells the same story.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import count
from random import Random

import yaml
from pydantic import BaseModel, ConfigDict, Field

from deploy.registers import proceedings
from deploy.registers.chance import Steps, day_of, pick, some
from deploy.registers.world import (
    Assistance,
    Case,
    Codes,
    Dated,
    Identification,
    Referral,
    Return,
    Victim,
    World,
)
from schemas.codelists import codelist

FOUR = ("TUN", "MAR", "JOR", "LBN")
CAPITALS = {"TUN": "TN-11", "MAR": "MA-06", "JOR": "JO-AM", "LBN": "LB-JL"}
CAPITAL_SHARE = 0.35
EMPTY_REPORTS = 0.12
"""Share of reports that turn out to name no victim."""

CHANNELS: Mapping[str, Codes] = {
    "SELF": ("HOTLINE", "VISIT"),
    "FAMILY": ("HOTLINE", "VISIT", "WEB"),
    "PUBLIC": ("HOTLINE", "WEB"),
    "NGO": ("REFER", "WEB", "HOTLINE"),
    "LABINS": ("PROACT", "REFER"),
    "POLICE": ("REFER", "PROACT"),
    "BORDER": ("PROACT", "REFER"),
    "JUST": ("JUDIC",),
    "CONS": ("MAIL", "REFER", "XBORDER"),
}
BODIES: Mapping[str, Codes] = {
    "TUN": ("NATAUTH", "NATAUTH", "POLICE"),
    "MAR": ("PROSEC", "PROSEC", "POLICE", "NATAUTH"),
    "JOR": ("POLICE", "POLICE", "PROSEC"),
    "LBN": ("PROSEC", "POLICE", "NGO"),
}
RECIPIENTS = ("PROSEC", "PROSEC", "POLICE")
SERVICES = ("SHELTER", "MEDICAL", "PSYCH", "SOCIAL", "LEGINFO", "LEGAID", "INTERP", "VOCTR")
CHILD_SERVICES = ("SHELTER", "MEDICAL", "PSYCH", "GUARD", "EDUC", "SOCIAL")


class Typology(BaseModel):
    """One line of ``typologies.yaml``; the file's head says what the fields mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    weight: int
    forms: Codes
    also: Codes = ()
    women: float
    ages: tuple[int, int]
    origins: Mapping[str, int] = Field(alias="from")
    exploited_in: Mapping[str, int] = {}
    transit: tuple[Codes, ...] = ((),)
    sector: str
    group: tuple[int, ...]
    means: Codes
    control: Codes
    recruitment: Codes
    relation: str
    reporters: Codes


@dataclass(frozen=True)
class Way:
    """What the victims of one case have in common."""

    country: str
    kind: Typology
    citizenship: str
    exploited_in: str
    reporter: str

    @property
    def geography(self) -> str:
        other = {self.citizenship, self.exploited_in} - {self.country}
        if not other:
            return "DOM"
        return "XB4" if other <= set(FOUR) else "XB"


@cache
def typologies(country: str) -> tuple[Typology, ...]:
    """What happens in a country, in the order of the file."""
    text = (files("deploy.registers") / "typologies.yaml").read_text(encoding="utf-8")
    return tuple(Typology.model_validate(line) for line in yaml.safe_load(text)[country])


@cache
def regions(country: str) -> tuple[str, ...]:
    """First-level regions of a country."""
    entries = codelist("CL_REGION")
    macro = {e.code for e in entries if e.parent == country}
    return tuple(e.code for e in entries if e.parent in macro)


def build_world(
    country: str,
    years: Sequence[int],
    victims_per_year: int,
    rng: Random,
    until: date | None = None,
) -> World:
    """Invents a country's cases, trainings, networks and requests over some years.

    Args:
        country: ISO 3166-1 alpha-3 code of one of the four countries.
        years: Years in which cases are reported.
        victims_per_year: At least so many victims are reported each year.
        rng: The only source of chance.
        until: The day on which the story ends; half a year after the last year, if not given.
            Reports, trainings and networks are of whole years all the same.
    """
    until = until or date(max(years) + 1, 6, 30)
    numbers = count(1)
    cases: list[Case] = []
    for year in years:
        victims = 0
        while victims < victims_per_year:
            cases.append(build_case(country, next(numbers), day_of(year, rng), until, rng))
            victims += len(cases[-1].victims)
    return World(
        country,
        tuple(cases),
        networks=tuple(proceedings.networks(country, years, regions(country), rng)),
        trainings=tuple(proceedings.trainings(country, years, regions(country), rng)),
        cooperation=tuple(proceedings.cooperation(country, cases, until, rng)),
    )


def fresh(country: str, start: int, today: date, rng: Random) -> Iterator[World]:
    """An endless trickle of new reports, one case a world, all reported in the last weeks.

    Args:
        country: ISO 3166-1 alpha-3 code of one of the four countries.
        start: Number of the first case; registers number their cases without gaps.
        today: The day up to which things have happened.
        rng: The only source of chance.
    """
    for number in count(start):
        on = today - timedelta(days=rng.randrange(1, 200))
        yield World(country, (build_case(country, number, on, today, rng),))


def build_case(country: str, number: int, on: date, until: date, rng: Random) -> Case:
    """Invents one case reported on a day, as far as it had come by ``until``."""
    kinds = typologies(country)
    kind = rng.choices(kinds, weights=[k.weight for k in kinds])[0]
    way = Way(
        country=country,
        kind=kind,
        citizenship=pick(rng, kind.origins),
        exploited_in=pick(rng, kind.exploited_in) if kind.exploited_in else country,
        reporter=rng.choice(kind.reporters),
    )
    outcome = "ACCEPTED"
    if rng.random() < EMPTY_REPORTS:
        outcome = rng.choice(("NOT_TIP", "NOT_TIP", "DUPLICATE", "INSUFFICIENT"))
    step = Steps(on, until, rng)
    triaged_on = step.after(on, 0, 20)
    sent_on = step.after(triaged_on, 1, 45, chance=0.6 if outcome == "ACCEPTED" else 0.0)
    size = rng.choice(kind.group) if outcome == "ACCEPTED" else 0
    victims = tuple(victim for _ in range(size) if (victim := _victim(way, step)))
    children = any(v.born and (on - v.born).days < 18 * 365 for v in victims)
    forms = tuple(dict.fromkeys(f for v in victims for f in v.forms)) or ("_U",)
    return Case(
        number=number,
        region=CAPITALS[country] if rng.random() < CAPITAL_SHARE else rng.choice(regions(country)),
        reported_on=on,
        channel=rng.choice(CHANNELS.get(way.reporter, ("REFER", "HOTLINE"))),
        reporter=way.reporter,
        forms=forms,
        geography=way.geography if victims else "_U",
        n_presumed=max(size, 1),
        child="Y" if children else "N",
        urgent="Y" if rng.random() < 0.2 else "N",
        triage=Dated(triaged_on, outcome) if triaged_on else None,
        transmission=Dated(sent_on, rng.choice(RECIPIENTS)) if sent_on else None,
        victims=victims,
        investigation=proceedings.investigation(country, forms, sent_on, step),
    )


def _victim(way: Way, step: Steps) -> Victim | None:
    """One victim of a case; None if the person had not been met when the story ends."""
    rng, kind = step.rng, way.kind
    presumed_on = step.after(step.start, 0, 60)
    if presumed_on is None:
        return None
    age = rng.randint(*kind.ages)
    born = step.start - timedelta(days=age * 365 + age // 4 + rng.randint(1, 364))
    victim = Victim(
        sex="F" if rng.random() < kind.women else "M",
        born=born if rng.random() > 0.03 else None,
        citizenship=way.citizenship if rng.random() > 0.015 else "_U",
        forms=(rng.choice(kind.forms), *(kind.also if rng.random() < 0.15 else ())),
        detected_by=way.reporter,
        presumed_on=presumed_on,
    )
    identified_on = step.after(presumed_on, 5, 200, chance=0.82)
    return _followed(way, victim, identified_on, step) if identified_on else victim


def _followed(way: Way, victim: Victim, identified_on: date, step: Steps) -> Victim:
    """The same victim with what followed: identification, services, closing, return."""
    rng = step.rng
    found = _identification(way, victim, identified_on, rng)
    helped = found.decision == "IDENTIFIED"
    services = some(rng, CHILD_SERVICES if max(way.kind.ages) < 18 else SERVICES, 3)
    to = rng.choice(("GOV", "NGO", "NGO", "IGO"))
    referred_on = step.after(identified_on, 0, 40, chance=0.8 * helped)
    served_on = step.after(referred_on, 0, 60, chance=0.85)
    national = victim.citizenship == way.country
    abroad = way.exploited_in if national else victim.citizenship
    left_on = step.after(served_on, 10, 150, chance=0.4 * (abroad not in (way.country, "_U")))
    closed_on = step.after(left_on or served_on, 60, 400, chance=0.7)
    accepted = "Y" if served_on else rng.choice(("PENDING", "N"))
    direction = "IN" if national else "OUT"
    voluntary = rng.choice(("Y", "Y", "Y", "_U"))
    return replace(
        victim,
        identification=found,
        referral=Referral(referred_on, to, services, accepted) if referred_on else None,
        assistance=Assistance(served_on, services, to) if served_on else None,
        closed=Dated(closed_on, "RETURNED" if left_on else "COMPLETED") if closed_on else None,
        returned=Return(left_on, direction, abroad, voluntary) if left_on else None,
    )


def _identification(way: Way, victim: Victim, on: date, rng: Random) -> Identification:
    kind = way.kind
    return Identification(
        on=on,
        decision="IDENTIFIED" if rng.random() < 0.9 else "NOTVICTIM",
        body=rng.choice(BODIES[way.country]),
        acts=some(rng, ("RECRUIT", "TRANSPORT", "HARBOUR", "RECEIPT"), 2),
        means=some(rng, kind.means, 2),
        control=some(rng, kind.control, 3),
        sector=kind.sector,
        recruited_in=victim.citizenship,
        transit=rng.choice(kind.transit) if victim.citizenship != way.country else (),
        exploited_in=way.exploited_in,
        duration=rng.choice(("M0T12", "M0T12", "M13T24", "M_GE25", "_U")),
        recruitment=rng.choice(kind.recruitment),
        relation=kind.relation,
    )
