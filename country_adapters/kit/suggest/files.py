"""Looking at files: workbooks, CSV, KoBo exports; bytes in, tables out.

Workbooks: sheets with the same headers in the same lines are one table, as registers keep one
sheet a year; sheets without headers that are understood are left alone, by name.

CSV: what decodes as ASCII or UTF-8 is that. Of the one-byte encodings, which decode anything, that
one is likeliest under which most headers are understood; if another reads otherwise and makes
nearly as much sense, it is a question to whoever runs this. The file gets a canary: a header with
letters beyond ASCII, or else a word of our own vocabulary that some cell holds.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import PurePath
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from country_adapters.kit.columns import is_blank
from country_adapters.kit.errors import HeadersNotFound, RegisterUnreadable, WrongEncoding
from country_adapters.kit.sources.base import squeeze
from country_adapters.kit.sources.workbook import joined_headers
from country_adapters.kit.suggest.looks import (
    FEWEST,
    SAMPLE,
    Cells,
    Look,
    body,
    may_be_headers,
    repeated,
    understood,
)
from country_adapters.kit.suggest.questions import Decide, Question

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
TEXTS = (".csv", ".tsv", ".txt")
ONE_BYTE = ("windows-1252", "windows-1256", "iso-8859-6")
DELIMITERS = (";", ",", "\t", "|")
TOPMOST = 12
"""Lines of a sheet among which its headers are looked for."""

Span = tuple[int, int]
Reading = tuple[str, list[list[str]]]
"""The delimiter and the lines of a text."""


def look_at(name: str, data: bytes, decide: Decide) -> list[Look]:
    """The tables in a file.

    Args:
        name: The file's name in the register's folder.
        data: Its content.
        decide: Answers questions about encodings.

    Raises:
        HeadersNotFound: No line of it is understood as headers.
        RegisterUnreadable: It is none of the formats.
        WrongEncoding: It decodes in no encoding, or not in the one chosen.
    """
    kind = PurePath(name).suffix.lower()
    if kind in WORKBOOKS:
        found = list(_workbook(name, data))
    elif kind in TEXTS:
        found = [_csv(name, data, decide)]
    elif kind == ".json":
        found = [_kobo(name, data)]
    else:
        raise RegisterUnreadable(expected="a workbook, CSV, JSON or .url", got=f"the file {name}")
    found = [look for look in found if understood(look.headers) >= FEWEST]
    if not found:
        raise HeadersNotFound(expected=f"{FEWEST} headers that are understood", got=name)
    return found


# --- Workbooks -----------------------------------------------------------------------------------


def _workbook(name: str, data: bytes) -> Iterator[Look]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = {sheet: book.get_sheet_by_name(sheet) for sheet in book.sheet_names}
        cells = {s: sheet.to_python(skip_empty_area=False) for s, sheet in sheets.items()}
    except CalamineError:
        raise RegisterUnreadable(expected="a workbook", got=name) from None
    tables: dict[tuple[Span, tuple[str, ...]], list[str]] = {}
    for title, lines in cells.items():
        merged = sheets[title].merged_cell_ranges or []
        if found := _headers(lines, merged):
            tables.setdefault(found, []).append(title)
    for ((first, last), headers), mine in tables.items():
        others = [title for title in cells if title not in mine]
        rows = [row for title in mine for row in cells[title][last + 1 :]]
        source: dict[str, object] = {"kind": "workbook", "file": name, "sheets": _pattern(mine)}
        if others:
            source["other_sheets"] = [_pattern([title]) for title in others]
        source["header_lines"] = [first + 1, last + 1]
        notes = (*repeated(headers), *_named_sheets(list(cells)))
        yield Look(f"{name}, {', '.join(mine)}", source, headers, body(rows, headers), notes)


def _named_sheets(titles: Sequence[str]) -> tuple[str, ...]:
    """A note if sheets have names of their own: some registers keep a sheet for each person."""
    own = [title for title in titles if not re.fullmatch(r"\d+|\w+?\d", title)]
    return ("check: names of sheets stand here; none may be a person's",) if len(own) > 1 else ()


def _headers(
    lines: Sequence[Cells], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]
) -> tuple[Span, tuple[str, ...]] | None:
    """Where the headers stand in a sheet and what they are; the fewest and uppermost lines win."""
    best: tuple[Span, tuple[str, ...]] | None = None
    most = FEWEST - 1
    for height in (0, 1):
        for first in range(min(len(lines), TOPMOST) - height):
            span = (first, first + height)
            if not all(may_be_headers(lines[line]) for line in range(first, span[1] + 1)):
                continue
            if height and not _stacked(lines[first], first, merged):
                continue
            headers = tuple(joined_headers(lines, span, merged))
            count = understood(headers)
            if count > most:
                best, most = (span, headers), count
    return best


def _stacked(line: Cells, number: int, merged: Sequence[tuple[Any, Any]]) -> bool:
    """Whether a line is one of groups over columns: merged sideways, or with gaps."""
    sideways = any(top == number and left < right for (top, left), (_, right) in merged)
    filled = [index for index, cell in enumerate(line) if not is_blank(cell)]
    return sideways or len(filled) < filled[-1] - filled[0] + 1


def _pattern(titles: Sequence[str]) -> str:
    """A regular expression for the names of sheets; sheets of years go on with the years."""
    if all(re.fullmatch(r"[0-9]{4}", title) for title in titles):
        return r"\d{4}"
    return "|".join(map(re.escape, titles))


# --- CSV -----------------------------------------------------------------------------------------


def _csv(name: str, data: bytes, decide: Decide) -> Look:
    readings = {encoding: _lines(data, encoding) for encoding in _encodings(data)}
    likely = sorted(readings, key=lambda e: -_sense(readings[e][1]))
    if not likely:
        raise WrongEncoding(expected="ASCII, UTF-8 or a one-byte encoding", got=name)
    doubtful = len({repr(readings[encoding][1]) for encoding in _rivals(likely, readings)}) > 1
    shown = " | ".join(squeeze(h) for h in (readings[likely[0]][1] or [[]])[0] if h)
    encoding = decide(
        Question(
            ("files", name, "encoding"),
            f"Read as {likely[0]}, the headers of {name} are: {shown}. Which encoding is right?",
            likely[0],
            tuple(likely),
            doubtful=doubtful,
        )
    )
    if encoding not in readings:
        try:
            readings[encoding] = _lines(data, encoding)
        except (LookupError, UnicodeDecodeError):
            raise WrongEncoding(expected=f"the encoding {encoding}", got=name) from None
    delimiter, lines = readings[encoding]
    headers = tuple(map(squeeze, lines[0])) if lines and may_be_headers(lines[0]) else ()
    source: dict[str, object] = {"kind": "csv", "file": name, "encoding": encoding}
    source["delimiter"] = delimiter
    notes = repeated(headers)
    if canary := next((header for header in headers if not header.isascii()), ""):
        source["canary"] = canary
    elif encoding in ONE_BYTE:
        notes += (f"check: add a canary, a cell beyond ASCII that reads right as {encoding}",)
    if doubtful and encoding == likely[0]:
        notes += (f"check: the encoding {encoding} is the likeliest, others are possible",)
    return Look(name, source, headers, body(lines[1:], headers), notes)


def _rivals(likely: Sequence[str], readings: Mapping[str, Reading]) -> Iterator[str]:
    """The encodings under which the headers make nearly as much sense as under the likeliest."""
    best = _sense(readings[likely[0]][1])
    return (encoding for encoding in likely if _sense(readings[encoding][1]) * 2 > best)


def _encodings(data: bytes) -> tuple[str, ...]:
    """The encodings in which a file may be, one if its bytes decide it."""
    if data.startswith(b"\xef\xbb\xbf"):
        return ("utf-8-sig",)
    for encoding in ("ascii", "utf-8", *ONE_BYTE):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding not in ONE_BYTE:
            return (encoding,)
    return tuple(encoding for encoding in ONE_BYTE if _decodes(data, encoding))


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _lines(data: bytes, encoding: str) -> Reading:
    """A text in an encoding."""
    text = data.decode(encoding)
    head = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=head.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return delimiter, list(islice(reader, SAMPLE))
    except csv.Error:
        raise RegisterUnreadable(expected="CSV", got="lines that are none") from None


def _sense(lines: Sequence[Sequence[str]]) -> float:
    """How much sense the headers make: those understood, less words of two scripts."""
    headers = [squeeze(header) for header in lines[0]] if lines else []
    mixed = sum(
        bool(re.search(r"[a-zA-ZÀ-ÿ]", word)) and bool(re.search(r"[\u0600-\u06ff]", word))
        for header in headers
        for word in header.split()
    )
    return understood(headers) - mixed / 2


# --- KoBo ----------------------------------------------------------------------------------------


def _kobo(name: str, data: bytes) -> Look:
    expected = "an export of submissions in JSON"
    try:
        export: Any = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise RegisterUnreadable(expected=expected, got=name) from None
    found = export.get("results") if isinstance(export, Mapping) else export
    if not isinstance(found, list) or not all(isinstance(answers, Mapping) for answers in found):
        raise RegisterUnreadable(expected=expected, got=name)
    headers = tuple(dict.fromkeys(key for answers in found for key in answers))
    rows = tuple(tuple(answers.get(header) for header in headers) for answers in found)
    return Look(name, {"kind": "kobo", "file": name}, headers, rows)
