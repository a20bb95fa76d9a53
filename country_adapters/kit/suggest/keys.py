"""What tells rows, cases and persons of a table apart.

The rules, the first that fits the cells:

1. A number of the case and one of the person within it, if no two rows have both alike.
2. A number of the case alone, if it stands in one row only: one row is one case and one person.
3. A number of the row alone.
4. The number of an identity document, alone or beside that of the case. Of it, as of all keys, only
   a pseudonym leaves; it is marked, so that someone decides.
5. Otherwise the number of the case with what there is, marked: rows that share a key are refused.

If no way fits all rows, one does that fits all but a twentieth of them, marked: lists have slips.

A table without any of these cannot be used: whoever runs this names a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from country_adapters.kit.columns import KeyColumn
from country_adapters.kit.errors import KeyNotFound
from country_adapters.kit.suggest.columns import ColumnProposal
from country_adapters.kit.suggest.looks import Look

FIRST = "1"
SLIPS = 0.05
"""Share of rows that may repeat a key by mistake, if no key fits without."""
FEW_WITHOUT = 0.1
"""Share of cases that may have no first row, or two."""

Names = tuple[str, ...]
Found = Mapping[str, list[str | None]]


@dataclass(frozen=True)
class Keys:
    """The keys of a table, by short names of columns.

    Attributes:
        row: What identifies a row.
        case: What identifies its case.
        person: What identifies a person within the case.
        first: The value of ``line`` in the first row of each case; None if no row is the first,
            and empty if each case has one row.
        checks: What must be looked at.
    """

    row: tuple[str, ...]
    case: tuple[str, ...]
    person: tuple[str, ...]
    first: str | None
    checks: tuple[str, ...] = ()


def keys_of(look: Look, about: str, columns: Sequence[ColumnProposal]) -> Keys:
    """The keys of a table.

    Raises:
        KeyNotFound: No column identifies anything.
    """
    found = {c.name: _values(look, c.header) for c in columns if c.options["kind"] == "key"}
    for tolerated in (0.0, SLIPS):
        for row, case, person in _ways(about):
            parts = [found[name] for name in row if name in found]
            if len(parts) == len(row) and _repeats(parts) <= tolerated * len(parts[0]):
                return _marked(found, row, case, person)
    for case_name in ("case", "number", "line", "identity"):
        if case_name in found:
            row = tuple(dict.fromkeys(n for n in (case_name, "line") if n in found))
            return _marked(found, row, (case_name,), (row[-1],))
    raise KeyNotFound(expected="a column with a number of the case or the person", got="none")


def _marked(found: Found, row: Names, case: Names, person: Names) -> Keys:
    """The keys, with what someone must look at."""
    checks = []
    if "identity" in row:
        checks.append("check: a pseudonym is made of the number of a document")
    if repeats := _repeats([found[name] for name in row]):
        checks.append(f"check: {repeats} rows repeat a key; those that differ are refused")
    first, without = _first(found, case)
    if first and without:
        checks.append(f"check: {without} cases have no row with `line` {FIRST}")
    return Keys(row, case, person, first, tuple(checks))


def _ways(about: str) -> Iterator[tuple[Names, Names, Names]]:
    """Row, case and person by which columns, the best first."""
    if about in ("victims", "suspects"):
        yield ("case", "line"), ("case",), ("line",)
        yield ("case",), ("case",), ("case",)
        yield ("line",), ("line",), ("line",)
        yield ("case", "identity"), ("case",), ("identity",)
        yield ("identity",), ("identity",), ("identity",)
    elif about == "cooperation":
        yield ("number",), ("case",), ()
    yield ("case",), ("case",), ()
    yield ("number",), ("number",), ()


def _first(found: Found, case: Names) -> tuple[str | None, int]:
    """How the first row of each case is told, and how many cases have none."""
    cases = found.get(case[0])
    if cases is None or not _repeats([cases]):
        return "", 0
    if "line" not in found:
        return None, 0
    known = {number for number in cases if number is not None}
    firsts = [c for c, line in zip(cases, found["line"], strict=True) if line == FIRST]
    without = len(known - set(firsts))
    several = len(firsts) - len(set(firsts))
    return (FIRST if without + several <= FEW_WITHOUT * len(known) else None), without


def _values(look: Look, header: str) -> list[str | None]:
    """The cells of a key as the kit reads them."""
    column = KeyColumn(kind="key")
    read = column.read
    return [
        None if cell is None else read(cell, None)  # type: ignore[arg-type]
        for cell in look.cells(header)
    ]


def _repeats(parts: Sequence[Sequence[str | None]]) -> int:
    """How many rows have a key that another had; a row without a part is refused anyway."""
    whole = [row for row in zip(*parts, strict=True) if None not in row]
    return len(whole) - len(set(whole)) if whole else len(parts[0])
