"""The addresses: each asks who reads, and answers with what a view makes of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from types import MappingProxyType
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from deploy.console.alerts.boards import NAMES, Board
from deploy.console.api import ROOT, VERSION, files
from deploy.console.api import published as view
from deploy.console.api import told as alerts_view
from deploy.console.api.accept import chosen as accepted
from deploy.console.api.asking import Asked, Now, Published, Told
from deploy.console.api.document import ANSWERS, OBSERVATIONS, written
from deploy.console.api.models import (
    AlertsPage,
    AlertWhole,
    CalendarLine,
    IndicatorLine,
    IndicatorWhole,
    Listed,
    Page,
    ReleaseLine,
    ReleaseWhole,
    Row,
    Status,
)
from deploy.console.api.parameters import (
    AlertName,
    AlertsAsked,
    BoardName,
    IndicatorName,
    ObservationsAsked,
    Part,
    ReleaseName,
    ReleasesAsked,
    SurgesAsked,
)
from deploy.console.errors import NotAllowed, NothingThere
from deploy.console.views.words import unslug
from deploy.exports.rows import row
from schemas.alerts import EVERYBODY, AnalystAlert, ContactAlert, Surge
from schemas.indicators import catalogue

router = APIRouter(prefix=ROOT)
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def answers(
    path: str, model: Any, more: Mapping[int | str, dict[str, Any]] = MappingProxyType({})
) -> Callable[[F], F]:
    """Declares an address that is read: with GET, which the document describes, and HEAD.

    Args:
        path: The address.
        model: Of the answer.
        more: What it may answer beside what all may.
    """

    def declare(function: F) -> F:
        may, name = {**ANSWERS, **more}, function.__name__
        router.get(path, response_model=model, responses=may, operation_id=name)(function)
        router.head(path, response_model=model, include_in_schema=False)(function)
        return function

    return declare


def part_of(found: Sequence[T], asked: Asked, part: Part) -> dict[str, Any]:
    """The fields of a page of a list, unless its reader has it."""
    asked.unless_known()
    end = part.offset + part.limit
    following = None
    if end < len(found):
        path, _, query = asked.path.partition("?")
        kept = [(name, value) for name, value in parse_qsl(query) if name != "offset"]
        following = f"{path}?{urlencode([*kept, ('offset', end)])}"
    return {
        "snapshot": asked.snapshot,
        "items": found[part.offset : end],
        "total": len(found),
        "next": following,
    }


@router.get("/openapi.json", include_in_schema=False)
@router.head("/openapi.json", include_in_schema=False)
def described() -> Response:
    """The document; it tells nothing of what was published, so nobody is asked who reads."""
    return Response(_document(), media_type="application/json")


@cache
def _document() -> str:
    return written(router.routes)


@answers("/status", Status)
def status(asked: Now) -> Status:
    """How things stand: whether what is known is the newest, and how much that is."""
    live = asked.console.live
    return Status(
        standing=live.standing,
        since=live.since,
        snapshot=asked.published,
        told=asked.told,
        releases=len(asked.known.kept),
        refused=len(asked.known.refused),
        version=version("southmed"),
        api=VERSION,
    )


# --- What was published ---------------------------------------------------------------------------


@answers("/releases", Page[ReleaseLine])
def releases(asked: Published, chosen: Annotated[ReleasesAsked, Query()]) -> Any:
    """Releases, withdrawn ones among them, the newest first."""
    return part_of(view.releases(asked.known, asked.console.tables, chosen), asked, chosen)


@answers("/releases/{name}", ReleaseWhole)
def release(asked: Published, name: ReleaseName) -> ReleaseWhole:
    """One release with its message, exactly as it was signed, to be verified by its reader."""
    key, known = unslug(name), asked.known
    if key not in known:
        raise NothingThere(expected=f"a release of {ROOT}/releases")
    asked.unless_known()
    stands = any(one.key == key for one in known.standing())
    line = view.release_line(known[key].release, asked.console.tables, stands)
    return ReleaseWhole(**dict(line), snapshot=asked.snapshot, message=view.signed(known[key]))


@answers("/indicators", Listed[IndicatorLine])
def indicators(asked: Published) -> Any:
    """The catalogue: definitions, and by which tables an indicator is published."""
    asked.unless_known()
    return {"snapshot": asked.snapshot, "items": view.indicators(asked.known)}


@answers("/indicators/{code}", IndicatorWhole)
def indicator(asked: Published, code: IndicatorName) -> IndicatorWhole:
    """One indicator."""
    found = catalogue().get(code)
    if found is None:
        raise NothingThere(expected=f"an indicator of {ROOT}/indicators")
    asked.unless_known()
    line = view.indicator_line(found, asked.known)
    return IndicatorWhole(**dict(line), snapshot=asked.snapshot)


@answers("/indicators/{code}/observations", Page[Row], OBSERVATIONS)
def observations(
    request: Request,
    asked: Published,
    code: IndicatorName,
    chosen: Annotated[ObservationsAsked, Query()],
) -> Response:
    """Rows of one table, of all its releases that stand: JSON, CSV or SDMX-CSV, as `Accept` says.

    In CSV the address of what follows stands in the header `Link`.
    """
    wanted = accepted(request.headers.get("accept", ""), (files.JSON, *files.WRITERS))
    found = view.cells(asked.known, code, chosen)
    if found is None:
        raise NothingThere(expected=f"a table of {ROOT}/indicators/{code}")
    page = part_of(found.cells, asked, chosen)
    if wanted == files.JSON:
        # As they stand: a column that a table has not is not there, and a model would say null.
        rows = [row(*cell) for cell in page["items"]]
        return JSONResponse({**page, "items": rows}, headers=asked.headers)
    headers = {**asked.headers, "southmed-snapshot": asked.snapshot}
    if page["next"]:
        headers["link"] = f'<{page["next"]}>; rel="next"'
    text = files.WRITERS[wanted](found.table, page["items"])
    return Response(text, headers=headers, media_type=f"{wanted}; charset=utf-8")


@answers("/calendar", Listed[CalendarLine])
def calendar(asked: Published) -> Any:
    """What is due and what is out."""
    asked.unless_known()
    console = asked.console
    lines = view.calendar(asked.known, console.tables, console.today())
    return {"snapshot": asked.snapshot, "items": lines}


# --- What is told of networks and surges ----------------------------------------------------------


@answers("/surges", Page[Surge])
def surges(asked: Told, chosen: Annotated[SurgesAsked, Query()]) -> Any:
    """Surges of what was published, open to everybody who reads."""
    return part_of(alerts_view.surges(asked.boards[EVERYBODY], chosen), asked, chosen)


@answers("/alerts", AlertsPage)
def alerts(asked: Told, chosen: Annotated[AlertsAsked, Query()]) -> Any:
    """Alerts of the boards that whoever asks may see: of their country, or of analysts."""
    boards = [board for channel, board in asked.boards.items() if channel is not EVERYBODY]
    if chosen.board is not None:
        boards = [_allowed(asked, chosen.board)]
    lines = [alerts_view.board_line(board) for board in boards]
    return {**part_of(alerts_view.alerts(boards, chosen), asked, chosen), "boards": lines}


@answers("/alerts/{board}/{name}", AlertWhole)
def alert(asked: Now, board: BoardName, name: AlertName) -> AlertWhole:
    """One alert, to those it was told to; that it was opened is written down."""
    found = _allowed(asked, board)
    one = found.alerts.get(name)
    if not isinstance(one, (ContactAlert, AnalystAlert)):
        raise NothingThere(expected=f"an alert of {ROOT}/alerts")
    told = f"{board}/{one.id} revision {one.revision}"
    asked.console.audit.write_once(asked.who.name, "opened", told)
    return alerts_view.alert_whole(found, one, asked.snapshot)


def _allowed(asked: Asked, name: str) -> Board:
    """A board; of another's not even what is there."""
    channel = NAMES[name]
    if channel not in asked.boards:
        raise NotAllowed(expected=f"a reader of {channel.topic}")
    return asked.boards[channel]
