"""An invented stream of sightings with networks planted in it, and the truth about them.

As in the research, section 4.2: some 6,700 sightings in 36 months, 20 networks of 5 to 25 cases in
2 or 3 countries over 6 to 14 months, each identifier noted in a case with probability 0.5, one in
twenty noted wrongly. Around them are hotlines and embassies that cases of several countries hold,
lines that a quarter shares inside one country, seasons, late and withdrawn facts, roles coded
wrongly, new tokens each year with the old one beside them, and one telephone number that went from
one country to another and has to do with nothing.

Every network is either a **chain**, whose identifiers recruit in the first country, move in
between and exploit in the last, passage after passage, or it is not, and then each identifier has
one role everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from math import cos, exp, tau
from random import Random

from processors.alerts.facts import CaseKey, CaseProfile, Month, Sighting
from processors.alerts.hubs import Stop
from schemas.codelists import codelist

START: Month = 2023 * 12
MONTHS = 36
COUNTRIES = {"TUN": 0.46, "MAR": 0.29, "JOR": 0.16, "LBN": 0.09}
AUTHORITIES = {
    "TUN": ("tn.inltp", "tn.police"),
    "MAR": ("ma.cnclt", "ma.justice"),
    "JOR": ("jo.ctu", "jo.labour"),
    "LBN": ("lb.isf", "lb.caritas"),
}
TYPES = ("PHONE", "PHONE", "PHONE", "HANDLE", "AGENCYREG", "PLATE", "IBAN", "MTREF")
ROLES = ("RECRUIT", "BROKER", "TRANSP", "HARBOUR", "EXPLOIT", "CONTROL", "FINANCE")
PASSAGE = (("RECRUIT", 0), ("TRANSP", 1), ("EXPLOIT", 2))
"""Stages of a chain, with the months after its beginning."""
KINDS = {
    "ACT": "CL_ACT",
    "MEANS": "CL_MEANS_CONTROL",
    "CHANNEL": "CL_RECRUIT_CHANNEL",
    "FORM": "CL_EXPLOITATION",
    "ROUTE": "CL_ROUTE_MODE",
}


@dataclass(frozen=True)
class World:
    """What is invented, and how much of it.

    Attributes:
        sightings_a_month: Background.
        networks: Half of them are chains.
        noted: Probability that a case of a network names an identifier of it.
        wrong: Probability that an identifier is noted wrongly.
        hubs: Hotlines and embassies.
        unlisted: How many of them are missing on the stop list.
        wanderers: Numbers that went from one country to another.
    """

    sightings_a_month: float = 168
    networks: int = 20
    noted: float = 0.5
    wrong: float = 0.05
    hubs: int = 12
    unlisted: int = 0
    wanderers: int = 1


@dataclass(frozen=True)
class Network:
    """A planted network: its identifiers, by their names, and its cases."""

    name: str
    is_chain: bool
    identifiers: frozenset[str]
    cases: frozenset[CaseKey]


@dataclass
class Stream:
    """What came when, and the truth.

    Attributes:
        arrivals: Sightings with the month in which they came.
        withdrawals: Month in which a fact was taken back, by fact.
        profiles: How cases were done.
        stops: The stop list.
        networks: What is to be found.
        names: The identifier behind each token.
    """

    arrivals: list[tuple[Month, Sighting]] = field(default_factory=list)
    withdrawals: dict[bytes, Month] = field(default_factory=dict)
    profiles: list[CaseProfile] = field(default_factory=list)
    stops: dict[bytes, Stop] = field(default_factory=dict)
    networks: list[Network] = field(default_factory=list)
    names: dict[bytes, str] = field(default_factory=dict)

    def standing(self, now: Month) -> list[Sighting]:
        """What had come by the end of a month and was not taken back."""
        later = now + 1
        return [
            sighting
            for came, sighting in self.arrivals
            if came <= now and self.withdrawals.get(sighting.fact, later) > now
        ]


def invent(seed: int, world: World | None = None) -> Stream:
    """Invents a stream; the same seed invents the same."""
    return _Inventor(Random(seed), world or World()).invent()


class _Inventor:
    def __init__(self, random: Random, world: World) -> None:
        self._random = random
        self._world = world
        self._stream = Stream()
        self._made = 0

    def invent(self) -> Stream:
        hubs = [self._hub(number) for number in range(self._world.hubs)]
        lines = {c: [f"line/{c}/{n}" for n in range(150)] for c in COUNTRIES}
        for month in range(START, START + MONTHS):
            season = 1 + 0.3 * cos(tau * month / 12)
            for _ in range(self._poisson(self._world.sightings_a_month * season / 1.3)):
                self._background(month, hubs, lines)
        for number in range(self._world.networks):
            self._network(number, is_chain=number % 2 == 0)
        for number in range(self._world.wanderers):
            for country in self._random.sample(list(COUNTRIES), 2):
                case = self._case(country, START + self._random.randrange(MONTHS), None)
                self._note(case, f"wanderer/{number}", "PHONE", "BROKER")
        self._stream.arrivals.sort(key=lambda arrival: (arrival[0], arrival[1].fact))
        return self._stream

    # --- What has to do with nothing --------------------------------------------------------------

    def _hub(self, number: int) -> tuple[str, list[str]]:
        name = f"hub/{number}"
        if number >= self._world.unlisted:
            asked = Stop("tn.inltp", "HOTLINE", START)
            for year in range(START // 12 - 1, (START + MONTHS) // 12 + 1):
                self._stream.stops[self._token(name, year)] = asked
        return name, self._random.sample(list(COUNTRIES), self._random.randint(2, 4))

    def _background(
        self, month: Month, hubs: Sequence[tuple[str, list[str]]], lines: dict[str, list[str]]
    ) -> None:
        random = self._random
        (country,) = random.choices(list(COUNTRIES), list(COUNTRIES.values()))
        case = self._case(country, month, None)
        chance = random.random()
        if chance < 0.06:
            name = random.choice([name for name, where in hubs if country in where] or [hubs[0][0]])
            self._note(case, name, "PHONE", random.choice(ROLES))
        elif chance < 0.24:
            # A line of a quarter, in use for a while.
            line = lines[country][(month * 7 + random.randrange(25)) % 150]
            self._note(case, line, random.choice(TYPES), random.choice(ROLES))
        for _ in range(random.choice((1, 1, 1, 2))):
            self._note(case, self._fresh(), random.choice(TYPES), random.choice(ROLES))

    # --- What is to be found ----------------------------------------------------------------------

    def _network(self, number: int, *, is_chain: bool) -> None:
        random = self._random
        name = f"network/{number}"
        where = random.sample(list(COUNTRIES), random.randint(2, 3))
        lasts = random.randint(6, 14)
        start = START + random.randrange(MONTHS - lasts)
        kinds = {f"{name}/{n}": random.choice(TYPES) for n in range(random.randint(1, 4))}
        usual = {identifier: random.choice(ROLES) for identifier in kinds}
        manner = self._manner()
        lines = {c: f"line/{c}/{random.randrange(150)}" for c in where}
        cases = set()
        wanted = random.randint(5, 25)
        if is_chain:
            visits = [
                (start + first + after, (where[0], random.choice(where[1:]), where[-1])[step], role)
                for first in (random.randrange(lasts - 2) for _ in range(max(wanted // 3, 2)))
                for step, (role, after) in enumerate(PASSAGE)
            ]
        else:
            visits = [
                (start + random.randrange(lasts), where[n % len(where)], "") for n in range(wanted)
            ]
        for month, country, role in visits:
            case = self._case(country, month, manner)
            cases.add(case[0])
            if random.random() < 0.1:
                # Even a trafficker calls from the shop at the corner.
                self._note(case, lines[country], "PHONE", random.choice(ROLES))
            if random.random() < 0.5:
                self._note(case, self._fresh(), random.choice(TYPES), random.choice(ROLES))
            for identifier, kind in kinds.items():
                if random.random() < self._world.noted:
                    said = role or usual[identifier]
                    said = random.choice((*ROLES, "_U")) if random.random() < 0.1 else said
                    self._note(case, identifier, kind, said)
        self._stream.networks.append(Network(name, is_chain, frozenset(kinds), frozenset(cases)))

    # --- Cases and facts --------------------------------------------------------------------------

    def _case(
        self, country: str, month: Month, manner: frozenset[str] | None
    ) -> tuple[CaseKey, Month]:
        authority = self._random.choice(AUTHORITIES[country])
        key = CaseKey(country, authority, self._random.randbytes(16))
        codes = self._manner()
        if manner is not None:
            kept = {code for code in sorted(manner) if self._random.random() < 0.8}
            codes = frozenset(kept | set(self._random.sample(sorted(codes), 1)))
        self._stream.profiles.append(CaseProfile(*key, month, codes))
        return key, month

    def _manner(self) -> frozenset[str]:
        codes: set[str] = set()
        for kind, list_id in KINDS.items():
            known = [code for code in codelist(list_id).codes if code != "_U"]
            weights = [1 / (1 + rank) for rank in range(len(known))]
            many = self._random.randint(1, 3 if kind == "MEANS" else 2)
            codes |= {f"{kind}:{code}" for code in self._random.choices(known, weights, k=many)}
        return frozenset(codes)

    def _note(self, case: tuple[CaseKey, Month], name: str, kind: str, role: str) -> None:
        """States that a case holds an identifier, perhaps wrongly, late, or only for a while."""
        random = self._random
        key, month = case
        if random.random() < self._world.wrong:
            name = self._fresh()
        tokens = tuple(self._token(name, year) for year in (month // 12, month // 12 - 1))
        sighting = Sighting(random.randbytes(16), *key, tokens, kind, role, month)
        came = month + (random.randint(1, 6) if random.random() < 0.05 else 0)
        self._stream.arrivals.append((came, sighting))
        if random.random() < 0.02:
            self._stream.withdrawals[sighting.fact] = came + random.randint(1, 6)

    def _fresh(self) -> str:
        self._made += 1
        return f"fresh/{self._made}"

    def _token(self, name: str, year: int) -> bytes:
        token = sha256(f"{year}/{name}".encode()).digest()
        self._stream.names[token] = name
        return token

    def _poisson(self, mean: float) -> int:
        """Knuth 1969: how many uniform numbers multiply to no less than exp(-mean)."""
        count, product, floor = 0, self._random.random(), exp(-mean)
        while product > floor:
            count, product = count + 1, product * self._random.random()
        return count
