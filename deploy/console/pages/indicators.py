"""The list of indicators, and the page of each."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from deploy.console.app_state import console_of
from deploy.console.errors import NothingThere
from deploy.console.pages.download import ENDS
from deploy.console.pages.shared import same_page, speaking
from deploy.console.security import Viewer
from deploy.console.views import indicator as view
from deploy.console.views.indicator import Chosen
from schemas.codelists import Language

router = APIRouter()
Word = Annotated[str, Query(max_length=60, pattern=r"^[A-Z0-9_,-]*$")]


@router.get("/{language}/indicators")
def show_all(request: Request, language: Language, _reader: Viewer) -> HTMLResponse:
    """Every indicator of the catalogue."""
    speaks, snapshot = speaking(request, language), console_of(request).live.snapshot
    return same_page(
        request,
        speaks,
        "indicators.html",
        snapshot,
        lambda: {"rows": view.listed(snapshot, speaks)},
    )


@router.get("/{language}/indicators/{code}")
def show(
    request: Request,
    language: Language,
    code: str,
    _reader: Viewer,
    period: Word = "",
    by: Word = "",
    country: Word = "",
) -> HTMLResponse:
    """One indicator, as the reader chose to see it."""
    speaks, snapshot = speaking(request, language), console_of(request).live.snapshot

    def made() -> dict[str, Any]:
        model = view.page(snapshot, code, Chosen(period, by, country), speaks)
        if model is None:
            raise NothingThere()
        return {"model": model, "ends": ENDS}

    return same_page(request, speaks, "indicator.html", snapshot, made)
