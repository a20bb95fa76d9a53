"""Libraries that come with extras, and programs that come with the machine.

A test that needs one is skipped where it is missing, loudly, and fails in continuous integration,
which installs them all.
"""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from typing import Any

import pytest


def library(module: str, extra: str) -> Any:
    """A module of an optional library.

    Args:
        module: Its full name.
        extra: The extra that brings it.
    """
    try:
        return import_module(module)
    except ImportError:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing(f"{module} is not installed: pip install 'southmed[{extra}]'")


def program(name: str, how: str) -> str:
    """Where a program is.

    Args:
        name: Its name.
        how: How it is installed.
    """
    if (found := shutil.which(name)) is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing(f"{name} is not installed: {how}")
    return found
