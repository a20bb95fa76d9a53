"""Do the cells of the ledgers hold together? Parts against wholes, quarters against years.

Official tables often do not add up, because each was counted by hand. Cells are counted by rules,
so they do, unless a ledger is damaged or a rule is wrong: every gap is one of these. The rules:

1. The months of a quarter are at most the quarter; a hidden month is in the quarter alone.
2. The quarters of a year are the year, where a subject does not count once a period.
3. Along a multiple dimension no part is more than the total ``_T``, and the parts together are not
   less than it: everything counted has at least one value.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from processors.indicators.dimensions import TOTAL
from processors.indicators.rules import MEASURES, MULTIPLE, RULES, Cell, Once, period_at


@dataclass(frozen=True)
class Gap:
    """A cell that does not fit its parts.

    Attributes:
        cell: The whole, or the part that is too large.
        of: What it was held against: ``months``, ``quarters``, or a dimension.
        whole: Its number.
        parts: The number of the parts.
    """

    cell: Cell
    of: str
    whole: int
    parts: int


_QUARTERS_ARE_THE_YEAR = {
    rule.measure
    for rule in RULES
    if rule.once is not Once.PERIOD and {*"QA"} <= {*rule.frequencies}
}


def gaps(cells: Mapping[Cell, int]) -> list[Gap]:
    """Every place where the cells do not add up, in the order of their keys."""
    return sorted((*_in_time(cells), *_in_parts(cells)), key=lambda gap: (gap.cell, gap.of))


def _in_time(cells: Mapping[Cell, int]) -> Iterator[Gap]:
    months, quarters = Counter[Cell](), Counter[Cell]()
    for (measure, area, period, *values), count in cells.items():
        if "Q" in period:
            quarters[measure, area, period[:4], *values] += count
        elif "-" in period:
            months[measure, area, period_at(period, "Q"), *values] += count
    for cell, count in months.items():
        if count > cells.get(cell, 0):
            yield Gap(cell, "months", cells.get(cell, 0), count)
    years = {cell for cell in cells if "-" not in cell[2]}
    for cell in years | quarters.keys():
        if cell[0] in _QUARTERS_ARE_THE_YEAR and quarters[cell] != cells.get(cell, 0):
            yield Gap(cell, "quarters", cells.get(cell, 0), quarters[cell])


def _in_parts(cells: Mapping[Cell, int]) -> Iterator[Gap]:
    for name in sorted(MULTIPLE):
        places = {m: 3 + names.index(name) for m, names in MEASURES.items() if name in names}
        parts: defaultdict[Cell, list[tuple[Cell, int]]] = defaultdict(list)
        for cell, count in cells.items():
            place = places.get(cell[0])
            if place is None:
                continue
            whole = (*cell[:place], TOTAL, *cell[place + 1 :])
            parts[whole].extend([(cell, count)] if cell != whole else [])
        for whole, found in parts.items():
            total = cells.get(whole, 0)
            if sum(count for _, count in found) < total:
                yield Gap(whole, name, total, sum(count for _, count in found))
            yield from (Gap(cell, name, total, count) for cell, count in found if count > total)
