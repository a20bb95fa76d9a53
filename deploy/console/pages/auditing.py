"""The audit log, for operators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from deploy.console.app_state import console_of
from deploy.console.pages.shared import page, speaking
from deploy.console.security import Reader, Role, reader
from deploy.console.views.auditing import audited
from schemas.codelists import Language

router = APIRouter()


@router.get("/{language}/audit")
def show(
    request: Request,
    language: Language,
    who: Annotated[Reader, Depends(reader(Role.OPERATOR))],
) -> HTMLResponse:
    """The newest entries, once the whole log was held against itself."""
    audit, speaks = console_of(request).audit, speaking(request, language)
    audit.write_once(who.name, "audited", "the audit log")
    return page(request, speaks, "audit.html", model=audited(audit, speaks))
