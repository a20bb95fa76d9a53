"""Drawings, each under the digest of what it shows: as pictures, and for who looks closer.

Whoever guesses what a chart shows knows its address. That tells nothing where all may see it. A
chart of an alert is given to those alone who may see the alert, and only while it is open; to all
others it is as if it were not there, and no browser keeps it.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from deploy.console.alerts.boards import NAMES, visible
from deploy.console.app_state import console_of
from deploy.console.charts import Chart, Theme
from deploy.console.errors import NothingThere
from deploy.console.security import Reader, Viewer

router = APIRouter()
KEPT = {"cache-control": "private, max-age=31536000, immutable"}


@router.get("/charts/{digest}-{theme}.svg")
async def chart(request: Request, digest: str, theme: Theme, who: Viewer) -> Response:
    """The drawing of a chart that some page has shown."""
    shown = _shown(request, digest, who)
    svg = await console_of(request).charts.drawn(digest, theme)
    if svg is None:
        raise NothingThere()
    return Response(svg, media_type="image/svg+xml", headers=_kept(shown))


@router.get("/charts/{digest}-{theme}.json")
def exploration(request: Request, digest: str, theme: Theme, who: Viewer) -> JSONResponse:
    """The same chart as Vega-Lite reads it, with tooltips and zoom."""
    shown = _shown(request, digest, who)
    return JSONResponse(shown.exploration(theme), headers=_kept(shown))


def _shown(request: Request, digest: str, who: Reader) -> Chart:
    """A chart that this reader may see."""
    console = console_of(request)
    found = console.charts.known(digest)
    if found is None or (found.alert is not None and not _may_see(request, found.alert, who)):
        raise NothingThere()
    return found


def _may_see(request: Request, alert: tuple[str, str], who: Reader) -> bool:
    channel, name = NAMES[alert[0]], alert[1]
    return channel in set(visible(who)) and console_of(request).boards[channel].open(name)


def _kept(chart: Chart) -> dict[str, str]:
    return KEPT if chart.alert is None else {}
