"""What readers see while things change: a banner, and then the truth, without reloading."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.brokers.embedded import EmbeddedBroker
from deploy.console.follow import Live, Standing
from deploy.console.store import Kept, Snapshot
from deploy.consume.judge import Message
from tests.console.conftest import Opened
from tests.console.process import LIMIT, console_process
from tests.console.served import Served, served
from tests.console.world import messages, releases
from tests.extras import library
from tests.integration.analyst import Scene

LAST = 3
"""Releases that are still to come when a test begins; the marker of a withdrawal among them."""


def known(number: int) -> Snapshot:
    snapshot = Snapshot()
    for release, travelled in list(zip(releases(), messages(), strict=True))[:number]:
        snapshot = snapshot.having(Kept(release, travelled))
    return snapshot


def banner(page: Any, standing: str) -> str:
    """The text of the banner, once it tells of something."""
    told = page.locator(f'#standing[data-standing="{standing}"]')
    told.wait_for(state="attached", timeout=LIMIT * 1000)
    return str(told.inner_text())


def add_the_rest(live: Live) -> None:
    for release, travelled in zip(releases()[-LAST:], messages()[-LAST:], strict=True):
        live.put(live.snapshot.having(Kept(release, travelled)))


@pytest.fixture
def young() -> Iterator[Served]:
    """A console that does not know the newest releases yet."""
    with served(known(len(releases()) - LAST)) as running:
        yield running


def test_what_is_new_comes_without_reloading_and_who_reads_is_told(
    young: Served, opened: Opened
) -> None:
    page = opened("/en/region", at=young.url, reduced_motion="reduce")
    page.locator(".scrolled").nth(1).focus()
    page.evaluate("window.scrollTo(0, 500); window.same = true")
    height = page.locator(".scrolled").nth(1).bounding_box()["y"]
    before = page.locator("#changes ~ ul").inner_text()
    young.do(add_the_rest)
    assert banner(page, "news") == "Something new was published. This page shows it."
    assert page.locator("#changes ~ ul").inner_text() != before
    assert page.evaluate("window.same")
    assert abs(page.locator(".scrolled").nth(1).bounding_box()["y"] - height) < 2
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused == "Identified victims · by quarter"


def test_a_choice_that_is_being_made_is_left_alone(young: Served, opened: Opened) -> None:
    page = opened("/en/indicators/VIC_IDENT?period=2023&by=FORM&country=TUN", at=young.url)
    page.locator("#period").focus()
    page.locator("#period").select_option("2022")
    young.do(add_the_rest)
    page.wait_for_timeout(800)
    assert page.locator("#period").input_value() == "2022"
    page.locator("h1").click()
    banner(page, "news")


def test_a_broker_that_is_away_and_back_is_told(young: Served, opened: Opened) -> None:
    page = opened("/fr/region", at=young.url)
    young.do(lambda live: live.stand(Standing.BEHIND))
    assert "ne répond pas" in banner(page, "behind")
    young.do(lambda live: live.stand(Standing.LIVE))
    assert "rétablie" in banner(page, "back")


def test_a_console_that_was_started_again_shows_the_truth_to_who_was_reading(
    opened: Opened,
) -> None:
    with served(known(len(releases()) - LAST)) as first:
        page = opened("/en/region", at=first.url, cut_off=True)
        before = page.locator("#changes ~ ul").inner_text()
        page.locator('#standing[data-standing="live"]').wait_for(state="attached")
    assert "may be behind" in banner(page, "away")
    port = int(first.url.rpartition(":")[2])
    with served(known(len(releases())), port):
        banner(page, "news")
        assert page.locator("#changes ~ ul").inner_text() != before
        page.close()


# --- The whole of it: a broker, a console as its own process, a browser ---------------------------


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    library("confluent_kafka", "demo")
    with EmbeddedBroker() as broker:
        yield Scene(tmp_path, broker)


@pytest.fixture
def process_url(scene: Scene) -> Iterator[str]:
    with console_process(*scene.connecting, "--port", "0", "--unsafe-open") as (url, _):
        yield url


def publish(scene: Scene, *told: Message) -> None:
    """In a thread of its own, as the browser's loop runs in this one."""
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(scene.publish, *told).result(LIMIT)


def until(url: str, standing: str) -> None:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if json.loads(httpx.get(f"{url}/readyz").text)["standing"] == standing:
            return
        time.sleep(0.2)
    raise AssertionError(f"never {standing}")


def test_a_console_follows_its_broker_through_absence_and_forgery(
    scene: Scene, process_url: str, opened: Opened
) -> None:
    url = process_url
    first, rest = messages()[:39], messages()[39:]
    publish(scene, *first)
    until(url, "live")
    page = opened("/en/region", at=url)
    page.get_by_text("Newest release: 30 June 2023.").wait_for(timeout=LIMIT * 1000)
    scene.embedded.down()
    assert "may be behind" in banner(page, "behind")
    # What is known stays readable.
    assert httpx.get(f"{url}/en/indicators/VIC_IDENT").status_code == 200
    scene.embedded.up()
    banner(page, "back")
    forged = rest[0]._replace(
        value=(rest[0].value or b"").replace(b'"OBS_VALUE":', b'"OBS_VALUE":9')
    )
    publish(scene, forged, *rest)
    page.get_by_text("Newest release: 14 February 2025.").wait_for(timeout=LIMIT * 1000)
    page.goto(f"{url}/en/releases")
    assert page.locator("#refused ~ .scrolled tbody tr").count() == 1
    assert "BAD_SIGNATURE" in page.locator("#refused ~ .scrolled").inner_text()
