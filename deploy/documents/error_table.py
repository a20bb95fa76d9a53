"""Renders ``docs/errors.md``: every error code, what it means, and what to do about it."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module

from deploy.documents.markdown import code, document, table
from schemas.errors import SouthmedError

ROOMS = ("schemas", "producers", "processors", "country_adapters", "deploy")


def load_all_errors() -> None:
    """Imports every module of the five packages, because any of them may add errors."""
    for room in ROOMS:
        for module in pkgutil.walk_packages(import_module(room).__path__, f"{room}."):
            if not module.name.endswith("__main__") and not _needs_extra(module.name):
                import_module(module.name)


def _needs_extra(module: str) -> bool:
    """Whether it is of the console, whose errors all stand in a module that needs no extra."""
    return module.startswith("deploy.console.") and module != "deploy.console.errors"


def children(error: type[SouthmedError]) -> list[type[SouthmedError]]:
    """The errors right below one, without those that a test has added."""
    found = (e for e in error.__subclasses__() if e.__module__.partition(".")[0] in ROOMS)
    return sorted(found, key=lambda e: (e.__module__, inspect.getsourcelines(e)[1]))


def render() -> str:
    """The document."""
    load_all_errors()
    return document(
        "# Errors",
        "Every error has a stable code, which receipts, quarantine records, rejects files and log"
        " lines use. A code is never renamed or given a second meaning. No error text holds a"
        " value of a register or of an event. A family's own code is used where nothing more"
        " precise is known.",
        *_sections(SouthmedError, level=2),
    )


def _sections(family: type[SouthmedError], level: int) -> Iterator[str]:
    """The leaves of a family as a table, then a section for each family inside it."""
    below = children(family)
    leaves = [error for error in below if not children(error)]
    if leaves:
        header = ["code", "error", "meaning", "what to do"]
        yield table(header, [_row(error) for error in leaves])
    for inner in below:
        if inner not in leaves:
            yield f"{'#' * level} {inner.code}: {inner.summary}"
            yield f"`{inner.__name__}`. {inspect.getdoc(inner)}".partition("\n\n")[0]
            yield from _sections(inner, level + 1)


def _row(error: type[SouthmedError]) -> list[str]:
    meaning = (inspect.getdoc(error) or error.summary).partition("\n\n")[0].replace("\n", " ")
    return [code(error.code), code(error.__name__), meaning, error.advice]
