"""From identification to conviction."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from deploy.console.app_state import console_of
from deploy.console.pages.download import ENDS
from deploy.console.pages.shared import same_page, speaking
from deploy.console.security import Viewer
from deploy.console.views import justice as view
from schemas.codelists import Language

router = APIRouter()
Word = Annotated[str, Query(max_length=20, pattern=r"^[A-Z0-9_]*$")]


@router.get("/{language}/justice")
def show(
    request: Request,
    language: Language,
    _reader: Viewer,
    year: Word = "",
    country: Word = "",
    form: Word = "",
) -> HTMLResponse:
    """The page, as the reader chose to see it."""
    speaks, snapshot = speaking(request, language), console_of(request).live.snapshot
    chosen = view.Chosen(year, country, form)

    def made() -> dict[str, Any]:
        return {"model": view.page(snapshot, chosen, speaks), "ends": ENDS}

    return same_page(request, speaks, "justice.html", snapshot, made)
