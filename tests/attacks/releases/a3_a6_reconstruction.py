"""A3 and A6: rebuilding cells that no table has, from all the tables together.

The inner cells are form by sex by age in one country. The attacker fits them to everything that is
printed, weighing each number by its noise, and pulls what remains open towards the model (least
squares without negatives); the answer is rounded. It scores on cells of 1 to 3 persons: how often
it is exactly right, less how often the model alone is, or (A6) less how often the exact national
tables alone are, which a state has printed elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import nnls

from tests.attacks.releases.controls import CUSTOMARY, HIDDEN, Scheme, controls, suppression
from tests.attacks.releases.published import SIGMA2, Year
from tests.attacks.releases.scores import OURS, Outcome, Score, judged, mean
from tests.attacks.releases.worlds import (
    AGES,
    AREAS,
    CASES,
    FORMS,
    SEXES,
    STAGES,
    Floats,
    Ints,
    a_year,
    histogram,
    inner,
    key_sums,
)

SHAPE = (len(FORMS), len(SEXES), len(AGES))
EXACT = 0.05
"""As if it were this much noise; zero would stop the solver."""
NATIONAL = ("c", "cf", "cs")

Row = tuple[str, tuple[int, ...], float, float]
"""Axes of a printed cell, its place, the number, and how far off it may be (a deviation)."""


def run(
    years: Sequence[Year], seed: int, size: int, gates: Mapping[str, Mapping[str, Any]]
) -> list[Outcome]:
    """Both attacks, on the same worlds."""
    alone, beside = Tally(gates["A3"]["score"]), Tally(gates["A6"]["score"])
    for number, year in enumerate(years):
        cells = year.final.sum(axis=-1)
        for area in range(len(AREAS)):
            rows, national = _released(year, area), _national(cells[area])
            alone.add(OURS, cells[area], rows, [], area, number)
            beside.add(OURS, cells[area], [*national, *rows], national, area, number)
    special = suppression(11)
    for place, scheme in enumerate(controls()):
        rng = np.random.default_rng([seed, 3, place])
        for number in range(size):
            full = histogram(people := a_year(rng))
            printed, cells = scheme.tables(full, key_sums(people)), full.sum(axis=-1)
            for area in range(len(AREAS)):
                rows, national = _printed(scheme, printed, area), _national(cells[area])
                alone.add(scheme.name, cells[area], rows, [], area, number)
                beside.add(scheme.name, cells[area], [*national, *rows], national, area, number)
                if scheme.name == special.name:
                    exact = [*national, *_margins(cells[area], ("csa",))]
                    name = f"{scheme.name} and exact sex by age"
                    beside.add(name, cells[area], [*exact, *rows], national, area, number)
    return [
        judged("A3", "Reconstruction", gates["A3"], alone.scores()),
        judged("A6", "Intersection with exact tables", gates["A6"], beside.scores()),
    ]


class Tally:
    """Gains by scheme."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._gains: dict[str, list[float]] = {}
        self._groups: dict[str, list[int]] = {}

    def add(
        self,
        scheme: str,
        cells: Ints,
        rows: Iterable[Row],
        baseline: Iterable[Row],
        area: int,
        world: int,
    ) -> None:
        """One country of one world."""
        small = (cells >= 1) & (cells <= 3)
        right = _fitted(rows, area) == cells
        before = _fitted(baseline, area) == cells
        gains = (right.astype(float) - before)[small]
        self._gains.setdefault(scheme, []).extend(gains.tolist())
        group = world * len(AREAS) + area
        self._groups.setdefault(scheme, []).extend([group] * len(gains))

    def scores(self) -> list[Score]:
        return [
            mean(name, self._what, gains, self._groups[name]) for name, gains in self._gains.items()
        ]


def _fitted(rows: Iterable[Row], area: int) -> Ints:
    """The attacker's answer for all inner cells of a country."""
    expected = (inner()[area] * CASES[area]).ravel()
    weights = 1 / np.sqrt(np.maximum(expected, 0.05))
    matrix, right = [np.diag(weights)], [expected * weights]
    for axes, place, number, deviation in rows:
        matrix.append(_sum_of(axes, place)[None] / deviation)
        right.append(np.array([number / deviation]))
    found, _ = nnls(np.concatenate(matrix), np.concatenate(right), maxiter=5000)
    return np.rint(found).astype(np.int64).reshape(SHAPE)


def _sum_of(axes: str, place: tuple[int, ...]) -> Floats:
    """Ones at the inner cells that add up to a printed cell; axes in the order of `fsa`."""
    at = dict(zip(axes, place, strict=True))
    found = np.zeros(SHAPE)
    found[tuple(at.get(axis, slice(None)) for axis in "fsa")] = 1
    return found.ravel()


def _released(year: Year, area: int) -> list[Row]:
    """What all tables tell of the inner cells: two margins, the forms twice again, and totals."""
    told = year.published.measured
    forms, sexes, ages, stages = len(FORMS), len(SEXES), len(AGES), len(STAGES)
    f1, f2 = told["F1"][area, :forms, :sexes], told["F2"][area, :ages, :sexes]
    of_forms = told["F4"][area, :stages, :forms].sum(axis=0)
    one = SIGMA2**0.5
    rows: list[Row] = [("fs", at, float(n), one) for at, n in np.ndenumerate(f1)]
    rows += [("sa", at, float(n), one) for at, n in np.ndenumerate(f2.T)]
    rows += [("f", at, float(n), one * stages**0.5) for at, n in np.ndenumerate(of_forms)]
    # Provisional tables lack a few persons; the attacker takes that for noise.
    earlier = told["P2"][:, area, :forms].sum(axis=0)
    rows += [("f", at, float(n), one * 2) for at, n in np.ndenumerate(earlier)]
    for name, size in (("F3", told["F3"].shape[1]), ("F5", 16)):
        rows.append(("", (), float(told[name][area].sum()), one * size**0.5))
    return rows


def _printed(scheme: Scheme, printed: Mapping[str, Floats], area: int) -> list[Row]:
    rows: list[Row] = []
    for name in CUSTOMARY:
        table = np.asarray(printed[name][area])
        low, high = scheme.bounds(table)
        for at, number in np.ndenumerate(table):
            hidden = number == HIDDEN
            middle = float((low[at] + high[at]) / 2) if hidden else float(number)
            width = float((high[at] - low[at]) / 12**0.5) if hidden else scheme.deviation
            rows.append((_axes(name), at, middle, max(width, EXACT)))
    return rows


def _axes(name: str) -> str:
    """Those of a customary table within a country, in the order of its array."""
    return "".join(axis for axis in "fsa" if axis in name)


def _national(cells: Ints) -> list[Row]:
    return _margins(cells, NATIONAL)


def _margins(cells: Ints, names: Iterable[str]) -> list[Row]:
    rows: list[Row] = []
    for name in names:
        gone = tuple(place for place, axis in enumerate("fsa") if axis not in name)
        table = np.asarray(cells.sum(axis=gone))
        rows += [(_axes(name), at, float(n), EXACT) for at, n in np.ndenumerate(table)]
    return rows
