"""Events of one stage of a DHIS2 tracker or event program (2.40 and later).

The rules:

1. The stage is asked for first: a data element that the mapping uses and the stage no longer has,
   or a new one that nobody decided about, stops the run before a row is read. Headers are the uids
   of data elements, or fields of the event itself: ``event``, ``occurredAt``, ``orgUnit`` ...
2. A reading takes the events updated since the last one, and a little before
   (``overlap_seconds``), because an update may become visible after a later one. Times are compared
   as the server writes them, without a zone; no clock of ours counts. The overlap is longer than
   the hour by which a server's clock goes back in autumn.
3. The time of the newest update is asked for before the first page. When the reading comes to its
   end, that is where the next one begins; what was updated meanwhile is read again.
4. Events come in the order in which they were made, page by page (see ``paged``), so an update
   does not move one from its page. A reading that broke off goes on behind its last row; then
   comes a new one.
5. A deleted event is not updated, so all are read again once in ``complete_every_hours``; the
   outbox knows which went.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from country_adapters.kit.errors import RegisterUnreadable
from country_adapters.kit.sources.answers import check_answers, objects, used_answers
from country_adapters.kit.sources.base import SourceRow, Wanted
from country_adapters.kit.sources.paged import (
    Clock,
    Page,
    Reached,
    count_of,
    is_due,
    now,
    numbered_pages,
)
from country_adapters.kit.sources.web import PATIENT, Patience, Server, ServerOptions, read_token

OF_EVERY_EVENT = (
    *("event", "status", "occurredAt", "scheduledAt", "completedAt", "createdAt", "updatedAt"),
    *("orgUnit", "enrollment", "trackedEntity", "programStage"),
)
"""The fields of an event that are asked for, beside its data values."""

EVENTS = "/api/tracker/events"
UID = r"^[A-Za-z][A-Za-z0-9]{10}$"


class Dhis2Options(ServerOptions):
    """Options of ``kind: dhis2``.

    Attributes:
        program: The uid of the program.
        stage: The uid of the stage of the program whose events are the rows.
        token_file: File with a personal access token, in the register's folder or with its path.
        org_unit: The uid of an organisation unit; all that the user may see if not given.
        org_unit_mode: Which units beside it: ``SELECTED``, ``CHILDREN``, ``DESCENDANTS``.
        overlap_seconds: How far before the last reading the next one begins.
        complete_every_hours: How often all events are read again; 0 is in each run.
    """

    kind: Literal["dhis2"]
    program: str = Field(pattern=UID)
    stage: str = Field(pattern=UID)
    token_file: str
    org_unit: str = Field(default="", pattern=rf"^$|{UID}")
    org_unit_mode: Literal["", "SELECTED", "CHILDREN", "DESCENDANTS"] = ""
    overlap_seconds: int = Field(default=7200, ge=0)
    complete_every_hours: int = Field(default=24, ge=0)

    def open(self, folder: Path, wanted: Wanted) -> Dhis2:
        return Dhis2(self, folder, wanted)


@dataclass(frozen=True)
class _Reading:
    """One reading, as its cursor keeps it.

    Attributes:
        after: It takes what was updated after this time; all if there is none.
        until: The newest update when it began; blank if it did not begin yet.
        began: When the complete reading began that it belongs to.
        reached: How far it came.
    """

    after: str | None
    until: str
    began: str
    reached: Reached = field(default_factory=Reached)

    def cursor(self, reached: Reached, *, is_last: bool) -> str:
        """The cursor behind a row; behind the last one, that of the next reading's beginning."""
        kept = _Reading(self.until, "", self.began) if is_last else replace(self, reached=reached)
        return json.dumps(asdict(kept))


class Dhis2:
    """The events of one stage.

    Args:
        options: Where they are.
        folder: The folder of the register.
        wanted: The data elements and fields to use and to ignore.
        patience: How long to wait for the server.
        clock: Tells when a complete reading is due.
    """

    snapshot = False

    def __init__(
        self,
        options: Dhis2Options,
        folder: Path,
        wanted: Wanted,
        patience: Patience = PATIENT,
        clock: Clock = now,
    ) -> None:
        self.options = options
        self.wanted = Wanted(wanted.used, (*wanted.ignored, *OF_EVERY_EVENT), wanted.groups)
        self._server = Server(options, folder, patience)
        self._token_file = folder / options.token_file
        self._clock = clock
        self._total: int | None = None
        self.reading = ""

    def size(self) -> int | None:
        return self._total

    def read(self, cursor: str | None) -> Iterator[SourceRow]:
        """The events updated since the cursor, and those of the overlap before it.

        Raises:
            SourceIncomplete: The events that came are not as many as the server counts.
            RegisterError: As the server's other failures are named.
        """
        authorization = f"ApiToken {read_token(self._token_file)}"
        self._check_stage(authorization)
        reading = self._start(cursor)
        self.reading = reading.began
        if reading.until:
            yield from self._rows(reading, authorization)
            reading = _Reading(reading.until, "", reading.began)
        newest = self._ask({"order": "updatedAt:desc", "pageSize": 1, "page": 1}, authorization)
        if newest.rows:
            until = str(newest.rows[0].get("updatedAt", ""))
            yield from self._rows(replace(reading, until=until), authorization)

    def _start(self, cursor: str | None) -> _Reading:
        """The reading that a cursor keeps, or a complete one if it is due."""
        at = self._clock()
        if cursor is not None:
            kept = json.loads(cursor)
            began = kept.get("began", "")
            if began and not is_due(began, self.options.complete_every_hours, at):
                return _Reading(kept["after"], kept["until"], began, Reached(**kept["reached"]))
        return _Reading(None, "", at.isoformat())

    def _rows(self, reading: _Reading, authorization: str) -> Iterator[SourceRow]:
        """What is left of one reading."""
        windows = numbered_pages(
            lambda number: self._page(reading.after, number, authorization),
            self.options.page_size,
            "event",
            reading.reached,
        )
        for window in windows:
            rows = [_flat(event) for event in window.rows]
            check_answers(rows, self.wanted, f"stage {self.options.stage}")
            self._total = window.total
            for place, row in enumerate(rows, start=1):
                reached = Reached(window.before + place, window.total)
                is_last = window.is_last and place == len(rows)
                cursor = reading.cursor(reached, is_last=is_last)
                yield SourceRow(str(row["event"]), used_answers(row, self.wanted), cursor)

    def _page(self, after: str | None, number: int, authorization: str) -> Page:
        query: dict[str, str | int] = {
            "order": "createdAt:asc,event:asc",
            "pageSize": self.options.page_size,
            "page": number,
        }
        if after is not None:
            query["updatedAfter"] = _earlier(after, self.options.overlap_seconds)
        return self._ask(query, authorization)

    def _ask(self, query: Mapping[str, str | int], authorization: str) -> Page:
        """One page of events: 2.40 names them ``instances`` and counts beside them."""
        fields = ",".join((*OF_EVERY_EVENT, "dataValues[dataElement,value]"))
        where = {"orgUnit": self.options.org_unit, "orgUnitMode": self.options.org_unit_mode}
        asked: dict[str, str | int] = {
            "program": self.options.program,
            "programStage": self.options.stage,
            **{name: value for name, value in where.items() if value},
            **query,
            "totalPages": "true",
            "fields": fields,
        }
        answer = self._server.get(EVENTS, asked, authorization)
        found = answer if isinstance(answer, dict) else {}
        rows = objects(found.get("events", found.get("instances")), "a list of events", EVENTS)
        return Page(rows, count_of(found.get("pager", found), "total", EVENTS))

    def _check_stage(self, authorization: str) -> None:
        path = f"/api/programStages/{self.options.stage}"
        query = {"fields": "programStageDataElements[dataElement[id]]"}
        stage = self._server.get(path, query, authorization)
        found = stage.get("programStageDataElements") if isinstance(stage, dict) else None
        elements = [
            str(link["dataElement"].get("id"))
            for link in objects(found, "data elements of the stage", path)
            if isinstance(link.get("dataElement"), dict)
        ]
        known = [*elements, *OF_EVERY_EVENT]
        place = f"stage {self.options.stage}"
        self.wanted.check(known, lambda index: f"data element {known[index]}", place)


def _flat(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event as one row: its fields and its data values by the uid of their data element."""
    values = objects(event.get("dataValues") or [], "a list of data values", EVENTS)
    row = {name: event.get(name) for name in OF_EVERY_EVENT}
    return row | {str(value.get("dataElement")): value.get("value") for value in values}


def _earlier(moment: str, seconds: int) -> str:
    """A time of the server some seconds before, written as the server writes it."""
    try:
        earlier = datetime.fromisoformat(moment) - timedelta(seconds=seconds)
    except ValueError:
        raise RegisterUnreadable(expected="`updatedAt` as ISO 8601", got="other text") from None
    return earlier.isoformat(timespec="milliseconds")
