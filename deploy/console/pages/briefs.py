"""The brief: a page on which to choose and read it, and the PDF."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from deploy.console.app_state import console_of
from deploy.console.brief.printed import Imprint, file_name, printed
from deploy.console.errors import NothingThere
from deploy.console.pages.shared import page, speaking
from deploy.console.security import Viewer
from deploy.console.views import words
from deploy.console.views.brief import AREAS, REGION, area_of, brief, code_of, years
from schemas.codelists import Language

router = APIRouter()
Word = Annotated[str, Query(max_length=10, pattern=r"^[A-Z0-9-]*$")]


@router.get("/{language}/brief")
def show(
    request: Request, language: Language, _reader: Viewer, area: Word = REGION, period: Word = ""
) -> HTMLResponse:
    """What a brief says; what nothing answers is put right, and said."""
    speaks, snapshot = speaking(request, language), console_of(request).live.snapshot
    known, wanted = years(snapshot), area_of(area)
    chosen = period if period in known else next(iter(known), "")
    model = brief(snapshot, wanted or area_of(REGION) or "", chosen, speaks) if chosen else None
    return page(
        request,
        speaks,
        "brief.html",
        model=model,
        adjusted=wanted is None or period not in ("", chosen),
        chosen_area=code_of(model.area) if model else REGION,
        areas=[(code_of(one), words.area(one, speaks)) for one in AREAS],
        years=known,
    )


@router.get("/{language}/brief/{area}-{period}.pdf")
def take(request: Request, language: Language, area: str, period: str, _reader: Viewer) -> Response:
    """The brief as a PDF.

    Raises:
        NothingThere: Nothing is published of that.
    """
    console, speaks, inner = console_of(request), speaking(request, language), area_of(area)
    found = brief(console.live.snapshot, inner, period, speaks) if inner else None
    if found is None:
        raise NothingThere()
    query = urlencode({"area": area, "period": period})
    address = f"{request.base_url}{language}/brief?{query}"
    content = printed(found, speaks, Imprint(console.today(), address))
    headers = {"content-disposition": f'attachment; filename="{file_name(found)}"'}
    return Response(content, media_type="application/pdf", headers=headers)
