"""Parquet for R, Python and databases: typed columns, the note and the statement in the file."""

from __future__ import annotations

import io
from typing import Any

from deploy.exports.labels import LANGUAGES
from deploy.exports.libraries import needed
from deploy.exports.method import note
from deploy.exports.plain import Style
from deploy.exports.rows import columns, dimensions_of, labelled, rows, sister
from schemas.releases import Release

EXTRA = "parquet"
NUMBERS = ("OBS_VALUE", "MEASUREMENT", "LOWER_BOUND", "UPPER_BOUND")


def write_parquet(release: Release, style: Style) -> bytes:
    """A Parquet file; note and statement are key-value metadata of its schema."""
    arrow, parquet = needed("pyarrow", EXTRA), needed("pyarrow.parquet", EXTRA)
    names = [
        *columns(dimensions_of(release)),
        *(sister(name, style.language) for name in labelled(dimensions_of(release))),
    ]
    fields = [arrow.field(name, _type(arrow, name), nullable=False) for name in names]
    told = {f"southmed.method.{at}": "\n\n".join(note(release, at)) for at in LANGUAGES}
    told["southmed.statement"] = release.statement.model_dump_json()
    schema = arrow.schema(fields, metadata=told)
    written = io.BytesIO()
    table = arrow.Table.from_pylist(rows(release, style.language), schema=schema)
    parquet.write_table(table, written, compression="zstd")
    return written.getvalue()


def _type(arrow: Any, name: str) -> Any:
    if name in NUMBERS:
        return arrow.int64()
    return arrow.bool_() if name == "LOW_RELIABILITY" else arrow.string()
