"""Who sees which alert, and how one is answered: roles by pages, forms, what is noted."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import pytest

from deploy.alerts.answering import ANSWERS
from deploy.alerts.reader import Told
from deploy.console.alerts.boards import NAME_OF, NAMES, Access, Board, Boards, visible
from deploy.console.app import Console, create_app
from deploy.console.i18n import tongue
from deploy.console.security import Reader, Role
from deploy.console.security.audit import Audit
from deploy.console.security.certificates import ROLES, reader_of
from deploy.console.security.forms import LARGEST
from deploy.console.security.rates import Rate, Rates
from deploy.console.security.roles import ANYBODY
from deploy.console.views.alert import whole
from deploy.console.views.alert_words import words
from deploy.console.views.inbox import Chosen, inbox
from processors.alerts.errors import AlertTopicUnreachable
from schemas.access import PRINCIPALS
from schemas.alerts import CHANNELS, CONTACTS, EVERYBODY, reasons_of
from schemas.topics import COUNTRY_CODES
from tests.console.world import TODAY
from tests.unit.console_guard import (
    SEEN,
    Post,
    a_console,
    a_platform,
    boards,
    browser,
    only,
    token_in,
    told,
)
from tests.unit.detection import NOW

VIEWER = Reader("vera", frozenset({Role.VIEWER}), bound="1")
TUNIS = Reader("nour", frozenset({Role.VIEWER, Role.CONTACT}), "TUN", bound="2")
RABAT = Reader("idir", frozenset({Role.VIEWER, Role.CONTACT}), "MAR", bound="3")
ANALYST = Reader("anna", frozenset({Role.VIEWER, Role.ANALYST}), bound="4")
OPERATOR = Reader("omar", frozenset({Role.VIEWER, Role.OPERATOR}), bound="5")
STATELESS = Reader("nobody", frozenset({Role.VIEWER, Role.CONTACT}), bound="6")
SEES: dict[str, tuple[Reader, set[str]]] = {
    "a viewer": (VIEWER, {"surges"}),
    "Tunisia's contact point": (TUNIS, {"surges", "tun"}),
    "Morocco's contact point": (RABAT, {"surges", "mar"}),
    "an analyst": (ANALYST, {"surges", "analysts"}),
    "an operator": (OPERATOR, {"surges"}),
    "a contact point of no country": (STATELESS, {"surges"}),
    "anybody, where all is open": (ANYBODY, set(NAMES)),
}


async def get(console: Console, path: str) -> Any:
    async with browser(create_app(console)) as client:
        return await client.get(path)


def page_of(board: str) -> str:
    return f"/en/alerts/{board}/{only(board).id}"


# --- Who sees what --------------------------------------------------------------------------------


@pytest.mark.parametrize("who", SEES)
@pytest.mark.parametrize("board", NAMES)
async def test_an_alert_is_seen_by_those_it_was_told_to(who: str, board: str) -> None:
    reader, sees = SEES[who]
    answer = await get(a_console(reader), page_of(board))
    assert answer.status_code == (200 if board in sees else 403)
    said = words(only(board), tongue("en"))
    assert (said in answer.text) == (board in sees)
    assert (only(board).id in answer.text) == (board in sees) or answer.status_code == 403


@pytest.mark.parametrize("who", SEES)
async def test_the_inbox_holds_what_its_reader_may_see_and_nothing_else(who: str) -> None:
    reader, sees = SEES[who]
    text = (await get(a_console(reader), "/en/alerts")).text
    found = set(re.findall(r'href="/en/alerts/(\w+)/([0-9a-f]{32})"', text))
    assert found == {(board, alert.id) for board in sees for alert in told()[board]}


async def test_of_anothers_alerts_not_even_which_there_are_is_told() -> None:
    console = a_console(TUNIS)
    real = await get(console, page_of("mar"))
    made_up = await get(console, f"/en/alerts/mar/{'0' * 32}")
    assert (real.status_code, made_up.status_code) == (403, 403)
    strip = re.compile(r"[0-9a-f]{32}")
    assert strip.sub("", real.text) == strip.sub("", made_up.text)
    assert (await get(console, f"/en/alerts/tun/{only('mar').id}")).status_code == 404


@pytest.mark.parametrize("channel", CHANNELS, ids=NAME_OF.get)
@pytest.mark.parametrize("who", SEES)
def test_the_number_that_a_page_waits_for_grows_for_those_who_may_see_why(
    who: str, channel: Any
) -> None:
    reader, sees = SEES[who]
    known = boards()
    before = known.number(reader)
    alert = next(iter(known[channel].alerts.values()))
    known.put(channel, Told(alert.model_copy(update={"revision": 2}), TODAY))
    assert (known.number(reader) > before) == (NAME_OF[channel] in sees)


@pytest.mark.parametrize("who", SEES)
async def test_the_audit_log_is_for_operators(who: str) -> None:
    reader, _ = SEES[who]
    answer = await get(a_console(reader), "/en/audit")
    assert answer.status_code == (200 if Role.OPERATOR in reader.roles else 403)
    region = await get(a_console(reader), "/en/region")
    assert ('href="/en/audit"' in region.text) == (Role.OPERATOR in reader.roles)


@pytest.mark.parametrize(
    ("principal", "sees"),
    [
        ("contact.tn", {"surges", "tun"}),
        ("contact.lb", {"surges", "lbn"}),
        ("analyst.coe", {"surges", "analysts"}),
        ("operator", {"surges"}),
    ],
)
def test_a_certificate_shows_what_its_principal_may_read(principal: str, sees: set[str]) -> None:
    reader = reader_of(principal, "a certificate")
    assert reader is not None
    assert {NAME_OF[channel] for channel in visible(reader)} == sees


def test_every_other_principal_reads_nothing() -> None:
    assert set(ROLES) <= {row.template for row in PRINCIPALS}
    others = [n for row in PRINCIPALS if row.template not in ROLES for n in row.names()]
    assert {reader_of(name, "") for name in [*others, "", "contact.xx", "contact.", "root"]} == {
        None
    }


# --- Answers --------------------------------------------------------------------------------------


async def answer(console: Console, board: str = "tun", **sent: str) -> Any:
    """Opens an alert and answers it from there, as a browser does."""
    fields = {"answer": "CONFIRMED.JOINT_CASE", **sent}
    app = create_app(console)
    async with browser(app) as client:
        page = await client.get(page_of(board))
        formed = 'name="token"' in page.text
        own = {"token": token_in(page.text), "revision": "1"} if formed else {}
        return await client.post(page_of(board), data={**own, **fields})


async def test_an_answer_goes_to_its_topic_as_of_the_revision_that_was_read() -> None:
    post = Post()
    console = a_console(TUNIS, post)
    done = await answer(console)
    assert (done.status_code, done.headers["location"]) == (303, page_of("tun"))
    ((channel, sent),) = post.sent
    assert channel is CONTACTS["TUN"]
    assert (sent.alert, sent.revision) == (only("tun").id, 1)
    assert (sent.state, sent.reason, sent.role) == ("CONFIRMED", "JOINT_CASE", "CONTACT")
    page = await get(console, page_of("tun"))
    assert "Confirmed: A joint case was opened. The platform takes it up" in page.text
    assert [(e.who, e.action) for e in console.audit.read()] == [
        ("nour", "answered"),
        ("nour", "opened"),
    ]
    assert all("CONFIRMED" not in e.what for e in console.audit.read())


async def test_once_the_platform_has_taken_it_up_nothing_waits_any_more() -> None:
    console = a_console(TUNIS)
    await answer(console)
    platform, channel = a_platform(), CONTACTS["TUN"]
    platform.answer(channel, only("tun"), "CONFIRMED", "JOINT_CASE")
    # Ids are the same for the same secret, so the next round changes the alert that was answered.
    platform.tell(SEEN)
    console.boards.put(channel, Told(platform.out[channel][only("tun").id], TODAY))
    text = (await get(console, page_of("tun"))).text
    assert 'id="sent"' not in text
    assert "Confirmed: A joint case was opened" in text


@pytest.mark.parametrize("state", ANSWERS)
async def test_every_reason_of_the_list_may_be_chosen(state: str) -> None:
    for reason in reasons_of(state) or [""]:
        post = Post()
        told = f"{state}.{reason}" if reason else state
        assert (await answer(a_console(ANALYST, post), "analysts", answer=told)).status_code == 303
        assert [(s.state, s.reason or "") for _, s in post.sent] == [(state, reason)]


REFUSED: dict[str, tuple[dict[str, str], int]] = {
    "without a token": ({"token": ""}, 403),
    "with another's token": ({"token": a_console(RABAT).tokens.of(RABAT)}, 403),
    "with a made-up token": ({"token": "0" * 64}, 403),
    "of a revision that is no more": ({"revision": "7"}, 409),
    "of no revision": ({"revision": ""}, 409),
    "with nothing chosen": ({"answer": ""}, 400),
    "with a reason of another state": ({"answer": "DISMISSED.JOINT_CASE"}, 400),
    "with a state of the platform's": ({"answer": "EXPIRED.TOO_OLD"}, 400),
    "with words": ({"answer": "CONFIRMED.he said so"}, 400),
    "larger than any form": ({"more": "x" * LARGEST}, 403),
}


@pytest.mark.parametrize("why", REFUSED)
async def test_nothing_is_sent_of_an_answer(why: str) -> None:
    sent, status = REFUSED[why]
    post = Post()
    assert (await answer(a_console(TUNIS, post), **sent)).status_code == status
    assert post.sent == []


HEADERS: dict[str, dict[str, str]] = {
    "from another site": {"sec-fetch-site": "cross-site"},
    "from a neighbour of the site": {"sec-fetch-site": "same-site"},
    "from another origin": {"origin": "https://elsewhere.example"},
    "from nowhere": {"origin": "null"},
    "as something else than a form": {"content-type": "application/json"},
}


@pytest.mark.parametrize("why", HEADERS)
async def test_what_another_site_sends_is_refused_though_the_token_were_right(why: str) -> None:
    post = Post()
    console = a_console(TUNIS, post)
    fields = f"token={console.tokens.of(TUNIS)}&revision=1&answer=SEEN"
    form = {"content-type": "application/x-www-form-urlencoded"}
    async with browser(create_app(console)) as client:
        path = page_of("tun")
        refused = await client.post(path, content=fields, headers={**form, **HEADERS[why]})
        assert (refused.status_code, post.sent) == (403, [])
        assert (await client.post(path, content=fields, headers=form)).status_code == 303
    assert [e.action for e in console.audit.read()] == ["answered", "refused"]


@pytest.mark.parametrize("board", [name for name in NAMES if name != "tun"])
async def test_nobody_answers_what_was_not_told_to_them(board: str) -> None:
    post = Post()
    console = a_console(TUNIS, post)
    refused = await answer(console, board, token=console.tokens.of(TUNIS), revision="1")
    assert refused.status_code == (404 if board == "surges" else 403)
    assert post.sent == []


async def test_a_closed_alert_takes_no_answer() -> None:
    post = Post()
    console = a_console(TUNIS, post)
    platform = a_platform()
    platform.tell(SEEN, month=NOW + 60)
    closed = platform.out[CONTACTS["TUN"]][only("tun").id]
    console.boards.put(CONTACTS["TUN"], Told(closed, TODAY))
    page = await get(console, page_of("tun"))
    assert 'id="choice"' not in page.text
    assert "says nothing of its evidence any more" in page.text
    fields = {"token": console.tokens.of(TUNIS), "revision": str(closed.revision)}
    assert (await answer(console, **fields)).status_code == 409
    assert post.sent == []


async def test_an_answer_that_cannot_be_sent_is_told_and_noted() -> None:
    post = Post(error=AlertTopicUnreachable())
    console = a_console(TUNIS, post)
    assert (await answer(console)).status_code == 503
    assert [e.action for e in console.audit.read()] == ["not sent", "answered", "opened"]
    assert "Sent on" not in (await get(console, page_of("tun"))).text


async def test_what_cannot_be_noted_is_not_done() -> None:
    post = Post()
    console = a_console(TUNIS, post)
    database: sqlite3.Connection = console.audit._database
    async with browser(create_app(console)) as client:
        token = token_in((await client.get(page_of("tun"))).text)
        database.execute("pragma query_only = on")
        fields = {"token": token, "revision": "1", "answer": "SEEN"}
        assert (await client.post(page_of("tun"), data=fields)).status_code == 500
        other = f"/en/alerts/tun/{told()['tun'][1].id}"
        assert (await client.get(other)).status_code == 500
    assert post.sent == []


async def test_who_answers_too_often_waits_and_nobody_waits_for_them() -> None:
    rates = Rates(lambda: 0.0, {"assessment": Rate(2, 60.0)})
    first, post = a_console(TUNIS, Post(), rates=rates), Post()
    statuses = [(await answer(first, answer="SEEN")).status_code for _ in range(3)]
    assert statuses == [303, 303, 429]
    assert (await answer(a_console(ANALYST, post, rates=rates), "analysts")).status_code == 303


# --- What pages say -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (Chosen(), 3),
        (Chosen(state="NEW"), 3),
        (Chosen(state="CONFIRMED"), 0),
        (Chosen(detector="D1"), 1),
        (Chosen(detector="D3"), 1),
        (Chosen(country="LBN"), 2),
        (Chosen(country="MAR"), 0),
        (Chosen(quarter="2026-Q3"), 2),
        (Chosen(quarter="2026-Q2"), 1),
        (Chosen(detector="D2", country="TUN", quarter="2026-Q3"), 1),
    ],
)
def test_the_inbox_is_filtered(chosen: Chosen, found: int) -> None:
    known = boards()
    listed = [known[channel] for channel in visible(TUNIS)]
    assert len(inbox(listed, chosen, tongue("en")).lines) == found


def test_closed_alerts_are_shown_to_who_asks_for_them() -> None:
    platform = a_platform()
    platform.tell(SEEN, month=NOW + 60)
    board = Board(CONTACTS["TUN"], Access.LIVE)
    for alert in platform.out[CONTACTS["TUN"]].values():
        board = board.having(Told(alert, TODAY))
    assert inbox([board], Chosen(), tongue("en")).lines == []
    states = {line.state_code for line in inbox([board], Chosen("ALL"), tongue("en")).lines}
    assert states == {"EXPIRED"}


def test_an_older_revision_that_comes_again_changes_nothing() -> None:
    known = Boards()
    alert = only("tun")
    newer = alert.model_copy(update={"revision": 3})
    known.put(CONTACTS["TUN"], Told(newer, TODAY))
    number = known.number(TUNIS)
    known.put(CONTACTS["TUN"], Told(alert, TODAY))
    assert known[CONTACTS["TUN"]].alerts[alert.id] is newer
    assert known.number(TUNIS) == number


def test_only_a_contact_point_is_told_of_cases_and_of_its_own_alone() -> None:
    known = boards()
    for board, channel in NAMES.items():
        model = whole(known[channel], only(board), tongue("en"))
        own = {COUNTRY_CODES[channel.country]} if channel.country else set()
        assert {authority[:2] for authority, _ in model.cases} == own
    assert not whole(known[EVERYBODY], only("surges"), tongue("en")).answers


async def test_a_board_that_the_console_may_not_read_is_said_to_be_closed() -> None:
    console = a_console(TUNIS)
    console.boards.stand(CONTACTS["TUN"], Access.CLOSED)
    text = (await get(console, "/en/alerts")).text
    assert "no right to read the alerts of: Contact point of Tunisia" in text


# --- The audit log --------------------------------------------------------------------------------


async def test_the_log_says_who_did_what_and_that_it_is_whole() -> None:
    audit = Audit()
    await get(a_console(TUNIS, audit=audit), page_of("mar"))
    text = (await get(a_console(OPERATOR, audit=audit), "/en/audit")).text
    assert "nour" in text
    assert f"CONSOLE_NOT_ALLOWED {page_of('mar')}" in text
    assert "2 entries, each as it was written" in text


async def test_a_log_that_somebody_changed_says_so() -> None:
    audit = Audit()
    await get(a_console(TUNIS, audit=audit), page_of("mar"))
    audit._database.executescript(
        "drop trigger only_added_1; update entries set who = 'somebody else' where number = 1"
    )
    text = (await get(a_console(OPERATOR, audit=audit), "/en/audit")).text
    assert "The log is not as it was written" in text


async def test_a_page_that_asks_for_itself_again_is_noted_once() -> None:
    console = a_console(TUNIS)
    for _ in range(3):
        await get(console, page_of("tun"))
    assert [e.action for e in console.audit.read()] == ["opened"]
