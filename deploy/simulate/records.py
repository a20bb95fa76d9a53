"""Cases and networks as registers hold them, built of an identifier noted here, a victim there.

A record is a line of the Tunisian sheet of networks, or a case with an investigation elsewhere: of
a Lebanese form with its recruiter, of a Moroccan or Jordanian file with its suspects, one for each
role. A victim is a case with one identified person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from deploy.registers.chance import some
from deploy.registers.invent import BODIES, Typology, regions, typologies
from deploy.registers.world import (
    Case,
    Dated,
    Identification,
    Investigation,
    Network,
    Suspect,
    Victim,
)
from deploy.simulate.contacts import MOST_PHONES, Identifier, contact_of
from processors.alerts.facts import Month

Roles = Mapping[Identifier, str]
"""Identifiers that a record notes, each with the role of whoever has it."""


@dataclass
class Entry:
    """A record, and what stands in the register for it from which month on.

    Attributes:
        country: Whose register.
        versions: What it says, by the month in which that was typed in.
    """

    country: str
    versions: dict[Month, Case | Network] = field(default_factory=dict)

    @property
    def entered(self) -> Month:
        return min(self.versions)

    def at(self, month: Month) -> Case | Network | None:
        """What the register said at the end of a month; None if nothing yet."""
        known = [entered for entered in self.versions if entered <= month]
        return self.versions[max(known)] if known else None


def fitting(country: str, roles: Roles) -> Roles:
    """As many of some identifiers as one line of a register takes."""
    kept: dict[Identifier, str] = {}
    for identifier, role in roles.items():
        same = sum(known.link_type == identifier.link_type for known in kept)
        if same < (MOST_PHONES[country] if identifier.link_type == "PHONE" else 1):
            kept[identifier] = role
    return kept


def noting(
    country: str, number: int, on: date, roles: Roles, random: Random, *, blank: bool = False
) -> Case | Network:
    """A record of a day that notes identifiers.

    Args:
        country: Whose register.
        number: Its number there.
        on: When.
        roles: What it notes; nothing stands in the columns of what is not noted.
        random: Chance; the same chance gives a record that differs in what it notes alone.
        blank: Leaves the cells of the identifiers blank, as when they were taken out.
    """
    if country == "TUN":
        return _network(number, on, () if blank else roles, random)
    kind = random.choice(typologies(country))
    region, reporter = random.choice(regions(country)), random.choice(kind.reporters)
    offence, international = random.choice(("TIPLAW", "SMUGG")), random.choice(("Y", "N"))
    seen = on - timedelta(days=random.randint(0, 20))
    sexes = [random.choice(("M", "M", "F")) for _ in range(8)]
    by_role: dict[str, list[Identifier]] = {}
    for identifier, role in roles.items():
        by_role.setdefault(role, []).append(identifier)
    suspects = tuple(
        Suspect(
            sex=sexes[order % len(sexes)],
            adult="Y",
            citizenship=country,
            roles=(role,),
            offence=offence,
            suspected_on=on,
            contact=contact_of(() if blank else held),
        )
        for order, (role, held) in enumerate(by_role.items() or [("_U", [])])
    )
    opened = Investigation(on, offence, "N", international, suspects if country != "LBN" else ())
    return Case(
        number=number,
        region=region,
        reported_on=seen,
        channel="REFER",
        reporter=reporter,
        forms=kind.forms[:1],
        geography="_U",
        n_presumed=1,
        child="N",
        urgent="N",
        triage=Dated(seen, "ACCEPTED"),
        investigation=opened,
        contact=contact_of(() if blank else roles),
    )


def _network(number: int, on: date, held: Iterable[Identifier], random: Random) -> Network:
    members, victims = random.randint(1, 9), random.randint(1, 9)
    return Network(
        number=number,
        on=on,
        region=random.choice(regions("TUN")),
        kind=random.choice(("ASSOC", "OCG_BIZ", "SOLO")),
        members=members,
        victims=victims,
        countries=("TUN",),
        roles=some(random, ("RECRUIT", "TRANSP", "EXPLOIT"), 2),
        recruitment=some(random, ("COETH", "AGENCY", "SOCIAL", "MSG"), 2),
        route=some(random, ("AIR", "LAND", "SEA"), 1),
        forms=some(random, ("LAB_DOM", "SEX_PROST", "BEG", "LAB_AGR"), 1),
        outcome=random.choice(("ARRESTS", "DISMANTLED", "DISRUPTED")),
        contact=contact_of(held),
    )


def victim_of(country: str, number: int, origin: str, on: date, random: Random) -> Case:
    """A case with one victim of an origin, identified on a day."""
    kind = random.choice(_kinds(country, origin))
    presumed = on - timedelta(days=random.randint(0, 15))
    reported = presumed - timedelta(days=random.randint(0, 10))
    age = random.randint(*kind.ages)
    form = random.choice(kind.forms)
    victim = Victim(
        sex="F" if random.random() < kind.women else "M",
        born=reported - timedelta(days=age * 365 + age // 4 + random.randint(1, 364)),
        citizenship=origin,
        forms=(form,),
        detected_by=random.choice(kind.reporters),
        presumed_on=presumed,
        identification=Identification(
            on=on,
            decision="IDENTIFIED",
            body=random.choice(BODIES[country]),
            acts=some(random, ("RECRUIT", "TRANSPORT", "HARBOUR"), 2),
            means=some(random, kind.means, 2),
            control=some(random, kind.control, 2),
            sector=kind.sector,
            recruited_in=origin,
            transit=(),
            exploited_in=country,
            duration=random.choice(("M0T12", "M13T24")),
            recruitment=random.choice(kind.recruitment),
            relation=kind.relation,
        ),
    )
    return Case(
        number=number,
        region=random.choice(regions(country)),
        reported_on=reported,
        channel="REFER",
        reporter=victim.detected_by,
        forms=(form,),
        geography="DOM" if origin == country else "XB",
        n_presumed=1,
        child="Y" if age < 18 else "N",
        urgent="N",
        triage=Dated(reported, "ACCEPTED"),
        victims=(victim,),
    )


def _kinds(country: str, origin: str) -> list[Typology]:
    """What happens in a country to people of an origin."""
    found = [kind for kind in typologies(country) if origin in kind.origins]
    return found or list(typologies(country))


def day_in(month: Month, random: Random) -> date:
    """Some day of a month, never so late that the month is over."""
    return date(month // 12, month % 12 + 1, random.randint(1, 28))


def entries_at(entries: Iterable[Entry], month: Month) -> list[Case | Network]:
    """What a register held at the end of a month, in the order in which it was entered."""
    known = ((each.entered, each.at(month)) for each in entries if each.entered <= month)
    return [what for _, what in sorted(known, key=lambda pair: pair[0]) if what is not None]
