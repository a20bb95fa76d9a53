"""From where people were recruited to the country that counted them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from deploy.console.app_state import console_of
from deploy.console.pages.download import ENDS
from deploy.console.pages.shared import same_page, speaking
from deploy.console.security import Viewer
from deploy.console.views.corridors import Chosen, corridors
from schemas.codelists import Language

router = APIRouter()
Word = Annotated[str, Query(max_length=10, pattern=r"^[A-Z0-9-]*$")]


@router.get("/{language}/corridors")
def show(
    request: Request,
    language: Language,
    _reader: Viewer,
    period: Word = "",
    country: Word = "",
) -> HTMLResponse:
    """The page, as the reader chose to see it."""
    console, speaks = console_of(request), speaking(request, language)
    snapshot, chosen = console.live.snapshot, Chosen(period, country)

    def made() -> dict[str, Any]:
        return {"model": corridors(snapshot, chosen, console.atlas, speaks), "ends": ENDS}

    return same_page(request, speaks, "corridors.html", snapshot, made)
