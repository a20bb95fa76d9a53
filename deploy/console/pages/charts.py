"""Drawings, each under the digest of what it shows."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response

from deploy.console.app_state import console_of
from deploy.console.errors import NothingThere
from deploy.console.security import Reader, Role, reader

router = APIRouter()
KEPT = {"cache-control": "private, max-age=31536000, immutable"}


@router.get("/charts/{digest}-{theme}.svg")
async def chart(
    request: Request,
    digest: str,
    theme: Literal["light", "dark"],
    _reader: Annotated[Reader, Depends(reader(Role.VIEWER))],
) -> Response:
    """The drawing of a chart that some page has shown."""
    svg = await console_of(request).charts.drawn(digest, theme)
    if svg is None:
        raise NothingThere()
    return Response(svg, media_type="image/svg+xml", headers=KEPT)
