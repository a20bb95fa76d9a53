"""The inbox of alerts, the page of each, and the form with which it is answered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from deploy.alerts.answering import assessment
from deploy.console.alerts.boards import NAMES, Board, visible
from deploy.console.app_state import console_of
from deploy.console.errors import AnswerOutdated, NotAllowed, NothingThere
from deploy.console.pages.shared import page, speaking
from deploy.console.security import Reader, Viewer
from deploy.console.security.forms import Fields
from deploy.console.views.alert import whole
from deploy.console.views.inbox import Chosen, inbox
from schemas.alerts import Alert
from schemas.codelists import Language
from schemas.errors import SouthmedError

router = APIRouter()
Word = Annotated[str, Query(max_length=20, pattern=r"^[A-Z0-9-]*$")]
BoardName = Annotated[str, Path(max_length=20, pattern=r"^[a-z]+$")]
AlertName = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


@router.get("/{language}/alerts")
def show_all(
    request: Request,
    language: Language,
    who: Viewer,
    state: Word = "",
    detector: Word = "",
    country: Word = "",
    quarter: Word = "",
    part: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """What was told to this reader, as they chose to see it."""
    console, speaks = console_of(request), speaking(request, language)
    boards = [console.boards[channel] for channel in visible(who)]
    chosen = Chosen(state, detector, country, quarter, part)
    return page(request, speaks, "alerts.html", model=inbox(boards, chosen, speaks))


@router.get("/{language}/alerts/{board}/{name}")
def show(
    request: Request, language: Language, board: BoardName, name: AlertName, who: Viewer
) -> HTMLResponse:
    """One alert, to those it was told to."""
    console, speaks = console_of(request), speaking(request, language)
    found, alert = _found(request, board, name, who)
    if found.channel.answers is not None:
        # What is told to a few is noted; surges are for everybody.
        told = f"{board}/{alert.id} revision {alert.revision}"
        console.audit.write_once(who.name, "opened", told)
    return page(request, speaks, "alert.html", model=whole(found, alert, speaks))


@router.post("/{language}/alerts/{board}/{name}")
async def answer(
    request: Request,
    language: Language,
    board: BoardName,
    name: AlertName,
    who: Viewer,
    sent: Fields,
) -> RedirectResponse:
    """Sends an answer, of the revision that was read, once the audit log has it."""
    console = console_of(request)
    console.rates.check("assessment", who.name)
    found, alert = _found(request, board, name, who)
    if found.channel.answers is None:
        raise NothingThere()
    if sent.get("revision") != str(alert.revision):
        raise AnswerOutdated(expected=f"an answer to revision {alert.revision}")
    state, _, reason = sent.get("answer", "").partition(".")
    made = assessment(found.channel, alert, alert.revision, state, reason)
    told = f"{board}/{alert.id} revision {alert.revision}"
    console.audit.write(who.name, "answered", told)
    try:
        await console.send(found.channel, made)
    except SouthmedError:
        console.audit.write(who.name, "not sent", told)
        raise
    console.boards.answered(found.channel, made)
    return RedirectResponse(f"/{language}/alerts/{board}/{alert.id}", 303)


def _found(request: Request, board: str, name: str, who: Reader) -> tuple[Board, Alert]:
    """The alert and its board; of another's board not even what is there."""
    channel = NAMES.get(board)
    if channel is None:
        raise NothingThere()
    if channel not in set(visible(who)):
        raise NotAllowed(expected=f"a reader of {channel.topic}")
    found = console_of(request).boards[channel]
    if name not in found.alerts:
        raise NothingThere()
    return found, found.alerts[name]
