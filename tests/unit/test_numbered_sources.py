"""Primero and DHIS2: pages by number, and what is each server's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from country_adapters.kit.errors import (
    SourceIncomplete,
    UnknownColumn,
)
from country_adapters.kit.sources.base import Wanted
from country_adapters.kit.sources.dhis2 import Dhis2
from tests.unit.register_servers import (
    CASE,
    NAME,
    SEX,
    Dhis2Server,
    served,
    write_access,
)
from tests.unit.source_bench import ALL, COUNT, PAGE, Bench, bench_of


@pytest.fixture
def primero(tmp_path: Path) -> Iterator[Bench]:
    yield from bench_of("primero", tmp_path)


@pytest.fixture
def dhis2(tmp_path: Path) -> Iterator[Bench]:
    yield from bench_of("dhis2", tmp_path)


# --- Primero -------------------------------------------------------------------------------------


def test_primero_is_asked_for_no_field_that_the_mapping_does_not_use(primero: Bench) -> None:
    primero.read()
    asked = {asked.query["fields"] for asked in primero.server.questions_for_rows()}
    assert asked == {f"id,{CASE},{SEX}"}


def test_primero_is_asked_for_a_new_token_when_the_hour_is_over(primero: Bench) -> None:
    rows = primero.source().read(None)
    next(rows)
    primero.server.accepts = "Bearer of another hour"
    assert len(list(rows)) == COUNT - 1
    posts = [asked for asked in primero.server.asked if asked.method == "POST"]
    assert len(posts) == 2


def test_several_answers_of_primero_are_one_text_and_subforms_are_groups(primero: Bench) -> None:
    primero.server.form += ["services", "service_type"]
    primero.server.rows[0] |= {
        SEX: ["f", "x"],
        "services": [{"unique_id": "u1", "service_type": "shelter"}],
    }
    groups = {"services": Wanted(used=("service_type",), ignored=())}
    [first, *_] = primero.source(Wanted((SEX, "services"), (), groups)).read(None)
    assert first.values[SEX] == "f;x"
    assert first.values["services"] == [{"unique_id": "u1", "service_type": "shelter"}]


def test_primero_that_gives_more_than_was_asked_for_is_refused(primero: Bench) -> None:
    answer = primero.server.page

    def generous(asked: Any) -> Any:
        return answer(asked._replace(query={**asked.query, "fields": f"id,{CASE},{SEX},{NAME}"}))

    primero.server.page = generous  # type: ignore[method-assign]
    with pytest.raises(UnknownColumn):
        list(primero.source(Wanted(used=(CASE, SEX), ignored=())).read(None))


def test_primero_that_gives_other_pages_than_were_asked_for_is_refused(primero: Bench) -> None:
    """Whoever counts pages of another size loses rows."""
    answer = primero.server.page

    def capped(asked: Any) -> Any:
        return answer(asked._replace(query={**asked.query, "per": "2"}))

    primero.server.page = capped  # type: ignore[method-assign]
    with pytest.raises(SourceIncomplete, match="pages of 3, got of 2"):
        primero.read()


# --- Primero and DHIS2: pages by number ----------------------------------------------------------


@pytest.mark.parametrize("kind", ["primero", "dhis2"])
def test_a_row_that_goes_between_two_pages_stops_the_run_and_the_next_begins_again(
    kind: str, tmp_path: Path
) -> None:
    for bench in bench_of(kind, tmp_path):
        rows = bench.source().read(None)
        got = [next(rows) for _ in range(PAGE)]
        del bench.server.rows[0]
        with pytest.raises(SourceIncomplete):
            next(rows)
        assert bench.cases(got[-1].cursor) == ALL[1:]


@pytest.mark.parametrize("kind", ["primero", "dhis2"])
def test_a_row_that_comes_twice_tells_that_the_order_was_not_kept(
    kind: str, tmp_path: Path
) -> None:
    for bench in bench_of(kind, tmp_path):
        bench.server.rows[PAGE] = bench.server.rows[0]
        with pytest.raises(SourceIncomplete, match="each row once"):
            bench.read()


# --- DHIS2 ---------------------------------------------------------------------------------------


def test_dhis2_of_before_2_41_names_and_counts_its_events_otherwise(dhis2: Bench) -> None:
    assert isinstance(dhis2.server, Dhis2Server)
    dhis2.server.older = True
    assert dhis2.cases() == ALL


def test_dhis2_gives_events_that_changed_and_those_of_the_overlap(dhis2: Bench) -> None:
    cursor = dhis2.read()[-1].cursor
    dhis2.server.rows[1] |= {SEX: "m", "updatedAt": "2024-06-01T10:00:00.000"}
    assert dhis2.cases(cursor) == ["C2"]
    source = dhis2.source()
    assert isinstance(source, Dhis2)
    source.options = source.options.model_copy(update={"overlap_seconds": 3600})
    assert [row.values[CASE] for row in source.read(cursor)] == ["C2", "C7"]


def test_an_event_updated_while_dhis2_is_read_is_read_again(dhis2: Bench) -> None:
    rows = dhis2.source().read(None)
    got = [next(rows)]
    dhis2.server.rows[0] |= {SEX: "m", "updatedAt": "2024-06-01T10:00:00.000"}
    got += rows
    assert [row.values[CASE] for row in got] == ALL
    [again] = dhis2.read(got[-1].cursor)
    assert again.values == {CASE: "C1", SEX: "m"}


@pytest.mark.parametrize("count", [PAGE, 2 * PAGE])
def test_dhis2_whose_last_page_is_full_is_read_on_from_there(tmp_path: Path, count: int) -> None:
    """Only a page that is not full tells that a reading came to its end."""
    write_access(tmp_path)
    with served(server := Dhis2Server(count)):
        bench = Bench(server, tmp_path)
        cursor = bench.read()[-1].cursor
        server.rows[0] |= {SEX: "m", "updatedAt": "2024-06-01T10:00:00.000"}
        [again] = bench.read(cursor)
        assert again.values == {CASE: "C1", SEX: "m"}
        assert bench.read(again.cursor) == []


def test_a_dhis2_program_without_events_has_no_rows(dhis2: Bench) -> None:
    dhis2.server.rows = []
    assert dhis2.read() == []
