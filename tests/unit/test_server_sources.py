"""Registers on servers: KoBoToolbox, Primero and DHIS2 as sources.

What holds for all three is said once; what only one of them does stands below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
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
from country_adapters.kit.sources.base import Wanted
from tests.unit.register_servers import (
    CASE,
    NAME,
    PLANTED,
    SECRET,
    SEX,
)
from tests.unit.source_bench import ALL, COUNT, NOON, Bench, bench_of

KINDS = ("kobo_api", "primero", "dhis2")


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    yield from bench_of(request.param, tmp_path)


@pytest.fixture
def kobo(tmp_path: Path) -> Iterator[Bench]:
    yield from bench_of("kobo_api", tmp_path)


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
