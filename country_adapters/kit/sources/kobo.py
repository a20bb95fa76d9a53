"""Submissions of a KoBoToolbox form, as its JSON export or API gives them.

The file is a list of submissions, or an object with ``results`` and ``count``. The API gives pages;
an export whose count is not that of the submissions it holds, or that names a next page, is
refused, because reading it would lose the rest in silence.

A submission lacks the questions that were not asked or not answered, so a missing answer is a
blank here, and the questions are those declared. A repeated group is a list of elements in one
answer, with questions of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from country_adapters.kit.errors import ExportIncomplete, RegisterUnreadable, WrongEncoding
from country_adapters.kit.sources.base import FileSource, Record, Wanted


class KoboOptions(BaseModel):
    """Options of ``kind: kobo``.

    Attributes:
        file: Name of the file in the register's folder.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["kobo"]
    file: str

    def open(self, folder: Path, wanted: Wanted) -> KoboExport:
        return KoboExport(folder / self.file, wanted)


class KoboExport(FileSource):
    """An export of submissions in JSON (UTF-8, as RFC 8259 demands)."""

    def records(self, data: bytes) -> list[Record]:
        submissions = self._submissions(data)
        self._check(submissions, self.wanted)
        for group, wanted in self.wanted.groups.items():
            self._check(self._elements(submissions, group), wanted)
        return [
            Record(
                _locator(number, answers), {name: answers.get(name) for name in self.wanted.used}
            )
            for number, answers in enumerate(submissions, start=1)
        ]

    def _check(self, rows: Iterable[Mapping[str, Any]], wanted: Wanted) -> None:
        """Compares the questions asked with those declared.

        Keys may be named: they are made by the form's author and not by who fills it in.
        """
        asked = list(dict.fromkeys([*(key for row in rows for key in row), *wanted.used]))
        wanted.check(asked, lambda index: f"question {asked[index]}", self.path.name)

    def _elements(self, submissions: list[dict[str, Any]], group: str) -> list[dict[str, Any]]:
        groups = [submission.get(group) or [] for submission in submissions]
        if not all(isinstance(elements, list) for elements in groups):
            raise self._unreadable(f"group {group} of {self.path.name}")
        elements = [element for elements in groups for element in elements]
        if not all(isinstance(element, dict) for element in elements):
            raise self._unreadable(f"group {group} of {self.path.name}")
        return elements

    def _submissions(self, data: bytes) -> list[dict[str, Any]]:
        try:
            export = json.loads(data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise WrongEncoding(expected="utf-8", got=f"other bytes in {self.path.name}") from None
        except json.JSONDecodeError as error:
            raise self._unreadable(f"line {error.lineno} of {self.path.name}") from None
        if isinstance(export, dict):
            export = self._whole(export)
        if not isinstance(export, list) or not all(isinstance(row, dict) for row in export):
            raise self._unreadable(self.path.name)
        return export

    def _whole(self, page: dict[str, Any]) -> object:
        """The results of a page that says it is the only one."""
        results = page.get("results")
        held = len(results) if isinstance(results, list) else 0
        if page.get("next") or page.get("count", held) != held:
            raise ExportIncomplete(expected="all submissions", got=f"one page of {held}")
        return results

    def _unreadable(self, got: str) -> RegisterUnreadable:
        return RegisterUnreadable(expected="an export of submissions in JSON", got=got)


def _locator(number: int, answers: dict[str, Any]) -> str:
    """The number that KoBo gave the submission, or its place in the export."""
    kobo_id = answers.get("_id")
    return str(kobo_id if isinstance(kobo_id, int) else number)
