"""Observations as text: CSV of codes alone, and SDMX-CSV as exports write it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from deploy.console.api.published import Cell
from deploy.console.remembering import Remembered
from deploy.exports.plain import Style
from deploy.exports.rows import columns, dimensions_of, row
from deploy.exports.sdmx import write_sdmx_csv
from schemas.releases import Release

JSON, CSV, SDMX_CSV = "application/json", "text/csv", "application/vnd.sdmx.data+csv"


def as_csv(table: Release, cells: Sequence[Cell]) -> str:
    """CSV of RFC 4180.

    Args:
        table: Any release of the table, for its columns.
        cells: Of the same table; perhaps none.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns(dimensions_of(table)))
    writer.writeheader()
    for cell in cells:
        plain = row(*cell)
        writer.writerow({**plain, "LOW_RELIABILITY": str(plain["LOW_RELIABILITY"]).lower()})
    return text.getvalue()


def as_sdmx_csv(table: Release, cells: Sequence[Cell]) -> str:
    """SDMX-CSV 2.0; as `as_csv`, and each row as it stands in the export of its release."""
    head, lines = _lines(table)[0], []
    for _, part in groupby(cells, key=lambda cell: cell[0].key):
        wanted = list(part)
        release = wanted[0][0]
        keys = {cell.key(release.dimensions) for _, cell in wanted}
        every = zip(release.observations, _lines(release)[1:], strict=True)
        lines += [line for cell, line in every if cell.key(release.dimensions) in keys]
    return "".join([head, *lines])


_WRITTEN = Remembered[list[str]]()
"""SDMX-CSV of releases: writing one takes a fifth of a second, and whoever reads a table in parts
would have it written for every part."""


def _lines(release: Release) -> list[str]:
    return _WRITTEN.get(
        (release.key, release.statement.output),
        lambda: write_sdmx_csv(release, Style()).decode().splitlines(keepends=True),
    )


WRITERS: Mapping[str, Callable[[Release, Sequence[Cell]], str]] = {
    CSV: as_csv,
    SDMX_CSV: as_sdmx_csv,
}
"""By media type; JSON is what there is without any."""
