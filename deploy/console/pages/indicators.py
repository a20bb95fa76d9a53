"""The list of indicators, and the page of each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from deploy.console.app_state import console_of
from deploy.console.errors import NothingThere
from deploy.console.pages.shared import page, speaking
from deploy.console.security import Reader, Role, reader
from deploy.console.views import indicator as view
from deploy.console.views.indicator import Chosen
from deploy.exports.formats import FORMATS, NOTE
from schemas.codelists import Language

router = APIRouter()
Allowed = Annotated[Reader, Depends(reader(Role.VIEWER))]
Word = Annotated[str, Query(max_length=60, pattern=r"^[A-Z0-9_,-]*$")]


@router.get("/{language}/indicators")
def show_all(request: Request, language: Language, _reader: Allowed) -> HTMLResponse:
    """Every indicator of the catalogue."""
    speaks = speaking(request, language)
    rows = view.listed(console_of(request).live.snapshot, speaks)
    return page(request, speaks, "indicators.html", rows=rows)


@router.get("/{language}/indicators/{code}")
def show(
    request: Request,
    language: Language,
    code: str,
    _reader: Allowed,
    period: Word = "",
    by: Word = "",
    country: Word = "",
) -> HTMLResponse:
    """One indicator, as the reader chose to see it."""
    speaks = speaking(request, language)
    snapshot = console_of(request).live.snapshot
    model = view.page(snapshot, code, Chosen(period, by, country), speaks)
    if model is None:
        raise NothingThere()
    ends = [end for one in FORMATS.values() for end in one.writers]
    return page(request, speaks, "indicator.html", model=model, ends=[*ends, NOTE])
