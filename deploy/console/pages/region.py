"""The region at a glance."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from deploy.console.app_state import console_of
from deploy.console.pages.shared import same_page, speaking
from deploy.console.security import Viewer
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
    _reader: Viewer,
) -> HTMLResponse:
    """The page."""
    speaks, console = speaking(request, language), console_of(request)
    snapshot = console.live.snapshot

    def made() -> dict[str, Any]:
        return {
            "model": region(snapshot, speaks),
            "areas": [words.area(code, speaks) for code in (*COUNTRIES, ALL)],
            "main": MAIN,
            "name": words.indicator_name(MAIN, speaks),
            "flows": corridors(snapshot, Chosen(), console.atlas, speaks),
        }

    return same_page(request, speaks, "region.html", snapshot, made)
