"""What each role does in a day, signed in at a real provider, and once by a client certificate."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.console.alerts.boards import NAME_OF
from deploy.console.security.settings import TlsSettings
from schemas.alerts import ANALYSTS, Assessment, Channel, open_assessment
from schemas.kafka import Broker
from tests.console.conftest import Opened
from tests.console.test_alerts import Region, region  # noqa: F401 - a fixture
from tests.console.test_live import LIMIT
from tests.unit.test_console_certificates import Authority, served


def come(opened: Opened, region: Region, who: str, path: str) -> Any:  # noqa: F811
    """Somebody signs in to see a page; what is refused to them later is not held against it."""
    page = opened(path, at=region.url, status=401, cut_off=True)
    page.locator("#sign-in").click()
    page.get_by_role("link", name=who, exact=True).click()
    page.wait_for_url(f"**{path}")
    return page


def boards_of(page: Any) -> set[str]:
    """The boards of which an inbox lists alerts, once all are read."""
    page.get_by_text("still being read").wait_for(state="detached")
    links = page.locator("main a[href*='/alerts/']").evaluate_all("all => all.map(a => a.href)")
    return {found[1] for one in links if (found := re.search(r"/alerts/([a-z]+)/", one))}


def answers(region: Region, channel: Channel) -> list[Assessment]:  # noqa: F811
    """What stands on a topic of answers."""
    assert channel.answers is not None
    place = TopicPartition(channel.answers, 0)

    async def read() -> list[Assessment]:
        async with AIOKafkaConsumer(**Broker(region.servers).options()) as consumer:
            consumer.assign([place])
            await consumer.seek_to_beginning(place)
            end = (await consumer.end_offsets([place]))[place]
            found = []
            while await consumer.position(place) < end:
                record = await consumer.getone()
                found.append(open_assessment(channel, record.key, record.value))
            return found

    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(asyncio.run, read()).result(LIMIT)


def test_each_role_sees_its_own_and_the_operator_reads_who_did_what(
    region: Region,  # noqa: F811
    opened: Opened,
) -> None:
    # A contact point: its own board, and another's address is refused.
    contact = come(opened, region, "nour", "/en/alerts")
    assert boards_of(contact) == {"tun"}
    own = contact.locator("main a[href*='/alerts/tun/']").first.get_attribute("href")
    other = own.replace("/tun/", "/lbn/")
    assert contact.goto(region.url + other).status == 403
    assert "You may not see this" in contact.locator("h1").inner_text()
    # A viewer: no board of a country, no audit log.
    viewer = come(opened, region, "vera", "/en/alerts")
    assert boards_of(viewer) == set()
    for refused in (own, "/en/audit"):
        assert viewer.goto(region.url + refused).status == 403
    # An analyst: from the inbox to an answer with a reason, which stands on the topic.
    analyst = come(opened, region, "anna", "/en/alerts")
    assert boards_of(analyst) == {NAME_OF[ANALYSTS]}
    analyst.locator("main a[href*='/alerts/analysts/']").first.click()
    analyst.locator("#timeline").wait_for()
    alert = analyst.url.rpartition("/")[2]
    assert answers(region, ANALYSTS) == []
    option = analyst.locator("#choice option[value*='.']").first
    value = option.get_attribute("value")
    analyst.locator("#choice").select_option(value=value)
    analyst.locator("#send").click()
    analyst.locator("#sent").wait_for()
    (written,) = answers(region, ANALYSTS)
    assert (written.alert, f"{written.state}.{written.reason}") == (alert, value)
    told = analyst.locator("#sent").inner_text()
    region.round()
    analyst.locator(f".state[data-state='{written.state}']").wait_for(timeout=LIMIT * 1000)
    assert told.partition(": ")[2].split(".")[0] in analyst.locator(".timeline").inner_text()
    # The operator: all of that in the audit log, and no alert of anybody.
    operator = come(opened, region, "omar", "/en/audit")
    rows = operator.locator("main tbody tr").all_inner_texts()
    log = [row.split("\t") for row in rows]
    text = "\n".join(rows)
    assert len(log) >= 8
    for who, what in (
        ("nour", f"CONSOLE_NOT_ALLOWED {other}"),
        ("vera", "CONSOLE_NOT_ALLOWED /en/audit"),
        ("anna", f"analysts/{alert} revision 1"),
    ):
        assert re.search(rf"{who}[^\n]*{re.escape(what)}", text), (who, what, text)
    assert written.reason not in text
    assert operator.goto(region.url + own).status == 403


def test_a_client_certificate_lets_its_principal_in_and_nobody_without(
    browser: Any, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "pki")
    certificate, key = authority.give("broker.1")
    mine, my_key = authority.give("contact.tn")
    tls = TlsSettings(certificate=certificate, key=key, clients=authority.file)
    with served(tls) as url:
        shown = [{"origin": url, "certPath": mine, "keyPath": my_key}]
        with browser.new_context(ignore_https_errors=True, client_certificates=shown) as context:
            page = context.new_page()
            assert page.goto(f"{url}/en/alerts").status == 200
            assert page.locator(".who").inner_text() == "contact.tn"
            assert boards_of(page) == {"tun", "surges"}
            assert page.goto(f"{url}/en/audit").status == 403
            page.goto(f"{url}/ar/region")
            page.locator('#standing[data-standing="live"]').wait_for(state="attached")
        with browser.new_context(ignore_https_errors=True) as context:
            assert context.new_page().goto(f"{url}/en/alerts").status == 401
