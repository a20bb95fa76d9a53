"""Networks and chains, and around them the identifiers that have to do with nothing.

As in the stream that detectors were developed on (research, section 4.2), but in registers: a
network lasts 6 to 14 months in two or three countries; each of its visits notes each identifier
with probability 0.5, wrongly one time in twenty, and the 5 to 25 visits that note any are its
cases. Half of the networks are chains: they recruit in the first country, move, and exploit in the
last. Around them: hotlines, embassies and airport taxis that cases of several countries name, lines
that a quarter shares inside one country, and a number that went to another owner abroad.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from math import cos, tau
from random import Random

from deploy.simulate.chance import poisson
from deploy.simulate.contacts import ROLES, Identifier, Numbers
from deploy.simulate.extent import Extent
from deploy.simulate.records import Entry, Roles, day_in, fitting, noting
from deploy.simulate.truth import Network, Noted
from processors.alerts.facts import Month

SHARES = {"TUN": 0.40, "MAR": 0.25, "JOR": 0.20, "LBN": 0.15}
"""Of the background, by country."""
KINDS = ("PHONE", "PHONE", "PHONE", "HANDLE", "PLATE", "AGENCYREG")
PASSAGE = (("RECRUIT", 0), ("TRANSP", 1), ("EXPLOIT", 2))
"""Stages of a chain, with the months after its beginning."""
Visits = Iterator[tuple[Month, str, Roles]]
"""Month, country, and what could be noted."""
LOCAL = 150
"""Lines of a country that a quarter shares, one after the other."""
LINE_LASTS = 25


@dataclass
class Registers:
    """What is entered, and what comes of it.

    Attributes:
        entries: By country.
        counts: What happened on the way: typing errors, corrections, late entries.
    """

    entries: list[Entry] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)

    def number(self, country: str) -> int:
        """The next number of a register."""
        self.numbers[country] += 1
        return self.numbers[country]


class Noting:
    """Notes identifiers in registers, with the slips and delays of those who do it."""

    def __init__(
        self, extent: Extent, random: Random, registers: Registers, fresh: Numbers
    ) -> None:
        self._extent = extent
        self._random = random
        self._registers = registers
        self._fresh = fresh

    def note(self, country: str, month: Month, roles: Roles) -> list[Noted]:
        """Enters a record; returns what it holds rightly, and from when on.

        Args:
            country: Whose register.
            month: Month of the fact.
            roles: What is to be noted, as far as the register has columns for it.
        """
        random, counts = self._random, self._registers.counts
        number = self._registers.number(country)
        entered = month + self._delay()
        right = fitting(country, {i: r for i, r in roles.items() if self._has_column(country, i)})
        typed = {self._typed(i, country): r for i, r in right.items()}
        seed, on = random.random(), day_in(month, random)
        entry = Entry(country)

        def version(at: Month, says: Roles, *, blank: bool = False) -> None:
            chance = Random(seed)  # noqa: S311 - invented data, nothing secret
            entry.versions[at] = noting(country, number, on, says, chance, blank=blank)

        version(entered, typed)
        until: dict[Identifier, Month] = dict.fromkeys(right, self._extent.last + 1)
        corrected = entered + random.randint(1, 6)
        since = {i: entered if i in typed else None for i in right}
        if typed.keys() != right.keys() and random.random() < self._extent.mended:
            counts["mended"] += 1
            version(corrected, right)
            since = {i: at if at is not None else corrected for i, at in since.items()}
        elif right and random.random() < self._extent.withdrawn:
            counts["withdrawn"] += 1
            version(corrected, right, blank=True)
            until = dict.fromkeys(right, corrected)
        self._registers.entries.append(entry)
        return [
            Noted(country, number, month, at, identifier.name, role)
            for identifier, role in right.items()
            if (at := since[identifier]) is not None and at < until[identifier]
        ]

    def _has_column(self, country: str, identifier: Identifier) -> bool:
        return identifier.link_type in ROLES[country]

    def _typed(self, identifier: Identifier, country: str) -> Identifier:
        """What is typed: in one case in twenty another number, which nobody has."""
        if self._random.random() >= self._extent.wrong:
            return identifier
        self._registers.counts["mistyped"] += 1
        return self._fresh.fresh(identifier.link_type, country)

    def _delay(self) -> int:
        if self._random.random() < self._extent.late:
            self._registers.counts["late"] += 1
            return self._random.randint(2, 6)
        return self._random.choices((0, 1), (7, 3))[0]


class Networks:
    """Invents networks and what is around them."""

    def __init__(self, extent: Extent, random: Random, registers: Registers) -> None:
        self._extent = extent
        self._random = random
        self._fresh = Numbers()
        self._noting = Noting(extent, random, registers, self._fresh)
        countries = list(SHARES)
        self.hubs = [
            (
                self._fresh.fresh("PHONE", random.choice(countries)),
                random.sample(countries, random.randint(2, 4)),
            )
            for _ in range(extent.hubs)
        ]
        self._lines = {
            country: [self._fresh.fresh("PHONE", country) for _ in range(LOCAL)]
            for country in countries
        }

    def background(self) -> None:
        """Enters what has to do with nothing."""
        for month in range(self._extent.first, self._extent.last + 1):
            season = 1 + 0.3 * cos(tau * month / 12)
            for _ in range(poisson(self._extent.records_a_month * season, self._random)):
                (country,) = self._random.choices(list(SHARES), list(SHARES.values()))
                self._noting.note(country, month, dict(self._unrelated(country, month)))

    def wanderers(self) -> Iterator[str]:
        """Numbers that have one owner here and, later, another there."""
        random, extent = self._random, self._extent
        for _ in range(extent.wanderers):
            one, other = random.sample(list(SHARES), 2)
            number = self._fresh.fresh("PHONE", one)
            first, later = sorted(random.sample(range(extent.first, extent.last + 1), 2))
            for country, month in ((one, first), (other, later)):
                self._noting.note(country, month, {number: self._role(country, number)})
            yield number.name

    def networks(self) -> Iterator[Network]:
        """Plants networks; every second one is a chain."""
        for number in range(self._extent.networks):
            yield self._chain(number) if number % 2 == 0 else self._shared(number)

    def _unrelated(self, country: str, month: Month) -> Iterator[tuple[Identifier, str]]:
        random = self._random
        chance = random.random()
        known = [number for number, where in self.hubs if country in where]
        if chance < 0.06 and known:
            hub = random.choice(known)
            yield hub, self._role(country, hub)
        elif chance < 0.24:
            place = (month * 7 + random.randrange(LINE_LASTS)) % LOCAL
            yield self._lines[country][place], self._role(country, self._lines[country][place])
        for _ in range(random.choice((1, 1, 1, 2))):
            one = self._fresh.fresh(random.choice(list(ROLES[country])), country)
            yield one, self._role(country, one)

    def _role(self, country: str, identifier: Identifier) -> str:
        return self._random.choice(ROLES[country][identifier.link_type])

    def _shared(self, number: int) -> Network:
        """A network in which every identifier has one role."""
        random = self._random
        where = tuple(random.sample(list(SHARES), random.randint(2, 3)))
        kinds = {kind: roles for kind in KINDS if (roles := _common(kind, where))}
        held = {i: random.choice(kinds[i.link_type]) for i in self._identifiers([*kinds], where)}
        lasts, start = self._span()
        visits = ((start + random.randrange(lasts), country, held) for country in cycle(where))
        return self._planted(f"shared {number}", where, held, visits)

    def _chain(self, number: int) -> Network:
        """A network whose identifiers recruit, move and exploit, passage after passage."""
        random = self._random
        last = random.choice(("MAR", "JOR"))
        first = random.choice([c for c in SHARES if c != last])
        middle = random.choice(("MAR", "JOR"))
        stages = [(c, role) for c, (role, _) in zip((first, middle, last), PASSAGE, strict=True)]
        kinds = [k for k in KINDS if all(role in ROLES[c].get(k, ()) for c, role in stages)]
        identifiers = self._identifiers(kinds, (first, last))
        lasts, start = self._span()
        begins = iter(lambda: start + random.randrange(lasts - 2), None)
        visits = (
            (month + after, country, dict.fromkeys(identifiers, role))
            for month in begins
            for country, (role, after) in zip((first, middle, last), PASSAGE, strict=True)
        )
        where = tuple(dict.fromkeys((first, middle, last)))
        return self._planted(f"chain {number}", where, identifiers, visits)

    def _span(self) -> tuple[int, Month]:
        """How long a network lasts, and from when on."""
        extent, random = self._extent, self._random
        lasts = random.randint(6, min(14, extent.months))
        return lasts, extent.first + random.randrange(extent.months - lasts + 1)

    def _identifiers(self, kinds: Sequence[str], where: Sequence[str]) -> list[Identifier]:
        """One to four identifiers, the first a telephone, of kinds that all its registers hold."""
        more = [self._random.choice(kinds) for _ in range(self._random.randint(0, 3))]
        home = self._random.choice(where)
        return [self._fresh.fresh(kind, home) for kind in ("PHONE", *more)]

    def _planted(
        self, name: str, where: tuple[str, ...], identifiers: Iterable[Identifier], visits: Visits
    ) -> Network:
        """Enters visits until 5 to 25 of them have left a trace: those are the network's cases."""
        random, extent = self._random, self._extent
        own = {identifier.name for identifier in identifiers}
        noted: list[Noted] = []
        wanted, cases = random.randint(5, 25), 0
        while cases < wanted:
            month, country, roles = next(visits)
            fits = {i: self._told(i, role, country) for i, role in roles.items()}
            said = {i: r for i, r in fits.items() if r and random.random() < extent.noted}
            cases += bool(said)
            said |= dict(self._beside(country))
            noted += [n for n in self._noting.note(country, month, said) if n.identifier in own]
        return Network(name, name.startswith("chain"), where, tuple(sorted(own)), tuple(noted))

    def _told(self, identifier: Identifier, role: str, country: str) -> str:
        """The role that a register tells, one in ten of them wrongly; none without a column."""
        known = ROLES[country].get(identifier.link_type, ())
        if role not in known:
            return ""
        wrong = len(known) > 1 and self._random.random() < self._extent.misjudged
        return self._random.choice(known) if wrong else role

    def _beside(self, country: str) -> Iterator[tuple[Identifier, str]]:
        """What a case of a network notes besides: a line of the quarter, another number."""
        random = self._random
        if random.random() < 0.1:
            line = random.choice(self._lines[country])
            yield line, self._role(country, line)
        if random.random() < 0.5:
            other = self._fresh.fresh(random.choice(list(ROLES[country])), country)
            yield other, self._role(country, other)


def _common(kind: str, where: Sequence[str]) -> list[str]:
    """The roles that the registers of all of some countries can tell of a kind."""
    return sorted(set.intersection(*(set(ROLES[country].get(kind, ())) for country in where)))
