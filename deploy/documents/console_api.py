"""Renders ``docs/console-api.json``: the OpenAPI 3.1 document that a console serves of itself.

It is made by FastAPI from the addresses, so it needs the console's libraries, and only it does.
"""

from __future__ import annotations

from deploy.exports.libraries import needed

EXTRA = "console"


def render() -> str:
    """The document.

    Raises:
        LibraryMissing: The libraries of the console are not installed.
    """
    needed("fastapi", EXTRA)
    routes = needed("deploy.console.api.routes", EXTRA).router.routes
    text: str = needed("deploy.console.api.document", EXTRA).written(routes)
    return text
