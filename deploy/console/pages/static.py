"""Style, scripts and the icon; they tell nothing, so nobody is asked who reads."""

from __future__ import annotations

from pathlib import PurePath

from fastapi import APIRouter, Response

from deploy.console.errors import NothingThere
from deploy.console.pages.assets import KINDS, VEGA, contents, vega

router = APIRouter()
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}


@router.get("/static/{digest}/{name}")
def static(digest: str, name: str) -> Response:  # noqa: ARG001 - it only makes addresses change
    """A file under a name that changes with its content."""
    if name != VEGA and name not in contents():
        raise NothingThere()
    kind = KINDS[PurePath(name).suffix]
    return Response(vega() if name == VEGA else contents()[name], media_type=kind, headers=FOR_EVER)
