"""Errors as pages: what happened and what to do, in the reader's language, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from deploy.console import lines
from deploy.console.api import problems
from deploy.console.api.asking import Unchanged
from deploy.console.app_state import console_of
from deploy.console.errors import (
    AnswerOutdated,
    ApiReadOnly,
    ClaimsUnclear,
    FormRefused,
    NotAcceptable,
    NotAdmitted,
    NotAllowed,
    NothingThere,
    ParameterInvalid,
    ProviderUnreachable,
    SignInFailed,
    TooOften,
)
from deploy.console.i18n import Tongue, noop, preferred
from deploy.console.pages.shared import page, speaking
from deploy.console.security.roles import known_reader
from deploy.exports.errors import LibraryMissing, ReleaseWithdrawn
from deploy.exports.labels import LANGUAGES
from processors.alerts.errors import AlertTopicUnreachable, AnswerRefused
from schemas.alert_errors import AssessmentInvalid
from schemas.errors import SouthmedError
from schemas.log_lines import tell

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
    SignInFailed: (
        400,
        noop("You could not be signed in"),
        noop("Begin again. If it goes on, tell the platform's operator."),
    ),
    ClaimsUnclear: (
        403,
        noop("You are known, but have no role here"),
        noop("Ask the platform's operator for a role."),
    ),
    ProviderUnreachable: (
        503,
        noop("The place where you sign in does not answer"),
        noop("Try again in a moment. If it goes on, tell the platform's operator."),
    ),
    FormRefused: (
        403,
        noop("What was sent does not come from a page of yours"),
        noop("Open the page again and send it from there."),
    ),
    ParameterInvalid: (
        422,
        noop("A program asked for something in a way that is not known"),
        noop("Compare the address with the description of the API."),
    ),
    NotAcceptable: (
        406,
        noop("There is no answer in that media type"),
        noop("Ask for one of those that are named."),
    ),
    ApiReadOnly: (
        405,
        noop("The API is only read"),
        noop("Alerts are answered on their pages."),
    ),
    TooOften: (429, noop("That was too often"), noop("Wait a minute, then try again.")),
    AnswerOutdated: (
        409,
        noop("The alert has changed since you read it"),
        noop("Read it again, then answer."),
    ),
    AnswerRefused: (
        409,
        noop("This alert cannot be answered so"),
        noop("Read it again: its state says what may follow."),
    ),
    AssessmentInvalid: (
        400,
        noop("This alert cannot be answered so"),
        noop("Choose one of the answers of its page."),
    ),
    AlertTopicUnreachable: (
        503,
        noop("The answer could not be sent"),
        noop("Try again in a moment. If it goes on, tell the platform's operator."),
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
NOTED = (NotAllowed, ClaimsUnclear, SignInFailed, FormRefused, TooOften)
"""What the log tells of; of known readers, the audit log too."""
WAIT = "60"
FAILED: Words = (
    500,
    noop("Something failed here"),
    noop("Try again in a moment. If it goes on, tell the platform's operator."),
)
PROBLEMS: Mapping[str, Words] = {
    error.code: SAID[error]
    for error in (
        NotAdmitted,
        NotAllowed,
        NothingThere,
        ApiReadOnly,
        NotAcceptable,
        ParameterInvalid,
        TooOften,
        LibraryMissing,
    )
}
"""Those that programs may meet, by their codes."""


def failures(app: FastAPI) -> None:
    """Has errors answered with pages, and programs with problems."""

    @app.exception_handler(SouthmedError)
    async def _ours(request: Request, error: SouthmedError) -> Response:
        if isinstance(error, NOTED):
            _note(request, error)
        said = SAID.get(type(error), FAILED)
        answer: Response
        if problems.asked_by_program(request):
            answer = problems.problem(error, said[0])
        else:
            answer = _page(request, said, sign_in=_sign_in(request, error))
        if isinstance(error, TooOften):
            answer.headers["retry-after"] = WAIT
        return answer

    @app.exception_handler(RequestValidationError)
    async def _odd(request: Request, error: RequestValidationError) -> Response:
        if problems.asked_by_program(request):
            return await _ours(request, problems.invalid(error.errors()))
        return _page(request, SAID[NothingThere])

    @app.exception_handler(HTTPException)
    async def _other(request: Request, error: HTTPException) -> Response:
        if problems.asked_by_program(request):
            return await _ours(request, problems.of_status(error.status_code))
        _, happened, advice = SAID[NothingThere] if error.status_code < 500 else FAILED
        return _page(request, (error.status_code, happened, advice))

    @app.exception_handler(Unchanged)
    async def _unchanged(_request: Request, unchanged: Unchanged) -> Response:
        return Response(status_code=304, headers=unchanged.headers)


def _page(request: Request, said: Words, sign_in: str = "") -> HTMLResponse:
    status, happened, advice = said
    speaks, told = _speaks(request), {"happened": happened, "advice": advice, "sign_in": sign_in}
    return page(request, speaks, "error.html", status, **told)


def _note(request: Request, error: SouthmedError) -> None:
    tell(lines.REFUSED, code=error.code)
    who, audit = known_reader(request), console_of(request).audit
    if who is None:
        return
    if isinstance(error, TooOften):
        # Whoever asks without end fills no log with it.
        audit.write_once(who.name, "refused", error.code)
    else:
        audit.write(who.name, "refused", f"{error.code} {request.url.path}")


def _sign_in(request: Request, error: SouthmedError) -> str:
    """Where to sign in, for whom that may help."""
    desk = console_of(request).desk
    if desk is None or desk.provider is None:
        return ""
    if isinstance(error, NotAdmitted) and request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        return f"/sign-in?back={quote(request.url.path + query, safe='/')}"
    return "/sign-in" if isinstance(error, (NotAdmitted, SignInFailed)) else ""


def _speaks(request: Request) -> Tongue:
    for language in LANGUAGES:
        if request.url.path.startswith(f"/{language}/"):
            return speaking(request, language)
    return speaking(request, preferred(request.headers.get("accept-language", "")))
