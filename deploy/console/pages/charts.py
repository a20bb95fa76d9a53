"""Drawings, each under the digest of what it shows: as pictures, and for who looks closer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from deploy.console.app_state import console_of
from deploy.console.charts import Theme
from deploy.console.errors import NothingThere
from deploy.console.security import Reader, Role, reader

router = APIRouter()
KEPT = {"cache-control": "private, max-age=31536000, immutable"}


Allowed = Annotated[Reader, Depends(reader(Role.VIEWER))]


@router.get("/charts/{digest}-{theme}.svg")
async def chart(request: Request, digest: str, theme: Theme, _reader: Allowed) -> Response:
    """The drawing of a chart that some page has shown."""
    svg = await console_of(request).charts.drawn(digest, theme)
    if svg is None:
        raise NothingThere()
    return Response(svg, media_type="image/svg+xml", headers=KEPT)


@router.get("/charts/{digest}-{theme}.json")
def exploration(request: Request, digest: str, theme: Theme, _reader: Allowed) -> JSONResponse:
    """The same chart as Vega-Lite reads it, with tooltips and zoom."""
    specification = console_of(request).charts.exploration(digest, theme)
    if specification is None:
        raise NothingThere()
    return JSONResponse(specification, headers=KEPT)
