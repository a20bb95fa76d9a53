"""Libraries that come with extras, asked for only where they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from deploy.exports.errors import LibraryMissing


def needed(module: str, extra: str) -> Any:
    """A module of an optional library.

    Args:
        module: Its full name.
        extra: The extra of southmed that brings it.

    Raises:
        LibraryMissing: It is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        raise LibraryMissing(expected=f"southmed[{extra}]", got="no " + module) from None
