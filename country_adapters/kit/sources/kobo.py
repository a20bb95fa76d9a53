"""Submissions of a KoBoToolbox form, as its JSON export gives them.

The file is a list of submissions, or an object with ``results`` and ``count``, as the API gives
pages; a file whose count is not that of the submissions it holds, or that names a next page, is
refused, because reading it would lose the rest in silence. To read from the server itself, see
``kobo_api``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from country_adapters.kit.errors import ExportIncomplete, RegisterUnreadable, WrongEncoding
from country_adapters.kit.sources.answers import check_answers, objects, used_answers
from country_adapters.kit.sources.base import Record, Wanted, WholeFile


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


class KoboExport(WholeFile):
    """An export of submissions in JSON (UTF-8, as RFC 8259 demands)."""

    def parse(self, data: bytes) -> list[Record]:
        submissions = self._submissions(data)
        check_answers(submissions, self.wanted, self.path.name)
        return [
            Record(_locator(number, answers), used_answers(answers, self.wanted))
            for number, answers in enumerate(submissions, start=1)
        ]

    def _submissions(self, data: bytes) -> list[dict[str, Any]]:
        expected = "an export of submissions in JSON"
        try:
            export = json.loads(data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise WrongEncoding(expected="utf-8", got=f"other bytes in {self.path.name}") from None
        except json.JSONDecodeError as error:
            place = f"line {error.lineno} of {self.path.name}"
            raise RegisterUnreadable(expected=expected, got=place) from None
        if isinstance(export, dict):
            export = _whole(export)
        return objects(export, expected, self.path.name)


def _whole(page: Mapping[str, Any]) -> object:
    """The results of a page that says it is the only one."""
    results = page.get("results")
    held = len(results) if isinstance(results, list) else 0
    if page.get("next") or page.get("count", held) != held:
        raise ExportIncomplete(expected="all submissions", got=f"one page of {held}")
    return results


def _locator(number: int, answers: Mapping[str, Any]) -> str:
    """The number that KoBo gave the submission, or its place in the export."""
    kobo_id = answers.get("_id")
    return str(kobo_id if isinstance(kobo_id, int) else number)
