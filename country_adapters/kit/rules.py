"""The vocabulary of rules: how the field of an event comes from the columns of a row.

A field is either the short name of a column, or a mapping with one of these words:

=============== ==================================================================================
``column``      the value of a column (same as its bare name)
``first_of``    the value of the first of several columns that is not blank
``optional``    the value of a column; a blank says nothing (null, or an empty list)
``all_of``      the codes of several columns together, each once
``const``       always the same code, number or truth value
``translate``   codes of a column turned into other codes: ``to: {A: B}``, ``else: C``
``flag``        whether a column holds one of the codes in ``is``
``filled``      whether a column holds anything
``age_band``    ``of`` (days of birth or ages; the first not blank) ``at`` (a day): ``CL_AGE``
``adult``       the same, told as child or adult only
``delay``       days ``from`` one date ``to`` another: ``CL_DUR_BAND``
``months_band`` months ``from`` one date ``to`` another, or ``of`` a number: ``CL_TRAFF_MONTHS``
``size_band``   a number of persons: ``CL_SIZE_BAND``
``geography``   ``from`` a country of recruitment ``to`` one of exploitation: ``CL_TRAFF_GEOG``
=============== ==================================================================================

A rule whose column is blank is a problem of the row (``MISSING_VALUE``): declare ``blank`` for the
column if a blank has a meaning. The bands are the exception: without their dates or numbers they
are unknown, ``_U``. Each class below is one word; ``value`` says what it means.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, ClassVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from country_adapters.kit.bands import (
    ADULT,
    AGE,
    DELAY,
    MONTHS,
    SIZE,
    UNKNOWN,
    Bands,
    band,
    whole_months,
    whole_years,
)
from country_adapters.kit.errors import DatesOutOfOrder, MissingValue, NumberOutOfRange
from country_adapters.kit.row import CODED, DATED, PLAIN, Need, Row, Rule, as_codes, backwards
from schemas.codelists import codelist

OLDEST = 110
"""Years; a higher age is a slip of the pen."""


def _as_list(names: object) -> object:
    return [names] if isinstance(names, str) else names


Names = Annotated[
    list[str],
    BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
    Field(min_length=1),
]


class FromColumn(Rule):
    column: str

    def needs(self) -> Iterator[Need]:
        yield self.column, PLAIN

    def value(self, row: Row) -> Any:
        return row.needed(self.column)


class FirstOf(Rule):
    first_of: list[str] = Field(min_length=1)

    def needs(self) -> Iterator[Need]:
        yield from ((name, PLAIN) for name in self.first_of)

    def value(self, row: Row) -> Any:
        for name in self.first_of:
            if (value := row[name]) is not None:
                return value
        raise MissingValue(expected="one of them", got="blanks", columns=tuple(self.first_of))


class Optional(Rule):
    optional: str

    def needs(self) -> Iterator[Need]:
        yield self.optional, PLAIN

    def value(self, row: Row) -> Any:
        return row[self.optional]


class AllOf(Rule):
    """Unknown beside a known code, and a code beside one below it in ``narrowest``, are dropped."""

    all_of: list[str] = Field(min_length=1)
    narrowest: str | None = None

    def needs(self) -> Iterator[Need]:
        yield from ((name, CODED) for name in self.all_of)

    def value(self, row: Row) -> Any:
        codes = dict.fromkeys(code for name in self.all_of for code in row.codes(name))
        if not codes:
            raise MissingValue(expected="one of them", got="blanks", columns=tuple(self.all_of))
        listing = codelist(self.narrowest) if self.narrowest else None
        above = {UNKNOWN}.union(*(listing.ancestors(code) for code in codes) if listing else ())
        return tuple(code for code in codes if code not in above) or (UNKNOWN,)


class Const(Rule):
    const: bool | int | str | list[str]

    def value(self, row: Row) -> Any:  # noqa: ARG002
        return self.const


class Translate(Rule):
    translate: str
    to: dict[str, str]
    otherwise: str | None = Field(default=None, alias="else")

    def needs(self) -> Iterator[Need]:
        yield self.translate, CODED

    def value(self, row: Row) -> Any:
        value = row.needed(self.translate)
        codes = [self.to.get(code, self.otherwise) for code in as_codes(value)]
        known = dict.fromkeys(code for code in codes if code is not None)
        if not known:
            raise MissingValue(
                expected="a code that is translated", got="another", columns=(self.translate,)
            )
        return tuple(known) if isinstance(value, tuple) else next(iter(known))


class Flag(Rule):
    flag: str
    codes: Names = Field(alias="is")

    def needs(self) -> Iterator[Need]:
        yield self.flag, CODED

    def value(self, row: Row) -> Any:
        return not set(as_codes(row.needed(self.flag))).isdisjoint(self.codes)


class Filled(Rule):
    filled: str

    def needs(self) -> Iterator[Need]:
        yield self.filled, (*PLAIN, "date", "age")

    def value(self, row: Row) -> Any:
        return row[self.filled] is not None


class Span(BaseModel):
    """From one date to another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: str = Field(alias="from")
    end: str = Field(alias="to")

    def needs(self) -> Iterator[Need]:
        yield self.start, DATED
        yield self.end, DATED

    def days(self, row: Row) -> tuple[date, date] | None:
        """Both days in order, or None if one is blank.

        Raises:
            DatesOutOfOrder: The end comes first.
        """
        start, end = row.day(self.start), row.day(self.end)
        if start is None or end is None:
            return None
        if end < start:
            raise backwards(self.start, self.end)
        return start, end


class Delay(Rule):
    delay: Span

    def needs(self) -> Iterator[Need]:
        yield from self.delay.needs()

    def value(self, row: Row) -> Any:
        days = self.delay.days(row)
        return band((days[1] - days[0]).days, DELAY) if days else UNKNOWN


class Number(BaseModel):
    """A number of something."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: str


class MonthsBand(Rule):
    months_band: Span | Number

    def needs(self) -> Iterator[Need]:
        if isinstance(self.months_band, Span):
            yield from self.months_band.needs()
        else:
            yield self.months_band.of, ("number",)

    def value(self, row: Row) -> Any:
        if isinstance(self.months_band, Span):
            days = self.months_band.days(row)
            return band(whole_months(*days), MONTHS) if days else UNKNOWN
        number = row[self.months_band.of]
        return band(number, MONTHS) if isinstance(number, int) else UNKNOWN


class SizeBand(Rule):
    size_band: str

    def needs(self) -> Iterator[Need]:
        yield self.size_band, ("number",)

    def value(self, row: Row) -> Any:
        number = row[self.size_band]
        if not isinstance(number, int):
            return UNKNOWN
        if number < 1:
            raise NumberOutOfRange(expected="1 or more", got="less", columns=(self.size_band,))
        return band(number, SIZE)


class AgeAt(BaseModel):
    """Days of birth or ages, and the days at which the age counts; the first not blank of each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: Names
    at: Names

    def needs(self) -> Iterator[Need]:
        yield from ((name, ("date", "number")) for name in self.of)
        yield from ((name, DATED) for name in self.at)

    def band(self, row: Row, bands: Bands) -> str:
        """The band of the age, unknown without birth or age."""
        known = next((name for name in self.of if row[name] is not None), None)
        fact = next((name for name in self.at if row[name] is not None), None)
        if known is None or fact is None:
            return UNKNOWN
        age, at = row[known], row[fact]
        if isinstance(age, date) and isinstance(at, date):
            if at < age:
                raise DatesOutOfOrder(
                    expected="a birth before the fact", got="a later one", columns=(known, fact)
                )
            age = whole_years(age, at)
        if not isinstance(age, int) or not 0 <= age <= OLDEST:
            raise NumberOutOfRange(
                expected=f"an age up to {OLDEST}", got="a number outside", columns=(known,)
            )
        return band(age, bands)


class AgeBand(Rule):
    age_band: AgeAt

    def needs(self) -> Iterator[Need]:
        yield from self.age_band.needs()

    def value(self, row: Row) -> Any:
        return self.age_band.band(row, AGE)


class Adult(Rule):
    adult: AgeAt

    def needs(self) -> Iterator[Need]:
        yield from self.adult.needs()

    def value(self, row: Row) -> Any:
        return self.adult.band(row, ADULT)


class Way(BaseModel):
    """From a country of recruitment to a country of exploitation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: str = Field(alias="from")
    end: str | None = Field(default=None, alias="to")


class Geography(Rule):
    """Without ``to``, exploitation was in the reporting country."""

    geography: Way
    FOUR: ClassVar[frozenset[str]] = frozenset(codelist("CL_REPORTING_COUNTRY").codes)

    def needs(self) -> Iterator[Need]:
        yield self.geography.start, ("country",)
        if self.geography.end:
            yield self.geography.end, ("country",)

    def value(self, row: Row) -> Any:
        start = row[self.geography.start]
        end = row[self.geography.end] if self.geography.end else row.country
        if start in (None, UNKNOWN) or end in (None, UNKNOWN):
            return UNKNOWN
        if start == end:
            return "DOM"
        return "XB4" if {start, end} <= self.FOUR else "XB"


def _word(rule: object) -> str | None:
    """Which word of the vocabulary a rule uses, or None if it is none of them, or several."""
    if isinstance(rule, Rule):
        return next(iter(type(rule).model_fields))
    used = [key for key in rule if key in _WORDS] if isinstance(rule, dict) else []
    return used[0] if len(used) == 1 else None


_OneWord = Annotated[
    Annotated[FromColumn, Tag("column")]
    | Annotated[FirstOf, Tag("first_of")]
    | Annotated[Optional, Tag("optional")]
    | Annotated[AllOf, Tag("all_of")]
    | Annotated[Const, Tag("const")]
    | Annotated[Translate, Tag("translate")]
    | Annotated[Flag, Tag("flag")]
    | Annotated[Filled, Tag("filled")]
    | Annotated[AgeBand, Tag("age_band")]
    | Annotated[Adult, Tag("adult")]
    | Annotated[Delay, Tag("delay")]
    | Annotated[MonthsBand, Tag("months_band")]
    | Annotated[SizeBand, Tag("size_band")]
    | Annotated[Geography, Tag("geography")],
    Discriminator(
        _word,
        custom_error_type="rule",
        custom_error_message="the name of a column, or one word of the vocabulary of rules",
    ),
]

FieldRule = Annotated[
    _OneWord,
    BeforeValidator(
        lambda rule: {"column": rule} if isinstance(rule, str) else rule,
        json_schema_input_type=str | _OneWord,
    ),
]

_WORDS = frozenset(member.__metadata__[0].tag for member in get_args(get_args(_OneWord)[0]))
