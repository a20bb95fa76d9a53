"""What is really published of a world: messages made by the release core, read back as arrays.

A year goes through the whole calendar. The provisional tables are made of the people known then,
the final ones after late persons came in, and, against the reserve, an erratum of F1 after some
more: the only case in which one table is published twice. Each message passes the accountant.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import repeat

import numpy as np

from processors.release.accountant import Accountant
from processors.release.calendar import Item, due_on
from processors.release.measure import Origin, ReleaseKeys, make
from processors.release.snapshot import Population
from processors.release.tables import quarters_of, shipped
from schemas.releases import Release
from tests.attacks.releases.worlds import AREAS, Ints, People, a_year, histogram, late, population
from tests.releases import HEAD, LOG

YEARS = ("2022", "2023")
LATE = (0, 5, 50)
FINAL = ("F1", "F2", "F3", "F4", "F5")
PROVISIONAL = ("P1", "P2", "P3")
ERRATUM = "E"
ORIGIN = Origin([LOG], [HEAD], 1, "attacks", "cd" * 32)


@dataclass(frozen=True)
class Story:
    """A year as it came to be known.

    Attributes:
        early: Whom the provisional tables count.
        targets: One person for each country, added before the final tables.
        final: Whom those count.
        second: One person for each country, added before the erratum.
        corrected: Whom that counts.
        late: How many others came with each of them.
    """

    early: People
    targets: People
    final: People
    second: People
    corrected: People
    late: int


def story(rng: np.random.Generator, early: People, number: int) -> Story:
    """Adds the late ones to a year."""
    size = LATE[number % len(LATE)]
    targets, others = late(rng, size)
    final = early + targets + others
    second, more = late(rng, size)
    return Story(early, targets, final, second, final + second + more, size)


@dataclass(frozen=True)
class Published:
    """The measurements and the values for reading, by table: one axis for each dimension.

    Provisional tables have a first axis of four quarters; ``E`` is the erratum of F1. `spent` is
    the most that a person of the year cost.
    """

    measured: Mapping[str, Ints]
    values: Mapping[str, Ints]
    spent: Fraction


def keys_of(name: str) -> ReleaseKeys:
    """Secrets that belong to a world; the attacker does not have them."""

    def key(part: str) -> bytes:
        return hashlib.sha256(f"{name}|{part}".encode()).digest()

    return ReleaseKeys(key("record"), {year: key(year) for year in map(str, range(2000, 2040))})


def a_release(item: Item, people: Population, keys: ReleaseKeys) -> Release:
    """A message, as the core makes it; its bytes are read back."""
    made = make(item, people, shipped(), keys, ORIGIN, item.due)
    return Release.parse(made.release.dump())


def calendar(told: Story, year: str) -> Iterator[tuple[str, Item, Population]]:
    """Name, item and people of all releases of a year, in the order in which they go out."""
    tables = shipped()
    early, final = population(told.early, year), population(told.final, year)
    for name in PROVISIONAL:
        for q in quarters_of(year):
            yield name, Item(due_on(tables, q, "PROVISIONAL"), name, q, "PROVISIONAL"), early
    for name in FINAL:
        yield name, Item(due_on(tables, year, "FINAL"), name, year, "FINAL"), final
    erratum = Item(date(int(year) + 2, 1, 1), "F1", year, "ERRATUM")
    yield ERRATUM, erratum, population(told.corrected, year)


def publish(told: Story, year: str, keys: ReleaseKeys) -> Published:
    """The whole calendar of a year, and the erratum."""
    accountant = Accountant({}, shipped().budget)
    measured: defaultdict[str, list[Ints]] = defaultdict(list)
    values: defaultdict[str, list[Ints]] = defaultdict(list)
    for name, item, people in calendar(told, year):
        release = a_release(item, people, keys)
        accountant.admit(release)
        accountant = Accountant({**accountant.releases, release.key: release}, accountant.budget)
        shape = shape_of(item)
        measured[name].append(
            np.array([r.MEASUREMENT for r in release.observations]).reshape(shape)
        )
        values[name].append(np.array([r.OBS_VALUE for r in release.observations]).reshape(shape))
    spent = max(accountant.spent(quarter).total for quarter in quarters_of(year))
    return Published(_stacked(measured), _stacked(values), spent)


def shape_of(item: Item) -> tuple[int, ...]:
    """How many values each dimension of a release has."""
    tables = shipped()
    cells = tables.cells(item.table, item.period)
    return tuple(len({cell[n] for cell in cells}) for n in range(len(tables.tables[item.table].by)))


def _stacked(blocks: Mapping[str, list[Ints]]) -> dict[str, Ints]:
    return {n: np.stack(parts) if len(parts) > 1 else parts[0] for n, parts in blocks.items()}


def truth(people: People) -> dict[str, Ints]:
    """The exact counts of all tables, counted here in another way than the core does."""
    tables = shipped()
    size = {name: len(values) for name, values in tables.dimensions.items()}
    row = people.month - 1 + (people.month - 1) // 3
    quarter = (people.month - 1) // 3

    def by(shape: tuple[int, ...], *columns: Ints) -> Ints:
        found = np.zeros(shape, dtype=np.int64)
        np.add.at(found, columns, 1)
        return found

    area, p = size["REF_AREA"], people
    return {
        "P1": by((4, area, 4), quarter, p.area, (p.month - 1) % 3),
        "P2": by((4, area, size["FORM"]), quarter, p.area, p.form),
        "P3": by((4, area, size["ORIGIN"]), quarter, p.area, p.origin),
        "F1": by((area, size["FORM"], size["SEX"]), p.area, p.form, p.sex),
        "F2": by((area, size["AGE"], size["SEX"]), p.area, p.age, p.sex),
        "F3": by((area, size["ORIGIN"]), p.area, p.origin),
        "F4": by((area, size["STAGE"], size["FORM"]), p.area, p.stage, p.form),
        "F5": by((area, 16), p.area, row),
    }


@dataclass(frozen=True)
class Year:
    """What the attacks need of a published year.

    Attributes:
        late: How many others came with each target.
        targets: Added before the final tables, one in each country.
        second: Added before the erratum, one in each country.
        present: In all tables, one in each country.
        absent: Invented by the same model and in none, one in each country.
        final: Who the final tables count: persons by form, sex, age, stage.
        exact: The true counts of every table, ``E`` too.
        published: What went out.
    """

    late: int
    targets: People
    second: People
    present: People
    absent: People
    final: Ints
    exact: Mapping[str, Ints]
    published: Published


def a_world(seed: int, number: int) -> list[Year]:
    """The years of one world, published."""
    return [_a_year(seed, number, year) for year in YEARS]


def _a_year(seed: int, number: int, year: str) -> Year:
    rng = np.random.default_rng([seed, number, int(year)])
    told = story(rng, a_year(rng), number)
    published = publish(told, year, keys_of(f"{seed} {number}"))
    early, final = truth(told.early), truth(told.final)
    exact = {n: (early if n in PROVISIONAL else final)[n] for n in (*PROVISIONAL, *FINAL)}
    exact[ERRATUM] = truth(told.corrected)["F1"]
    areas = range(len(AREAS))
    present = np.array([rng.choice(np.flatnonzero(told.early.area == area)) for area in areas])
    absent, _ = late(rng, 0)
    people = told.targets, told.second, told.early.at(present), absent
    return Year(told.late, *people, histogram(told.final), exact, published)


def worlds(seed: int, size: int) -> list[list[Year]]:
    """So many worlds, on all processors."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(a_world, repeat(seed), range(size), chunksize=5))


SIGMA2 = float(shipped().noise.variance)
