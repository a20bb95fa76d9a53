"""Registers on servers: KoBoToolbox, Primero and DHIS2 as sources.

What holds for all three is said once; what only one of them does stands below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from country_adapters.kit.errors import (
    AccessFileInvalid,
    MissingColumn,
    RegisterError,
    RegisterMissing,
    RegisterUnreadable,
    SourceIncomplete,
    SourceRefused,
    SourceUnreachable,
    UnknownColumn,
)
from country_adapters.kit.sources.base import Source, SourceRow, Wanted
from country_adapters.kit.sources.dhis2 import Dhis2, Dhis2Options
from country_adapters.kit.sources.kobo_api import KoboApi, KoboApiOptions
from country_adapters.kit.sources.primero import Primero, PrimeroOptions
from country_adapters.kit.sources.web import Patience
from tests.unit.register_servers import (
    CASE,
    NAME,
    PLANTED,
    SECRET,
    SEX,
    Dhis2Server,
    KoboServer,
    PrimeroServer,
    RegisterServer,
    served,
    write_access,
)

COUNT, PAGE = 7, 3
WANTED = Wanted(used=(CASE, SEX), ignored=(NAME,))
NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
KINDS = ("kobo_api", "primero", "dhis2")


class Bench:
    """A register on a server, and the source that reads it.

    Attributes:
        server: The server.
        slept: The pauses that the source made.
        at: What its clock shows.
        page: Rows on a page.
    """

    def __init__(self, server: RegisterServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.slept: list[float] = []
        self.at = NOON
        self.page = PAGE

    def source(self, wanted: Wanted = WANTED) -> Source:
        patience = Patience(timeout=5, sleep=self.slept.append)
        where: dict[str, Any] = {"url": self.server.url, "page_size": self.page}
        token = {"token_file": "token"}
        if isinstance(self.server, KoboServer):
            kobo = KoboApiOptions(kind="kobo_api", asset="aTestForm", **token, **where)
            return KoboApi(kobo, self.folder, wanted, patience, lambda: self.at)
        if isinstance(self.server, PrimeroServer):
            files = {"user_file": "user", "password_file": "password"}
            primero = PrimeroOptions(kind="primero", **files, **where)
            return Primero(primero, self.folder, wanted, patience, lambda: self.at)
        uids = {"program": "ProgramUid1", "stage": "StageUid001", **token}
        dhis2 = Dhis2Options(kind="dhis2", overlap_seconds=0, **uids, **where)
        return Dhis2(dhis2, self.folder, wanted, patience)

    def read(self, cursor: str | None = None) -> list[SourceRow]:
        return list(self.source().read(cursor))

    def cases(self, cursor: str | None = None) -> list[object]:
        return [row.values[CASE] for row in self.read(cursor)]


SERVERS: dict[str, Callable[[int], RegisterServer]] = {
    "kobo_api": KoboServer,
    "primero": PrimeroServer,
    "dhis2": Dhis2Server,
}


def bench_of(kind: str, folder: Path) -> Iterator[Bench]:
    write_access(folder)
    server = SERVERS[kind](COUNT)
    with served(server):
        yield Bench(server, folder)


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    yield from bench_of(request.param, tmp_path)


@pytest.fixture
def kobo(tmp_path: Path) -> Iterator[Bench]:
    yield from bench_of("kobo_api", tmp_path)


@pytest.fixture
def primero(tmp_path: Path) -> Iterator[Bench]:
    yield from bench_of("primero", tmp_path)


@pytest.fixture
def dhis2(tmp_path: Path) -> Iterator[Bench]:
    yield from bench_of("dhis2", tmp_path)


ALL = [f"C{number}" for number in range(1, COUNT + 1)]

# --- What holds for all --------------------------------------------------------------------------


def test_every_row_of_all_pages_comes_once_with_used_columns_only(bench: Bench) -> None:
    rows = bench.read()
    assert [row.values for row in rows] == [{CASE: case, SEX: "f"} for case in ALL]
    assert len({row.locator for row in rows}) == COUNT


def test_pages_are_asked_for_as_they_are_read(bench: Bench) -> None:
    """Memory holds one page, however many there are."""
    rows = bench.source().read(None)
    next(rows)
    asked = len(bench.server.questions_for_rows())
    assert len(list(rows)) == COUNT - 1
    assert len(bench.server.questions_for_rows()) == asked + 2


def test_the_size_is_known_from_the_first_page_on(bench: Bench) -> None:
    source = bench.source()
    assert source.size() is None
    next(iter(source.read(None)))
    assert source.size() == COUNT


def test_the_order_of_answers_and_of_questions_does_not_matter(bench: Bench) -> None:
    before = bench.read()
    bench.server.rows = [dict(reversed(row.items())) for row in bench.server.rows]
    bench.server.form.reverse()
    assert [row.values for row in bench.read()] == [row.values for row in before]


def test_an_answer_that_was_not_given_is_a_blank(bench: Bench) -> None:
    del bench.server.rows[0][SEX]
    assert bench.read()[0].values == {CASE: "C1", SEX: None}


def test_a_question_that_vanished_from_the_form_is_noticed_before_a_row_is_asked_for(
    bench: Bench,
) -> None:
    bench.server.form.remove(SEX)
    with pytest.raises(MissingColumn, match=SEX):
        bench.read()
    assert bench.server.questions_for_rows() == []


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_page_that_fails_twice_is_asked_for_again(bench: Bench, pages: int) -> None:
    bench.page = -(-COUNT // pages)
    bench.server.failures = [503, 429]
    assert bench.cases() == ALL
    assert bench.slept == [7.0, 7.0], "as long as the server asked for"


def test_a_server_that_stays_down_is_named_and_its_words_are_not_repeated(bench: Bench) -> None:
    bench.server.failures = [503] * 5
    with pytest.raises(SourceUnreachable) as caught:
        bench.read()
    assert PLANTED not in str(caught.value)
    assert len(bench.slept) == 4


@pytest.mark.parametrize("off", [-1, 1])
def test_a_count_that_does_not_fit_is_refused(bench: Bench, off: int) -> None:
    bench.server.miscount = off
    with pytest.raises(SourceIncomplete):
        bench.read()


def test_reading_goes_on_where_it_broke_off(bench: Bench) -> None:
    for stopped in range(COUNT):
        rows = bench.source().read(None)
        got = [next(rows) for _ in range(stopped + 1)]
        rest = bench.cases(got[-1].cursor)
        assert rest[: COUNT - stopped - 1] == ALL[stopped + 1 :]


def test_after_a_whole_reading_only_new_rows_come(bench: Bench) -> None:
    cursor = bench.read()[-1].cursor
    bench.server.rows.append(bench.server.row(COUNT + 1))
    assert bench.cases(cursor) == [f"C{COUNT + 1}"]


def test_an_access_that_is_no_longer_good_is_refused(bench: Bench) -> None:
    for name in ("token", "password"):
        (bench.folder / name).write_text("AnotherToken")
    with pytest.raises(SourceRefused) as caught:
        bench.read()
    assert "AnotherToken" not in str(caught.value)
    assert bench.slept == [], "a refusal is final"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda path: path.chmod(0o640), AccessFileInvalid),
        (lambda path: path.write_text("\n"), AccessFileInvalid),
        (lambda path: path.write_text(f"{SECRET}\nInjected: 1\n"), AccessFileInvalid),
        (lambda path: path.unlink(), RegisterMissing),
    ],
)
def test_a_file_of_access_that_cannot_be_trusted_is_refused_before_a_question_is_asked(
    bench: Bench, change: Callable[[Path], object], error: type[RegisterError]
) -> None:
    for name in ("token", "password"):
        change(bench.folder / name)
    with pytest.raises(error) as caught:
        bench.read()
    assert SECRET not in str(caught.value)
    assert bench.server.asked == []


# --- Forms whose questions must all be decided about ---------------------------------------------


@pytest.mark.parametrize("kind", ["kobo_api", "dhis2"])
def test_a_question_that_nobody_decided_about_is_refused(kind: str, tmp_path: Path) -> None:
    """Whether it stands in the form now, or only in rows from an earlier form."""
    for bench in bench_of(kind, tmp_path):
        bench.server.form.append("NewQuestion")
        with pytest.raises(UnknownColumn):
            bench.read()
        assert bench.server.questions_for_rows() == []
        bench.server.form.remove("NewQuestion")
        bench.server.rows[-1]["OldQuestion"] = PLANTED
        with pytest.raises(UnknownColumn, match="OldQuestion") as caught:
            bench.read()
        assert PLANTED not in str(caught.value)


# --- KoBoToolbox ---------------------------------------------------------------------------------


def test_kobo_follows_next_on_the_declared_server_only(kobo: Bench) -> None:
    """The server names itself otherwise; the token must not go there."""
    kobo.read()
    starts = [asked.query.get("start") for asked in kobo.server.questions_for_rows()]
    assert starts == [None, "3", "6"]


def test_kobo_gives_smaller_pages_than_were_asked_for(kobo: Bench) -> None:
    answer = kobo.server.page

    def two_at_most(asked: Any) -> Any:
        return answer(asked._replace(query={**asked.query, "limit": "2"}))

    kobo.server.page = two_at_most  # type: ignore[method-assign]
    assert kobo.cases() == ALL


def test_kobo_submissions_in_another_order_are_refused(kobo: Bench) -> None:
    kobo.server.rows.reverse()
    with pytest.raises(SourceIncomplete):
        kobo.read()


def test_kobo_submissions_that_come_while_pages_are_read_are_read_too(kobo: Bench) -> None:
    rows = kobo.source().read(None)
    next(rows)
    kobo.server.rows.append(kobo.server.row(COUNT + 1))
    assert [row.values[CASE] for row in rows] == [*ALL[1:], f"C{COUNT + 1}"]


def test_a_kobo_submission_deleted_while_pages_are_read_is_noticed(kobo: Bench) -> None:
    """The window slid, and a submission slipped through."""
    rows = kobo.source().read(None)
    next(rows)
    del kobo.server.rows[0]
    with pytest.raises(SourceIncomplete):
        list(rows)


@pytest.mark.parametrize("kind", ["kobo_api", "primero"])
def test_all_rows_are_read_again_once_a_day_because_edits_do_not_show(
    kind: str, tmp_path: Path
) -> None:
    for bench in bench_of(kind, tmp_path):
        cursor = bench.read()[-1].cursor
        bench.server.rows[0][SEX] = "m"
        bench.at = NOON + timedelta(hours=23, minutes=59)
        assert "C1" not in bench.cases(cursor)
        bench.at = NOON + timedelta(hours=24)
        assert bench.read(cursor)[0].values == {CASE: "C1", SEX: "m"}


def test_kobo_groups_are_checked_in_the_form_and_in_the_rows(kobo: Bench) -> None:
    describe = kobo.server.describe
    lines = [
        {"type": "begin_group", "name": "isf", "$xpath": "isf"},
        {"type": "text", "$autoname": CASE, "$xpath": CASE},
        {"type": "text", "name": NAME},
        {"type": "select_one", "name": SEX, "$xpath": SEX},
        {"type": "note", "name": "thanks", "$xpath": "isf/thanks"},
        {"type": "end_group"},
        {"type": "begin_repeat", "name": "services", "$xpath": "services"},
        {"type": "text", "name": "type", "$xpath": "services/type"},
        {"type": "end_repeat"},
    ]

    def with_group(asked: Any) -> Any:
        told = describe(asked)
        told.data["content"]["survey"] = lines
        return told

    kobo.server.describe = with_group  # type: ignore[method-assign]
    inner = Wanted(used=("services/type",), ignored=())
    wanted = Wanted((CASE, "services"), (NAME, SEX), {"services": inner})
    kobo.server.rows[0]["services"] = [{"services/type": "shelter"}]
    rows = list(kobo.source(wanted).read(None))
    assert rows[0].values["services"] == [{"services/type": "shelter"}]
    lines[-2]["$xpath"] = "services/kind"
    with pytest.raises(MissingColumn, match="services/type"):
        list(kobo.source(wanted).read(None))


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


# --- Answers that are none -----------------------------------------------------------------------


class Reply(NamedTuple):
    data: Any
    error: type[RegisterError]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"<html>maintenance</html>", RegisterUnreadable),
        Reply([], RegisterUnreadable),
        Reply({"results": "x", "data": 3, "events": None, "count": 1}, RegisterUnreadable),
        Reply({"results": [1], "data": [1], "events": [1], "count": 1}, RegisterUnreadable),
        Reply({"results": [], "data": [], "events": []}, RegisterUnreadable),
    ],
)
def test_what_is_no_page_is_refused(bench: Bench, reply: Reply) -> None:
    page = bench.server.page
    bench.server.page = lambda asked: page(asked)._replace(data=reply.data)  # type: ignore[method-assign]
    with pytest.raises(reply.error):
        bench.read()
