"""What each audience ought to be told of what was found.

The rules (research, section 4.3; decision 0020):

1. The contact point of a country is told of D1, D2 and D5 if a case of its own is concerned: its
   own cases by pseudonym, of the others the country alone, and whether its cases are backed.
2. Analysts are told of what stands when everything unbacked is left out, and only if that is at
   least `FEWEST_CASES` cases of `FEWEST_AUTHORITIES` authorities in two countries: the countries, a
   band of sizes, a quarter, what it resembles. No token, no kind of identifier, no case, no month.
   What may be a shared line is not told them at all.
3. D6 rests on no token. It is a lead, and analysts alone are told of it.
4. Everybody is told of surges, because they are computed from what is published already.
5. What is told is a function of what stands: no clock, no order, no memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, NamedTuple

from processors.alerts.basis import Anchor, Basis, Secrets, Strength
from processors.alerts.facts import (
    FEWEST_COUNTRIES,
    LOOK_BACK,
    CaseKey,
    CaseProfile,
    Finding,
    Month,
    Profiles,
    Sighting,
    finding_of,
)
from processors.alerts.growth import WINDOW
from processors.alerts.typology import with_typologies
from processors.alerts.words import (
    ANALYST,
    CONTACT,
    DOUBTFUL,
    RESEMBLES,
    UNBACKED,
    of_codes,
    of_months,
    of_patterns,
    sentence,
    together,
)
from schemas.alerts import (
    ANALYSTS,
    CONTACTS,
    AnalystEvidence,
    CaseName,
    Channel,
    ContactEvidence,
    Counterpart,
    MonthBand,
    SizeBand,
)
from schemas.releases import Names

FEWEST_CASES = 3
FEWEST_AUTHORITIES = 2
TO_CONTACTS = frozenset({"D1", "D2", "D5"})
LOOKS_BACK: Mapping[str, int] = {"D1": LOOK_BACK, "D2": WINDOW, "D5": LOOK_BACK, "D6": LOOK_BACK}
"""Months after which evidence is too old for a detector."""


class Piece(NamedTuple):
    """One thing that a finding rests on: a fact, or for D6 a case."""

    thing: bytes
    case: CaseKey
    month: Month
    backed: bool


@dataclass(frozen=True)
class Matter:
    """A finding with all that it rests on.

    Attributes:
        finding: What was found.
        pieces: What it rests on, sorted.
        sightings: Of it what has tokens.
    """

    finding: Finding
    pieces: tuple[Piece, ...]
    sightings: tuple[Sighting, ...] = ()

    @property
    def name(self) -> bytes:
        """The same for the same pieces; for telling matters apart, and for a fixed order."""
        digest = sha256(self.finding.detector.encode())
        for piece in self.pieces:
            digest.update(sha256(repr((piece.thing, piece.case)).encode()).digest())
        return digest.digest()

    @property
    def unbacked(self) -> frozenset[str]:
        """Countries of which no case is backed."""
        backed = {piece.case.country for piece in self.pieces if piece.backed}
        return frozenset(self.finding.countries) - backed


@dataclass(frozen=True)
class Ought:
    """What one audience ought to be told.

    Attributes:
        channel: Which.
        matter: Name of the matter that it is of.
        unbacked: Countries of the matter of which no case is backed.
        detector: By what it was found.
        anchors: Digests of all that it rests on.
        basis: What the alert will carry of that.
        fields: The other fields of the alert.
    """

    channel: Channel
    matter: bytes
    unbacked: frozenset[str]
    detector: str
    anchors: frozenset[bytes]
    basis: Basis
    fields: Mapping[str, Any]


def disclose(
    findings: Iterable[Finding],
    sightings: Iterable[Sighting],
    profiles: Iterable[CaseProfile],
    secrets: Secrets,
) -> list[Ought]:
    """What ought to be told to contact points and analysts.

    Args:
        findings: What the detectors found.
        sightings: What they found it in.
        profiles: How cases were done.
        secrets: The secret behind ids and anchors.
    """
    by_case = {profile.holder: profile for profile in profiles}
    oughts: list[Ought] = []
    for matter in matters(findings, sightings, by_case):
        if matter.finding.detector in TO_CONTACTS:
            oughts += (
                _to_contact(matter, country, secrets) for country in matter.finding.countries
            )
        if (backed := _backed(matter, by_case)) is not None and _may_be_told(backed):
            oughts.append(_to_analysts(backed, secrets))
    return sorted(oughts, key=lambda ought: (ought.channel.topic, ought.detector, ought.matter))


def matters(
    findings: Iterable[Finding], sightings: Iterable[Sighting], profiles: Profiles
) -> list[Matter]:
    """Findings with what they rest on, in an order of their own."""
    by_token: dict[bytes, list[Sighting]] = {}
    for sighting in sightings:
        for token in sighting.tokens:
            by_token.setdefault(token, []).append(sighting)
    made = (_matter(finding, by_token, profiles) for finding in findings)
    return sorted(made, key=lambda matter: matter.name)


def _matter(
    finding: Finding, by_token: Mapping[bytes, Sequence[Sighting]], profiles: Profiles
) -> Matter:
    cases = frozenset(finding.cases)
    if not finding.tokens:
        found = (Piece(_of_case(c), c, profiles[c].month, True) for c in finding.cases)
        return Matter(finding, tuple(sorted(found)))
    rests_on = {
        sighting.fact: sighting
        for token in finding.tokens
        for sighting in by_token.get(token, ())
        if sighting.holder in cases and finding.first <= sighting.month <= finding.last
    }
    seen = tuple(rests_on[fact] for fact in sorted(rests_on))
    return Matter(finding, tuple(sorted(_piece(sighting) for sighting in seen)), seen)


def _piece(sighting: Sighting) -> Piece:
    # Two authorities may use the same reference for two facts.
    fact = sighting.authority.encode() + b"|" + sighting.fact
    return Piece(fact, sighting.holder, sighting.month, sighting.backed)


def _of_case(case: CaseKey) -> bytes:
    return case.authority.encode() + b"|" + case.case


# --- Contact points ------------------------------------------------------------------------------


def _to_contact(matter: Matter, country: str, secrets: Secrets) -> Ought:
    finding, channel = matter.finding, CONTACTS[country]
    others = [other for other in finding.countries if other != country]
    about = ContactEvidence(
        detector=finding.detector,
        cases=[
            CaseName(authority=case.authority, case=case.case.hex())
            for case in finding.cases
            if case.country == country
        ],
        counterparts=[Counterpart(country=o, backed=o not in matter.unbacked) for o in others],
        link_types=list(finding.link_types),
        months=MonthBand(first=month(finding.first), last=month(finding.last)),
        resembles=list(finding.typologies),
        doubtful=finding.doubtful,
        words=_contact_words(matter, others),
    )
    fields = {
        "country": country,
        "backed": country not in matter.unbacked,
        "expires": month(finding.last + LOOKS_BACK[finding.detector]),
        "about": about,
    }
    return _ought(channel, matter, fields, secrets)


def _contact_words(matter: Matter, others: Sequence[str]) -> Names:
    finding = matter.finding
    said = [
        sentence(
            CONTACT[finding.detector],
            others=of_codes("CL_REPORTING_COUNTRY", others),
            types=of_codes("CL_LINK_TYPE", finding.link_types),
            when=of_months(month(finding.first), month(finding.last)),
        ),
        *_resembles(finding.typologies),
    ]
    if matter.unbacked:
        countries = of_codes("CL_REPORTING_COUNTRY", sorted(matter.unbacked))
        said.append(sentence(UNBACKED, countries=countries))
    if finding.doubtful:
        said.append(sentence(DOUBTFUL))
    return together(said)


def _resembles(typologies: Sequence[str]) -> Iterator[Names]:
    if typologies:
        yield sentence(RESEMBLES, patterns=of_patterns(typologies))


# --- Analysts ------------------------------------------------------------------------------------


def _backed(matter: Matter, profiles: Profiles) -> Matter | None:
    """The matter as it is without anything unbacked; None if nothing is left."""
    finding = matter.finding
    if all(piece.backed for piece in matter.pieces) and not finding.unbacked:
        return matter
    seen = tuple(s for s in matter.sightings if s.backed)
    if not seen:
        return None
    # What it resembles may have rested on what is left out, so that is found out anew.
    bare = finding_of(finding.detector, seen, level=finding.level)
    (left,) = with_typologies([bare], seen, profiles)
    left = replace(left, doubtful=finding.doubtful)
    return Matter(left, tuple(p for p in matter.pieces if p.backed), seen)


def _may_be_told(matter: Matter) -> bool:
    finding = matter.finding
    return (
        len(finding.cases) >= FEWEST_CASES
        and len(finding.authorities) >= FEWEST_AUTHORITIES
        and len(finding.countries) >= FEWEST_COUNTRIES
        and not finding.doubtful
    )


def _to_analysts(matter: Matter, secrets: Secrets) -> Ought:
    finding = matter.finding
    told = {"size": band(len(finding.cases)), "quarter": quarter(finding.last)}
    words = [
        sentence(
            ANALYST[finding.detector],
            countries=of_codes("CL_REPORTING_COUNTRY", finding.countries),
            **told,
        ),
        *_resembles(finding.typologies),
    ]
    about = AnalystEvidence(
        detector=finding.detector,
        countries=list(finding.countries),
        size=band(len(finding.cases)),
        quarter=told["quarter"],
        resembles=list(finding.typologies),
        lead=finding.detector == "D6",
        words=together(words),
    )
    expires = quarter(finding.last + LOOKS_BACK[finding.detector])
    return _ought(ANALYSTS, matter, {"expires": expires, "about": about}, secrets)


# --- Both ----------------------------------------------------------------------------------------


def _ought(channel: Channel, matter: Matter, fields: Mapping[str, Any], secrets: Secrets) -> Ought:
    finding = matter.finding
    anchors = {
        Anchor(secrets.anchor(channel.topic, finding.detector, piece.thing), piece.month)
        for piece in matter.pieces
    }
    strength = Strength(
        len(finding.cases), len(finding.countries), len(finding.link_types), finding.level
    )
    return Ought(
        channel=channel,
        matter=matter.name,
        unbacked=matter.unbacked,
        detector=finding.detector,
        anchors=frozenset(anchor.digest for anchor in anchors),
        basis=Basis.of(strength, anchors),
        fields=fields,
    )


class Standing:
    """The anchors of everything that stands inside the look-back, found or not.

    Args:
        sightings: What stands of identifiers.
        profiles: What stands of cases.
        secrets: The secret behind anchors.
    """

    def __init__(
        self, sightings: Iterable[Sighting], profiles: Iterable[CaseProfile], secrets: Secrets
    ) -> None:
        self._facts = [_piece(sighting) for sighting in sightings]
        self._cases = [_of_case(profile.holder) for profile in profiles]
        self._secrets = secrets
        self._known: dict[tuple[str, str], frozenset[bytes]] = {}

    def __call__(self, channel: Channel, detector: str) -> frozenset[bytes]:
        """The anchors that an audience's alerts of a detector may rest on."""
        asked = (channel.topic, detector)
        if asked not in self._known:
            counts = [p.thing for p in self._facts if p.backed or channel is not ANALYSTS]
            things = self._cases if detector == "D6" else counts
            made = (self._secrets.anchor(channel.topic, detector, thing) for thing in things)
            self._known[asked] = frozenset(made)
        return self._known[asked]


def band(cases: int) -> SizeBand:
    """The band of a number of cases."""
    return "2-3" if cases < 4 else "4-9" if cases < 10 else "10+"


def month(number: Month) -> str:
    """``2026-05``."""
    return f"{number // 12}-{number % 12 + 1:02}"


def quarter(number: Month) -> str:
    """``2026-Q2``."""
    return f"{number // 12}-Q{number % 12 // 3 + 1}"
