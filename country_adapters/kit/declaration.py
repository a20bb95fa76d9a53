r"""The declaration of a national register: ``register.yaml`` beside its ``codes.yaml``.

It says, for each table of the register, where it is read from, what its columns are, which stay
home, and which events a row states. ``checks`` holds the rules that a declaration must keep;
``mapping`` carries it out. Every column of the register is either declared or ignored by name.

Example (shortened)::

    authority: tn.inltp
    country: TUN
    tables:
      victims:
        source: {kind: workbook, file: register.xlsx, sheets: '\d{4}', header_lines: [2, 3]}
        columns:
          case:       {header: Dossier / N°, kind: key}
          line:       {header: Dossier / Ligne, kind: key}
          identified: {header: Identification / Date, kind: date, order: dmy}
          sex:        {header: Victime / Sexe, kind: code, table: sex, blank: _U}
        ignore: [Victime / Nom et prénom]
        row_key: [case, line]
        case_key: [case]
        victim_key: [line]
        events:
          - type: victim.identified
            when: {filled: identified}
            period: identified
            fields: {sex: sex}
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from country_adapters.kit.anonymity import Policy
from country_adapters.kit.columns import Column, GroupColumn
from country_adapters.kit.row import CODED, Need, Row
from country_adapters.kit.rules import Const, FieldRule, Names
from country_adapters.kit.sources.base import Wanted
from country_adapters.kit.sources.csv_table import CsvOptions
from country_adapters.kit.sources.dhis2 import Dhis2Options
from country_adapters.kit.sources.kobo import KoboOptions
from country_adapters.kit.sources.kobo_api import KoboApiOptions
from country_adapters.kit.sources.primero import PrimeroOptions
from country_adapters.kit.sources.sql_table import SqlOptions
from country_adapters.kit.sources.workbook import WorkbookOptions

ANY_KIND = (*CODED, "key", "number", "date", "group")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# --- Conditions ----------------------------------------------------------------------------------


class FilledIn(_Part):
    """All these columns hold something."""

    filled: Names

    def needs(self) -> Iterator[Need]:
        yield from ((name, ANY_KIND) for name in self.filled)

    def holds(self, row: Row) -> bool:
        return all(row[name] is not None for name in self.filled)


class Blank(_Part):
    """All these columns are blank."""

    blank: Names

    def needs(self) -> Iterator[Need]:
        yield from ((name, ANY_KIND) for name in self.blank)

    def holds(self, row: Row) -> bool:
        return all(row[name] is None for name in self.blank)


class Is(_Part):
    """The column holds one of these codes (or this part of a key)."""

    column: str
    codes: Names = Field(alias="is")

    def needs(self) -> Iterator[Need]:
        yield self.column, (*CODED, "key")

    def holds(self, row: Row) -> bool:
        return not set(row.codes(self.column)).isdisjoint(self.codes)


class AnyOf(_Part):
    """At least one of the conditions holds."""

    any_of: list[Condition]

    def needs(self) -> Iterator[Need]:
        for condition in self.any_of:
            yield from condition.needs()

    def holds(self, row: Row) -> bool:
        return any(condition.holds(row) for condition in self.any_of)


_CONDITIONS = ("filled", "blank", "column", "any_of")


def _condition_word(condition: object) -> str | None:
    return next((w for w in _CONDITIONS if isinstance(condition, dict) and w in condition), None)


Condition = Annotated[
    Annotated[FilledIn, Tag("filled")]
    | Annotated[Blank, Tag("blank")]
    | Annotated[Is, Tag("column")]
    | Annotated[AnyOf, Tag("any_of")],
    Discriminator(
        _condition_word,
        custom_error_type="condition",
        custom_error_message="filled, blank, column with is, or any_of",
    ),
]


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list) else [value]


Conditions = Annotated[
    list[Condition],
    BeforeValidator(_one_or_many, json_schema_input_type=Condition | list[Condition]),
]
"""One condition, or a list of conditions that must all hold."""


# --- Tables --------------------------------------------------------------------------------------


class EventRule(_Part):
    """When a row states an event, and with which fields.

    Attributes:
        type: The event type.
        slot: Tells two rules of one type apart in the identity of what they state; never change it.
        when: Conditions; none means always. One on a column of the group in ``each`` keeps out the
            elements for which it does not hold, one on a column of the row keeps out all.
        period: The date column whose month is the event's.
        region: Where the fact was recorded; unknown if not given.
        each: A many-valued column or a group: one event for each of its items.
        fields: The fields of the event type, but those that are filled in by the kit.
    """

    type: str
    slot: str = ""
    when: Conditions = []
    period: str
    region: FieldRule = Const(const="_U")
    each: str | None = None
    fields: dict[str, FieldRule]

    @cached_property
    def on_row(self) -> tuple[Condition, ...]:
        """The conditions on the whole row."""
        return tuple(each for each in self.when if not _about_element(each))

    @cached_property
    def on_element(self) -> tuple[Condition, ...]:
        """The conditions on one element of a group."""
        return tuple(each for each in self.when if _about_element(each))


def _about_element(condition: Condition) -> bool:
    return any("." in name for name, _ in condition.needs())


class IdentifierRule(_Part):
    """When the identifiers of a column count, and for what.

    Attributes:
        column: The column of identifiers, or ``group.column`` for all elements of a group.
        role: What the facilitator is said to have done (``CL_ROLE``).
        evidence_grade: How well that is established (``CL_EVID_GRADE``); C may not leave.
        period: The date column whose month is the fact's.
        keep_months: How long after that month a token may be kept.
        when: Conditions; none means always.
    """

    column: str
    role: str
    evidence_grade: str
    period: str
    keep_months: int = Field(default=24, ge=1, le=120)
    when: Conditions = []


class Gone(_Part):
    """How many rows of a table may be missing from a complete reading.

    Up to ``most_rows`` or ``most_percent`` of the rows known, whichever is more, they are taken to
    be deleted. Beyond both, a file cut short or a wrong folder is likelier, and a person decides.

    Attributes:
        most_rows: So many may always go.
        most_percent: So large a share may.
    """

    most_rows: int = Field(default=10, ge=0)
    most_percent: float = Field(default=5, ge=0, le=100)

    def may_go(self, gone: int, known: int) -> bool:
        """Whether so many of the known rows may go without a word of confirmation."""
        return gone <= self.most_rows or gone * 100 <= self.most_percent * known


class Requirement(_Part):
    """Columns that may not be blank, in every row or under conditions.

    Attributes:
        columns: One column, or several.
        when: Conditions; none means always.
    """

    columns: Names
    when: Conditions = []


SourceOptions = Annotated[
    WorkbookOptions
    | CsvOptions
    | SqlOptions
    | KoboOptions
    | KoboApiOptions
    | PrimeroOptions
    | Dhis2Options,
    Field(discriminator="kind"),
]
"""Where the rows of a table are read from."""


class TableDeclaration(_Part):
    """One table of a register.

    Attributes:
        source: Where its rows are read from.
        columns: The columns used, by short name.
        ignore: Headers of the columns that stay home.
        row_key: Columns that identify a row, for corrections.
        case_key: Columns that identify the case; the same identity in every table.
        case_space: Keeps apart cases of several kinds, such as files and trainings.
        victim_key: Columns that identify a victim within the case.
        suspect_key: Columns that identify a suspect within the case.
        required: Columns that may not be blank.
        order: Lists of date columns that must not run backwards, blanks left out.
        gone: How many rows may be missing from a complete reading.
        events: What a row states.
        identifiers: Which identifiers of alleged facilitators a row names.
    """

    source: SourceOptions
    columns: dict[str, Column]
    ignore: list[str] = []
    row_key: Names
    case_key: Names
    case_space: str = "case"
    victim_key: list[str] = []
    suspect_key: list[str] = []
    required: list[Requirement] = []
    order: list[Annotated[list[str], Field(min_length=2)]] = []
    gone: Gone = Gone()
    events: list[EventRule] = Field(min_length=1)
    identifiers: list[IdentifierRule] = []

    def header(self, name: str) -> str:
        """The header of a column, or of a column in a group, as people see it."""
        group, _, inner = name.partition(".")
        column = self.columns[group]
        if inner and isinstance(column, GroupColumn):
            return column.columns[inner].header or inner
        return column.header or group

    def wanted(self) -> Wanted:
        """The allow-list of headers for the source."""
        groups = {
            self.header(name): Wanted(
                tuple(inner.header or key for key, inner in column.columns.items()),
                tuple(column.ignore),
            )
            for name, column in self.columns.items()
            if isinstance(column, GroupColumn)
        }
        return Wanted(tuple(map(self.header, self.columns)), tuple(self.ignore), groups)


class RegisterDeclaration(_Part):
    """The whole of ``register.yaml``.

    Attributes:
        authority: Id of the authority, as in the trust document; begins with its country's code.
        country: The reporting country, ISO 3166-1 alpha-3.
        tables: The tables of the register, by a name for reports and rejects.
        anonymity: How the gate is to be sharper than agreed (``anonymity``), if at all.
    """

    authority: Annotated[str, Field(pattern=r"^[a-z]{2}\.[a-z0-9-]{2,30}$")]
    country: str
    tables: dict[str, TableDeclaration] = Field(min_length=1)
    anonymity: Policy = Policy()
