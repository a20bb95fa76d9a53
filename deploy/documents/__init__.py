"""The documents that follow from the contract, each a pure function of it.

What is written in ``schemas`` and ``processors`` once is not written in ``docs/`` again: these
documents are rendered from there, kept in the repository so that people can read them, and a test
holds them to what would be rendered now (``southmed docs generate`` and ``southmed docs check``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.documents import (
    asyncapi,
    console_api,
    data_dictionary,
    declaration_schemas,
    delivery_schema,
    error_table,
    indicators_table,
    logs_and_metrics,
    topics_table,
)

Rendered = Mapping[str, Callable[[], str]]

DOCUMENTS: dict[str, Callable[[], str]] = {
    "asyncapi.yaml": asyncapi.render,
    "console-api.json": console_api.render,
    "data-dictionary.md": data_dictionary.render,
    "errors.md": error_table.render,
    "indicators.md": indicators_table.render,
    "logs-and-metrics.md": logs_and_metrics.render,
    "schemas/codes.schema.json": declaration_schemas.render_codes,
    "schemas/delivery.schema.json": delivery_schema.render,
    "schemas/register.schema.json": declaration_schemas.render_register,
    "topics.md": topics_table.render,
}
"""Path under ``docs/`` to the function that renders it."""


def stale(root: Path, documents: Rendered = DOCUMENTS) -> list[str]:
    """The documents under a folder that are missing or no longer what they should be."""
    return [
        name
        for name, render in documents.items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != render()
    ]


def write(root: Path, documents: Rendered = DOCUMENTS) -> list[str]:
    """Writes the documents that are stale; returns their paths under ``root``."""
    written = stale(root, documents)
    for name in written:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(documents[name](), encoding="utf-8")
    return written
