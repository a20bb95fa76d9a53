"""The calendar of releases, and the page of each, with its verification."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from deploy.console.app_state import console_of
from deploy.console.errors import NothingThere
from deploy.console.pages.download import ENDS
from deploy.console.pages.shared import page, same_page, speaking
from deploy.console.security import Viewer
from deploy.console.views import calendar as view
from deploy.console.views.words import unslug
from schemas.codelists import Language

router = APIRouter()


@router.get("/{language}/releases")
def show_all(request: Request, language: Language, _reader: Viewer) -> HTMLResponse:
    """What is due, what is out, and what the budget still holds."""
    console, speaks = console_of(request), speaking(request, language)
    snapshot = console.live.snapshot

    def made() -> dict[str, Any]:
        return {"model": view.calendar(snapshot, console.tables, console.today(), speaks)}

    return same_page(request, speaks, "releases.html", snapshot, made)


@router.get("/{language}/releases/{name}")
def show(
    request: Request,
    language: Language,
    name: str,
    _reader: Viewer,
    verify: Annotated[bool, Query()] = False,
) -> HTMLResponse:
    """One release; asked to, verifies it now from the bytes that travelled."""
    console, speaks = console_of(request), speaking(request, language)
    snapshot, key = console.live.snapshot, unslug(name)
    if key not in snapshot:
        raise NothingThere()
    steps = (
        view.verify(snapshot[key], snapshot, console.tables, console.trust(), speaks)
        if verify
        else []
    )
    model = view.whole(snapshot[key], speaks, steps)
    return page(request, speaks, "release.html", model=model, ends=ENDS)
