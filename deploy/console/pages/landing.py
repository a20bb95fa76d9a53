"""Where somebody lands who knows no address yet, and whether the console is alive."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse

from deploy.console.app_state import console_of
from deploy.console.i18n import preferred
from schemas.codelists import Language

router = APIRouter()


@router.get("/")
def land(request: Request) -> RedirectResponse:
    """Leads to the region in the language that the browser likes best."""
    language = preferred(request.headers.get("accept-language", ""))
    return RedirectResponse(f"/{language}/region", 302)


@router.get("/readyz")
def ready(request: Request) -> JSONResponse:
    """200 while what is shown is the newest, else 503; it tells nothing else."""
    standing = console_of(request).live.standing
    return JSONResponse({"standing": standing}, 200 if standing == "live" else 503)


@router.get("/{language}")
def land_in(language: Language) -> RedirectResponse:
    """Leads to the region in a language."""
    return RedirectResponse(f"/{language}/region", 302)
