"""The region at a glance."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from deploy.console.app_state import console_of
from deploy.console.i18n import tongue
from deploy.console.pages.shared import page
from deploy.console.security import Reader, Role, reader
from deploy.console.views import words
from deploy.console.views.corridors import Chosen, corridors
from deploy.console.views.cuts import ALL
from deploy.console.views.region import COUNTRIES, MAIN, region
from schemas.codelists import Language

router = APIRouter()


@router.get("/{language}/region")
def show(
    request: Request,
    language: Language,
    _reader: Annotated[Reader, Depends(reader(Role.VIEWER))],
) -> HTMLResponse:
    """The page."""
    speaks = tongue(language)
    console = console_of(request)
    snapshot = console.live.snapshot
    model = region(snapshot, speaks)
    areas = [words.area(code, speaks) for code in (*COUNTRIES, ALL)]
    name = words.indicator_name(MAIN, speaks)
    flows = corridors(snapshot, Chosen(), console.atlas, speaks)
    told: dict[str, Any] = {
        "model": model,
        "areas": areas,
        "main": MAIN,
        "name": name,
        "flows": flows,
    }
    return page(request, speaks, "region.html", **told)
