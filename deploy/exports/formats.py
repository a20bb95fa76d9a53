"""The table of formats, and the one function that writes a release in one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from deploy.exports.columnar import write_parquet
from deploy.exports.method import markdown
from deploy.exports.plain import Style, write_csv, write_jsonl
from deploy.exports.rows import standing
from deploy.exports.sdmx import write_sdmx_csv, write_sdmx_data, write_sdmx_structure
from deploy.exports.workbook import write_xlsx
from schemas.releases import Release

Writer = Callable[[Release, Style], bytes]
NOTE = ".method.md"


class FormatName(StrEnum):
    """Every format."""

    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"
    PARQUET = "parquet"
    SDMX_CSV = "sdmx-csv"
    SDMX_ML = "sdmx-ml"


@dataclass(frozen=True)
class Format:
    """A format that a release can be exported in.

    Attributes:
        writers: For each file that it consists of, the end of its name and who writes it.
        extra: The extra of southmed that it needs; empty for none.
        meaning: What it is for, for people.
    """

    writers: Mapping[str, Writer]
    extra: str
    meaning: str


FORMATS: Mapping[FormatName, Format] = {
    FormatName.CSV: Format(
        {".csv": write_csv}, "", "spreadsheets, with Arabic intact; codes and labels"
    ),
    FormatName.JSONL: Format({".jsonl": write_jsonl}, "", "programs: one JSON object a row"),
    FormatName.XLSX: Format({".xlsx": write_xlsx}, "xlsx", "people with Excel or LibreOffice"),
    FormatName.PARQUET: Format(
        {".parquet": write_parquet}, "parquet", "R, Python, databases; typed"
    ),
    FormatName.SDMX_CSV: Format({".sdmx.csv": write_sdmx_csv}, "sdmx", "SDMX-CSV 2.0, codes only"),
    FormatName.SDMX_ML: Format(
        {".sdmx.xml": write_sdmx_data, ".structure.xml": write_sdmx_structure},
        "sdmx",
        "SDMX-ML 3.0 data, with data structure definition and code lists",
    ),
}


def files_of(release: Release, formats: Iterable[FormatName], style: Style) -> dict[str, bytes]:
    """The files of a release by name, its note of method among them.

    Args:
        release: Which.
        formats: In which.
        style: How people want them.

    Raises:
        ReleaseWithdrawn: It was withdrawn.
        LibraryMissing: A format needs an extra that is not installed.
    """
    stem = standing(release).key.replace("|", "_")
    files = {stem + NOTE: markdown(release)}
    for name in formats:
        for end, write in FORMATS[name].writers.items():
            files[stem + end] = write(release, style)
    return files
