"""CSV that spreadsheets open with every script intact, and JSON lines for programs."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass

from deploy.exports.rows import columns, dimensions_of, labelled, rows, sister
from schemas.codelists import Language
from schemas.releases import Release

BOM = "\ufeff"
"""At the head of a file it tells Excel that the file is UTF-8."""
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}


@dataclass(frozen=True)
class Style:
    """How people want a file.

    Attributes:
        language: Of labels, and of what a workbook shows first.
        separator: Between the fields of CSV. Excel expects a semicolon where numbers are written
            with a decimal comma.
    """

    language: Language = "en"
    separator: str = ","


def write_csv(release: Release, style: Style) -> bytes:
    """CSV with a byte order mark and Windows line ends, codes first, labels behind."""
    sisters = [sister(name, style.language) for name in labelled(dimensions_of(release))]
    text = io.StringIO()
    writer = csv.DictWriter(
        text, [*columns(dimensions_of(release)), *sisters], delimiter=style.separator
    )
    writer.writeheader()
    for row in rows(release, style.language):
        writer.writerow({**row, "LOW_RELIABILITY": str(row["LOW_RELIABILITY"]).lower()})
    return (BOM + text.getvalue()).encode()


def write_jsonl(release: Release, style: Style) -> bytes:
    """One JSON object a row, in UTF-8."""
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows(release, style.language)]
    return "".join(lines).encode()
