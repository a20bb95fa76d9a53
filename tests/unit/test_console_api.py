"""What programs read of the console: who may, what it says, and what it says when it goes wrong."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.alerts.reader import Told
from deploy.console.alerts.boards import NAMES
from deploy.console.api import ROOT, VERSION
from deploy.console.api.accept import chosen
from deploy.console.api.routes import router
from deploy.console.app import Console, create_app
from deploy.console.errors import NotAcceptable
from deploy.console.pages.failing import PROBLEMS
from deploy.console.security.rates import Rate, Rates
from deploy.console.store import Kept
from deploy.console.views.programs import ADDRESSES
from deploy.exports.plain import Style
from deploy.exports.sdmx import write_sdmx_csv
from schemas.alerts import EVERYBODY
from schemas.releases import open_release
from tests.console.world import TODAY, WITHDRAWN, snapshot
from tests.published import trusting
from tests.unit.console_guard import a_console, browser, only, told
from tests.unit.test_console_alerts import ANALYST, OPERATOR, SEES, TUNIS, VIEWER

DOCS = Path(__file__).parents[2] / "docs"
OBSERVATIONS = "/indicators/VIC_IDENT/observations"


async def ask(console: Console, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async with browser(create_app(console)) as client:
        return await client.request(method, ROOT + path, headers=headers)


async def told_to(console: Console, path: str) -> Any:
    answer = await ask(console, path)
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- Who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ADDRESSES)
async def test_nobody_reads_anything_without_signing_in(path: str) -> None:
    filled = path.format(name="F1_2023_FINAL", code="VIC_IDENT", board="tun")
    answer = await ask(a_console(None), filled)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "CONSOLE_NOT_ADMITTED"


@pytest.mark.parametrize("who", SEES)
@pytest.mark.parametrize("board", NAMES)
async def test_an_alert_is_told_to_those_it_was_meant_for(who: str, board: str) -> None:
    reader, sees = SEES[who]
    answer = await ask(a_console(reader), f"/alerts/{board}/{only(board).id}")
    if board == "surges":
        assert answer.status_code == 422
        return
    assert answer.status_code == (200 if board in sees else 403)
    assert (json.dumps(only(board).evidence.words.ar) in json.dumps(answer.json())) == (  # type: ignore[union-attr]
        board in sees
    )


@pytest.mark.parametrize("who", SEES)
async def test_lists_hold_what_their_reader_may_see_and_nothing_else(who: str) -> None:
    reader, sees = SEES[who]
    console = a_console(reader)
    found = await told_to(console, "/alerts")
    mine = sees - {"surges"}
    assert {one["board"] for one in found["boards"]} == mine
    assert {one["id"] for one in found["items"]} == {a.id for b in mine for a in told()[b]}
    surges = await told_to(console, "/surges")
    assert {one["id"] for one in surges["items"]} == {alert.id for alert in told()["surges"]}


async def test_what_is_for_the_platform_alone_is_told_to_nobody() -> None:
    for reader, board in ((TUNIS, "tun"), (ANALYST, "analysts")):
        text = (await ask(a_console(reader), f"/alerts/{board}/{only(board).id}")).text
        assert only(board).model_dump()["basis"] not in text


async def test_opening_an_alert_is_written_down_and_so_is_what_was_refused() -> None:
    console = a_console(TUNIS)
    await ask(console, f"/alerts/tun/{only('tun').id}")
    await ask(console, f"/alerts/mar/{only('mar').id}")
    await ask(console, "/alerts?board=mar")
    entries = [(e.action, e.what) for e in reversed(console.audit.read())]
    assert entries == [
        ("opened", f"tun/{only('tun').id} revision 1"),
        ("refused", f"CONSOLE_NOT_ALLOWED {ROOT}/alerts/mar/{only('mar').id}"),
        ("refused", f"CONSOLE_NOT_ALLOWED {ROOT}/alerts"),
    ]


async def test_who_asks_too_often_waits() -> None:
    console = a_console(VIEWER, rates=Rates(lambda: 0.0, {"api": Rate(2, 60.0)}))
    answers = [await ask(console, "/status") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 429, 429]
    assert answers[2].headers["retry-after"] == "60"
    assert [e.action for e in console.audit.read()] == ["refused"]


# --- What was published ---------------------------------------------------------------------------


async def test_a_release_is_verified_by_whoever_reads_it() -> None:
    told = (await told_to(a_console(VIEWER), "/releases/F1_2023_FINAL"))["message"]
    headers = [(one["name"], one["value"].encode()) for one in told["signatures"]]
    release = open_release(told["key"].encode(), told["value"].encode(), headers, trusting())
    assert release == snapshot()["F1|2023|FINAL"].release


@pytest.mark.parametrize(
    ("query", "fitting"),
    [
        ("", lambda _one: True),
        ("table=P1", lambda one: one.table == "P1"),
        ("period=2023&vintage=FINAL", lambda one: one.period == "2023"),
        ("indicator=TRN_N", lambda one: one.table == "E1"),
        ("since=2024-06-30", lambda one: str(one.statement.released_on) >= "2024-06-30"),
    ],
)
async def test_releases_are_filtered(query: str, fitting: Any) -> None:
    found = await told_to(a_console(VIEWER), f"/releases?limit=500&{query}")
    keys = {one.key for one in snapshot().releases() if fitting(one)}
    assert {one["key"] for one in found["items"]} == keys
    assert found["total"] == len(keys) > 0


async def test_a_withdrawn_release_says_so_and_gives_no_rows() -> None:
    console = a_console(VIEWER)
    one = await told_to(console, f"/releases/{WITHDRAWN.replace('|', '_')}")
    assert (one["withdrawn"]["reason"], one["stands"], one["rows"]) == ("METHOD_ERROR", False, 0)
    assert one["indicator"] == "VIC_IDENT"
    rows = await told_to(console, f"{OBSERVATIONS}?TABLE=F4")
    assert {row["RELEASE"] for row in rows["items"]} == {"F4|2021|FINAL", "F4|2023|FINAL"}


async def test_parts_of_a_list_are_the_list() -> None:
    console, path = a_console(VIEWER), f"{OBSERVATIONS}?TABLE=F1&SEX=F&SEX=M&limit=7"
    found: list[Any] = []
    while path:
        part = await told_to(console, path.removeprefix(ROOT))
        found += part["items"]
        path = part["next"]
    whole = await told_to(console, f"{OBSERVATIONS}?TABLE=F1&SEX=F&SEX=M")
    assert found == whole["items"]
    assert len(found) == whole["total"] == 3 * 64


async def test_rows_are_those_of_the_release_with_their_uncertainty() -> None:
    rows = (await told_to(a_console(VIEWER), f"{OBSERVATIONS}?TABLE=F1&REF_AREA=TUN&FORM=SEX"))[
        "items"
    ]
    own = [
        cell
        for key in ("F1|2021|FINAL", "F1|2022|FINAL", "F1|2023|FINAL")
        for cell in snapshot()[key].release.observations
        if (cell.REF_AREA, cell.FORM) == ("TUN", "SEX")
    ]
    names = ("SEX", "OBS_VALUE", "MEASUREMENT", "LOWER_BOUND", "UPPER_BOUND", "LOW_RELIABILITY")
    assert [[row[n] for n in names] for row in rows] == [
        [getattr(c, n) for n in names] for c in own
    ]
    assert all("AGE" not in row for row in rows)


async def test_csv_says_the_same_and_leads_on() -> None:
    console, path = a_console(VIEWER), f"{OBSERVATIONS}?TABLE=P1&limit=20"
    plain = (await told_to(console, path))["items"]
    answer = await ask(console, path, accept="text/html;q=0.9, text/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert (
        answer.headers["link"] == f'<{ROOT}{OBSERVATIONS}?TABLE=P1&limit=20&offset=20>; rel="next"'
    )
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [{k: str(v).lower() for k, v in row.items()} for row in plain] == [
        {k: v.lower() for k, v in row.items()} for row in rows
    ]


async def test_sdmx_csv_is_that_of_the_exports() -> None:
    console, kind = a_console(VIEWER), "application/vnd.sdmx.data+csv"
    answer = await ask(console, f"{OBSERVATIONS}?TABLE=P1", accept=kind)
    parts = [
        write_sdmx_csv(one, Style()).decode().splitlines()
        for one in sorted(snapshot().standing(), key=lambda one: one.period)
        if one.table == "P1"
    ]
    assert answer.text.splitlines() == [parts[0][0], *(line for p in parts for line in p[1:])]
    some = await ask(console, f"{OBSERVATIONS}?TABLE=P1&TIME_PERIOD=2023-Q1", accept=kind)
    assert len(some.text.splitlines()) == 1 + 4
    none = await ask(console, f"{OBSERVATIONS}?TABLE=P1&SEX=F", accept=kind)
    assert none.text.splitlines() == [parts[0][0]]


async def test_the_calendar_says_what_is_out_and_what_is_to_come() -> None:
    lines = (await told_to(a_console(VIEWER), "/calendar"))["items"]
    states = {one["key"]: one["state"] for one in lines}
    assert states["F1|2023|FINAL"] == "published"
    assert states[WITHDRAWN] == "withdrawn"
    assert states["F1|2024|FINAL"] == "to come"


# --- Asking again ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/releases", "/releases/F1_2023_FINAL", "/calendar", "/alerts"])
async def test_what_has_not_changed_is_not_told_again(path: str) -> None:
    console = a_console(TUNIS)
    tag = (await ask(console, path)).headers["etag"]
    for sent in (tag, f'"another", {tag}', tag.removeprefix("W/"), "*"):
        again = await ask(console, path, **{"if-none-match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await ask(console, path, **{"if-none-match": '"another"'})).status_code == 200


async def test_an_etag_holds_for_one_state_one_reader_one_address_and_one_process() -> None:
    console = a_console(TUNIS)
    tags = [
        (await ask(console, path)).headers["etag"] for path in ("/releases", "/releases?limit=9")
    ]
    tags.append((await ask(a_console(VIEWER, run=console.run), "/releases")).headers["etag"])
    tags.append((await ask(a_console(TUNIS), "/releases")).headers["etag"])
    kept = snapshot()["F1|2023|FINAL"]
    console.live.put(console.live.snapshot.having(Kept(kept.release, kept.message)))
    tags.append((await ask(console, "/releases")).headers["etag"])
    assert len(set(tags)) == 5


async def test_alerts_of_others_do_not_change_what_a_reader_knows() -> None:
    console = a_console(VIEWER)
    before = (await ask(console, "/surges")).headers["etag"]
    alert = only("tun")
    console.boards.put(NAMES["tun"], Told(alert.model_copy(update={"revision": 2}), TODAY))
    assert (await ask(console, "/surges")).headers["etag"] == before
    surge = only("surges")
    console.boards.put(EVERYBODY, Told(surge.model_copy(update={"revision": 2}), TODAY))
    assert (await ask(console, "/surges")).headers["etag"] != before


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/releases", "no-cache"),
        ("/alerts", "no-store"),
        ("/surges", "no-store"),
        ("/status", "no-store"),
    ],
)
async def test_answers_are_kept_by_their_reader_alone_and_alerts_by_nobody(
    path: str, kept: str
) -> None:
    answer = await ask(a_console(TUNIS), path)
    assert answer.headers["cache-control"] == f"private, {kept}"
    assert "Cookie" in answer.headers["vary"]


@pytest.mark.parametrize("path", ["/releases", OBSERVATIONS + "?TABLE=F1", "/status"])
async def test_head_answers_as_get_without_a_body(path: str) -> None:
    console = a_console(VIEWER)
    whole, head = await ask(console, path), await ask(console, path, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers


# --- What goes wrong ------------------------------------------------------------------------------

WRONG = {
    "/nothing": (404, "CONSOLE_NOTHING_THERE", "openapi.json"),
    "/releases/F1_2019_FINAL": (404, "CONSOLE_NOTHING_THERE", "/releases"),
    "/releases/secret": (422, "CONSOLE_PARAMETER_INVALID", "name: String should match pattern"),
    "/indicators/NO_SUCH": (404, "CONSOLE_NOTHING_THERE", "/indicators"),
    f"{OBSERVATIONS}?TABLE=E1": (404, "CONSOLE_NOTHING_THERE", "VIC_IDENT"),
    OBSERVATIONS: (422, "CONSOLE_PARAMETER_INVALID", "TABLE: Field required"),
    f"{OBSERVATIONS}?TABLE=F1&SEX=secret": (422, "CONSOLE_PARAMETER_INVALID", "SEX.0:"),
    f"{OBSERVATIONS}?TABLE=F1&SEKS=F": (422, "CONSOLE_PARAMETER_INVALID", "no parameter that"),
    "/releases?limit=501": (422, "CONSOLE_PARAMETER_INVALID", "limit:"),
    "/releases?since=0": (422, "CONSOLE_PARAMETER_INVALID", "since:"),
}


@pytest.mark.parametrize("path", WRONG)
async def test_a_problem_says_what_was_expected_and_nothing_that_came(path: str) -> None:
    status, code, expected = WRONG[path]
    answer = await ask(a_console(VIEWER), path)
    told = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert expected in told["expected"]
    assert "secret" not in answer.text
    assert "SEKS" not in answer.text
    assert told["type"] == f"/en/api#{code}"
    assert code in PROBLEMS


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_nothing_is_changed_by_programs(method: str) -> None:
    answer = await ask(a_console(TUNIS), f"/alerts/tun/{only('tun').id}", method)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.json()["code"] == "CONSOLE_API_READ_ONLY"


async def test_an_unwanted_media_type_is_refused() -> None:
    answer = await ask(a_console(VIEWER), f"{OBSERVATIONS}?TABLE=F1", accept="application/xml")
    assert (answer.status_code, answer.json()["code"]) == (406, "CONSOLE_NOT_ACCEPTABLE")


OFFERED = ("application/json", "text/csv", "application/vnd.sdmx.data+csv")


@pytest.mark.parametrize(
    ("accept", "best"),
    [
        ("", OFFERED[0]),
        ("*/*", OFFERED[0]),
        ("text/*, application/json;q=0.5", OFFERED[1]),
        ("*/*, application/json;q=0", OFFERED[1]),
        ("TEXT/CSV ; q=1.0", OFFERED[1]),
        ("text/csv;q=odd, application/vnd.sdmx.data+csv;q=0.1", OFFERED[2]),
        ("application/json;q=0", None),
        ("image/png", None),
    ],
)
def test_the_media_type_that_is_liked_best_is_chosen(accept: str, best: str | None) -> None:
    if best is None:
        with pytest.raises(NotAcceptable):
            chosen(accept, OFFERED)
    else:
        assert chosen(accept, OFFERED) == best


@given(st.text(max_size=60))
def test_whatever_stands_in_accept_something_offered_is_chosen_or_nothing(accept: str) -> None:
    try:
        assert chosen(accept, OFFERED) in OFFERED
    except NotAcceptable:
        assert accept.strip()


# --- The document ---------------------------------------------------------------------------------


async def test_the_document_is_there_for_everybody_and_has_every_address() -> None:
    answer = await ask(a_console(None), "/openapi.json")
    assert answer.text == (DOCS / "console-api.json").read_text(encoding="utf-8")
    told = answer.json()
    assert (told["openapi"], told["info"]["version"]) == ("3.1.0", VERSION)
    assert {path.removeprefix(ROOT) for path in told["paths"]} == set(ADDRESSES)
    assert ROOT.endswith(f"v{VERSION.partition('.')[0]}")
    for one in told["paths"].values():
        assert set(one) == {"get"}
        assert {"200", "304", "401", "403", "404", "422", "429", "500"} <= set(
            one["get"]["responses"]
        )
    for name, part in told["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(part)
        assert part.get("additionalProperties") is not False, name


async def test_an_operator_reads_what_is_published_too() -> None:
    status = await told_to(a_console(OPERATOR), "/status")
    assert (status["standing"], status["releases"]) == ("live", len(snapshot().kept))


def test_every_address_answers_head_too() -> None:
    methods: dict[str, set[str]] = {}
    for route in router.routes:
        methods.setdefault(route.path, set()).update(route.methods)  # type: ignore[attr-defined]
    assert set(map(frozenset, methods.values())) == {frozenset({"GET", "HEAD"})}
