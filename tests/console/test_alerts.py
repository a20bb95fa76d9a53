"""From an alert to its assessment: a provider, a broker, the platform, the console, a browser."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from deploy.brokers.embedded import EmbeddedBroker
from deploy.console.security.audit import read_only
from deploy.console.security.desk import AUDIT_FILE
from deploy.demo import southmed
from deploy.home import Site
from tests.console.conftest import Opened
from tests.console.pages import violations
from tests.console.test_live import LIMIT, banner, until
from tests.extras import library
from tests.openid import Provider, providing
from tests.unit.alert_site import a_site, put
from tests.unit.console_guard import SEEN, write_settings

ON = ("--as-of", "2026-07-15")
NETWORK = SEEN[:3]
"""Two cases of Tunisia and one of Lebanon."""


class Region:
    """A platform with its broker, and a console that people sign in to."""

    def __init__(self, folder: Path, site: Site, servers: str, provider: Provider) -> None:
        self.folder, self.site, self.servers = folder, site, servers
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = write_settings(folder, provider, self.url)

    def round(self) -> list[dict[str, Any]]:
        """The platform tells what is new; in a thread, as the browser's loop runs in this one."""

        def told() -> list[dict[str, Any]]:
            where = ("--site", str(self.site.root), "--broker", self.servers, "--json")
            process = southmed("alerts", "run", "--once", *ON, *where, output=subprocess.PIPE)
            text, problem = process.communicate(timeout=60)
            assert process.returncode == 0, problem
            written: list[dict[str, Any]] = json.loads(text)["written"]
            return written

        with ThreadPoolExecutor(1) as elsewhere:
            return elsewhere.submit(told).result(60)

    def start(self) -> subprocess.Popen[str]:
        where = ("--broker", self.servers, "--trust", str(self.site.trust_file))
        command = [sys.executable, "-m", "deploy.cli", "console", "serve", *where]
        more = ("--port", str(self.port), "--config", str(self.config))
        return subprocess.Popen(
            [*command, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    library("confluent_kafka", "demo")
    with EmbeddedBroker() as broker, providing() as provider:
        site = a_site(tmp_path / "site", NETWORK)
        made = Region(tmp_path, site, broker.servers, provider)
        made.round()
        with made.start() as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == f"{made.url}/"
            until(made.url, "live")
            yield made
            process.terminate()
            assert process.wait(LIMIT) in (0, -15)


@pytest.fixture
def signed_in(region: Region, opened: Opened) -> Callable[..., Any]:
    """Opens a page, is sent to sign in, does so at the provider, and is back on the page."""

    def sign_in(who: str, path: str) -> Any:
        page = opened(path, at=region.url, status=401)
        assert violations(page) == []
        page.locator("#sign-in").click()
        page.get_by_role("link", name=who, exact=True).click()
        page.wait_for_url(f"**{path}")
        return page

    return sign_in


def test_an_alert_is_followed_to_its_assessment_and_the_platform_hears_it(
    region: Region, signed_in: Callable[..., Any]
) -> None:
    page = signed_in("nour", "/en/alerts")
    page.get_by_text("1 open in all").or_(page.get_by_text("2 open in all")).wait_for()
    page.get_by_role("link", name="The same identifier: Tunisia, Lebanon").click()
    page.locator("#countries").wait_for()
    address = page.url
    assert "hold the same identifier" in page.locator(".words").inner_text()
    assert "Lebanon\tNamed" in page.locator(".timeline").inner_text()
    assert page.locator("#cases ~ .scrolled tbody tr").count() == 2
    page.locator("#choice").select_option(label="A joint case was opened")
    page.locator("#send").click()
    page.locator("#sent").wait_for()
    assert "Confirmed: A joint case was opened" in page.locator("#sent").inner_text()
    # The page stays open; the platform's next round changes it.
    page.locator("h1").click()
    (changed, *_) = [one for one in region.round() if one["state"] == "CONFIRMED"]
    assert changed["id"] in address
    page.locator('.state[data-state="CONFIRMED"]').wait_for(timeout=LIMIT * 1000)
    assert page.url == address
    assert "Confirmed: A joint case was opened" in page.locator(".timeline").inner_text()
    log = read_only(region.folder / "state" / AUDIT_FILE)
    assert {(e.who, e.action) for e in log.read()} >= {
        ("nour", "signed in"),
        ("nour", "opened"),
        ("nour", "answered"),
    }
    assert log.check() >= 3


def test_new_alerts_come_to_those_they_are_for_without_reloading(
    region: Region, signed_in: Callable[..., Any]
) -> None:
    page, other = signed_in("idir", "/fr/alerts"), signed_in("vera", "/fr/alerts")
    page.get_by_text("Rien qui corresponde.").wait_for()
    for one in (page, other):
        one.get_by_text("encore en cours de lecture").wait_for(state="detached")
        one.evaluate("window.same = true")
    number = other.locator("html").get_attribute("data-number")
    put(region.site, SEEN)
    assert "southmed.alerts.ma.v1" in {one["topic"] for one in region.round()}
    assert banner(page, "news")
    assert page.evaluate("window.same") is True
    page.get_by_role("link", name="Le même identifiant").wait_for()
    # Who may not see it is not told that there is something.
    assert other.locator("#standing").get_attribute("data-standing") == "live"
    assert other.locator("html").get_attribute("data-number") == number


def test_who_signs_out_elsewhere_is_told_on_every_page_that_is_open(
    region: Region, signed_in: Callable[..., Any]
) -> None:
    page = signed_in("nour", "/ar/alerts")
    assert violations(page) == []
    other = page.context.new_page()
    other.goto(f"{region.url}/ar/region")
    other.get_by_role("button", name="تسجيل الخروج").click()
    other.locator("#sign-in").wait_for()
    put(region.site, SEEN)
    region.round()
    assert "سُجّل خروجكم" in banner(page, "ended")
