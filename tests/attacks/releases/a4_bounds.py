"""A4: the least and the greatest count that an inner cell can have, by integer programming.

Every printed number bounds sums of inner cells (form by sex by age) from both sides. If the least
possible count of a cell is 1 or more, a person in it is proved; if least and greatest are equal,
the cell is known. Noise of a release reaches 26 to either side and no further: that is its bound.
Asked of the smallest country, for cells of 1 to 10 persons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from processors.release.sampler import REACH, table
from tests.attacks.releases.a3_a6_reconstruction import SHAPE, _axes, _sum_of
from tests.attacks.releases.controls import CUSTOMARY, controls
from tests.attacks.releases.published import Year
from tests.attacks.releases.scores import OURS, Outcome, Score, judged, none, share
from tests.attacks.releases.worlds import (
    AGES,
    AREAS,
    FORMS,
    SEXES,
    STAGES,
    Floats,
    Ints,
    a_year,
    histogram,
    key_sums,
)

TITLE = "Bounds"
SMALLEST = len(AREAS) - 1
ASKED = 4
"""Cells of each world."""
FURTHEST = next(k for k in range(REACH) if table()[REACH + k] == 1 << 64)
"""No noise of the shipped table is larger."""

Bounded = tuple[Floats, float, float]


def run(years: Sequence[Year], seed: int, size: int, gate: Mapping[str, Any]) -> Outcome:
    """Of releases, one year of each world; of controls, worlds of their own."""
    rng = np.random.default_rng([seed, 4])
    found = [_ask(year.final[SMALLEST].sum(axis=-1), _released(year), rng) for year in years[:size]]
    scores = _scores(OURS, gate["score"], found)
    exact = next(score for score in scores if score.what == "exactly known")
    for scheme in controls():
        found = []
        for _ in range(size):
            full = histogram(people := a_year(rng))
            printed = scheme.tables(full, key_sums(people))
            rows: list[Bounded] = []
            for name in CUSTOMARY:
                shown = np.asarray(printed[name][SMALLEST])
                low, high = scheme.bounds(shown)
                rows += [
                    (_sum_of(_axes(name), at), float(low[at]), float(high[at]))
                    for at in np.ndindex(shown.shape)
                ]
            found.append(_ask(full[SMALLEST].sum(axis=-1), rows, rng))
        scores += _scores(scheme.name, gate["score"], found)
    return judged("A4", TITLE, gate, scores, [none(exact)])


def _scores(scheme: str, what: str, found: Sequence[Sequence[tuple[int, int]]]) -> list[Score]:
    pairs = np.array([pair for some in found for pair in some])
    proved, exact = pairs[:, 0] >= 1, pairs[:, 0] == pairs[:, 1]
    return [share(scheme, what, proved), share(scheme, "exactly known", exact)]


def _released(year: Year) -> list[Bounded]:
    told = year.published.measured
    forms, sexes, ages, stages = len(FORMS), len(SEXES), len(AGES), len(STAGES)
    f1, f2 = told["F1"][SMALLEST, :forms, :sexes], told["F2"][SMALLEST, :ages, :sexes].T
    of_forms = told["F4"][SMALLEST, :stages, :forms].sum(axis=0)
    blocks: list[tuple[str, Ints, int]] = [
        ("fs", f1, FURTHEST),
        ("sa", f2, FURTHEST),
        ("f", of_forms, FURTHEST * stages),
    ]
    return [
        (_sum_of(axes, at), float(max(0, n - reach)), float(max(0, n + reach)))
        for axes, block, reach in blocks
        for at, n in np.ndenumerate(block)
    ]


def _ask(cells: Ints, rows: Sequence[Bounded], rng: np.random.Generator) -> list[tuple[int, int]]:
    """Least and greatest of some small cells."""
    flat = cells.ravel()
    small = np.flatnonzero((flat >= 1) & (flat <= 10))
    limits = LinearConstraint(
        np.array([row for row, _, _ in rows]),
        np.array([low for _, low, _ in rows]),
        np.array([high for _, _, high in rows]),
    )
    return [_range(limits, int(cell)) for cell in rng.choice(small, ASKED, replace=False)]


def _range(limits: LinearConstraint, cell: int) -> tuple[int, int]:
    size = int(np.prod(SHAPE))
    aim = np.zeros(size)
    aim[cell] = 1
    ends = []
    for sign in (1, -1):
        found = milp(sign * aim, constraints=limits, integrality=np.ones(size), bounds=Bounds(0))
        if not found.success:
            raise ValueError("what is printed contradicts itself: the bounds are wrong")
        ends.append(round(sign * found.fun))
    return ends[0], ends[1]
