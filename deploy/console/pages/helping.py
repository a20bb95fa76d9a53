"""Help: the tour, the glossary, how to cite, and what the noise means."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from deploy.console.app_state import console_of
from deploy.console.pages.shared import page, speaking
from deploy.console.security import Viewer
from deploy.console.views.tour import STOPS, WORDS_A_MINUTE
from processors.release.sampler import coverage
from schemas.codelists import Language

router = APIRouter()


@router.get("/{language}/help")
def show(
    request: Request,
    language: Language,
    _reader: Viewer,
) -> HTMLResponse:
    """The page; its numbers are those of the file of tables."""
    noise, speaks = console_of(request).tables.noise, speaking(request, language)
    return page(
        request,
        speaks,
        "help.html",
        noise=noise,
        coverage=coverage(noise.band),
        stops=STOPS,
        speed=WORDS_A_MINUTE[language],
    )
