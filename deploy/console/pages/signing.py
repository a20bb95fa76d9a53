"""Signing in at the provider, coming back from there, and signing out."""

from __future__ import annotations

import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from deploy.console.app_state import console_of
from deploy.console.errors import ClaimsUnclear, NothingThere, SignInFailed
from deploy.console.i18n import preferred
from deploy.console.pages.shared import page, speaking
from deploy.console.security import Viewer
from deploy.console.security.desk import SIGNED_IN, SIGNED_OUT, Desk
from deploy.console.security.forms import Fields
from deploy.console.security.openid import WHILE, Flow, Provider, kept
from deploy.console.security.sessions import FLOW, SESSION, give, take_away

router = APIRouter()
LONGEST = 500


def here(back: str) -> str:
    """The page to lead back to: one of ours, or the first one.

    Example:
        >>> here("/en/alerts?state=NEW"), here("//elsewhere.example/"), here("https:elsewhere")
        ('/en/alerts?state=NEW', '/', '/')
    """
    parts = urlsplit(back)
    ours = back.startswith("/") and not back.startswith(("//", "/\\"))
    plain = back.isascii() and back.isprintable() and "\\" not in back and len(back) <= LONGEST
    return back if ours and plain and not parts.scheme and not parts.netloc else "/"


def _provider(request: Request) -> tuple[Desk, Provider]:
    desk = console_of(request).desk
    if desk is None or desk.provider is None:
        raise NothingThere()
    return desk, desk.provider


@router.get("/sign-in")
async def sign_in(request: Request, back: Annotated[str, Query()] = "/") -> RedirectResponse:
    """Leads to the provider; who comes back from there began here and was counted here."""
    desk, provider = _provider(request)
    client = request.client
    console_of(request).rates.check("sign-in", client.host if client else "")
    address, flow = await provider.begin(here(back))
    answer = RedirectResponse(address, 303)
    give(answer, FLOW, desk.keeping.put("sign-in", kept(flow), WHILE), WHILE)
    return answer


@router.get(SIGNED_IN)
async def signed_in(request: Request) -> RedirectResponse:
    """Begins the session of who comes back, and leads to the page that they wanted to see."""
    desk, provider = _provider(request)
    found = desk.keeping.take("sign-in", request.cookies.get(FLOW, ""))
    if found is None:
        raise SignInFailed(expected="a sign-in that this browser began")
    flow = Flow(**found)
    told = await provider.finish(flow, request.query_params)
    audit = console_of(request).audit
    try:
        who = provider.settings.reader(told.claims)
    except ClaimsUnclear as error:
        audit.write(str(told.claims.get(provider.settings.name_claim)), "refused", error.code)
        raise
    audit.write(who.name, "signed in", ", ".join(sorted(who.roles)))
    answer = RedirectResponse(flow.back, 303)
    desk.sessions.begin(request, answer, who, told.token)
    take_away(answer, FLOW)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, who: Viewer, _sent: Fields) -> Response:
    """Ends the session here; then the provider is asked to end its own, where it can be."""
    desk = console_of(request).desk
    if desk is None:
        return RedirectResponse("/", 303)
    console_of(request).audit.write(who.name, "signed out", who.way)
    token = desk.sessions.end(request)
    ending = await desk.provider.ending(token) if desk.provider else None
    if ending is None:
        answer: Response = RedirectResponse("/", 303)
    else:
        address, state = ending
        # Not by a redirect: our policy lets forms lead nowhere but here.
        speaks = speaking(request, preferred(request.headers.get("accept-language", "")))
        request.state.reader = None
        answer = page(request, speaks, "leaving.html", leads=address)
        answer.headers["refresh"] = f"0; url={address}"
        give(answer, FLOW, desk.keeping.put("sign-out", {"state": state}, WHILE), WHILE)
    take_away(answer, SESSION)
    return answer


@router.get(SIGNED_OUT)
def signed_out(request: Request, state: Annotated[str, Query()] = "") -> RedirectResponse:
    """Leads whoever comes back from signing out to the first page; others are lost here."""
    desk, _ = _provider(request)
    found = desk.keeping.take("sign-out", request.cookies.get(FLOW, ""))
    if found is None or not secrets.compare_digest(found["state"].encode(), state.encode()):
        raise NothingThere()
    answer = RedirectResponse("/", 303)
    take_away(answer, FLOW)
    return answer
