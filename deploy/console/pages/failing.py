"""Errors as pages: what happened and what to do, in the reader's language, and no more."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from deploy.console.errors import NotAdmitted, NotAllowed, NothingThere
from deploy.console.i18n import Tongue, noop, preferred, tongue
from deploy.console.pages.shared import page
from deploy.exports.errors import LibraryMissing, ReleaseWithdrawn
from deploy.exports.labels import LANGUAGES
from schemas.errors import SouthmedError

Words = tuple[int, str, str]
SAID: Mapping[type[SouthmedError], Words] = {
    NotAdmitted: (401, noop("Nobody is signed in"), noop("Sign in first.")),
    NotAllowed: (
        403,
        noop("You may not see this"),
        noop("Ask the platform's operator for the role, if you need it."),
    ),
    NothingThere: (
        404,
        noop("There is nothing here"),
        noop("Begin at the region's page, or look at the list of releases."),
    ),
    ReleaseWithdrawn: (
        410,
        noop("The release was withdrawn"),
        noop("Do not use earlier copies of it either. Its page says why."),
    ),
    LibraryMissing: (
        501,
        noop("This console cannot write that format"),
        noop("Choose CSV or JSON lines, or ask the operator to install the format's library."),
    ),
}
"""Errors that a reader may meet: the status, what happened, what to do."""
FAILED: Words = (
    500,
    noop("Something failed here"),
    noop("Try again in a moment. If it goes on, tell the platform's operator."),
)


def failures(app: FastAPI) -> None:
    """Has errors answered with pages."""

    @app.exception_handler(SouthmedError)
    async def _ours(request: Request, error: SouthmedError) -> HTMLResponse:
        return _page(request, SAID.get(type(error), FAILED))

    @app.exception_handler(RequestValidationError)
    async def _odd(request: Request, _error: RequestValidationError) -> HTMLResponse:
        return _page(request, SAID[NothingThere])

    @app.exception_handler(HTTPException)
    async def _other(request: Request, error: HTTPException) -> HTMLResponse:
        _, happened, advice = SAID[NothingThere] if error.status_code < 500 else FAILED
        return _page(request, (error.status_code, happened, advice))


def _page(request: Request, said: Words) -> HTMLResponse:
    status, happened, advice = said
    speaks = _speaks(request)
    return page(request, speaks, "error.html", status, happened=happened, advice=advice)


def _speaks(request: Request) -> Tongue:
    for language in LANGUAGES:
        if request.url.path.startswith(f"/{language}/"):
            return tongue(language)
    return tongue(preferred(request.headers.get("accept-language", "")))
