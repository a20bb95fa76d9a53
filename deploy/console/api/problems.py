"""Errors as programs read them: problem details of RFC 9457, with the code of our own tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from deploy.console.api import ROOT
from deploy.console.errors import ApiReadOnly, NothingThere, ParameterInvalid
from schemas.errors import SouthmedError

MEDIA_TYPE = "application/problem+json"
METHODS = "GET, HEAD"
MOST_TOLD = 5
LONGEST = 160


class Problem(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str
    """Address of what is said about this code, from the console's own."""
    title: str
    """What happened."""
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    """What to do."""
    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
    """Stable; never renamed or given a second meaning."""
    expected: str
    """What would have been right; may be empty."""
    got: str
    """What came instead, never as it was written; may be empty."""


def asked_by_program(request: Request) -> bool:
    """Whether a request is one of this API."""
    return request.url.path.startswith("/api/")


def problem(error: SouthmedError, status: int) -> JSONResponse:
    """The answer to a request that failed."""
    told = Problem(
        type=f"/en/api#{error.code}",
        title=error.summary,
        status=status,
        detail=error.advice,
        code=error.code,
        expected=error.expected,
        got=error.got,
    )
    headers = {"allow": METHODS} if isinstance(error, ApiReadOnly) else {}
    return JSONResponse(told.model_dump(), status, headers, MEDIA_TYPE)


def of_status(status: int) -> SouthmedError:
    """The error behind a status that the framework gives."""
    if status == 405:
        return ApiReadOnly(expected=METHODS)
    return NothingThere(expected=f"an address of {ROOT}/openapi.json")


def invalid(found: Sequence[Mapping[str, Any]]) -> ParameterInvalid:
    """The error behind parameters that do not validate: their names and rules, not their values."""
    expected = "; ".join(_rule(one) for one in found[:MOST_TOLD])
    return ParameterInvalid(expected=expected, got="; ".join(one["type"] for one in found[:5]))


def _rule(one: Mapping[str, Any]) -> str:
    if one["type"] == "extra_forbidden":
        # Its name was made up by whoever asks.
        return "no parameter that is not in the document"
    name = ".".join(str(part) for part in one["loc"][1:])
    return f"{name}: {one['msg']}"[:LONGEST]
