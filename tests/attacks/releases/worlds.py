"""Invented worlds: some hundred cases a year in four countries, skewed and correlated.

Drawn from one model that the attacker knows too. Sex, age and stage go with the form, origin with
the country, so that there are small groups of people who are all alike: what attacks live on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import NDArray

from processors.release.snapshot import Population, Record
from processors.release.tables import shipped

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

AREAS = ("TUN", "MAR", "JOR", "LBN")
CASES = (980, 620, 340, 210)
FORMS = ("SEX", "LAB", "SLV", "SRV", "BEG", "ORG")
SEXES = ("F", "M")
AGES = ("Y0T17", "Y18T29", "Y30T47", "Y_GE48")
STAGES = ("IDENTIFIED", "REFERRED", "PROSEC", "CONV")
ORIGINS = shipped().dimensions["ORIGIN"]

_FORM = (0.30, 0.42, 0.03, 0.05, 0.19, 0.01)
_TILT = (
    (1, 1, 1, 1, 1.2, 1),
    (1.2, 0.9, 1, 1, 1, 1),
    (0.7, 1.4, 1, 1.5, 0.7, 1),
    (1, 1.2, 1, 1.5, 0.8, 1),
)
_WOMEN = (0.86, 0.45, 0.75, 0.80, 0.45, 0.15)
_AGE = (
    (0.22, 0.45, 0.27, 0.06),
    (0.14, 0.41, 0.36, 0.09),
    (0.20, 0.40, 0.30, 0.10),
    (0.30, 0.40, 0.25, 0.05),
    (0.62, 0.15, 0.13, 0.10),
    (0.05, 0.55, 0.35, 0.05),
)
_STAGE = (
    (0.30, 0.38, 0.22, 0.10),
    (0.42, 0.36, 0.15, 0.07),
    (0.10, 0.15, 0.15, 0.60),
    (0.30, 0.40, 0.20, 0.10),
    (0.35, 0.50, 0.10, 0.05),
    (0.05, 0.10, 0.20, 0.65),
)
_MONTH = (0.6, 0.7, 0.9, 1.0, 1.1, 1.3, 1.4, 1.2, 1.1, 1.0, 0.9, 0.8)


@dataclass(frozen=True)
class People:
    """Persons by columns of codes; `number` tells them apart for ever."""

    area: Ints
    form: Ints
    sex: Ints
    age: Ints
    stage: Ints
    origin: Ints
    month: Ints
    number: Ints

    def __len__(self) -> int:
        return len(self.area)

    def __add__(self, other: People) -> People:
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return People(*(np.concatenate(pair) for pair in pairs))

    def at(self, where: Ints) -> People:
        return People(*(getattr(self, f.name)[where] for f in fields(self)))


def _normal(weights: object) -> Floats:
    found = np.asarray(weights, dtype=float)
    return found / found.sum(axis=-1, keepdims=True)


@cache
def model() -> Floats:
    """Chance of (form, sex, age, stage), for each country: what the attacker knows beforehand."""
    form = _normal(np.asarray(_FORM) * np.asarray(_TILT))
    sex = np.stack([np.asarray(_WOMEN), 1 - np.asarray(_WOMEN)], axis=1)
    parts = form, sex, np.asarray(_AGE), np.asarray(_STAGE)
    return np.einsum("cf,fs,fa,ft->cfsat", *parts)


@cache
def inner() -> Floats:
    """Chance of (form, sex, age), for each country; no table that is published tells it."""
    found: Floats = model().sum(axis=-1)
    return found


@cache
def _origins() -> Floats:
    """At home first, then in another order for each country."""
    ranks = 1 / np.arange(1, len(ORIGINS) - 1) ** 1.5
    rows = np.zeros((len(AREAS), len(ORIGINS)))
    for area in range(len(AREAS)):
        others = [n for n in range(len(ORIGINS) - 2) if n != area]
        turned = others[3 * area :] + others[: 3 * area]
        rows[area, [area, *turned]] = ranks
    return _normal(rows)


def draw(rng: np.random.Generator, area: int, size: int) -> People:
    """So many persons of a country."""
    shape = model().shape[1:]
    cells = rng.choice(model()[area].size, size, p=model()[area].ravel())
    form, sex, age, stage = np.unravel_index(cells, shape)
    return People(
        np.full(size, area),
        form,
        sex,
        age,
        stage,
        rng.choice(len(ORIGINS), size, p=_origins()[area]),
        rng.choice(12, size, p=_normal(_MONTH)) + 1,
        rng.integers(0, 2**62, size),
    )


def a_year(rng: np.random.Generator) -> People:
    """A year of all four countries."""
    first, *others = (draw(rng, n, int(rng.poisson(mean))) for n, mean in enumerate(CASES))
    for other in others:
        first += other
    return first


def late(rng: np.random.Generator, size: int) -> tuple[People, People]:
    """One person for each country, and so many others in each."""
    targets, others = draw(rng, 0, 1), draw(rng, 0, size)
    for area in range(1, len(AREAS)):
        targets, others = targets + draw(rng, area, 1), others + draw(rng, area, size)
    return targets, others


def population(people: People, year: str) -> Population:
    """As the release core takes it."""
    rows = zip(*(getattr(people, f.name).tolist() for f in fields(people)), strict=True)
    return {"VICTIMS": [_record(year, *row) for row in rows], "TRAININGS": [], "REQUESTS": []}


def _record(
    year: str, area: int, form: int, sex: int, age: int, stage: int, origin: int, month: int, n: int
) -> Record:
    values = {
        "REF_AREA": AREAS[area],
        "SEX": SEXES[sex],
        "AGE": AGES[age],
        "FORM": FORMS[form],
        "ORIGIN": ORIGINS[origin],
        "STAGE": STAGES[stage],
    }
    return Record(hashlib.sha256(b"%d" % n).digest(), f"{year}-{month:02}", values)


def histogram(people: People) -> Ints:
    """Persons by country, form, sex, age, stage."""
    return _summed(people, np.ones(len(people), dtype=np.uint64)).astype(np.int64)


def key_sums(people: People) -> NDArray[np.uint64]:
    """Sums of record keys (modulo 2^64) in the same cells: what cell keys are made of."""
    # Any fixed scrambling of the number will do for a record key.
    keys = people.number.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return _summed(people, keys ^ (keys >> np.uint64(29)))


def _summed(people: People, values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    found = np.zeros(model().shape, dtype=np.uint64)
    where = people.area, people.form, people.sex, people.age, people.stage
    np.add.at(found, where, values)
    return found
