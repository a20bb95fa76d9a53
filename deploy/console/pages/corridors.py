"""From where people were recruited to the country that counted them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from deploy.console.app_state import console_of
from deploy.console.pages.shared import page, speaking
from deploy.console.security import Reader, Role, reader
from deploy.console.views.corridors import Chosen, corridors
from deploy.exports.formats import FORMATS, NOTE
from schemas.codelists import Language

router = APIRouter()
Word = Annotated[str, Query(max_length=10, pattern=r"^[A-Z0-9-]*$")]


@router.get("/{language}/corridors")
def show(
    request: Request,
    language: Language,
    _reader: Annotated[Reader, Depends(reader(Role.VIEWER))],
    period: Word = "",
    country: Word = "",
) -> HTMLResponse:
    """The page, as the reader chose to see it."""
    console, speaks = console_of(request), speaking(request, language)
    model = corridors(console.live.snapshot, Chosen(period, country), console.atlas, speaks)
    ends = [end for one in FORMATS.values() for end in one.writers]
    return page(request, speaks, "corridors.html", model=model, ends=[*ends, NOTE])
