"""One browser and one console for all tests of this folder; every test has a page of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.console.served import Served, served
from tests.console.world import snapshot
from tests.extras import library, program
from tests.unit.console_guard import boards
from tests.unit.qualities import a_board

JOURNEYS = {"test_journeys", "test_journeys_justice", "test_alerts", "test_corridors", "test_files"}
PICTURES = Path("build/journeys")
"""Where journeys leave a picture of the page at which they ended."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/console/" in str(item.path):
            item.add_marker(pytest.mark.browser)
        if item.path.stem == "test_restarts":
            item.add_marker(pytest.mark.slow)


# Of the package, not of the session: its loop runs in this thread as long as it is there, and tests
# of other folders run loops of their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    playwright = library("playwright.sync_api", "dev")
    chromium = program("chromium", "apt-get install chromium")
    with playwright.sync_playwright() as started:
        # As root, which continuous integration is, Chromium has no sandbox.
        running = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="package")
def console() -> Iterator[Served]:
    with served(snapshot(), boards=boards(), quality=a_board()) as running:
        yield running


Opened = Callable[..., Any]


@pytest.fixture
def opened(browser: Any, console: Served, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Opens a page of the console; whatever a browser complains of, or asks others for, fails."""
    contexts, complaints = [], []

    def watch(request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:")):
            complaints.append(f"asked for {request.url}")

    def hear(message: Any, status: int) -> None:
        # Of a page that is refused, as it should be, browsers complain too; and of a network
        # interface of the machine that came or went: other tests make some.
        expected = status != 200 and f"status of {status} " in message.text
        expected = expected or "ERR_NETWORK_CHANGED" in message.text
        if message.type in {"error", "warning"} and not expected:
            complaints.append(message.text)

    def open_page(
        path: str,
        width: int = 1200,
        scheme: str = "light",
        status: int = 200,
        at: str = "",
        cut_off: bool = False,
        **more: Any,
    ) -> Any:
        viewport = {"width": width, "height": 900}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, **more)
        contexts.append(context)
        page = context.new_page()
        page.on("request", watch)
        if not cut_off:
            page.on("console", lambda message: hear(message, status))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        answer = page.goto((at or console.url) + path)
        assert answer is not None
        assert answer.status == status
        return page

    yield open_page
    name = re.sub(r"[^A-Za-z0-9_]+", "-", request.node.name)[:120]
    for number, context in enumerate(contexts, 1):
        for page in context.pages if request.path.stem in JOURNEYS else []:
            page.screenshot(path=PICTURES / f"{name}.{number}.png", full_page=True)
        context.close()
    assert complaints == []
