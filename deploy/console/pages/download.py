"""Releases as files, in every format of ``southmed release export``."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from deploy.commands.exporting import SEPARATOR_OF
from deploy.console.app_state import console_of
from deploy.console.errors import NothingThere
from deploy.console.security import Viewer
from deploy.console.views.words import unslug
from deploy.exports.formats import FORMATS, NOTE
from deploy.exports.method import markdown
from deploy.exports.plain import SEPARATORS, Style
from deploy.exports.rows import standing
from schemas.codelists import Language
from schemas.releases import Release

router = APIRouter()
KINDS = {
    ".csv": "text/csv; charset=utf-8",
    ".jsonl": "application/x-ndjson",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".parquet": "application/vnd.apache.parquet",
    ".sdmx.csv": "application/vnd.sdmx.data+csv; charset=utf-8",
    ".sdmx.xml": "application/vnd.sdmx.data+xml",
    ".structure.xml": "application/vnd.sdmx.structure+xml",
    NOTE: "text/markdown; charset=utf-8",
}
"""Ends of names, and what such files are."""
ENDS = tuple(KINDS)


@router.get("/{language}/download/{name}")
def download(
    request: Request,
    language: Language,
    name: str,
    _reader: Viewer,
) -> Response:
    """A release as a file; its name says which release and which format."""
    stem, dot, rest = name.partition(".")
    end, key = dot + rest, unslug(stem)
    console = console_of(request)
    snapshot = console.live.snapshot
    if end not in KINDS or key not in snapshot:
        raise NothingThere()
    kept = snapshot[key]
    content = console.files.get(
        (key, kept.message.offset, end, language),
        lambda: _written(standing(kept.release), end, language),
    )
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=KINDS[end], headers=headers)


def _written(release: Release, end: str, language: Language) -> bytes:
    if end == NOTE:
        return markdown(release)
    style = Style(language, SEPARATORS[SEPARATOR_OF[language]])
    (write,) = (one.writers[end] for one in FORMATS.values() if end in one.writers)
    return write(release, style)
