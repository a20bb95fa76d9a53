"""Selecting cells of a measure and adding them up along breakdowns.

A breakdown is a view on a dimension: as recorded, or coarser (``AGE`` shows 0-17 and 18 and over of
the bands), or only some of its values (``FORM_SDG`` shows the groups among the forms). The rules:

1. Along a multiple dimension (``EXPLOITATION``, ``SERVICE``) nothing is added up: where it is not
   broken down, the total is the ``_T`` cell, or the cell of the one value asked for.
2. Where only known values of a dimension are asked for, things of an unknown value are left out.
   Along a multiple dimension unknown stands alone, so it is taken off the total.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from processors.indicators.dimensions import (
    DIMENSIONS,
    TOTAL,
    UNKNOWN,
    Values,
    forms_of,
)
from processors.indicators.rules import MEASURES, MULTIPLE, Cell
from schemas.codelists import codelist

Cells = Mapping[Cell, int]
Group = tuple[str, ...]
"""Reporting country, period, and the value of each breakdown."""
Show = Callable[[str], str | None]
"""From a recorded value to the one shown; None where it is not shown."""


def _as_recorded(value: str) -> str | None:
    return None if value == TOTAL else value


@cache
def _broad_age(value: str) -> str | None:
    """0-17, 18 and over, unknown."""
    parents = codelist("CL_AGE")
    parent = parents.parent(value)
    return value if parent in ("", TOTAL) else parent


def _starting_with(prefix: str) -> Show:
    return lambda value: value if value.startswith(prefix) else None


def _form(value: str) -> str | None:
    return value if value in codelist("CL_EXPLOITATION") else None


VIEWS: dict[str, tuple[tuple[str, ...], Show]] = {
    **{name: ((name,), _as_recorded) for name in (*DIMENSIONS, "FAULT")},
    "DIMENSION": (("DIMENSION", "DIMENSION_UNKNOWN"), _as_recorded),
    "AGE": (("AGE",), _broad_age),
    "AGE_BAND": (("AGE",), _as_recorded),
    "FORM": (("EXPLOITATION",), _form),
    "FORM_SDG": (("EXPLOITATION", "SDG"), _starting_with("SDG_")),
    "FORM_NAT": (("EXPLOITATION",), _starting_with("NAT_")),
}
"""Breakdown to the dimensions that it may look at, and to the value shown."""


def is_multiple(breakdown: str) -> bool:
    """Whether the parts by a breakdown do not add up."""
    return not MULTIPLE.isdisjoint(VIEWS[breakdown][0])


def _between_the_four(found: Mapping[str, str]) -> bool:
    four = codelist("CL_REPORTING_COUNTRY")
    ends = (found["ORIGIN"], found["DEST"])
    return ends[0] != ends[1] and all(end in four for end in ends)


def _under(name: str, value: str) -> Values:
    """A value, and the groups that it belongs to."""
    if name == "EXPLOITATION" and value in codelist("CL_EXPLOITATION"):
        return forms_of((value,))
    return (value,)


CONDITIONS: dict[str, Callable[[Mapping[str, str]], bool]] = {
    "origin and destination are two of the four": _between_the_four,
}
"""What is asked of several dimensions at once, by its name in words."""


@dataclass(frozen=True)
class Select:
    """Cells of a measure, perhaps only some of them.

    Attributes:
        measure: Its name.
        where: The values asked for, by dimension; of a multiple dimension exactly one.
        known: Dimensions whose unknown values are left out.
        condition: A name in `CONDITIONS`.
    """

    measure: str
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    known: tuple[str, ...] = ()
    condition: str = ""

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions of its measure."""
        return MEASURES[self.measure]

    def of_all(self) -> Select:
        """The same, with unknown values too."""
        return replace(self, known=())

    def behind(self, breakdown: str) -> str:
        """The dimension of the measure that a breakdown looks at."""
        return next(name for name in VIEWS[breakdown][0] if name in self.dimensions)

    def add_up(self, cells: Cells, by: Sequence[str]) -> Counter[Group]:
        """Sums by country, period and breakdowns."""
        names = self.dimensions
        views = [(self.behind(breakdown), VIEWS[breakdown][1]) for breakdown in by]
        places = {
            name: self._places(name)
            for name in names
            if name in MULTIPLE and name not in {view for view, _ in views}
        }
        sums: Counter[Group] = Counter()
        for cell, count in cells.items():
            if cell[0] != self.measure:
                continue
            values = dict(zip(names, cell[3:], strict=True))
            signs = [signs.get(values[name], 0) for name, signs in places.items()]
            if not all(signs) or not self._keeps(values, places):
                continue
            shown = [show(values[name]) for name, show in views]
            if None not in shown:
                sign = -1 if signs.count(-1) % 2 else 1
                sums[(cell[1], cell[2], *(value or "" for value in shown))] += sign * count
        return sums

    def _places(self, name: str) -> dict[str, int]:
        """Where the total of a multiple dimension is read, and what is taken off it."""
        if name in dict(self.where):
            (place,) = dict(self.where)[name]
            return {place: 1}
        return {TOTAL: 1, UNKNOWN: -1} if name in self.known else {TOTAL: 1}

    def _keeps(self, values: Mapping[str, str], totals: Mapping[str, object]) -> bool:
        """Whether a cell is asked for, as far as the dimensions go that are no totals."""
        for name, asked in self.where:
            if name in totals:
                continue
            if not any(value in _under(name, values[name]) for value in asked):
                return False
        if any(values[name] == UNKNOWN for name in self.known if name not in totals):
            return False
        return not self.condition or CONDITIONS[self.condition](values)

    def told(self) -> Iterator[str]:
        """What is asked for, in words."""
        for name, values in self.where:
            yield f"{name} is {' or '.join(values)}"
        for name in self.known:
            yield f"{name} is known"
        if self.condition:
            yield self.condition
