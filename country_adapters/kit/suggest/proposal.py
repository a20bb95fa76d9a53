"""A first declaration of a whole register, as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from country_adapters.kit.errors import NotAReportingCountry
from country_adapters.kit.sources.csv_table import STRICT
from country_adapters.kit.suggest.columns import (
    STAYS_HOME,
    ColumnProposal,
    Setting,
    StaysHome,
    propose,
    subject_of,
)
from country_adapters.kit.suggest.events import EventProposal, LeftOut, events_of
from country_adapters.kit.suggest.keys import Keys, keys_of
from country_adapters.kit.suggest.looks import Look
from country_adapters.kit.suggest.questions import Question
from country_adapters.kit.suggest.vocabulary import subjects
from schemas.codelists import codelist
from schemas.topics import COUNTRY_CODES

OTHER = "other"
"""The subject of a table that is not to be read."""
SPACES: Mapping[str, str] = {"trainings": "training", "networks": "network"}


@dataclass(frozen=True)
class TableProposal:
    """A table of the declaration.

    Attributes:
        name: Its name.
        place: Where it was found, for people.
        source: The options of its source.
        columns: The columns used.
        home: The columns that stay home.
        keys: What tells rows apart.
        space: The case space, if not the common one.
        about: What it is about.
        events: What its rows state.
        left_out: Events that lack something.
        notes: What must be looked at about the whole.
    """

    name: str
    place: str
    source: Mapping[str, object]
    columns: tuple[ColumnProposal, ...]
    home: tuple[StaysHome, ...]
    keys: Keys
    space: str
    about: str
    events: tuple[EventProposal, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]

    @property
    def checks(self) -> int:
        """How many marked places someone must look at."""
        return (
            len(self.notes)
            + len(self.keys.checks)
            + sum(len(column.checks) for column in self.columns)
            + sum(column.marked for column in self.home)
            + sum(len(event.checks) for event in self.events)
        )


@dataclass(frozen=True)
class Proposal:
    """A first declaration."""

    authority: str
    country: str
    tables: tuple[TableProposal, ...]


def country_of(authority: str) -> str:
    """The country that an authority's id begins with, or nothing if it is none that reports."""
    two = authority.partition(".")[0]
    return next((three for three, code in COUNTRY_CODES.items() if code == two), "")


def check_country(country: str) -> str:
    """The country, if it is among those that report.

    Raises:
        NotAReportingCountry: It is not; tells what the platform adds first.
    """
    if country not in COUNTRY_CODES:
        raise NotAReportingCountry(expected=f"one of {', '.join(COUNTRY_CODES)}", got="another")
    return country


def suggest(authority: str, looks: Sequence[Look], setting: Setting) -> Proposal:
    """A first declaration of the tables that were looked at.

    Raises:
        NotAReportingCountry: The country does not report.
        KeyNotFound: Nothing tells the rows of a table apart.
    """
    check_country(setting.country)
    tables: list[TableProposal] = []
    for look in looks:
        found = subject_of(look)
        question = Question(
            ("about", look.place),
            f"What is {look.place} about?",
            found,
            (*subjects(), OTHER),
            doubtful=False,
        )
        about = setting.decide(question)
        if about != OTHER:
            name = _free(about, [table.name for table in tables])
            tables.append(_table(name, about, look, setting))
    return Proposal(authority, setting.country, tuple(tables))


def _free(name: str, taken: Sequence[str]) -> str:
    number = sum(other.partition("_")[0] == name for other in taken)
    return f"{name}_{number + 1}" if number else name


def _table(name: str, about: str, look: Look, setting: Setting) -> TableProposal:
    columns, home = propose(look, name, about, setting)
    keys = keys_of(look, about, columns)
    known = {column.name for column in columns}
    events, left_out = events_of(name, about, known, keys, setting.decide)
    used = {*keys.row, *keys.case, *keys.person}.union(*(event.uses for event in events))
    unused = [column for column in columns if column.name not in used]
    home += [StaysHome(c.header, _unused(c.name, left_out)) for c in unused]
    kept = tuple(column for column in columns if column.name in used)
    source, notes = _with_canary(look, kept)
    return TableProposal(
        name=name,
        place=look.place,
        source=source,
        columns=kept,
        home=tuple(home),
        keys=keys,
        space=SPACES.get(about, ""),
        about=about,
        events=tuple(events),
        left_out=tuple(left_out),
        notes=notes,
    )


def _unused(name: str, left_out: Sequence[LeftOut]) -> str:
    if name == "identity":
        return STAYS_HOME
    return f"check: understood as {name}, but no event uses it yet" if left_out else "not needed"


def _with_canary(
    look: Look, columns: Sequence[ColumnProposal]
) -> tuple[Mapping[str, object], tuple[str, ...]]:
    """The source of a CSV file with a canary, if it needs one and a word of ours can be it."""
    source = look.source
    if source["kind"] != "csv" or source["encoding"] in STRICT or "canary" in source:
        return source, look.notes
    ours = {
        label
        for name in ("CL_AREA", "CL_REGION")
        for c in codelist(name)
        for label in c.labels.values()
    }
    for column in columns:
        known = column.words.values.values() if column.words else ()
        spellings = {word for words in known for word in words} | (ours if not known else set())
        for cell in look.filled(column.header):
            if isinstance(cell, str) and cell in spellings and not cell.isascii():
                rest = tuple(note for note in look.notes if "canary" not in note)
                return {**source, "canary": cell}, rest
    return source, look.notes
