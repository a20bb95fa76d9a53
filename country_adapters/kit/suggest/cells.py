"""Whether cells are what a header says: dates, numbers, places, words for codes.

Nothing here tells what stands in a cell; it counts, and names words of our own vocabulary. A word
that the vocabulary does not have is taken for one of it if it is one slip of the pen away (see
``kit.text``), and then only as a suggestion.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from rapidfuzz import process
from rapidfuzz.distance import OSA

from country_adapters.kit.columns import DateColumn, NumberColumn
from country_adapters.kit.dates import DateFormat, read_date
from country_adapters.kit.digits import plain
from country_adapters.kit.sources.base import squeeze
from country_adapters.kit.suggest.vocabulary import Word, words_of
from country_adapters.kit.text import SHORTEST_WITH_A_SLIP, fold
from schemas.errors import SouthmedError

ENOUGH = 0.5
"""Share of the filled cells that must be what the header says."""
SEPARATORS = (";", "،", ",", "/", "+", "|", "\n", " ")
UNITS = ("ans", "an", "years", "year", "y", "سنة", "سنوات", "عاما", "عام")
SERIALS = (20_000, 60_000)
"""Excel's numbers for days of 1954 to 2064."""
HIJRI_YEARS = (1300, 1500)
_HIJRI_MARK = "ه"
_DATE = re.compile(
    r"(\d{1,4})[/.\-\s؍](\d{1,2})[/.\-\s؍](\d{1,4})(?:[T ][\d:.+Z-]*)?\s*([هم]?)ـ*\.?"
)


@dataclass(frozen=True)
class Dates:
    """How a column writes its dates.

    Attributes:
        orders: The orders under which it reads, the likeliest first; several if no day decides.
        calendar: The calendar that the years and marks show.
        serials: Whether there are bare numbers that are days in Excel.
        month_first: Whether only months before days make sense of it, which is never read.
    """

    orders: tuple[str, ...]
    calendar: str = "gregorian"
    serials: bool = False
    month_first: bool = False


def share(cells: Sequence[object], right: Callable[[object], bool]) -> float:
    """The share of cells that are right; 0 without cells."""
    return sum(map(right, cells)) / len(cells) if cells else 0.0


def reads(read: Callable[[object], object]) -> Callable[[object], bool]:
    """Whether a reading of the kit accepts a cell."""

    def accepts(cell: object) -> bool:
        try:
            read(cell)
        except SouthmedError:
            return False
        return True

    return accepts


# --- Dates ---------------------------------------------------------------------------------------


def dates(cells: Sequence[object], today: date) -> Dates | None:
    """How a column writes dates, or None if it holds none.

    Example:
        >>> dates(["03/04/2024", "25/04/2024"], date(2026, 1, 1)).orders
        ('dmy',)
    """
    texts = [plain(cell).replace("ـ", "") for cell in cells if isinstance(cell, str)]
    parts = [found.groups() for text in texts if (found := _DATE.fullmatch(text))]
    calendar = _calendar(parts)
    numbers = [c for c in cells if isinstance(c, int | float) and not isinstance(c, bool)]
    serials = share(numbers, lambda n: SERIALS[0] <= float(str(n)) <= SERIALS[1]) > ENOUGH
    fitting: dict[str, int] = {}
    for order in ("dmy", "iso", "ymd"):
        how = DateFormat.model_validate({"order": order, "calendar": calendar, "serials": serials})
        fitting[order] = sum(map(reads(partial(read_date, how=how, today=today)), cells))
    most = max(fitting.values(), default=0)
    month_first = sum(_is_month_first(part) for part in parts)
    if month_first and month_first >= sum(_is_day_first(part) for part in parts):
        return Dates((), calendar, serials, month_first=True)
    if not cells or most / len(cells) < ENOUGH:
        return None
    right = tuple(order for order, count in fitting.items() if count == most)
    if not parts:
        return Dates(right[:1], calendar, serials)  # the workbook itself holds days
    if "iso" in right:
        right = ("iso",)
    decided = right != ("dmy",) or any(map(_is_day_first, parts))
    return Dates(right if decided else ("dmy", "mdy"), calendar, serials)


def _calendar(parts: Iterable[tuple[str, ...]]) -> str:
    years, marks = [], set()
    for first, _, last, mark in parts:
        years.append(int(first if len(first) == 4 else last))
        marks.add(mark)
    hijri = [HIJRI_YEARS[0] <= year <= HIJRI_YEARS[1] for year in years]
    if _HIJRI_MARK in marks:
        return "marked" if not all(hijri) or "" in marks or "م" in marks else "hijri"
    return "hijri" if hijri and all(hijri) else "gregorian"


def _is_day_first(part: tuple[str, ...]) -> bool:
    return len(part[0]) < 3 and int(part[0]) > 12


def _is_month_first(part: tuple[str, ...]) -> bool:
    return len(part[0]) < 3 and int(part[1]) > 12


def date_column(how: Dates, order: str) -> DateColumn:
    """A column that reads dates so."""
    return DateColumn.model_validate(
        {"kind": "date", "order": order, "calendar": how.calendar, "serials": how.serials}
    )


# --- Numbers -------------------------------------------------------------------------------------


def units(cells: Sequence[object]) -> tuple[str, ...]:
    """The units after numbers, of those that are known."""
    texts = [plain(cell) for cell in cells if isinstance(cell, str)]
    after = {re.sub(r"^-?\d+\s*", "", text) for text in texts}
    return tuple(unit for unit in UNITS if unit in after)


def is_number(cell: object, allowed: Sequence[str]) -> bool:
    """Whether a cell is a whole number, alone or with one of the units."""
    column = NumberColumn(kind="number", units=list(allowed))
    return reads(lambda found: column.read(found, None))(cell)  # type: ignore[arg-type]


# --- Words ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """What the words of a column stand for.

    Attributes:
        values: Code -> words of our vocabulary that occur, and those one slip away.
        checks: Words that are only probably right.
        known: Share of the words that stand for something.
        unknown: How many different words stand for nothing that we know.
    """

    values: Mapping[str, tuple[str, ...]]
    checks: frozenset[str]
    known: float
    unknown: int


def separators(cells: Sequence[object], list_id: str) -> str:
    """What stands between the words of a cell, if splitting makes more of them known."""
    texts = [cell for cell in cells if isinstance(cell, str)]
    present = [sign for sign in SEPARATORS if any(sign in text for text in texts)]
    best = max(present, key=lambda sign: words(cells, list_id, sign).known, default="")
    return best if best and words(cells, list_id, best).known > words(cells, list_id).known else ""


def words(cells: Sequence[object], list_id: str, split: str = "") -> Words:
    """What the words of a column stand for in a code list."""
    found = Counter(part for cell in cells for part in _parts(cell, split))
    table = words_of(list_id)
    values: dict[str, dict[str, None]] = {}
    checks: set[str] = set()
    known = 0
    for word, count in found.items():
        meant = _meant(word, table)
        if meant is None:
            continue
        known += count
        values.setdefault(meant.code, {})[meant.spelling] = None
        checks |= set() if meant.sure else {meant.spelling}
    return Words(
        {code: tuple(spellings) for code, spellings in values.items()},
        frozenset(checks),
        known / found.total() if found else 0.0,
        sum(_meant(word, table) is None for word in found),
    )


def _parts(cell: object, split: str) -> list[str]:
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        return []
    text = str(cell)
    return [part.strip() for part in (text.split(split) if split else [text]) if part.strip()]


def _meant(word: str, table: Mapping[str, Word]) -> Word | None:
    """What a word stands for: itself, or with one slip that leaves its first letter alone."""
    folded = fold(word) or word
    if folded in table:
        return table[folded]
    if len(folded) < SHORTEST_WITH_A_SLIP:
        return None
    near = process.extract(folded, table.keys(), scorer=OSA.distance, score_cutoff=1, limit=None)
    meant = {table[name].code for name, _, _ in near if name[0] == folded[0]}
    return Word(meant.pop(), squeeze(word), sure=False) if len(meant) == 1 else None
