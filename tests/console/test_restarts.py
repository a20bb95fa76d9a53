"""Readers watch while the platform, the console and the broker end and begin again.

They see a banner, then the truth: nothing twice, nothing stale.
"""

from __future__ import annotations

import random
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from deploy.brokers.embedded import EmbeddedBroker
from deploy.demo import southmed
from tests.console.conftest import Opened
from tests.console.process import LIMIT, console_process
from tests.console.test_live import banner, publish, scene, until  # noqa: F401 - a fixture
from tests.console.world import messages
from tests.extras import library
from tests.integration.analyst import Scene
from tests.integration.harness import kill_after
from tests.unit.release_site import a_site, victims


@contextmanager
def a_process(*connecting: str, port: int) -> Iterator[str]:
    """A console as a process of its own, which is killed at the end."""
    options = (*connecting, "--port", str(port), "--unsafe-open")
    with console_process(*options, ending=signal.SIGKILL) as (url, _):
        yield url


def a_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def shown(page: Any) -> list[str]:
    """The keys of the releases that the region's page names as the newest."""
    return list(page.locator("ul.releases code").all_inner_texts())


def number(text: str) -> int:
    """The number of what a page shows."""
    found = re.search(r'data-number="(\d+)"', text)
    assert found is not None
    return int(found[1])


def truth(page: Any) -> None:
    """An open page says what a new look at it says, and nothing twice."""
    deadline, fresh = time.monotonic() + LIMIT, page.context.new_page()
    while True:
        fresh.goto(page.url)
        seen = [(shown(one), one.locator("main").inner_text()) for one in (page, fresh)]
        if seen[0] == seen[1]:
            break
        assert time.monotonic() < deadline, "the open page stays stale"
        page.wait_for_timeout(200)
    fresh.close()
    assert len(set(seen[0][0])) == len(seen[0][0])


def test_a_release_run_is_killed_and_started_again_before_readers(
    tmp_path: Path, opened: Opened
) -> None:
    library("confluent_kafka", "demo")
    with EmbeddedBroker() as broker:
        site = a_site(tmp_path / "site", victims(40))
        where = ("--site", str(site.root), "--broker", broker.servers)
        run = ("release", "run", "--as-of", "2019-08-01", *where)
        follows = ("--broker", broker.servers, "--trust", str(site.trust_file))
        with a_process(*follows, port=0) as url:
            until(url, "live")
            page = opened("/en/region", at=url, cut_off=True)
            assert "Nothing is published yet" in page.locator("main").inner_text()
            rng = random.Random(1)
            for _ in range(2):
                kill_after(southmed(*run), rng, most=3.0)
            assert southmed(*run).wait(60) == 0
            banner(page, "news")
            page.locator("ul.releases code").first.wait_for()
            truth(page)
            # The intake is away the whole time: what is out stays readable, and no banner lies.
            assert page.locator("#standing").get_attribute("data-standing") == "news"
            page.close()


def test_console_and_broker_end_together_and_readers_come_to_the_truth(
    scene: Scene,  # noqa: F811
    opened: Opened,
) -> None:
    port = a_port()
    publish(scene, *messages()[:20])
    with a_process(*scene.connecting, port=port) as url:
        until(url, "live")
        page = opened("/en/region", at=url, cut_off=True)
        page.locator('#standing[data-standing="live"]').wait_for(state="attached")
        before = shown(page)
        scene.embedded.down()
    assert "may be behind" in banner(page, "away")
    # What was read stays before the reader's eyes.
    assert shown(page) == before
    scene.embedded.up()
    publish(scene, *messages()[20:40])
    with a_process(*scene.connecting, port=port) as url:
        until(url, "live")
        page.locator("#standing:is([data-standing=news], [data-standing=live])").wait_for(
            state="attached", timeout=LIMIT * 1000
        )
        truth(page)
        assert shown(page) != before
        page.close()


def test_a_reader_who_slept_comes_back_to_the_newest(
    scene: Scene,  # noqa: F811
    opened: Opened,
) -> None:
    publish(scene, *messages()[:20])
    with a_process(*scene.connecting, port=0) as url:
        until(url, "live")
        page = opened("/en/region", at=url, cut_off=True)
        page.locator('#standing[data-standing="live"]').wait_for(state="attached")
        before = shown(page)
        page.context.set_offline(True)
        publish(scene, *messages()[20:30])
        deadline = time.monotonic() + LIMIT
        while number(httpx.get(f"{url}/en/region").text) < number(page.content()) + 10:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        page.wait_for_timeout(500)
        assert shown(page) == before
        page.context.set_offline(False)
        truth(page)
        assert shown(page) != before
        page.close()
