"""Keeps the catalogues of translations in step with templates and modules.

Every text that is marked in a source stands in every catalogue; what a catalogue has beside is
dropped. A new text comes in empty, one that changed comes in marked fuzzy, and `problems` tells of
both: a catalogue with either is not whole.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from deploy.console.i18n import DOMAIN, SOURCE
from deploy.exports.labels import LANGUAGES
from schemas.codelists import Language

CONSOLE = Path(__file__).parent
KEYWORDS = {"_": None, "gettext": None, "noop": None, "say": None, "ngettext": (1, 2)}
TRANSLATED: tuple[Language, ...] = tuple(one for one in LANGUAGES if one != SOURCE)
OPTIONS = {"trimmed": "true", "silent": "false"}
HEADER = """\
# Texts of the console. Our own translation, unreviewed.
# `southmed console texts` brings new texts in; translate what is empty or marked fuzzy."""
PLACES = re.compile(r"%\((\w+)\)")


def extracted() -> Catalog:
    """Every text of the sources, in the order of files and lines."""
    found = Catalog(domain=DOMAIN)
    for path in sorted(CONSOLE.rglob("*")):
        if path.suffix not in {".py", ".html"} or path.name in {"catalogues.py", "i18n.py"}:
            continue
        method: Any = babel_extract if path.suffix == ".html" else "python"
        where = path.relative_to(CONSOLE).as_posix()
        for _, text, _, _ in extract_from_file(method, path, KEYWORDS, options=OPTIONS):
            # Without line numbers: a catalogue changes when its texts do.
            found.add(text, locations=[(where, 0)])
    return found


def catalogue_file(language: Language) -> Path:
    """Where the catalogue of a language lies."""
    return CONSOLE / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def updated(language: Language, sources: Catalog) -> bytes:
    """The catalogue of a language as it should be, with the translations that it has."""
    path = catalogue_file(language)
    content = path.read_bytes() if path.exists() else b""
    catalogue = read_po(io.BytesIO(content), locale=language)
    catalogue.update(sources, no_fuzzy_matching=False)
    catalogue.obsolete.clear()
    catalogue.header_comment = HEADER
    catalogue.project, catalogue.version = "southmed", "console"
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    written = io.BytesIO()
    write_po(written, catalogue, width=100, include_lineno=False, omit_header=False)
    return written.getvalue()


def problems(language: Language, sources: Catalog) -> Iterator[str]:
    """What is wrong with the catalogue of a language; nothing, if it is whole."""
    path = catalogue_file(language)
    if not path.exists():
        yield f"{language}: no catalogue"
        return
    content = path.read_bytes()
    if content != updated(language, sources):
        yield f"{language}: not what the sources have"
    for message in read_po(io.BytesIO(content), locale=language):
        if not message.id:
            continue
        told = [message.string] if isinstance(message.string, str) else [*(message.string or ())]
        if message.fuzzy or not all(told):
            yield f"{language}: not translated: {message.id!r}"
        one = message.id if isinstance(message.id, str) else message.id[-1]
        wrong = [text for text in told if not set(PLACES.findall(text)) <= set(PLACES.findall(one))]
        if wrong or ("%(" in one and isinstance(message.id, str) and PLACES.findall(told[0]) == []):
            yield f"{language}: places to fill differ: {message.id!r}"


def update_all() -> list[Path]:
    """Writes all catalogues; gives their files."""
    sources = extracted()
    for language in TRANSLATED:
        path = catalogue_file(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(updated(language, sources))
    return [catalogue_file(language) for language in TRANSLATED]


def all_problems() -> list[str]:
    """What is wrong with any catalogue."""
    sources = extracted()
    return [problem for language in TRANSLATED for problem in problems(language, sources)]
