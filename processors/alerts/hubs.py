"""Lines that unrelated people share: hotlines, embassies, organisations, call shops.

A hub ties cases together that have nothing to do with each other, and it does so from its second
case on: blocking what many cases hold is too late for D1, and a list of hubs does the work
(research, section 4.2: precision 0.73 without, 1.00 with one). The rules:

1. **Stop list.** The platform cannot know that a token is a hotline; the authorities can. They have
   its number evaluated like any other and name its token as one to be stopped; the platform keeps
   the outer tokens in a file, each with the authority that asked, a kind and a month. An
   identifier is stopped if any of its tokens is on the list, so that a stop outlives a new key.
2. **Degree.** What more than 25 backed cases hold inside the look-back is blocked as well. Cases
   that nothing else speaks of do not count: whoever could invent 26 of them could blind the rest.
3. **Candidates.** An identifier that 8 or more backed cases of one country hold, and whose cases
   are no more alike than cases of that country drawn by chance, may be a line missing on the list:

       mean over pairs of |A & B| / |A | B|, A and B the codes of two cases,
       is at most the 95 % quantile of the same mean over equally many cases drawn by chance

   A case without codes is like no other. A candidate is not blocked: it goes on alerting, marked
   as doubtful, until an authority has put it on the list or let it stand.
4. **Nothing is dropped in silence.** Whatever is blocked or suspected is a `Hub` for the operator,
   with the countries that it would have brought together and with who asked to stop it: a stop is
   also a way to hide a line, so one that hides a hit across a border is for a second pair of eyes.

State: the list, and identifiers seen in the look-back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, NamedTuple

from processors.alerts.chance import ROUNDS, quantile, shuffles, stream_of
from processors.alerts.errors import StopListInvalid
from processors.alerts.facts import CaseKey, Month, Profiles
from processors.alerts.identify import Identifier, backed_only

HUB_CASES = 25
"""What more backed cases hold is blocked."""
CANDIDATE_CASES = 8
"""So many backed cases of one country make an identifier worth looking at."""
NO_CODES: frozenset[str] = frozenset()
_LINE = re.compile(r"([0-9a-f]{64}),([a-z]{2}\.[a-z0-9-]+),([A-Z]+),(\d{4})-(0[1-9]|1[0-2])")

Reason = Literal["STOPPED", "DEGREE", "CANDIDATE"]


class Stop(NamedTuple):
    """A line of the stop list: who asked, what for, since when."""

    authority: str
    kind: str
    month: Month


Stops = Mapping[bytes, Stop]
NO_STOPS: Stops = {}


@dataclass(frozen=True, slots=True)
class Hub:
    """An identifier that is taken, or may be taken, for a shared line.

    Attributes:
        reason: Why.
        tokens: Its outer tokens, sorted.
        cases_by_country: Backed cases that hold it.
        link_types: Its kinds.
        stopped_by: The authorities that asked to stop it.
        typologies: What it resembles.
    """

    reason: Reason
    tokens: tuple[bytes, ...]
    cases_by_country: Mapping[str, int]
    link_types: tuple[str, ...]
    stopped_by: tuple[str, ...] = ()
    typologies: tuple[str, ...] = ()

    @property
    def hides_a_hit(self) -> bool:
        """Whether an alert across a border stays away because of it."""
        return self.reason != "CANDIDATE" and len(self.cases_by_country) > 1


def read_stops(lines: Iterable[str]) -> dict[bytes, Stop]:
    """Reads a stop list: ``token,authority,kind,month`` a line; ``#`` begins a remark.

    Raises:
        StopListInvalid: A line says something else; its number is told, never its text.

    Example:
        >>> list(read_stops(["# hotlines", "00" * 32 + ",tn.inltp,HOTLINE,2026-01"]).values())
        [Stop(authority='tn.inltp', kind='HOTLINE', month=24312)]
    """
    stops = {}
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        match = _LINE.fullmatch(text)
        if match is None:
            raise StopListInvalid(expected="token,authority,KIND,YYYY-MM", got=f"line {number}")
        token, authority, kind, year, month = match.groups()
        stops[bytes.fromhex(token)] = Stop(authority, kind, int(year) * 12 + int(month) - 1)
    return stops


def part(found: Iterable[Identifier], stops: Stops) -> tuple[list[Identifier], list[Hub]]:
    """Parts identifiers into those that may be followed and those that are blocked."""
    free: list[Identifier] = []
    blocked: list[Hub] = []
    for each in found:
        if not stops.keys().isdisjoint(each.tokens):
            blocked.append(_hub("STOPPED", each, stops))
        elif is_hub(each):
            blocked.append(_hub("DEGREE", each, stops))
        else:
            free.append(each)
    return free, blocked


def is_hub(found: Identifier) -> bool:
    """Whether too many backed cases hold an identifier."""
    if len(found.sightings) <= HUB_CASES:
        return False
    return len({s.holder for s in found.sightings if s.backed}) > HUB_CASES


def candidates(found: Iterable[Identifier], profiles: Profiles, seed: bytes) -> list[Hub]:
    """Identifiers whose cases in one country are no more alike than by chance.

    Args:
        found: Identifiers as seen in the look-back, what is blocked taken out.
        profiles: How each case was done.
        seed: Seed of the facts.
    """
    busy = [each for each in found if len(each.sightings) >= CANDIDATE_CASES]
    by_chance = _Chance(profiles, seed)
    return [
        _hub("CANDIDATE", each, NO_STOPS)
        for each in backed_only(busy)
        if any(by_chance.explains(cases) for cases in _busy_countries(each))
    ]


def _busy_countries(found: Identifier) -> Iterator[list[CaseKey]]:
    """The cases of each country that has enough of them."""
    for country, count in found.cases_by_country.items():
        if count >= CANDIDATE_CASES:
            yield sorted(case for case in found.cases if case.country == country)


class _Chance:
    """How alike the cases of a country are that have nothing to do with each other."""

    def __init__(self, profiles: Profiles, seed: bytes) -> None:
        self._profiles = profiles
        self._seed = seed
        self._draws: dict[str, list[list[CaseKey]]] = {}
        self._highest: dict[tuple[str, int], float] = {}

    def explains(self, cases: Sequence[CaseKey]) -> bool:
        """Whether cases of one country are no more alike than chance makes them."""
        key = cases[0].country, len(cases)
        if key not in self._highest:
            drawn = [self._alike(order[: len(cases)]) for order in self._orders(cases[0].country)]
            self._highest[key] = quantile(drawn)
        return self._alike(cases) <= self._highest[key]

    def _orders(self, country: str) -> list[list[CaseKey]]:
        if country not in self._draws:
            cases = sorted(case for case in self._profiles if case.country == country)
            stream = stream_of(self._seed, f"hubs {country}")
            self._draws[country] = [
                [cases[place] for place in order[:HUB_CASES]]
                for order in shuffles([0] * len(cases), ROUNDS, stream)
            ]
        return self._draws[country]

    def _alike(self, cases: Sequence[CaseKey]) -> float:
        codes = [self._codes(case) for case in cases]
        pairs = list(combinations(codes, 2))
        return sum(len(a & b) / max(len(a | b), 1) for a, b in pairs) / max(len(pairs), 1)

    def _codes(self, case: CaseKey) -> frozenset[str]:
        profile = self._profiles.get(case)
        return profile.codes if profile else NO_CODES


def _hub(reason: Reason, found: Identifier, stops: Stops) -> Hub:
    backed = backed_only([found])
    asked = {stops[token].authority for token in found.tokens if token in stops}
    return Hub(
        reason=reason,
        tokens=found.tokens,
        cases_by_country=backed[0].cases_by_country if backed else {},
        link_types=tuple(sorted({sighting.link_type for sighting in found.sightings})),
        stopped_by=tuple(sorted(asked)),
    )
