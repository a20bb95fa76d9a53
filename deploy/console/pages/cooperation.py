"""Training and cooperation: counts of events."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from deploy.console.app_state import console_of
from deploy.console.pages.download import KINDS
from deploy.console.pages.shared import page, speaking
from deploy.console.security import Reader, Role, reader
from deploy.console.views import cooperation as view
from schemas.codelists import Language

router = APIRouter()
Word = Annotated[str, Query(max_length=20, pattern=r"^[A-Z0-9_]*$")]


@router.get("/{language}/cooperation")
def show(
    request: Request,
    language: Language,
    _reader: Annotated[Reader, Depends(reader(Role.VIEWER))],
    year: Word = "",
    country: Word = "",
) -> HTMLResponse:
    """The page, as the reader chose to see it."""
    speaks = speaking(request, language)
    chosen = view.Chosen(year, country)
    model = view.page(console_of(request).live.snapshot, chosen, speaks)
    return page(request, speaks, "cooperation.html", model=model, ends=list(KINDS))
