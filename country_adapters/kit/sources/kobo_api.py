"""Submissions of a KoBoToolbox form, from its server (API v2).

The rules:

1. The form is asked for first: a question that the mapping uses and the form no longer has, or a
   new question that nobody decided about, stops the run before a row is read. What KoBo itself adds
   to every submission needs no decision.
2. Submissions come in the order of their numbers, behind the last one recorded. ``next`` is
   followed to its end. Of it only the query is used, so the token goes to the declared server only.
3. ``count`` must be that of the submissions that came; it may grow while they are read.
4. An edited submission keeps its number and its time, so it is not seen among the new ones.
   Therefore all are read again once in ``complete_every_hours``; the outbox knows what changed,
   and which submissions were deleted on the server.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field

from country_adapters.kit.errors import RegisterUnreadable, SourceIncomplete
from country_adapters.kit.sources.answers import check_answers, objects, used_answers
from country_adapters.kit.sources.base import SourceRow, Wanted
from country_adapters.kit.sources.paged import Clock, Page, count_of, is_due, now
from country_adapters.kit.sources.web import PATIENT, Patience, Server, ServerOptions, read_token

ADDED_BY_KOBO = (
    *("_id", "_uuid", "_submission_time", "_submitted_by", "_status", "_validation_status"),
    *("_attachments", "_geolocation", "_tags", "_notes", "_xform_id_string", "_version_"),
    *("_supplementalDetails", "__version__", "formhub/uuid", "meta/instanceID"),
    *("meta/instanceName", "meta/deprecatedID", "meta/rootUuid", "meta/audit"),
)
"""Names in a submission that are no questions of the form."""

WITHOUT_ANSWER = ("begin_group", "end_group", "end_repeat", "note")
"""Types of lines of a form that no submission answers."""


class KoboApiOptions(ServerOptions):
    """Options of ``kind: kobo_api``.

    Attributes:
        asset: The uid of the form, as in its address.
        token_file: File with the API token, in the register's folder or with its whole path.
        complete_every_hours: How often all submissions are read again; 0 is in each run.
    """

    kind: Literal["kobo_api"]
    asset: str = Field(pattern=r"^[A-Za-z0-9]+$")
    token_file: str
    complete_every_hours: int = Field(default=24, ge=0)

    def open(self, folder: Path, wanted: Wanted) -> KoboApi:
        return KoboApi(self, folder, wanted)


class KoboApi:
    """The submissions of one form.

    Args:
        options: Where they are.
        folder: The folder of the register.
        wanted: The questions to use and to ignore.
        patience: How long to wait for the server.
        clock: Tells when a complete reading is due.
    """

    snapshot = False

    def __init__(
        self,
        options: KoboApiOptions,
        folder: Path,
        wanted: Wanted,
        patience: Patience = PATIENT,
        clock: Clock = now,
    ) -> None:
        self.options = options
        self.wanted = Wanted(wanted.used, (*wanted.ignored, *ADDED_BY_KOBO), wanted.groups)
        self._server = Server(options, folder, patience)
        self._token_file = folder / options.token_file
        self._clock = clock
        self._total: int | None = None
        self.reading = ""

    @property
    def _form(self) -> str:
        return f"/api/v2/assets/{self.options.asset}"

    def size(self) -> int | None:
        return self._total

    def read(self, cursor: str | None) -> Iterator[SourceRow]:
        """The submissions behind the cursor, or all if a complete reading is due.

        Raises:
            SourceIncomplete: The submissions that came are not as many as the server counts.
            RegisterError: As the server's other failures are named.
        """
        began, last = self._start(cursor)
        self.reading = began
        authorization = f"Token {read_token(self._token_file)}"
        self._check_form(authorization)
        for page in self._pages(last, authorization):
            check_answers(page.rows, self.wanted, f"form {self.options.asset}")
            self._total = page.total
            for submission in page.rows:
                number = submission.get("_id")
                if not isinstance(number, int) or number <= last:
                    raise SourceIncomplete(
                        expected="submissions in the order of `_id`", got="another order"
                    )
                last = number
                values = used_answers(submission, self.wanted)
                yield SourceRow(str(number), values, json.dumps({"began": began, "last": last}))

    def _start(self, cursor: str | None) -> tuple[str, int]:
        """When the complete reading began that this one belongs to, and the last submission."""
        at = self._clock()
        if cursor is not None:
            kept = json.loads(cursor)
            if not is_due(kept["began"], self.options.complete_every_hours, at):
                return kept["began"], kept["last"]
        return at.isoformat(), 0

    def _check_form(self, authorization: str) -> None:
        asset = self._server.get(f"{self._form}/", {"format": "json"}, authorization)
        content = asset.get("content") if isinstance(asset, Mapping) else None
        survey = content.get("survey") if isinstance(content, Mapping) else None
        place = f"form {self.options.asset}"
        questions, groups = _questions(objects(survey, "the lines of a form", place))
        asked = [*questions, *(name for name in ADDED_BY_KOBO if name not in questions)]
        self.wanted.check(asked, lambda index: f"question {asked[index]}", place)
        for group, inner in self.wanted.groups.items():
            mine = groups.get(group, [])
            inner.check(mine, lambda index, mine=mine: f"question {mine[index]}", place)  # type: ignore[misc]

    def _pages(self, last: int, authorization: str) -> Iterator[Page]:
        query: dict[str, str | int] = {
            "format": "json",
            "limit": self.options.page_size,
            "query": json.dumps({"_id": {"$gt": last}}),
            "sort": json.dumps({"_id": 1}),
        }
        came, told, more = 0, 0, True
        while more:
            answer = self._server.get(f"{self._form}/data.json", query, authorization)
            total = count_of(answer, "count", "the submissions")
            rows = objects(answer.get("results"), "a list of submissions", "`results`")
            came, more = came + len(rows), bool(answer.get("next"))
            if total < told or came > total or (not rows and more) or (came < total and not more):
                raise SourceIncomplete(expected=f"{max(told, total)} submissions", got=f"{came}")
            told = total
            yield Page(rows, total)
            query = dict(parse_qsl(urlsplit(str(answer["next"])).query)) if more else {}


def _questions(lines: list[dict[str, Any]]) -> tuple[list[str], dict[str, list[str]]]:
    """The questions of a form by their whole path, and those of each repeated group.

    Raises:
        RegisterUnreadable: A line has no name.
    """
    questions: list[str] = []
    groups: dict[str, list[str]] = {}
    repeats: list[str] = []
    for line in lines:
        kind = str(line.get("type", ""))
        if kind == "end_repeat" and repeats:
            repeats.pop()
        if kind in WITHOUT_ANSWER or kind.startswith("end_"):
            continue
        path = line.get("$xpath") or line.get("name") or line.get("$autoname")
        if not isinstance(path, str):
            raise RegisterUnreadable(expected="a name of every question", got="a line without")
        (groups[repeats[-1]] if repeats else questions).append(path)
        if kind == "begin_repeat":
            groups[path] = []
            repeats.append(path)
    return list(dict.fromkeys(questions)), groups
