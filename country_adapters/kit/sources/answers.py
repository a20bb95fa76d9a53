"""Rows that come as named answers, as forms give them in JSON.

A row lacks the questions that were not asked or not answered, so a missing answer is a blank, and
an answer to a question that is not declared is refused. A repeated group is a list of elements in
one answer, with questions of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from country_adapters.kit.errors import RegisterUnreadable
from country_adapters.kit.sources.base import Wanted

Answers = Mapping[str, Any]


def check_answers(rows: Sequence[Answers], wanted: Wanted, table: str) -> None:
    """Compares the questions answered, in groups too, with those declared.

    Args:
        rows: The rows that are about to be read.
        wanted: The questions to use and to ignore.
        table: Where the rows were found, for the error.

    Raises:
        UnknownColumn: Names the question; it is made by the form's author, not by who fills it in.
        RegisterUnreadable: A group is no list of elements.
    """
    _check(rows, wanted, table)
    for group, inner in wanted.groups.items():
        _check(_elements(rows, group, table), inner, table)


def used_answers(row: Answers, wanted: Wanted) -> dict[str, object]:
    """The cells of a row that the mapping uses."""
    return {name: row.get(name) for name in wanted.used}


def objects(found: object, expected: str, place: str) -> list[dict[str, Any]]:
    """A list of JSON objects, for certain.

    Raises:
        RegisterUnreadable: It is something else.
    """
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise RegisterUnreadable(expected=expected, got=f"something else in {place}")
    return found


def _check(rows: Iterable[Answers], wanted: Wanted, table: str) -> None:
    asked = list(dict.fromkeys([*(key for row in rows for key in row), *wanted.used]))
    wanted.check(asked, lambda index: f"question {asked[index]}", table)


def _elements(rows: Iterable[Answers], group: str, table: str) -> list[Answers]:
    place = f"group {group} of {table}"
    return [
        element
        for row in rows
        for element in objects(row.get(group) or [], "a list of elements", place)
    ]
