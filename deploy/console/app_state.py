"""Where routes find what the application was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request

if TYPE_CHECKING:
    from deploy.console.app import Console


def console_of(request: Request) -> Console:
    """What the pages need."""
    console: Console = request.app.state.console
    return console
