"""Cases of a Primero server (API v2).

The rules:

1. User and password come from files and are exchanged for a token, which lasts an hour; a new one
   is asked for when the server no longer takes it.
2. The forms are asked for first: a field that the mapping uses and no form has stops the run before
   a row is read.
3. Only the fields that the mapping uses are asked for. All others, names above all, do not leave
   the server, and so need no ``ignore``. What comes unasked is refused.
4. Cases come in the order in which they were made, page by page (see ``paged``). A later run goes
   on where the last one stopped; all are read again once in ``complete_every_hours``, because a
   case that changed keeps its place. The outbox knows what changed, and which cases went.

A field with several answers comes as one text: declare ``split: ;``. A subform is a ``group``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from country_adapters.kit.errors import SourceIncomplete, SourceRefused
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
from country_adapters.kit.sources.web import PATIENT, Patience, Server, ServerOptions, read_access

OF_EVERY_CASE = ("id", "case_id", "case_id_display", "created_at", "last_updated_at", "enabled")
"""Fields that Primero itself keeps, whether or not they stand in a form."""

OF_EVERY_ELEMENT = ("unique_id",)
SEPARATOR = ";"


class PrimeroOptions(ServerOptions):
    """Options of ``kind: primero``.

    Attributes:
        user_file: File with the name of the user, in the register's folder or with its whole path.
        password_file: File with the password, likewise.
        complete_every_hours: How often all cases are read again; 0 is in each run.
    """

    kind: Literal["primero"]
    user_file: str
    password_file: str
    complete_every_hours: int = Field(default=24, ge=0)

    def open(self, folder: Path, wanted: Wanted) -> Primero:
        return Primero(self, folder, wanted)


class Primero:
    """The cases that a user may see.

    Args:
        options: Where they are.
        folder: The folder of the register.
        wanted: The fields to use.
        patience: How long to wait for the server.
        clock: Tells when a complete reading is due.
    """

    snapshot = False

    def __init__(
        self,
        options: PrimeroOptions,
        folder: Path,
        wanted: Wanted,
        patience: Patience = PATIENT,
        clock: Clock = now,
    ) -> None:
        self.options = options
        groups = {
            name: Wanted(inner.used, (*inner.ignored, *OF_EVERY_ELEMENT), inner.groups)
            for name, inner in wanted.groups.items()
        }
        self.wanted = Wanted(wanted.used, (*wanted.ignored, *OF_EVERY_CASE), groups)
        self._server = Server(options, folder, patience)
        self._folder = folder
        self._clock = clock
        self._authorization: str | None = None
        self._total: int | None = None
        self.reading = ""

    def size(self) -> int | None:
        return self._total

    def read(self, cursor: str | None) -> Iterator[SourceRow]:
        """The cases behind the cursor, or all if a complete reading is due.

        Raises:
            SourceIncomplete: The cases that came are not as many as the server counts.
            RegisterError: As the server's other failures are named.
        """
        began, reached = self._start(cursor)
        self.reading = began
        self._check_forms()
        for window in numbered_pages(self._page, self.options.page_size, "id", reached):
            check_answers(window.rows, self.wanted, "the cases")
            self._total = window.total
            for place, case in enumerate(window.rows, start=window.before + 1):
                values = {
                    name: _joined(cell) for name, cell in used_answers(case, self.wanted).items()
                }
                kept = {"began": began, "rows": place, "total": window.total}
                yield SourceRow(str(place), values, json.dumps(kept))

    def _start(self, cursor: str | None) -> tuple[str, Reached]:
        at = self._clock()
        if cursor is not None:
            kept = json.loads(cursor)
            if not is_due(kept["began"], self.options.complete_every_hours, at):
                return kept["began"], Reached(kept["rows"], kept["total"])
        return at.isoformat(), Reached()

    def _check_forms(self) -> None:
        answer = self._get("/api/v2/forms", {"record_type": "case"})
        forms = objects(_part(answer, "data"), "a list of forms", "`data`")
        known = {
            field.get("name")
            for form in forms
            for field in objects(form.get("fields") or [], "a list of fields", "a form")
        }
        for wanted in (self.wanted, *self.wanted.groups.values()):
            mine = [name for name in wanted.used if name in known or name in OF_EVERY_CASE]
            wanted.check(mine, lambda index, mine=mine: f"field {mine[index]}", "the forms")  # type: ignore[misc]

    def _page(self, number: int) -> Page:
        query: dict[str, str | int] = {
            "fields": ",".join(dict.fromkeys(("id", *self.wanted.used))),
            "order_by": "created_at",
            "order": "asc",
            "page": number,
            "per": self.options.page_size,
        }
        answer = self._get("/api/v2/cases", query)
        rows = objects(_part(answer, "data"), "a list of cases", "`data`")
        metadata = _part(answer, "metadata")
        size = count_of(metadata, "per", "`metadata`")
        if size != self.options.page_size:
            raise SourceIncomplete(expected=f"pages of {self.options.page_size}", got=f"of {size}")
        return Page(rows, count_of(metadata, "total", "`metadata`"))

    def _get(self, path: str, query: dict[str, str | int]) -> Any:
        """What the server answers, with a new token if the one at hand is no longer good."""
        if self._authorization is not None:
            try:
                return self._server.get(path, query, self._authorization)
            except SourceRefused:
                pass
        self._authorization = self._sign_in()
        return self._server.get(path, query, self._authorization)

    def _sign_in(self) -> str:
        user = {
            "user_name": read_access(self._folder / self.options.user_file),
            "password": read_access(self._folder / self.options.password_file),
        }
        answer = self._server.post("/api/v2/tokens", {"user": user})
        authorization = answer.headers.get("Authorization", "")
        if not authorization.startswith("Bearer "):
            raise SourceRefused(expected="a token in the header Authorization", got="none")
        return str(authorization)


def _part(answer: object, key: str) -> object:
    return answer.get(key) if isinstance(answer, dict) else None


def _joined(cell: object) -> object:
    """Several answers as one text, which the mapping splits again; groups stay as they are."""
    if isinstance(cell, list) and all(isinstance(item, str) for item in cell):
        return SEPARATOR.join(cell)
    return cell
