"""Small real workbooks, written byte by byte: OpenDocument (ods) and Excel 97 (xls).

openpyxl writes xlsx alone, and no library that writes the other two is worth a dependency. What
stands here is as much of OASIS OpenDocument 1.2 and of [MS-CFB] and [MS-XLS] as one table needs.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

Cell = str | int | date | None
Sheets = Mapping[str, Sequence[Sequence[Cell]]]
Merged = Sequence[tuple[int, int, int, int]]
"""Top, left, bottom and right of merged cells, counted from 0."""

# --- OpenDocument --------------------------------------------------------------------------------

ODS = "application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.2"'
    f' xmlns:office="{_NAMESPACE}:office:1.0" xmlns:table="{_NAMESPACE}:table:1.0"'
    f' xmlns:text="{_NAMESPACE}:text:1.0"><office:body><office:spreadsheet>'
)
_TAIL = "</office:spreadsheet></office:body></office:document-content>"
_MANIFEST = (
    f'<?xml version="1.0"?><m:manifest xmlns:m="{_NAMESPACE}:manifest:1.0" m:version="1.2">'
    f'<m:file-entry m:full-path="/" m:media-type="{ODS}"/>'
    '<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>'
)


def write_ods(path: Path, sheets: Sheets) -> None:
    """Writes an OpenDocument workbook."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>"
        + "".join(
            f"<table:table-row>{''.join(map(_ods_cell, line))}</table:table-row>" for line in lines
        )
        + "</table:table>"
        for name, lines in sheets.items()
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", ODS)
        file.writestr("META-INF/manifest.xml", _MANIFEST)
        file.writestr("content.xml", _HEAD + tables + _TAIL)


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    kind = {str: "string", int: "float", date: "date"}[type(cell)]
    value = "" if kind == "string" else f' office:{"date-" if kind == "date" else ""}value="{cell}"'
    text = f"<text:p>{escape(str(cell))}</text:p>"
    return f'<table:table-cell office:value-type="{kind}"{value}>{text}</table:table-cell>'


# --- Excel 97 ------------------------------------------------------------------------------------

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SMALLEST = 4096
"""A stream smaller than this would lie in the small sectors, which we spare ourselves."""

_GENERAL, _DATE = 0, 1
_DATE_FORMAT = 14
_EPOCH = date(1899, 12, 30)


def write_xls(path: Path, sheets: Sheets, merged: Merged = ()) -> None:
    """Writes an Excel 97 workbook; every sheet has the same merged cells."""
    path.write_bytes(_compound(_book(sheets, merged)))


def _record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _begin(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))


def _book(sheets: Sheets, merged: Merged) -> bytes:
    formats = [_record(0x00E0, struct.pack("<HH16x", 0, code)) for code in (0, _DATE_FORMAT)]
    head = _begin(0x0005) + _record(0x0042, struct.pack("<H", 1200)) + b"".join(formats)
    end = _record(0x000A)
    bodies = [_sheet(lines, merged) for lines in sheets.values()]
    names = [
        struct.pack("<BB", len(name), 1) + name.encode("utf-16-le") for name in sheets
    ]  # length, UTF-16
    offset = len(head) + sum(4 + 6 + len(name) for name in names) + len(end)
    bound = b""
    for name, body in zip(names, bodies, strict=True):
        bound += _record(0x0085, struct.pack("<IBB", offset, 0, 0) + name)
        offset += len(body)
    return head + bound + end + b"".join(bodies)


def _sheet(lines: Sequence[Sequence[Cell]], merged: Merged) -> bytes:
    width = max(map(len, lines))
    parts = [_begin(0x0010), _record(0x0200, struct.pack("<IIHHH", 0, len(lines), 0, width, 0))]
    parts += [
        _xls_cell(row, column, cell)
        for row, line in enumerate(lines)
        for column, cell in enumerate(line)
        if cell is not None
    ]
    ranges = [struct.pack("<HHHH", top, bottom, left, right) for top, left, bottom, right in merged]
    parts.append(_record(0x00E5, struct.pack("<H", len(ranges)) + b"".join(ranges)))
    return b"".join(parts) + _record(0x000A)


def _xls_cell(row: int, column: int, cell: str | int | date) -> bytes:
    if isinstance(cell, str):
        text = struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le")
        return _record(0x0204, struct.pack("<HHH", row, column, _GENERAL) + text)
    style = _DATE if isinstance(cell, date) else _GENERAL
    number = (cell - _EPOCH).days if isinstance(cell, date) else cell
    return _record(0x0203, struct.pack("<HHHd", row, column, style, number))


def _compound(stream: bytes) -> bytes:
    """A compound file with one stream: the allocation table, the directory, the stream."""
    stream = stream.ljust(_SMALLEST, b"\0")
    count = -(-len(stream) // _SECTOR)
    chain = [_FAT, _END, *range(3, 2 + count), _END]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(_SECTOR, b"\xff")
    entries = _entry("Root Entry", 5, 1, _END, 0) + _entry("Workbook", 2, _FREE, 2, len(stream))
    head = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        bytes.fromhex("d0cf11e0a1b11ae1"),
        *(0x003E, 3, 0xFFFE, 9, 6),
        *(0, 1, 1, 0, _SMALLEST, _END, 0, _END, 0),
    )
    places = struct.pack("<109I", 0, *[_FREE] * 108)
    sectors = table + entries.ljust(_SECTOR, b"\0") + stream.ljust(count * _SECTOR, b"\0")
    return head + places + sectors


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<III", _FREE, _FREE, child)
    return struct.pack("<64sHBB12s16x4x8x8xIQ", text, len(text), kind, 1, links, start, size)
