"""Making releases: what is counted, how it is measured, what one record changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.indicators.acceptance import Closing
from processors.release.calendar import items
from processors.release.consistent import consistent
from processors.release.errors import OutsideTables
from processors.release.measure import make, reproduces
from processors.release.snapshot import (
    Entry,
    Record,
    count,
    merkle_root,
    of_period,
    pack,
    population,
    snapshot,
    unpack,
)
from processors.release.tables import shipped
from schemas.releases import Release
from tests.releases import (
    DIMENSIONS,
    ORIGIN,
    a_population,
    a_record,
    a_release,
    in_ledger,
    made,
    some_keys,
    some_records,
)
from tests.samples import an_event, ref

ENTRY = Entry("TUN-0")
PERSONS = [name for name, table in shipped().tables.items() if table.of_persons]


@st.composite
def records(draw: st.DrawFn) -> Record:
    """A record of 2023, with any values."""
    month = draw(st.sampled_from([f"2023-{n:02}" for n in range(1, 13)] + ["2023-Q1", "2023-Q4"]))
    values = {name: draw(st.sampled_from(shipped().dimensions[name])) for name in DIMENSIONS}
    return a_record(draw(st.integers(0, 10**9)), month, **values)


def period_of(table: str, record: Record) -> str:
    quarter = next(q for q in ("2023-Q1", "2023-Q2", "2023-Q3", "2023-Q4") if _in(record, q))
    return quarter if table.startswith("P") else "2023"


def _in(record: Record, period: str) -> bool:
    return bool(of_period([record], period))


# --- Counting ------------------------------------------------------------------------------------


@given(records())
def test_every_record_falls_in_exactly_one_cell_of_every_table_of_persons(record: Record) -> None:
    for table in PERSONS:
        counts = count([record], shipped(), table, period_of(table, record))
        assert sum(counts.values()) == 1, table


def test_a_record_outside_the_table_is_an_error_and_not_dropped() -> None:
    with pytest.raises(OutsideTables):
        count([a_record(1, SEX="X")], shipped(), "F1", "2023")


def identified(number: int = 1, offset: int = 0, **changes: Any) -> dict[str, Any]:
    event = an_event(
        "victim.identified",
        victim_ref=ref(f"victim {number}"),
        fact_ref=ref(f"fact {number}"),
        **changes,
    )
    return in_ledger(event, offset)


HIDDEN = {"suppressed_fields": ["period"]}


def people(*subjects: list[dict[str, Any]]) -> list[Record]:
    return list(population([(ENTRY, subjects)], shipped(), b"k" * 32)["VICTIMS"])


def test_a_person_counts_once_identified_with_the_values_of_the_newest_decision() -> None:
    (record,) = people([identified(period="2023-05"), identified(period="2023-08", sex="M")])
    assert (record.month, record.values["SEX"]) == ("2023-05", "M")
    assert people([identified(status="NOTVICTIM")]) == []
    assert people([identified(validation="WITHDRAWN")]) == []
    assert people([an_event("victim.presumed")]) == []


def test_a_hidden_month_counts_in_its_quarter() -> None:
    (record,) = people([identified(period="2023-05", suppressed_fields=["period"])])
    assert record.month == "2023-Q2"


@pytest.mark.parametrize(
    ("what", "told", "offset", "month"),
    [
        ("in time", {"period": "2023-05"}, 39, "2023-05"),
        ("of the next quarter", {"period": "2023-07"}, 39, "2023-07"),
        ("read when the quarter was out", {"period": "2023-05"}, 40, "2023-07"),
        ("so late that two quarters were out", {"period": "2023-05"}, 90, "2023-10"),
        ("a quarter, in time", {"period": "2023-06", **HIDDEN}, 39, "2023-Q2"),
        ("a quarter, when it was out", {"period": "2023-06", **HIDDEN}, 40, "2023-07"),
        ("years old", {"period": "2019-01"}, 90, "2023-10"),
    ],
)
def test_who_comes_late_enters_a_month_that_is_not_out(
    what: str, told: dict[str, Any], offset: int, month: str
) -> None:
    closed = [Closing("2023-09", {"TUN-0": 80}), Closing("2023-06", {"TUN-0": 40})]
    subjects = [[identified(offset=offset, **told)]]
    (record,) = population([(Entry("TUN-0", closed), subjects)], shipped(), bytes(32))["VICTIMS"]
    assert record.month == month, what


def test_a_correction_does_not_move_anybody_into_another_month() -> None:
    """Nor does withdrawing the decision by which somebody entered, if another one stands."""
    first = {**identified(1, validation="WITHDRAWN", period="2023-11"), "first_told": "2023-02"}
    second = identified(1, offset=70, period="2023-09")
    (record,) = people([first, second])
    assert record.month == "2023-02"


@pytest.mark.parametrize(
    ("beside", "stage"),
    [
        ([], "IDENTIFIED"),
        (["victim.referred"], "REFERRED"),
        (["PROSEC"], "PROSEC"),
        (["victim.referred", "ACQUIT"], "PROSEC"),
        (["SUSPECT"], "IDENTIFIED"),
        (["PROSEC", "CONV1"], "CONV"),
        (["CONVF"], "CONV"),
    ],
)
def test_the_highest_stage_of_the_case_counts(beside: list[str], stage: str) -> None:
    victim, suspects = [identified()], []
    for what in beside:
        if what == "victim.referred":
            victim.append(an_event("victim.referred", accepted="Y"))
        else:
            suspects.append([an_event("justice.person_stage", stage=what)])
    elsewhere = [an_event("justice.person_stage", stage="CONVF", case_ref=ref("another case"))]
    (record,) = people(*suspects, victim, elsewhere)
    assert record.values["STAGE"] == stage


def test_trainings_and_requests_are_counted_exactly_and_without_cost() -> None:
    events = an_event("training.delivered"), an_event("cooperation.request")
    subjects = [[in_ledger(event)] for event in events]
    found = population([(ENTRY, subjects)], shipped(), b"k" * 32)
    calendar = {item.key: item for item in items(shipped(), date(2025, 1, 1))}
    for key in ("E1|2023|FINAL", "E2|2023|FINAL"):
        release = make(
            calendar[key], found, shipped(), some_keys(), ORIGIN, date(2025, 1, 1)
        ).release
        assert (release.exact, release.noise, release.statement.rho) == (True, None, 0)
        assert sum(row.OBS_VALUE for row in release.observations) == 1
        assert all(row.MEASUREMENT == row.OBS_VALUE for row in release.observations)
        assert not any(row.LOW_RELIABILITY for row in release.observations)


# --- The same records, the same bytes; another record, other noise --------------------------------


@settings(max_examples=20, deadline=None)
@given(st.lists(records(), max_size=60, unique_by=lambda r: r.key), st.randoms())
def test_the_same_records_in_any_order_give_the_same_bytes(found: list[Record], rng: Any) -> None:
    shuffled = list(found)
    rng.shuffle(shuffled)
    for table in ("F1", "F4"):
        one = made(f"{table}|2023|FINAL", found).release.dump()
        assert made(f"{table}|2023|FINAL", shuffled).release.dump() == one


def noise_of(release: Release, found: list[Record]) -> list[int]:
    counts = count(of_period(found, release.period), shipped(), release.table, release.period)
    rows = release.observations
    return [row.MEASUREMENT - n for row, n in zip(rows, counts.values(), strict=True)]


@pytest.mark.parametrize("change", ["added", "removed", "another value"])
@pytest.mark.parametrize("table", ["F1", "F3", "F5"])
def test_one_record_changed_draws_the_noise_of_every_cell_anew(table: str, change: str) -> None:
    """Also of tables in which the value that changed does not occur."""
    redrawn, cells = 0, 0
    for seed in range(12):
        before = some_records(200, seed=seed)
        after = {
            "added": [*before, a_record(7)],
            "removed": before[1:],
            "another value": [
                replace(before[0], values={**before[0].values, "AGE": "_U", "STAGE": "CONV"}),
                *before[1:],
            ],
        }[change]
        one, other = (made(f"{table}|2023|FINAL", found).release for found in (before, after))
        pairs = zip(noise_of(one, before), noise_of(other, after), strict=True)
        redrawn += sum(a != b for a, b in pairs)
        cells += len(one.observations)
    # By chance, one noise in ten is the same again.
    assert redrawn / cells == pytest.approx(0.90, abs=0.04)


def test_no_two_published_digests_compare() -> None:
    """Not over vintages or tables, and not for periods without anybody."""
    keys = ["P2|2023-Q1|PROVISIONAL", "P3|2023-Q1|PROVISIONAL", "F1|2023|FINAL", "F1|2022|FINAL"]
    for found in ([], some_records(20)):
        digests = [made(key, found).release.statement.snapshot for key in keys]
        assert len(set(digests)) == len(keys)
    assert snapshot([], "F1|2023|FINAL", b"a" * 32) != snapshot([], "F1|2023|FINAL", b"b" * 32)


def test_a_snapshot_holds_only_the_records_of_its_period() -> None:
    one = made("P2|2023-Q1|PROVISIONAL", some_records(50)).release
    more = made("P2|2023-Q1|PROVISIONAL", [*some_records(50), a_record(1, "2023-05")]).release
    assert one == more


@given(st.lists(records(), min_size=1, max_size=20, unique_by=lambda r: r.key), st.data())
def test_the_root_changes_with_every_value_of_every_record(
    found: list[Record], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(found) - 1))
    name = data.draw(st.sampled_from(DIMENSIONS))
    other = data.draw(st.sampled_from(shipped().dimensions[name]))
    record = found[place]
    changed = replace(record, values={**record.values, name: other})
    same = record.values[name] == other
    after = merkle_root([*found[:place], changed, *found[place + 1 :]])
    assert (after == merkle_root(found)) == same
    assert merkle_root(found[1:]) != merkle_root(found)


def test_a_release_can_be_computed_again_from_what_was_kept() -> None:
    one = made()
    kept = unpack(pack(one.records))
    assert reproduces(one.release, kept, shipped(), some_keys())
    assert not reproduces(one.release, kept[1:], shipped(), some_keys())
    assert not reproduces(one.release, kept, shipped(), some_keys("other"))


# --- Values for reading --------------------------------------------------------------------------

measurements = st.dictionaries(
    st.tuples(st.sampled_from(["TUN", "MAR"]), st.integers(0, 30).map(str)),
    st.integers(-12, 300),
    min_size=1,
    max_size=40,
)


@given(measurements)
def test_values_are_whole_not_negative_and_keep_the_sum_of_each_country(measured: Any) -> None:
    values = consistent(measured, "salt")
    assert list(values) == list(measured)
    assert all(value >= 0 for value in values.values())
    sums: Counter[str] = Counter()
    for (area, _), value in measured.items():
        sums[area] += value
    for area, total in sums.items():
        assert sum(v for (a, _), v in values.items() if a == area) == max(0, total)


@given(measurements)
def test_no_other_such_point_is_nearer_than_rounding(measured: Any) -> None:
    """Moving a unit from one cell of a country to another does not come nearer."""
    values = consistent(measured, "salt")

    def gain(cell: Any, step: int) -> int:
        off = values[cell] - measured[cell]
        return (off + step) ** 2 - off**2

    for giver in (cell for cell, value in values.items() if value > 0):
        for taker in (cell for cell in values if cell[0] == giver[0] and cell != giver):
            assert gain(giver, -1) + gain(taker, 1) >= 0


def test_sparse_tables_do_not_grow() -> None:
    """Cutting off below zero would add a person to every second empty cell."""
    found = [a_record(n) for n in range(60)]
    totals, cut = [], []
    for seed in range(40):
        release = made(victims=found, keys=some_keys(str(seed))).release
        rows = [row for row in release.observations if row.REF_AREA == "TUN"]
        totals.append(sum(row.OBS_VALUE for row in rows) - 60)
        cut.append(sum(max(0, row.MEASUREMENT) for row in rows) - 60)
    assert abs(sum(totals) / len(totals)) < 8
    assert sum(cut) / len(cut) > 25


def test_small_values_are_flagged_and_none_is_hidden() -> None:
    release = a_release()
    assert len(release.observations) == len(shipped().cells("F1", "2023"))
    for row in release.observations:
        assert row.LOW_RELIABILITY == (row.OBS_VALUE < 11) == (row.OBS_STATUS == "U")
        assert max(0, row.MEASUREMENT - 6) == row.LOWER_BOUND
        assert max(0, row.MEASUREMENT + 6) == row.UPPER_BOUND
    assert {row.OBS_STATUS for row in made("P1|2023-Q1|PROVISIONAL").release.observations} <= {
        "U",
        "P",
    }


def test_the_statement_says_what_it_was_computed_from() -> None:
    statement = a_release().statement
    assert statement.streams == list(ORIGIN.streams)
    assert statement.parameters == shipped().digest
    assert (statement.rho, statement.code) == (0.0625, ORIGIN.code)


def test_a_message_tells_nothing_of_how_many_there_are() -> None:
    """No exact total stands anywhere in it: all sums are sums of noisy cells."""
    few, many = (made(victims=some_records(n)).release for n in (0, 2000))
    assert few.statement.model_dump().keys() == many.statement.model_dump().keys()
    assert len(few.observations) == len(many.observations)


def test_a_population_is_cut_by_period() -> None:
    everyone = a_population([*some_records(10, "2022"), *some_records(5, "2023")])
    assert len(of_period(everyone["VICTIMS"], "2022")) == 10
