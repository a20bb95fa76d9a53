"""The dimensions of the cells: how an event falls into them.

A dimension gives an event's value or values. Two kinds:

* **Single**: every counted thing has one value, ``_U`` where it is unknown. The total is the sum.
* **Multiple**: a thing may have several values (a victim suffered two forms of exploitation), so
  the sum over them is more than the number of things. Every thing also adds to ``_T``, and the
  total is read there. Such dimensions are marked as not additive wherever they are shown.

``EXPLOITATION`` counts a victim once under each code recorded, each of its parents, and its group
in both groupings: ``SDG_*`` puts servitude and slavery with forced labour (SDG 16.2.2 metadata),
``NAT_*`` under other forms, as national returns to UNODC do. ``SDG`` counts it under the group of
SDG 16.2.2 alone: beside a second multiple dimension, that keeps the cells of one victim few.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from schemas.case_events import EVENT_TYPES
from schemas.codelists import FOLDER, codelist

Event = Mapping[str, Any]
"""An event's fields, as validated, with ``event_type``.

Events of a ledger also tell when their fact was first accepted
(`processors.indicators.acceptance`).
"""
Values = tuple[str, ...]
Reader = Callable[[Event, Event], Values]
"""From the counted event and the event that describes the person to the dimension's values."""

TOTAL = "_T"
UNKNOWN = "_U"
NOT_APPLICABLE = "_Z"


@dataclass(frozen=True)
class Dimension:
    """A dimension of cells.

    Attributes:
        name: SDMX-style name, e.g. ``SEX``.
        read: Gives the values of an event.
        multiple: Whether an event may have several values.
    """

    name: str
    read: Reader
    multiple: bool = False


def _field(*names: str) -> Reader:
    """The first of the fields that the event has, or else that the person's description has."""

    def read(event: Event, person: Event) -> Values:
        for source in (event, person):
            for name in names:
                if name in source:
                    return (source[name],)
        return (UNKNOWN,)

    return read


def _flag(name: str) -> Reader:
    """A field that is true or false."""
    return lambda event, _person: ("Y",) if event[name] else ("N",)


def _many(name: str) -> Reader:
    """A list field, or a single one, and the total."""

    def read(event: Event, _person: Event) -> Values:
        value = event[name]
        return (TOTAL, value) if isinstance(value, str) else (TOTAL, *value)

    return read


@cache
def _groups() -> dict[str, Values]:
    """Both groups of every exploitation code."""
    with (FOLDER / "exploitation_groups.csv").open(encoding="utf-8") as file:
        return {row["code"]: (row["sdg"], row["national"]) for row in csv.DictReader(file)}


@cache
def forms_of(codes: Values) -> Values:
    """All values of ``EXPLOITATION`` under which a set of codes is counted, each once.

    Example:
        >>> forms_of(("SRV", "SEX_PROST"))
        ('NAT_OTH', 'NAT_SEX', 'SDG_LAB', 'SDG_SEX', 'SEX', 'SEX_PROST', 'SRV', '_T')
    """
    listing = codelist("CL_EXPLOITATION")
    found = {TOTAL}
    for code in codes:
        found |= {code, *listing.ancestors(code), *_groups().get(code, ())}
    return tuple(sorted(found))


def _exploitation(event: Event, person: Event) -> Values:
    codes = event.get("exploitation") or person.get("exploitation") or (UNKNOWN,)
    return forms_of(tuple(codes))


@cache
def _sdg_groups_of(codes: Values) -> Values:
    """The groups of SDG 16.2.2 under which a set of codes is counted, and the total."""
    found = {_groups()[code][0] if code in _groups() else UNKNOWN for code in codes}
    return (TOTAL, *sorted(found))


def _sdg(event: Event, _person: Event) -> Values:
    return _sdg_groups_of(tuple(event["exploitation"]))


@cache
def _national_or_foreign(citizenship: str, country: str) -> Values:
    if citizenship in ("NATIONAL", country):
        return ("NATIONAL",)
    return (citizenship,) if citizenship in (UNKNOWN, "STATELESS") else ("FOREIGN",)


def _natfor(event: Event, person: Event) -> Values:
    citizenship = event.get("citizenship") or person.get("citizenship") or UNKNOWN
    return _national_or_foreign(citizenship, event["country"])


def _origin(event: Event, _person: Event) -> Values:
    """Where the journey began; a national who came back from abroad left from home."""
    return (event.get("country_of_recruitment") or event["country"],)


def _transit(event: Event, _person: Event) -> Values:
    """The first country of transit; none is told apart from hidden ones."""
    if transit := event.get("transit_countries"):
        return (transit[0],)
    return (UNKNOWN if "transit_countries" in event["suppressed_fields"] else NOT_APPLICABLE,)


def _destination(event: Event, _person: Event) -> Values:
    return (event.get("country_of_exploitation") or event["counterpart"],)


@cache
def lag_band(month: str, day: str) -> str:
    """How many days after a month something happened on a day, as a code of ``CL_DUR_BAND``.

    Counted from the end of the month, because the day of the fact never leaves the country: the
    real lag is up to a month longer.

    Example:
        >>> [lag_band("2023-05", day) for day in ("2023-05-20", "2023-06-08", "2024-01-01")]
        ['D0T7', 'D8T30', 'D181T365']
    """
    year, number = int(month[:4]), int(month[5:])
    ended = date(year + number // 12, number % 12 + 1, 1).toordinal() - 1
    days = date.fromisoformat(day).toordinal() - ended
    return next(code for code, most in BANDS.items() if days <= most)


def _lag(event: Event, _person: Event) -> Values:
    return (lag_band(event["period"], event["first_accepted"]),)


BANDS: dict[str, float] = {
    "D0T7": 7,
    "D8T30": 30,
    "D31T90": 90,
    "D91T180": 180,
    "D181T365": 365,
    "D_GT365": float("inf"),
}
"""The bands of ``CL_DUR_BAND`` in their order, with the most days of each."""


DELAYS = ("days_from_report", "days_from_identification", "days_from_referral")
"""An event has one of these."""

QUALITY_FIELDS: dict[str, str] = {
    "period": "MONTH",
    "sex": "SEX",
    "age_band": "AGE",
    "adult": "AGE",
    "citizenship": "CITIZ",
    "exploitation": "EXPLOITATION",
    "region": "REGION",
    "geography": "GEOGRAPHY",
    "country_of_recruitment": "ORIGIN",
    "country_of_exploitation": "DEST",
    "transit_countries": "TRANSIT",
    "recruit_channel": "RECRUIT_CHANNEL",
    "recruiter_rel": "RECRUITER",
    "means_of_control": "MEANS",
    "isic_section": "ISIC",
    "reporter": "REPORTER",
    "channel": "CHANNEL",
    "days_from_report": "DUR_BAND",
    "days_from_identification": "DUR_BAND",
    "days_from_referral": "DUR_BAND",
    "days_from_investigation": "DUR_BAND",
    "sentence": "SENTENCE",
}
"""Fields whose unknown values are watched, and the dimension that they belong to."""


@cache
def _watched(event_type: str) -> tuple[tuple[str, str], ...]:
    """The watched fields of an event type, with their dimensions."""
    fields = EVENT_TYPES[event_type].model_fields
    return tuple((name, d) for name, d in QUALITY_FIELDS.items() if name in fields)


@cache
def _watched_dimensions(event_type: str) -> Values:
    return tuple(dimension for _, dimension in _watched(event_type))


def _observed(event: Event, _person: Event) -> Values:
    return _watched_dimensions(event["event_type"])


def _unobserved(event: Event, _person: Event) -> Values:
    hidden = event["suppressed_fields"]
    return tuple(
        dimension
        for name, dimension in _watched(event["event_type"])
        if event[name] in (UNKNOWN, [UNKNOWN]) or name in hidden
    )


DIMENSIONS: dict[str, Dimension] = {
    dimension.name: dimension
    for dimension in (
        Dimension("SEX", _field("sex")),
        Dimension("AGE", _field("age_band", "adult")),
        Dimension("CITIZ", _field("citizenship")),
        Dimension("NATFOR", _natfor),
        Dimension("REGION", _field("region")),
        Dimension("GEOGRAPHY", _field("geography")),
        Dimension("EXPLOITATION", _exploitation, multiple=True),
        Dimension("SDG", _sdg, multiple=True),
        Dimension("ORIGIN", _origin),
        Dimension("TRANSIT", _transit),
        Dimension("DEST", _destination),
        Dimension("CHANNEL", _field("channel")),
        Dimension("REPORTER", _field("reporter")),
        Dimension("MEANS", _many("means_of_control"), multiple=True),
        Dimension("RECRUIT_CHANNEL", _field("recruit_channel")),
        Dimension("RECRUITER", _field("recruiter_rel")),
        Dimension("ISIC", _field("isic_section")),
        Dimension("DUR_BAND", _field(*DELAYS)),
        Dimension("SERVICE", _many("service"), multiple=True),
        Dimension("DIRECTION", _field("direction")),
        Dimension("COUNTERPART", _field("counterpart")),
        Dimension("KIND", _field("kind")),
        Dimension("OFFENCE", _field("offence_basis")),
        Dimension("STAGE", _field("stage")),
        Dimension("SENTENCE", _field("sentence")),
        Dimension("ASSETS", _flag("assets_confiscated")),
        Dimension("TYPE", _field("network_type")),
        Dimension("OUTCOME", _field("outcome")),
        Dimension("AXIS", _field("axis")),
        Dimension("AUDIENCE", _many("audience"), multiple=True),
        Dimension("MODE", _field("mode")),
        Dimension("TRAINERS", _flag("is_tot")),
        Dimension("LAG", _lag),
        # Not multiple: here it is the fields of an event that are counted, not the event.
        Dimension("DIMENSION", _observed),
        Dimension("DIMENSION_UNKNOWN", _unobserved),
    )
}
