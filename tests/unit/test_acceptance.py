"""When a fact was first accepted, and in which month it counts for what is published."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.indicators.acceptance import Closing, month_counted
from processors.intake.records import unpack_subject
from tests.samples import Fields, an_event, ref
from tests.unit.test_fold import following
from tests.unit.test_fold_events import ANEW, BACK, FIRST, GONE, MAN
from tests.world import NOW, Platform, a_world, sealed

MONTH = 31 * 24 * 60 * 60 * 1000
OTHER_FACT = an_event(fact_ref=ref("fact 2"), period="2023-11")


def standing(platform: Platform) -> dict[bytes, tuple[str, int]]:
    """Day and offset of first acceptance, by fact."""
    return {
        event["fact_ref"]: (event["first_accepted"], event["first_offset"])
        for key, value in platform.records.items()
        if key.startswith(b"S")
        for event in unpack_subject(value)
    }


HISTORIES: list[tuple[str, list[list[Fields]]]] = [
    ("told once", [[FIRST]]),
    ("told twice", [[FIRST], [FIRST]]),
    ("corrected", [[FIRST], [MAN]]),
    ("withdrawn", [[FIRST], [MAN], [GONE]]),
    ("told again after its withdrawal", [[FIRST], [MAN, GONE], [BACK]]),
    ("stated anew by an authority that lost its outbox", [[FIRST], [ANEW]]),
    ("after a sign of life", [[], [FIRST], [MAN]]),
]


@pytest.mark.parametrize("batches", [h[1] for h in HISTORIES], ids=[h[0] for h in HISTORIES])
def test_the_first_acceptance_of_a_fact_stays_with_it(batches: list[list[Fields]]) -> None:
    """Batches are sealed a month apart, the first on 1 January 2024 (UTC)."""
    platform, world = Platform(), a_world()
    before = None
    for number, events in enumerate(batches):
        at = {"produced_at": NOW + number * MONTH, "world": world}
        if before is None:
            before = sealed(*events, **at)
        else:
            before = following(before, *events, sequence=number + 1, **at)
        platform.take(before.message)
    first = next(n for n, events in enumerate(batches) if events)
    assert standing(platform) == {
        FIRST["fact_ref"]: ("2024-01-01" if not first else "2024-02-01", first)
    }


def test_the_same_log_gives_the_same_days_and_places() -> None:
    first = sealed(FIRST)
    log = [first.message, following(first, MAN, OTHER_FACT, sequence=2).message]
    once, again = Platform(), Platform()
    for message in log:
        once.take(message)
        again.take(message)
    assert standing(once) == standing(again)
    assert standing(once)[OTHER_FACT["fact_ref"]] == ("2024-01-01", 1)


def test_facts_of_long_ago_are_counted_as_late_when_they_come() -> None:
    """The facts are of May 2023; the batch was sealed on 1 January 2024."""
    platform = Platform()
    platform.take(sealed(FIRST).message)
    late = {cell: n for cell, n in platform.cells.items() if cell[0] == "DQ_LATE"}
    assert late == {("DQ_LATE", "TUN", "2024-Q1", "D181T365"): 1}


# --- The month that counts ------------------------------------------------------------------------

JUNE = Closing("2023-06", {"TUN-0": 40})
SEPTEMBER = Closing("2023-09", {"TUN-0": 70})

PLACES = [
    # month first told, offset, month that counts
    ("2023-05", 39, "2023-05"),  # read before June was closed
    ("2023-05", 40, "2023-07"),  # and after that
    ("2023-06", 69, "2023-07"),
    ("2023-06", 70, "2023-10"),  # came in after September was closed, too
    ("2023-07", 40, "2023-07"),
    ("2023-08", 70, "2023-10"),
    ("2023-10", 70, "2023-10"),
    ("2023-Q2", 39, "2023-Q2"),  # a quarter is as late as its last month
    ("2023-Q2", 40, "2023-07"),
    ("2023-Q3", 40, "2023-Q3"),
    ("2019-02", 90, "2023-10"),
]


@pytest.mark.parametrize(("told", "offset", "month"), PLACES)
def test_what_comes_after_a_closing_counts_in_the_first_open_month(
    told: str, offset: int, month: str
) -> None:
    event = {"first_told": told, "first_offset": offset}
    assert month_counted(event, "TUN-0", [SEPTEMBER, JUNE]) == month


def test_without_closings_the_month_that_was_told_counts() -> None:
    assert month_counted({"first_told": "2023-05", "first_offset": 9}, "TUN-0", []) == "2023-05"


def test_of_a_partition_that_had_nothing_all_came_later() -> None:
    assert month_counted({"first_told": "2023-05", "first_offset": 0}, "MAR-1", [JUNE]) == "2023-07"


def test_a_year_s_last_month_is_followed_by_the_next_year_s_first() -> None:
    event = {"first_told": "2023-05", "first_offset": 9}
    assert month_counted(event, "TUN-0", [Closing("2023-12", {"TUN-0": 1})]) == "2024-01"


def test_a_correction_of_the_month_does_not_move_what_is_published() -> None:
    platform = Platform()
    first = sealed(FIRST)
    moved = {**MAN, "period": "2023-11"}
    for message in (first.message, following(first, moved, sequence=2).message):
        platform.take(message)
    ((event,),) = (
        unpack_subject(value) for key, value in platform.records.items() if key.startswith(b"S")
    )
    assert (event["period"], event["first_told"]) == ("2023-11", FIRST["period"])


MONTHS = [f"{year}-{month:02}" for year in (2022, 2023) for month in range(1, 13)]


@given(
    st.sampled_from(MONTHS),
    st.integers(0, 100),
    st.lists(st.tuples(st.sampled_from(MONTHS), st.integers(0, 100)), unique_by=lambda c: c[0]),
)
def test_a_closed_month_never_grows(told: str, offset: int, closed: list[tuple[str, int]]) -> None:
    """Closings are of growing months and offsets; each leaves the months before it as they were."""
    months, places = sorted(m for m, _ in closed), sorted(n for _, n in closed)
    closings = [Closing(m, {"TUN-0": n}) for m, n in zip(months, places, strict=True)]
    event = {"first_told": told, "first_offset": offset}
    for number, closing in enumerate(closings):
        before = month_counted(event, "TUN-0", closings[:number])
        after = month_counted(event, "TUN-0", closings[: number + 1])
        if offset < closing.read_to["TUN-0"]:
            assert after == before
        else:
            assert after > closing.month
    counted = month_counted(event, "TUN-0", closings)
    assert counted >= told
