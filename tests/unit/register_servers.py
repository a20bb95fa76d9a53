"""Local servers that answer as KoBoToolbox, Primero and DHIS2 document it, for tests.

Each keeps rows with three invented columns and can be told to misbehave: to answer its next
questions for rows with a status, to count wrongly, to put a question into its form or to lose one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

CASE, SEX, NAME = "CaseNumber1", "SexOfVictim", "NameOfPers1"
PLANTED = "Victime Fictive 0012"
SECRET = "InventedToken0012"  # noqa: S105
USER = "officer"


class Asked(NamedTuple):
    """What a server was asked."""

    method: str
    path: str
    query: dict[str, str]
    authorization: str
    body: Any = None


class Told(NamedTuple):
    """What it answers."""

    data: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class RegisterServer:
    """What the three have in common.

    Attributes:
        rows: Its rows in the order in which they were made.
        form: The questions of its form.
        failures: Statuses of its next answers to a question for rows.
        miscount: Added to the number of rows that it tells.
        asked: All that it was asked.
    """

    rows_at = ""
    accepts = ""

    def __init__(self, count: int) -> None:
        self.rows: list[dict[str, Any]] = [self.row(number) for number in range(1, count + 1)]
        self.form = [CASE, NAME, SEX]
        self.failures: list[int] = []
        self.miscount = 0
        self.asked: list[Asked] = []
        self.url = ""

    def row(self, number: int) -> dict[str, Any]:
        return {CASE: f"C{number}", NAME: PLANTED, SEX: "f"}

    def questions_for_rows(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == self.rows_at]

    def answer(self, asked: Asked) -> Told:
        self.asked.append(asked)
        if asked.method == "POST":
            return self.sign_in(asked)
        if asked.authorization != self.accepts:
            return Told({"detail": "Invalid token."}, 401)
        if asked.path != self.rows_at:
            return self.describe(asked)
        if self.failures:
            return Told({"detail": PLANTED}, self.failures.pop(0), (("Retry-After", "7"),))
        return self.page(asked)

    def sign_in(self, asked: Asked) -> Told:
        return Told({"detail": f"Method {asked.method} not allowed."}, 405)

    def describe(self, asked: Asked) -> Told:
        raise NotImplementedError

    def page(self, asked: Asked) -> Told:
        raise NotImplementedError


class KoboServer(RegisterServer):
    """``/api/v2/assets/{uid}/`` and ``data.json``: ``start`` and ``limit``, at most 1,000."""

    rows_at = "/api/v2/assets/aTestForm/data.json"
    accepts = f"Token {SECRET}"

    def row(self, number: int) -> dict[str, Any]:
        added = {"_id": 100 + number, "_uuid": f"uuid-{number}", "__version__": "v1", "_tags": []}
        return {**added, **super().row(number)}

    def describe(self, asked: Asked) -> Told:
        if asked.path != "/api/v2/assets/aTestForm/":
            return Told({"detail": "Not found."}, 404)
        survey = [{"type": "text", "name": name, "$xpath": name} for name in self.form]
        return Told({"uid": "aTestForm", "content": {"survey": survey, "choices": []}})

    def page(self, asked: Asked) -> Told:
        query = asked.query
        behind = json.loads(query["query"])["_id"]["$gt"]
        assert json.loads(query["sort"]) == {"_id": 1}
        found = [row for row in self.rows if row["_id"] > behind]
        start, limit = int(query.get("start", 0)), min(int(query.get("limit", 100)), 1000)
        following = None
        if start + limit < len(found):
            # A server behind a proxy may name itself otherwise than it is reached.
            following = f"http://kobo.internal{asked.path}?" + urlencode(
                {**query, "start": start + limit}
            )
        return Told(
            {
                "count": len(found) + self.miscount,
                "next": following,
                "previous": None,
                "results": found[start : start + limit],
            }
        )


class PrimeroServer(RegisterServer):
    """``/api/v2/tokens``, ``forms`` and ``cases``: blank fields are left out."""

    rows_at = "/api/v2/cases"
    accepts = "Bearer head.1.sign"
    tokens = 0

    def row(self, number: int) -> dict[str, Any]:
        return {"id": f"case-{number}", **super().row(number)}

    def sign_in(self, asked: Asked) -> Told:
        if asked.body != {"user": {"user_name": USER, "password": SECRET}}:
            return Told({"error": "Invalid User name or password."}, 401)
        self.tokens += 1
        self.accepts = f"Bearer head.{self.tokens}.sign"
        return Told({"user_name": USER}, 200, (("Authorization", self.accepts),))

    def describe(self, asked: Asked) -> Told:
        assert (asked.path, asked.query) == ("/api/v2/forms", {"record_type": "case"})
        fields = [{"name": name, "type": "text_field"} for name in self.form]
        return Told({"data": [{"unique_id": "basic_identity", "fields": fields}]})

    def page(self, asked: Asked) -> Told:
        query = asked.query
        assert (query["order_by"], query["order"]) == ("created_at", "asc")
        number, per = int(query["page"]), int(query["per"])
        fields = query["fields"].split(",")
        found = self.rows[(number - 1) * per : number * per]
        data = [{key: row[key] for key in row if key in fields} for row in found]
        total = len(self.rows) + self.miscount
        return Told({"data": data, "metadata": {"total": total, "per": per, "page": number}})


class Dhis2Server(RegisterServer):
    """``/api/tracker/events`` in the shape of 2.42, or of 2.40."""

    rows_at = "/api/tracker/events"
    accepts = f"ApiToken {SECRET}"
    older = False

    def row(self, number: int) -> dict[str, Any]:
        day = f"2024-05-{1 + number // 24:02}T{number % 24:02}:00:00.000"
        return {"event": f"Event{number:06}", "updatedAt": day, **super().row(number)}

    def describe(self, asked: Asked) -> Told:
        if asked.path != "/api/programStages/StageUid001":
            return Told({"httpStatusCode": 404}, 404)
        elements = [{"dataElement": {"id": name}} for name in self.form]
        return Told({"programStageDataElements": elements})

    def page(self, asked: Asked) -> Told:
        query = asked.query
        assert (query["program"], query["programStage"]) == ("ProgramUid1", "StageUid001")
        found = [row for row in self.rows if row["updatedAt"] > query.get("updatedAfter", "")]
        if query["order"] == "updatedAt:desc":
            found = sorted(found, key=lambda row: str(row["updatedAt"]), reverse=True)
        number, size = int(query["page"]), int(query["pageSize"])
        events = [self._event(row) for row in found[(number - 1) * size : number * size]]
        total = len(found) + self.miscount
        pager = {"page": number, "pageSize": size, "total": total, "pageCount": -(-total // size)}
        return Told(
            {**pager, "instances": events} if self.older else {"pager": pager, "events": events}
        )

    def _event(self, row: dict[str, Any]) -> dict[str, Any]:
        own = {"orgUnit": "OrgUnit0001", "occurredAt": "2024-02-03T00:00:00.000", "notes": []}
        fields = ("event", "updatedAt", "enrollment", "occurredAt")
        values = [
            {"dataElement": name, "value": value, "storedBy": "officer"}
            for name, value in row.items()
            if name not in fields
        ]
        return {**own, **{name: row[name] for name in fields if name in row}, "dataValues": values}


@contextmanager
def served(register: RegisterServer) -> Iterator[str]:
    """Serves a register on a free port of the loopback interface; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            asked = Asked(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query)),
                self.headers.get("Authorization", ""),
                body,
            )
            told = register.answer(asked)
            data = told.data if isinstance(told.data, bytes) else json.dumps(told.data).encode()
            self.send_response(told.status)
            for name, value in told.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        register.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield register.url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_access(folder: Path) -> None:
    """The files that open the three servers."""
    for name, text in (("token", SECRET), ("user", USER), ("password", SECRET)):
        (folder / name).write_text(f"{text}\n", encoding="utf-8")
        (folder / name).chmod(0o600)
