"""The page about the API, for people who write programs."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from deploy.console.pages.failing import PROBLEMS
from deploy.console.pages.shared import page, speaking
from deploy.console.security import Viewer
from deploy.console.security.rates import RATES
from deploy.console.views.programs import programs
from schemas.codelists import Language

router = APIRouter()


@router.get("/{language}/api")
def show(
    request: Request,
    language: Language,
    _reader: Viewer,
) -> HTMLResponse:
    """The page."""
    speaks = speaking(request, language)
    model = programs(str(request.base_url).rstrip("/"), speaks)
    return page(request, speaks, "api.html", model=model, problems=PROBLEMS, rate=RATES["api"])
