"""What a finding resembles, in words that analysts know.

A typology is a pattern of the field (domain research, section 9), here those that tokens can show:
rows 2, 4, 13, 14 and 15. The table `TYPOLOGIES` says what evidence each one asks for; labels stand
in ``typologies.csv``. **The French and Arabic labels are unreviewed**: they were written for this
project and await a native reader of the field.

The rules:

1. A finding resembles a typology if **every** piece of evidence of its row is there. It may
   resemble several, or none: then nothing is said.
2. "Constant" and "mostly" are judged on the cases whose codes are known, at least two of them;
   where there are fewer, the evidence is missing, not given.
3. To resemble is no proof. The words are "resembles", and the cases decide.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal

from processors.alerts.facts import Finding, Profiles, Sighting
from processors.alerts.hubs import Hub

Language = Literal["en", "fr", "ar"]
REVIEWED: frozenset[Language] = frozenset({"en"})
"""Languages whose labels a reader of the field has agreed to."""
ROTATION_MONTHS = 3
FEWEST_CODED = 2
MAGHREB, MASHREQ = frozenset({"TUN", "MAR"}), frozenset({"JOR", "LBN"})
UNKNOWN = "_U"


@dataclass(frozen=True)
class Evidence:
    """What is known of a finding.

    Attributes:
        finding: The finding.
        sightings: What it rests on.
        codes: Codes of its cases, as far as they are known.
    """

    finding: Finding
    sightings: Sequence[Sighting]
    codes: Sequence[frozenset[str]]


Asks = Callable[[Evidence], bool]


def _kinds(*link_types: str) -> Asks:
    return lambda e: not set(link_types).isdisjoint(e.finding.link_types)


def _in_any(countries: Iterable[str]) -> Asks:
    wanted = frozenset(countries)
    return lambda e: not wanted.isdisjoint(e.finding.countries)


def _mostly(*codes: str) -> Asks:
    """At least half of the coded cases have one of the codes."""
    wanted = frozenset(codes)

    def asks(e: Evidence) -> bool:
        having = sum(not wanted.isdisjoint(known) for known in e.codes)
        return len(e.codes) >= FEWEST_CODED and 2 * having >= len(e.codes)

    return asks


def _one_form(e: Evidence) -> bool:
    """All coded cases share a form of exploitation."""
    forms = [frozenset(c for c in known if c.startswith("FORM:")) for known in e.codes]
    return len(forms) >= FEWEST_CODED and bool(frozenset.intersection(*forms))


def _moves_quickly(e: Evidence) -> bool:
    """Two cases of different countries that follow each other hold one identifier in 3 months."""
    by_time: dict[tuple[bytes, ...], list[Sighting]] = defaultdict(list)
    for sighting in sorted(e.sightings, key=lambda s: (s.month, s.country)):
        by_time[sighting.tokens[:1]].append(sighting)
    return any(
        one.country != other.country and other.month - one.month <= ROTATION_MONTHS
        for line in by_time.values()
        for one, other in pairwise(line)
    )


def _other_roles_elsewhere(e: Evidence) -> bool:
    """Two countries know the holder of one identifier in roles none of which they share."""
    roles: dict[bytes, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for sighting in e.sightings:
        if sighting.role != UNKNOWN:
            for token in sighting.tokens:
                roles[token][sighting.country].add(sighting.role)
    return any(
        one.isdisjoint(other)
        for by_country in roles.values()
        for one in by_country.values()
        for other in by_country.values()
    )


TYPOLOGIES: Mapping[str, tuple[Asks, ...]] = {
    "KAFALA_AGENCY": (_kinds("AGENCYREG", "AGENCYNAME"), _in_any(MASHREQ), _mostly("FORM:LAB_DOM")),
    "JOB_OFFER": (
        _kinds("HANDLE", "PHONE"),
        _in_any(MAGHREB),
        _in_any(MASHREQ),
        _mostly("CHANNEL:JOBAD", "CHANNEL:SOCIAL"),
    ),
    "ROTATION": (_moves_quickly, _one_form),
    "ROLE_SPLIT": (_other_roles_elsewhere,),
}
"""The evidence that each typology asks for, in the order in which they are told."""
OF_HUBS = ("SHARED_LINE",)
"""What a hub resembles: many hold it, and what they hold it for has nothing in common."""


def with_typologies(
    findings: Iterable[Finding], sightings: Iterable[Sighting], profiles: Profiles
) -> list[Finding]:
    """Findings with what they resemble.

    Args:
        findings: What was found.
        sightings: Everything seen; of it only what a finding rests on is looked at.
        profiles: How cases were done.
    """
    listed = list(findings)
    wanted = {token for finding in listed for token in finding.tokens}
    by_token: dict[bytes, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        for token in sighting.tokens:
            if token in wanted:
                by_token[token].append(sighting)
    return [replace(f, typologies=_resembles(_evidence(f, by_token, profiles))) for f in listed]


def named_hubs(hubs: Iterable[Hub]) -> list[Hub]:
    """Hubs with what they resemble."""
    return [replace(hub, typologies=OF_HUBS) for hub in hubs]


def _evidence(
    finding: Finding, by_token: Mapping[bytes, Sequence[Sighting]], profiles: Profiles
) -> Evidence:
    cases = frozenset(finding.cases)
    rests_on = {
        sighting.fact: sighting
        for token in finding.tokens
        for sighting in by_token[token]
        if sighting.holder in cases and finding.first <= sighting.month <= finding.last
    }
    known = [profiles[case].codes for case in finding.cases if case in profiles]
    return Evidence(finding, list(rests_on.values()), known)


def _resembles(evidence: Evidence) -> tuple[str, ...]:
    return tuple(
        code for code, asked in TYPOLOGIES.items() if all(asks(evidence) for asks in asked)
    )


@cache
def labels() -> Mapping[str, Mapping[Language, str]]:
    """The labels of each typology."""
    with (files("processors.alerts") / "typologies.csv").open(encoding="utf-8") as file:
        return {
            row["code"]: {"en": row["label_en"], "fr": row["label_fr"], "ar": row["label_ar"]}
            for row in csv.DictReader(file)
        }


def label(code: str, language: Language = "en") -> str:
    """The label of a typology.

    Example:
        >>> label("ROLE_SPLIT")
        'Roles split across borders'
    """
    return labels()[code][language]
