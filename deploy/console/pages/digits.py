"""The digits that a reader of Arabic chooses."""

from __future__ import annotations

from typing import get_args

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from deploy.console.errors import NothingThere
from deploy.console.i18n import Digits
from deploy.console.pages.signing import here
from deploy.console.security import Viewer
from deploy.console.security.forms import Fields
from deploy.console.security.sessions import DIGITS, give

router = APIRouter()
KEPT = 400 * 86400.0
"""Seconds that the choice is kept; browsers keep none longer."""


@router.post("/ar/digits")
async def choose(_reader: Viewer, sent: Fields) -> RedirectResponse:
    """Keeps the choice and leads back to the page."""
    if sent.get("digits") not in get_args(Digits):
        raise NothingThere()
    answer = RedirectResponse(here(sent.get("back", "")), 303)
    give(answer, DIGITS, sent["digits"], KEPT)
    return answer
