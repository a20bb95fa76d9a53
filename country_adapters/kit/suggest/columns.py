"""A meaning for each column of a table, or the decision that it stays home.

The rules:

1. A table is about what most of its headers are about.
2. Each meaning is given once, to the header that fits best; a guess is a question, and marked.
3. Whatever a header says, the cells must agree: at least half of those that are filled must be
   dates, numbers, places or known words. Else the column stays home, marked.
4. A blank is "unknown" where the code list has that code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from country_adapters.kit.countries import resolve_country
from country_adapters.kit.errors import AnswerInvalid
from country_adapters.kit.places import resolve_region
from country_adapters.kit.suggest import cells as of_cells
from country_adapters.kit.suggest.cells import ENOUGH, Words
from country_adapters.kit.suggest.headers import CERTAIN, matches, stays_home
from country_adapters.kit.suggest.looks import Look
from country_adapters.kit.suggest.questions import IGNORE, Decide, Question
from country_adapters.kit.suggest.vocabulary import HOME, Meaning, meanings, subjects
from schemas.codelists import codelist

UNKNOWN = "_U"
PERSONAL = frozenset({"line", "identity", "sex", "born", "age", "citizenship", "presumed"})
"""Meanings that only a table of persons has."""
MAY_BE_UNKNOWN = frozenset({"citizenship", "recruited_in"})
RANGES: Mapping[str, Mapping[str, object]] = {"age": {"max": 110}, "hours": {"min": 1, "max": 2000}}
NEVER_BY_DEFAULT = frozenset({"sentence"})
"""Meanings whose event is stated because the cell is filled; a blank stays a blank."""
MONTH_FIRST = "check: its dates have the month first, which is not read; export year-month-day"
CALENDARS = {
    "hijri": "check: all years look like those of the Hijri calendar",
    "marked": "check: some dates bear the mark of the Hijri calendar, others are Gregorian",
}
NOT_UNDERSTOOD, STAYS_HOME = "not understood", "stays home"


@dataclass(frozen=True)
class Setting:
    """What suggestions depend on besides the table."""

    country: str
    today: date
    decide: Decide


@dataclass(frozen=True)
class ColumnProposal:
    """A column that is used.

    Attributes:
        name: Its short name, which is its meaning.
        header: Its header.
        options: The rest of its declaration.
        checks: What must be looked at.
        words: What its words stand for, if it is a column of codes.
    """

    name: str
    header: str
    options: Mapping[str, object]
    checks: tuple[str, ...] = ()
    words: Words | None = field(default=None, repr=False)


@dataclass(frozen=True)
class StaysHome:
    """A column that is not used, and why."""

    header: str
    why: str

    @property
    def marked(self) -> bool:
        """Whether someone should look at it."""
        return self.why.startswith("check:")


def subject_of(look: Look) -> str:
    """What a table is about."""

    def weight(about: str) -> tuple[float, bool]:
        assigned = assign(look, about)
        persons = any(PERSONAL & {name for name, _ in assign(look, a).values()} for a in subjects())
        preferred = ("victims" if persons else "reports") == about
        return sum(score for _, score in assigned.values()), preferred

    return max(subjects(), key=weight)


def assign(look: Look, about: str) -> dict[str, tuple[str, float]]:
    """The meaning and score of each header that has one in tables about this."""
    found = sorted(
        (-match.score, place, match.name, header)
        for place, header in enumerate(look.headers)
        if header and not stays_home(header)
        for match in matches(header)
        if match.name != HOME and about in meanings()[match.name].about
    )
    given: dict[str, tuple[str, float]] = {}
    taken: set[str] = set()
    for score, _, name, header in found:
        if header not in given and name not in taken:
            given[header] = (name, -score)
            taken.add(name)
    return given


def propose(
    look: Look, table: str, about: str, setting: Setting
) -> tuple[list[ColumnProposal], list[StaysHome]]:
    """What becomes of every column of a table.

    Raises:
        AnswerInvalid: An answer is no meaning.
    """
    assigned = assign(look, about)
    answers = {
        header: _answer(header, assigned.get(header, (IGNORE, 0.0)), table, setting)
        for header in dict.fromkeys(h for h in look.headers if h)
    }
    chosen = {name: header for header, (name, given) in answers.items() if given}
    used: list[ColumnProposal] = []
    home: list[StaysHome] = []
    for header, (name, given) in answers.items():
        if name == IGNORE or chosen.get(name, header) != header:
            home.append(StaysHome(header, STAYS_HOME if stays_home(header) else NOT_UNDERSTOOD))
            continue
        made = _column(meanings()[name], header, table, look, setting)
        if isinstance(made, StaysHome):
            home.append(made)
        elif not given and assigned[header][1] < CERTAIN:
            similar = f"check: taken for {name} by a header that is only similar"
            used.append(replace(made, checks=(similar, *made.checks)))
        else:
            used.append(made)
    return _one_calendar(used), home


def _answer(
    header: str, found: tuple[str, float], table: str, setting: Setting
) -> tuple[str, bool]:
    """What a header means, and whether someone said so against the suggestion."""
    name, score = found
    others = [m.name for m in matches(header) if m.name in meanings() and m.name != name]
    question = Question(
        ("tables", table, "columns", header),
        f"The column «{header}» of {table} looks like: {name}. What is it?",
        name,
        tuple(dict.fromkeys((name, *others, IGNORE))),
        doubtful=name != IGNORE and score < CERTAIN,
    )
    answer = setting.decide(question)
    if answer != IGNORE and answer not in meanings():
        raise AnswerInvalid(expected=f"ignore, or one of {', '.join(meanings())}", got="another")
    return answer, answer not in (name, IGNORE)


def _one_calendar(columns: list[ColumnProposal]) -> list[ColumnProposal]:
    """The same columns; where one has marked dates, all may have them: unmarked ones read alike."""
    if not any(column.options.get("calendar") == "marked" for column in columns):
        return columns
    return [
        replace(column, options={**column.options, "calendar": "marked"})
        if column.options["kind"] == "date" and "calendar" not in column.options
        else column
        for column in columns
    ]


# --- One column ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """A column that is about to be judged by its cells."""

    meaning: Meaning
    header: str
    table: str
    filled: list[object] = field(repr=False)
    setting: Setting


def _column(
    meaning: Meaning, header: str, table: str, look: Look, setting: Setting
) -> ColumnProposal | StaysHome:
    filled = look.filled(header)
    if not filled:
        return StaysHome(header, f"check: reads like {meaning.name}, but nothing is filled in")
    made = _KINDS[meaning.kind](_Found(meaning, header, table, filled, setting))
    if made is None:
        why = f"check: reads like {meaning.name}, but its cells are no {meaning.kind} that we know"
        return StaysHome(header, why)
    return made


def _key(it: _Found) -> ColumnProposal | None:
    return ColumnProposal(it.meaning.name, it.header, {"kind": "key"})


def _code(it: _Found) -> ColumnProposal | None:
    split = of_cells.separators(it.filled, it.meaning.codes_of) if it.meaning.many else ""
    words = of_cells.words(it.filled, it.meaning.codes_of, split)
    if words.known < ENOUGH:
        return None
    options: dict[str, object] = {"kind": "code", "table": it.meaning.table}
    if split:
        options["split"] = split
    if UNKNOWN in codelist(it.meaning.codes_of) and it.meaning.name not in NEVER_BY_DEFAULT:
        options["blank"] = UNKNOWN
    checks: tuple[str, ...] = ()
    if words.unknown:
        checks = (f"check: words in no table yet: {words.unknown}; rows with them are refused",)
    return ColumnProposal(it.meaning.name, it.header, options, checks, words)


def _country(it: _Found) -> ColumnProposal | None:
    accepted = of_cells.reads(lambda cell: resolve_country(str(cell)))
    options: dict[str, object] = {"kind": "country"}
    parts = it.filled
    if it.meaning.many:
        split = next((s for s in of_cells.SEPARATORS if any(s in str(c) for c in it.filled)), "")
        split = "" if split == " " and of_cells.share(it.filled, accepted) > ENOUGH else split
        if split:
            options["split"] = split
            parts = [part for cell in it.filled for part in str(cell).split(split) if part.strip()]
    if of_cells.share(parts, accepted) < ENOUGH:
        return None
    if it.meaning.name in MAY_BE_UNKNOWN:
        options["blank"] = UNKNOWN
    return ColumnProposal(it.meaning.name, it.header, options, _refused(parts, accepted))


def _region(it: _Found) -> ColumnProposal | None:
    accepted = of_cells.reads(lambda cell: resolve_region(str(cell), it.setting.country))
    if of_cells.share(it.filled, accepted) < ENOUGH:
        return None
    options = {"kind": "region", "blank": UNKNOWN}
    return ColumnProposal(it.meaning.name, it.header, options, _refused(it.filled, accepted))


def _number(it: _Found) -> ColumnProposal | None:
    units = of_cells.units(it.filled)
    accepted = [of_cells.is_number(cell, units) for cell in it.filled]
    if sum(accepted) / len(accepted) < ENOUGH:
        return None
    options: dict[str, object] = {"kind": "number", **RANGES.get(it.meaning.name, {})}
    if units:
        options["units"] = list(units)
    return ColumnProposal(it.meaning.name, it.header, options)


def _date(it: _Found) -> ColumnProposal | StaysHome | None:
    how = of_cells.dates(it.filled, it.setting.today)
    if how is None:
        return None
    if how.month_first:
        return StaysHome(it.header, MONTH_FIRST)
    order, checks = how.orders[0], list[str]()
    if len(how.orders) > 1:
        order = it.setting.decide(
            Question(
                ("tables", it.table, "orders", it.header),
                f"No date under «{it.header}» tells day from month. Which comes first (dmy, mdy)?",
                order,
                how.orders,
            )
        )
        checks.append(f"check: no date tells day from month; taken for {order}")
    if order == "mdy":
        return StaysHome(it.header, MONTH_FIRST)
    options: dict[str, object] = {"kind": "date", "order": order}
    if how.calendar != "gregorian":
        options["calendar"] = how.calendar
        checks.append(CALENDARS[how.calendar])
    if how.serials:
        options["serials"] = True
        checks.append("check: bare numbers are taken for Excel's days")
    return ColumnProposal(it.meaning.name, it.header, options, tuple(checks))


def _refused(cells: list[object], accepted: Callable[[object], bool]) -> tuple[str, ...]:
    """A note on the cells that name no place we know."""
    count = len({str(cell) for cell in cells if not accepted(cell)})
    return (f"check: names not known: {count}; rows with them are refused",) if count else ()


_KINDS = {
    "key": _key,
    "code": _code,
    "country": _country,
    "region": _region,
    "number": _number,
    "date": _date,
}
