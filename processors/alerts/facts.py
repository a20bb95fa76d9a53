"""The values that detectors take and give.

The rules:

1. A **sighting** says that a case of a country holds an identifier. It knows the identifier by
   outer tokens alone: keyed digests of blind evaluations, so nothing here can be read back into a
   telephone number.
2. A **finding** says what a detector found and everything an alert may need of it. What of it may
   be told to whom is decided where alerts are made.
3. A case is named together with its authority: pseudonyms of two authorities may be equal and mean
   two cases.
4. Months are numbers, so that they can be subtracted. Only months up to the present one and inside
   the look-back count; whatever is older is forgotten, and that bounds every state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

Month = int
"""Months since the year 0: ``year * 12 + month - 1``."""

LOOK_BACK = 24
"""Months that a sighting is looked at, the present one included."""
FEWEST_COUNTRIES = 2
"""A network is looked for across a border; inside one country its own authorities see it."""

Detector = Literal["D1", "D2", "D5", "D6"]


class CaseKey(NamedTuple):
    """A case of an authority."""

    country: str
    authority: str
    case: bytes


@dataclass(frozen=True, slots=True)
class Sighting:
    """That a case of a country holds an identifier, by its tokens.

    Attributes:
        fact: Reference of the fact, 16 bytes; one sighting for each.
        country: Alpha-3.
        authority: Who says so.
        case: Pseudonym of the case, 16 bytes.
        tokens: Outer tokens: of the epoch, and of the year before if there is one.
        link_type: What kind of identifier (CL_LINK_TYPE).
        role: What its holder is said to have done (CL_ROLE).
        month: When.
        backed: Whether the case has another event that stands.
    """

    fact: bytes
    country: str
    authority: str
    case: bytes
    tokens: tuple[bytes, ...]
    link_type: str
    role: str
    month: Month
    backed: bool = True

    @property
    def holder(self) -> CaseKey:
        return CaseKey(self.country, self.authority, self.case)


@dataclass(frozen=True, slots=True)
class CaseProfile:
    """What is coded of how a case was done.

    Attributes:
        codes: Code with its list before it: ``ACT:`` (CL_ACT), ``MEANS:`` (CL_MEANS_CONTROL),
            ``LEGAL:`` (CL_LEGAL_MEANS), ``CHANNEL:`` (CL_RECRUIT_CHANNEL), ``FORM:``
            (CL_EXPLOITATION), ``ROUTE:`` (CL_ROUTE_MODE). Unknown (``_U``) is not a code.
    """

    country: str
    authority: str
    case: bytes
    month: Month
    codes: frozenset[str]

    @property
    def holder(self) -> CaseKey:
        return CaseKey(self.country, self.authority, self.case)


Profiles = Mapping[CaseKey, CaseProfile]


@dataclass(frozen=True, slots=True)
class Series:
    """Counts of consecutive months.

    Attributes:
        key: What is counted, e.g. origin and country.
        start: The month of the first count.
        counts: One a month.
    """

    key: tuple[str, ...]
    start: Month
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Finding:
    """What a detector found.

    Attributes:
        detector: Which.
        tokens: Outer tokens of the identifiers that it is about, sorted; empty for D6. Two
            findings of one detector that share a token (or, for D6, a case) are about the same.
        cases: The cases concerned, sorted.
        unbacked: Those of them that nothing but tokens speaks of.
        link_types: Kinds of identifiers, sorted.
        roles: Roles of their holders, sorted.
        first: Month of the first case.
        last: Month of the last one.
        level: How often a component has doubled (D2), how many ordered chains there are (D5),
            else 0. A finding whose level rose is worth telling again.
        typologies: What it resembles (`processors.alerts.typology`), in the order of the table.
        doubtful: It may be a shared line rather than a network: see `processors.alerts.hubs`.
    """

    detector: Detector
    tokens: tuple[bytes, ...]
    cases: tuple[CaseKey, ...]
    unbacked: frozenset[CaseKey]
    link_types: tuple[str, ...]
    roles: tuple[str, ...]
    first: Month
    last: Month
    level: int = 0
    typologies: tuple[str, ...] = ()
    doubtful: bool = False

    @cached_property
    def cases_by_country(self) -> dict[str, int]:
        return _counted(case.country for case in self.cases)

    @property
    def countries(self) -> tuple[str, ...]:
        return tuple(self.cases_by_country)

    @property
    def authorities(self) -> tuple[str, ...]:
        return tuple(sorted({case.authority for case in self.cases}))

    @property
    def strength(self) -> Strength:
        return Strength(
            cases=len(self.cases),
            backed=len(self.cases) - len(self.unbacked),
            authorities=len(self.authorities),
            types=len(self.link_types),
        )


class Strength(NamedTuple):
    """How much a finding rests on.

    Attributes:
        cases: How many cases.
        backed: How many of them have another event that stands.
        authorities: How many authorities speak.
        types: How many kinds of identifiers.
    """

    cases: int
    backed: int
    authorities: int
    types: int


def finding_of(
    detector: Detector,
    sightings: Iterable[Sighting],
    *,
    level: int = 0,
) -> Finding:
    """The finding that rests on some sightings."""
    rests_on = tuple(sightings)
    cases = {sighting.holder for sighting in rests_on}
    backed = {sighting.holder for sighting in rests_on if sighting.backed}
    return Finding(
        detector=detector,
        tokens=tuple(sorted({token for sighting in rests_on for token in sighting.tokens})),
        cases=tuple(sorted(cases)),
        unbacked=frozenset(cases - backed),
        link_types=tuple(sorted({sighting.link_type for sighting in rests_on})),
        roles=tuple(sorted({sighting.role for sighting in rests_on})),
        first=min(sighting.month for sighting in rests_on),
        last=max(sighting.month for sighting in rests_on),
        level=level,
    )


def is_recent(month: Month, now: Month, months: int = LOOK_BACK) -> bool:
    """Whether a month lies in the last months, the present one included."""
    return now - months < month <= now


def _counted(countries: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(countries).items()))
