"""Invented years: the same from the same seed, entered month by month, and true to their truth."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import load_register
from country_adapters.kit.runner import judge
from deploy.cli import app
from deploy.registers import morocco
from deploy.registers.world import Case
from deploy.simulate.contacts import ROLES, Identifier
from deploy.simulate.extent import QUICK, Extent
from deploy.simulate.records import Entry
from deploy.simulate.registers import NAMES, Desk, write_all
from deploy.simulate.story import Story, invent
from deploy.simulate.truth import Network, Noted
from producers.rows import MappedRow
from tests.detect.platform import identifiers_of

JANUARY = 2023 * 12
TODAY = date(2030, 1, 1)
LATEST = 12
"""Months after its last in which something of a story is still entered or corrected."""


@pytest.fixture(scope="module")
def story() -> Story:
    return invent(5, QUICK)


# --- Registers ------------------------------------------------------------------------------------


def test_the_same_seed_writes_the_same_and_another_another(tmp_path: Path) -> None:
    texts = []
    for number, seed in enumerate((5, 5, 6)):
        folder = tmp_path / str(number)
        write_all(invent(seed, QUICK), folder)
        files = sorted(p for p in folder.rglob("*") if p.suffix in (".csv", ".sql", ".json"))
        texts.append({p.relative_to(folder): p.read_bytes() for p in files})
    assert len(texts[0]) == 5
    assert texts[0] == texts[1]
    assert all(texts[0][name] != texts[2][name] for name in texts[0])


@pytest.mark.parametrize("country", sorted(NAMES))
def test_the_adapter_reads_every_row_and_every_identifier(
    country: str, story: Story, tmp_path: Path
) -> None:
    desk = Desk(story, country, tmp_path)
    desk.go_on(story.truth.last + LATEST, datetime(2025, 6, 3))
    register = load_register(NAMES[country], tmp_path)
    rows = [row for _, _, row in judge(register, pseudonyms=Pseudonyms(bytes(32)), today=TODAY)]
    assert all(isinstance(row, MappedRow) and not row.unusable for row in rows)
    read = {f"{i.link_type}|{i.value}" for row in rows for i in row.identifiers}  # type: ignore[union-attr]
    last = [Entry(country, {max(e.versions): e.versions[max(e.versions)]}) for e in story.entries]
    own = [e for e, was in zip(last, story.entries, strict=True) if was.country == country]
    assert read == {i.name for i in identifiers_of(replace(story, entries=tuple(own)))}


def test_a_register_holds_what_was_entered_by_then_and_its_newest_version(story: Story) -> None:
    corrected = next(e for e in story.entries if len(e.versions) > 1)
    first, second = sorted(corrected.versions)
    assert corrected.at(first - 1) is None
    assert corrected.at(second - 1) == corrected.versions[first]
    assert corrected.at(second) == corrected.versions[second]
    held = story.register(corrected.country, second - 1)
    assert corrected.versions[first] in (*held.cases, *held.networks)
    since = story.register(corrected.country, second, since=second - 1)
    assert corrected.versions[second] in (*since.cases, *since.networks)


def test_nothing_is_entered_before_it_happened(story: Story) -> None:
    for entry in story.entries:
        for what in entry.versions.values():
            day = what.reported_on if isinstance(what, Case) else what.on
            assert entry.entered >= day.year * 12 + day.month - 1


def test_a_database_that_goes_on_holds_what_one_written_at_once_does(
    story: Story, tmp_path: Path
) -> None:
    whole = story.truth.last + LATEST
    for name, months in (("on", (JANUARY + 3, JANUARY + 7, whole)), ("once", (whole,))):
        desk = Desk(story, "MAR", tmp_path / name)
        for number, month in enumerate(months):
            desk.go_on(month, datetime(2023, 2 + number, 3))
    tables = []
    for name in ("on", "once"):
        engine = sa.create_engine(f"sqlite:///{tmp_path / name / 'register.sqlite'}")
        with engine.connect() as connection:
            tables.append(
                {
                    name: Counter(row[1:-1] for row in connection.execute(sa.select(table)))
                    for name, table in morocco.TABLES.items()
                }
            )
        engine.dispose()
    assert tables[0] == tables[1]
    assert tables[0]["mis_en_cause"]


# --- Truth ----------------------------------------------------------------------------------------


def test_what_the_truth_says_was_noted_stands_in_the_registers(story: Story) -> None:
    for network in story.truth.networks:
        for noted in network.noted:
            entry = next(
                e
                for e in story.entries
                if e.country == noted.country
                and next(iter(e.versions.values())).number == noted.number
            )
            then = Entry(noted.country, {noted.entered: entry.at(noted.entered)})  # type: ignore[dict-item]
            held = {i.name for i in identifiers_of(replace(story, entries=(then,)))}
            assert noted.identifier in held
            assert noted.role in ROLES[noted.country][noted.identifier.partition("|")[0]]


def test_identifiers_of_networks_are_noted_by_no_one_else(story: Story) -> None:
    planted = {i for network in story.truth.networks for i in network.identifiers}
    assert planted.isdisjoint({*story.truth.hubs, *story.truth.wanderers})
    listed = [i for network in story.truth.networks for i in network.identifiers]
    assert len(listed) == len(planted)


N = Noted
PHONE, PLATE = "PHONE|1", "PLATE|2"
CASES: dict[str, tuple[list[Noted], dict[str, int | None]]] = {
    "one country": (
        [N("TUN", 1, 10, 10, PHONE, "RECRUIT"), N("TUN", 2, 11, 11, PHONE, "RECRUIT")],
        {"D1": None, "D2": None, "D5": None},
    ),
    "two countries, by the month of entering": (
        [N("TUN", 1, 10, 10, PHONE, "RECRUIT"), N("MAR", 1, 10, 14, PHONE, "RECRUIT")],
        {"D1": 14, "D2": None, "D5": None},
    ),
    "three cases that hang together": (
        [
            N("TUN", 1, 10, 10, PHONE, "RECRUIT"),
            N("TUN", 1, 10, 10, PLATE, "TRANSP"),
            N("TUN", 2, 11, 11, PHONE, "RECRUIT"),
            N("MAR", 1, 12, 12, PLATE, "TRANSP"),
        ],
        {"D1": 12, "D2": 12, "D5": None},
    ),
    "three cases of which one hangs with none": (
        [
            N("TUN", 1, 10, 10, PHONE, "RECRUIT"),
            N("MAR", 1, 11, 11, PHONE, "RECRUIT"),
            N("MAR", 2, 12, 12, PLATE, "TRANSP"),
        ],
        {"D1": 11, "D2": None, "D5": None},
    ),
    "a chain": (
        [
            N("TUN", 1, 10, 10, PHONE, "RECRUIT"),
            N("MAR", 1, 11, 11, PHONE, "TRANSP"),
            N("JOR", 1, 12, 15, PHONE, "EXPLOIT"),
        ],
        {"D1": 11, "D2": 15, "D5": 15},
    ),
    "a chain that ends where it began": (
        [
            N("MAR", 1, 10, 10, PHONE, "RECRUIT"),
            N("JOR", 1, 11, 11, PHONE, "TRANSP"),
            N("MAR", 2, 12, 12, PHONE, "EXPLOIT"),
        ],
        {"D1": 11, "D2": 12, "D5": None},
    ),
    "a chain longer than six months": (
        [
            N("TUN", 1, 10, 10, PHONE, "RECRUIT"),
            N("MAR", 1, 11, 11, PHONE, "TRANSP"),
            N("JOR", 1, 17, 17, PHONE, "EXPLOIT"),
        ],
        {"D1": 11, "D2": 17, "D5": None},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_network_can_be_found_from_when_its_definition_holds(name: str) -> None:
    noted, expected = CASES[name]
    network = Network("n", False, ("TUN",), (PHONE, PLATE), tuple(noted))
    assert network.detectable == expected


def test_a_surge_and_a_displacement_move_as_many_victims_as_the_truth_says() -> None:
    story = invent(3, Extent(records_a_month=1, networks=0, corridors=20))
    counts: Counter[tuple[str, str, int]] = Counter()
    for entry in story.entries:
        case = next(iter(entry.versions.values()))
        if isinstance(case, Case) and case.victims:
            (victim,) = case.victims
            on = victim.identification.on  # type: ignore[union-attr]
            counts[victim.citizenship, entry.country, on.year * 12 + on.month - 1] += 1
    assert [c.kind for c in story.truth.changes] == ["surge"] * 3 + ["displacement"]
    for change in story.truth.changes:

        def mean(country: str, start: int, change=change) -> float:  # type: ignore[no-untyped-def]
            return sum(counts[change.origin, country, start + n] for n in range(change.months))

        # A year earlier the season is the same.
        where = change.fell_in or change.country
        ratio = mean(where, change.start) / mean(where, change.start - 12)
        assert ratio == pytest.approx(change.ratio, rel=0.2)
        if change.fell_in:
            assert mean(change.country, change.start) > 1.3 * mean(
                change.country, change.start - 12
            )


@pytest.mark.parametrize("link_type", ["PHONE", "HANDLE", "PLATE", "AGENCYREG"])
def test_an_identifier_is_named_as_adapters_name_it(link_type: str) -> None:
    values = {"PHONE": "+21620000001", "HANDLE": "recruteur.fictif.00001", "PLATE": "1001"}
    named = Identifier(link_type, values.get(link_type, "9000001")).name
    assert named in (
        "PHONE|+21620000001",
        "HANDLE|facebook:recruteur.fictif.00001",
        "PLATE|TUN:RS:100:1001",
        "AGENCYREG|LBN:9000001",
    )


# --- The command ----------------------------------------------------------------------------------


def test_the_command_writes_four_registers_and_the_truth(tmp_path: Path) -> None:
    arguments = ["simulate", "--seed", "4", "--years", "1", "--out", str(tmp_path), "--json"]
    said = CliRunner().invoke(app, arguments)
    assert said.exit_code == 0, said.output
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert json.loads(said.stdout)["truth"] == truth
    assert truth["about"].startswith("invented")
    assert len(truth["networks"]) == 20
    files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*") if p.is_file()}
    assert files == {
        "tunisia/register.xlsx",
        "morocco/register.sql",
        "jordan/register.csv",
        "jordan/register.suspects.csv",
        "lebanon/register.json",
        "truth.json",
    }
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 2
    assert "--out" in again.output
