"""Data quality: who is silent, late, refused, inconsistent, and what to do about it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from deploy.console.app_state import console_of
from deploy.console.errors import NotAllowed
from deploy.console.pages.shared import page, speaking
from deploy.console.quality.board import READERS, may_see
from deploy.console.security import Viewer
from deploy.console.views.quality import quality
from schemas.codelists import Language

router = APIRouter()


@router.get("/{language}/quality")
def show(request: Request, language: Language, who: Viewer) -> HTMLResponse:
    """How the data of each authority come in, to those who may see it."""
    if not may_see(who):
        raise NotAllowed(expected=f"one of the roles {', '.join(sorted(READERS))}")
    console, speaks = console_of(request), speaking(request, language)
    model = quality(console.quality.known, console.live.snapshot, console.today(), speaks)
    return page(request, speaks, "quality.html", model=model)
