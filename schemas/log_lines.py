"""What a running process may log: a closed list of lines, each with a closed list of fields.

The rules:

1. A line is declared before it is told: its event, its level, its fields, what it means and what
   to do about it. Each room declares its own (``lines.py``); ``docs/logs-and-metrics.md`` is
   generated from them.
2. A field's name comes from `FIELDS`, which says what its values look like: a count, seconds, or a
   short word of a narrow pattern. No field that our code fills has room for a sentence.
3. Nothing in here ever raises. A value that does not look as its field's should becomes ``?``; a
   field that the line did not declare is dropped. A worker that counts victims does not die of its
   own log, and tests read every call of `tell` in the source and hold it to its declaration.

This is the only module that calls a logger. How lines are written is set up by the process
(``deploy.running.logs``).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Literal, NamedTuple

Level = Literal["info", "warning", "error", "critical"]
Value = str | int | float

UNFIT = "?"
"""Stands for a value that does not look as its field's values do."""
MOST = 1 << 53
"""Numbers beyond this are not exact in JSON, and no count of ours."""
LEVELS: Mapping[Level, int] = {
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
LOGGER = "southmed"
_KEY = "southmed_told"


class Field(NamedTuple):
    """What the values of a field look like, and what they say."""

    shape: Literal["count", "seconds"] | re.Pattern[str]
    meaning: str


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


FIELDS: Mapping[str, Field] = {
    "broker": Field(_word(r"[A-Za-z0-9.-]{1,60}:[0-9]{1,5}"), "host and port of Kafka's first"),
    "code": Field(_word(r"[A-Z][A-Z0-9_]{0,59}"), "a code of errors.md"),
    "country": Field(_word(r"[A-Z]{3}"), "alpha-3 code of a country"),
    "elements": Field("count", "number of blinded elements"),
    "epoch": Field("count", "epoch of a stream"),
    "error": Field(_word(r"[A-Za-z_][A-Za-z0-9_]{0,59}"), "type of an exception, never its text"),
    "file": Field(_word(r"[A-Za-z0-9_.-]{1,60}:[0-9]{1,6}"), "file and line of source code"),
    "holder": Field(_word(r"trustee\.[a-z]{1,20}"), "principal of a holder of the linkage key"),
    "logger": Field(_word(r"[A-Za-z0-9_.-]{1,80}"), "name of a library's logger"),
    "offset": Field("count", "offset of a Kafka record"),
    "partition": Field("count", "partition of a topic"),
    "partitions": Field("count", "number of partitions"),
    "port": Field("count", "port on loopback"),
    "seconds": Field("seconds", "a duration"),
    "sequence": Field("count", "sequence of a batch in its stream"),
    "stream": Field("count", "stream of an authority"),
    "template": Field(_word(r"[ -~]{1,200}"), "a constant text of a library's code, not filled in"),
    "version": Field(_word(r"[0-9A-Za-z.+-]{1,40}"), "version of southmed"),
    "waiting": Field("count", "records that wait to be folded"),
    "worker": Field(_word(r"[A-Za-z0-9_.-]{1,60}"), "name of a worker"),
}
"""Every field that any line may have."""


@dataclass(frozen=True)
class LogLine:
    """One line of the catalogue.

    Attributes:
        component: Which part of southmed tells it.
        event: Its name, never given a second meaning.
        level: How much it matters.
        fields: Names from `FIELDS`; each is given whenever the line is told.
        meaning: What has happened.
        advice: What to do about it; empty where nothing is to be done.
    """

    component: str
    event: str
    level: Level
    fields: tuple[str, ...]
    meaning: str
    advice: str = ""


class Told(NamedTuple):
    """A line as it was told: only values that are fit to be read."""

    line: LogLine
    values: Mapping[str, Value]


def tell(line: LogLine, **values: object) -> None:
    """Logs a line.

    Example:
        >>> line = LogLine("demo", "demo_done", "info", ("seconds",), "The demo is over.")
        >>> tell(line, seconds=1.5)
    """
    told = Told(line, fit(line, values))
    logging.getLogger(LOGGER).log(LEVELS[line.level], line.event, extra={_KEY: told})


def told_in(record: logging.LogRecord) -> Told | None:
    """The line that a log record carries, or None for a record of somebody else's."""
    told = getattr(record, _KEY, None)
    return told if isinstance(told, Told) else None


def fit(line: LogLine, values: Mapping[str, object]) -> dict[str, Value]:
    """The declared fields among some values, in the line's order, each as it should look.

    Example:
        >>> line = LogLine("demo", "demo_failed", "error", ("code", "seconds"), "It failed.")
        >>> fit(line, {"code": "ask Zaynab", "seconds": 2, "note": "secret"})
        {'code': '?', 'seconds': 2.0}
    """
    return {name: _fit(FIELDS[name], values[name]) for name in line.fields if name in values}


def _fit(field: Field, value: object) -> Value:
    if isinstance(field.shape, re.Pattern):
        # Only a plain string: a subclass could change between being looked at and being written.
        return value if type(value) is str and field.shape.fullmatch(value) else UNFIT
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
        return UNFIT
    if field.shape == "count":
        return int(value) if isinstance(value, int) else UNFIT
    return round(float(value), 3)


def lines_of(module: ModuleType) -> Iterator[LogLine]:
    """The lines that a module declares, in their order."""
    yield from (value for value in vars(module).values() if isinstance(value, LogLine))
