"""Real input: registers with the published totals come out with the published figures.

For every country and year of the reference, a register is written whose rows have the published
totals; it goes through the real adapter, sealing, broker, intake and counting. The gate lets out
less of sex and age than was published, so what it lets out is counted by year and form, and every
published cell is counted in what the adapter maps, before the gate.

Sources. Victims by sex, age and form: UNODC, Global Report on Trafficking in Persons (GLOTIP)
data, Tunisia and Jordan, "Detected trafficking victims". Rates: those victims over World Bank
population (SP.POP.TOTL), per 100,000, SDG 16.2.2. The figures are facts and cited as such.

``data/published_figures.csv`` holds all 179 cells that are published as numbers; ``_T`` is a total.
Seven of them contradict the others of their table (official tables do not always add up) and are
marked ``no`` under ``kept``: no register can have them all. ``data/register_cells.csv`` holds, for
each country and year, one set of victims that has all the others, found by integer programming.
"""

from __future__ import annotations

import asyncio
import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest

from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import load_register
from country_adapters.kit.runner import run
from deploy.registers import jordan, tunisia
from deploy.registers.exact import exact_world
from deploy.registers.world import World
from processors.indicators.query import Cells, observe
from processors.indicators.rules import Cell
from producers.outbox import Outbox
from tests.integration.harness import Scene, count_outbox, scene

pytestmark = pytest.mark.broker

DATA = Path(__file__).parent / "data"
REGISTERS = {
    "TUN": ("tn.inltp", "tunisia", "register.xlsx", tunisia.write),
    "JOR": ("jo.ctu", "jordan", "register.csv", jordan.write),
}

# Country, year, victims, residents, victims per 100,000.
SDG_16_2_2 = [
    ("JOR", "2010", 81, 7297043, 1.1100),
    ("JOR", "2011", 49, 7480424, 0.6550),
    ("JOR", "2012", 24, 7587127, 0.3163),
    ("JOR", "2013", 81, 7991809, 1.0135),
    ("JOR", "2014", 19, 8791710, 0.2161),
    ("JOR", "2015", 26, 9544729, 0.2724),
    ("JOR", "2016", 35, 10006367, 0.3498),
    ("JOR", "2017", 48, 10234226, 0.4690),
    ("JOR", "2018", 40, 10462306, 0.3823),
    ("JOR", "2019", 9, 10671891, 0.0843),
    ("JOR", "2020", 25, 10865228, 0.2301),
    ("TUN", "2012", 87, 11009647, 0.7902),
    ("TUN", "2016", 134, 11528674, 1.1623),
    ("TUN", "2017", 285, 11650498, 2.4462),
    ("TUN", "2018", 383, 11765514, 3.2553),
    ("TUN", "2019", 775, 11875081, 6.5263),
    ("TUN", "2020", 181, 11974057, 1.5116),
]

Row = Mapping[str, str]


def rows(name: str) -> list[Row]:
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def world_of(country: str) -> World:
    """One register over all its published years."""
    years: defaultdict[int, dict[tuple[str, str, str], int]] = defaultdict(dict)
    for row in rows("register_cells.csv"):
        if row["country"] == country:
            cell = (row["sex"], row["age"], row["forms"])
            years[int(row["year"])][cell] = int(row["victims"])
    worlds = [exact_world(country, year, cells) for year, cells in years.items()]
    return World(country, tuple(case for world in worlds for case in world.cases))


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cells]:
    """The cells after both registers went all the way."""
    root = tmp_path_factory.mktemp("published")
    with scene(root / "site") as place:
        for country, (authority, name, file, write) in REGISTERS.items():
            folder = root / name
            folder.mkdir()
            write(world_of(country), folder / file)
            place.registers[authority] = load_register(name, folder)
        with place.workers("a"):
            asyncio.run(asyncio.wait_for(publish(place), timeout=120))
        yield place.cells()


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Cells:
    """The cells of both registers before the gate."""
    root = tmp_path_factory.mktemp("mapped")
    total: Counter[Cell] = Counter()
    for country, (authority, name, file, write) in REGISTERS.items():
        (root / name).mkdir()
        write(world_of(country), root / name / file)
        path = root / name / "outbox.sqlite"
        outbox = Outbox(path, authority=authority, streams=1, id_key=bytes(32))
        declared, today = load_register(name, root / name), date(2026, 6, 30)
        names = Pseudonyms(bytes(32))
        run(declared, outbox, pseudonyms=names, today=today, unsafe_without_gate=True)
        total.update(count_outbox(outbox))
        outbox.close()
    return dict(total)


async def publish(place: Scene) -> None:
    reports = await asyncio.gather(
        *(place.adapter(authority).run_once() for authority, *_ in REGISTERS.values())
    )
    assert all(report.run.rejected == 0 for report in reports)


@pytest.mark.parametrize(
    ("country", "year", "victims", "residents", "rate"),
    SDG_16_2_2,
    ids=[f"{country} {year}" for country, year, *_ in SDG_16_2_2],
)
def test_total_and_rate(
    counted: Cells, country: str, year: str, victims: int, residents: int, rate: float
) -> None:
    (total,) = [
        o for o in observe(counted, "VIC_IDENT") if (o.ref_area, o.time_period) == (country, year)
    ]
    (told,) = [
        o for o in observe(counted, "VIC_RATE") if (o.ref_area, o.time_period) == (country, year)
    ]
    assert total.value == victims
    assert told.denominator == residents
    assert round(told.value, 4) == rate


PUBLISHED = [row for row in rows("published_figures.csv") if row["kept"] == "yes"]
OF_PERSONS = ("sex", "age")


def test_every_published_cell_by_sex_age_and_form(mapped: Cells) -> None:
    """All 172 cells that do not contradict the rest of their table, one by one."""
    assert len(PUBLISHED) == 172
    wrong = [row for row in PUBLISHED if number(mapped, row) != int(row["victims"])]
    assert wrong == []


def test_every_published_total_and_form_after_the_gate(counted: Cells) -> None:
    """Forms are under no gate: what is not told of persons is told of what happened."""
    due = [row for row in PUBLISHED if all(row[name] == "_T" for name in OF_PERSONS)]
    assert len(due) == 38
    assert [row for row in due if number(counted, row) != int(row["victims"])] == []


def test_after_the_gate_no_cell_of_persons_is_larger_than_published(counted: Cells) -> None:
    cells = [row for row in PUBLISHED if any(row[name] != "_T" for name in OF_PERSONS)]
    assert [row for row in cells if number(counted, row) > int(row["victims"])] == []


def number(cells: Cells, row: Row) -> int:
    """Identified victims of a published cell; dimensions at ``_T`` are not broken down."""
    names = {"sex": "SEX", "age": "AGE", "form": "FORM_NAT"}
    by = {name: row[column] for column, name in names.items() if row[column] != "_T"}
    return sum(
        int(o.value or 0)
        for o in observe(cells, "VIC_IDENT", list(by))
        if (o.ref_area, o.time_period, dict(o.breakdown)) == (row["country"], row["year"], by)
    )


def test_sdg_grouping_counts_child_exploitation_and_servitude_with_forced_labour(
    counted: Cells,
) -> None:
    """Both groupings come from the same codes: here begging is "other" in both, labour in LAB."""
    by_sdg = grouped(counted, "FORM_SDG")
    by_national = grouped(counted, "FORM_NAT")
    assert by_sdg["SDG_LAB"] == by_national["NAT_LAB"] == 361
    assert by_sdg["SDG_OTH"] == by_national["NAT_OTH"] == 368


def grouped(cells: Cells, view: str) -> dict[str, int]:
    found = observe(cells, "VIC_IDENT", [view])
    return {
        o.breakdown[view]: int(o.value or 0)
        for o in found
        if (o.ref_area, o.time_period) == ("TUN", "2019")
    }
