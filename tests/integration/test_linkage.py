"""From the cells of a register to tokens in the ledgers, over the broker, trustee or not.

The adapter, the trustee's loop and the workers are the real ones; the trustee runs in the test's
own process.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from country_adapters.kit.register import load_register
from country_adapters.kit.runner import RunReport, run
from deploy.brokers.embedded import EmbeddedBroker
from deploy.home import init_site
from deploy.reach import Reach
from deploy.trustee import LiveOffice, Place, enrol, make_key
from processors.intake.ledger import Ledger, newest_ledgers
from processors.intake.sightings import StandingSighting, sightings
from processors.linkage.book import Book
from processors.linkage.service import Trustee
from producers.linker import Linker, Patience
from tests.integration.harness import EmbeddedScene
from tests.integration.shell import Southmed
from tests.unit.small_register import HEADER, REGISTER, declare

pytestmark = pytest.mark.broker

HOLDER = "trustee.linkage"
YEAR = str(datetime.now(UTC).year)
COLUMN = "      phone: {header: Tél, kind: identifier, type: PHONE, of: facilitator, split: ;}\n"
RULE = """\
    identifiers:
      - {column: phone, role: RECRUIT, evidence_grade: B, period: reported}
"""
COUNTRIES = {"tn.test": "TUN", "lb.test": "LBN"}
SHARED = "+216 20 123 456"
PHONES = {"tn.test": (SHARED, "+216 20 123 457"), "lb.test": (SHARED, "+961 3 000 101")}
TRACES = ("20123456", "20 123 456", "20123457", "20 123 457", "3000101", "3 000 101")


def register_of(folder: Path, authority: str) -> Path:
    """A register of two cases that name a recruiter each."""
    folder.mkdir()
    declared = REGISTER.replace("    ignore: [Nom]\n", f"{COLUMN}    ignore: [Nom]\n") + RULE
    declared = declared.replace("tn.test", authority).replace("TUN", COUNTRIES[authority])
    day = f"{date.today() - timedelta(days=40):%d/%m/%Y}"
    lines = [
        f"D{number},1,Victime Fictive,{day},{day},achevée,psy,,{phone}"
        for number, phone in enumerate(PHONES[authority])
    ]
    (folder / "r.csv").write_text("\n".join([f"{HEADER},Tél", *lines]), encoding="utf-8")
    return declare(folder, declared)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[EmbeddedScene]:
    """Two countries whose registers name one recruiter in common."""
    site = init_site(tmp_path / "site", COUNTRIES, anonymity=None)
    folders = {authority: register_of(tmp_path / authority, authority) for authority in COUNTRIES}
    registers = {authority: load_register(f, f) for authority, f in folders.items()}
    with EmbeddedBroker() as embedded:
        yield EmbeddedScene(site, Reach(embedded.servers), registers, embedded)


def with_key(place: EmbeddedScene) -> Place:
    """The site's trustee, with a key for this year."""
    trustee = Place(place.site, HOLDER)
    enrol(trustee)
    make_key(trustee, YEAR)
    return trustee


@asynccontextmanager
async def answering(place: EmbeddedScene, trustee: Place) -> AsyncIterator[Book]:
    """The trustee's loop, beside what is run meanwhile."""
    book = Book(trustee.book, HOLDER)
    loop = Trustee(book, LiveOffice(trustee), place.broker, secrets.token_bytes)
    task = asyncio.create_task(loop.run())
    try:
        yield book
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        book.close()


def seen(place: EmbeddedScene) -> list[StandingSighting]:
    found: list[StandingSighting] = []
    for path in newest_ledgers(place.site.ledgers).values():
        ledger = Ledger(path, read_only=True)
        found += sightings(ledger, f"{datetime.now(UTC):%Y-%m}")
        ledger.close()
    return found


def stored(folder: Path) -> str:
    """All that lies under a folder, but for the registers themselves."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "r.csv"]
    return b"".join(path.read_bytes() for path in files).decode("utf-8", errors="replace")


async def test_cases_go_out_without_a_trustee_and_tokens_follow_when_it_is_back(
    place: EmbeddedScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.adapter.run", partial(run, unsafe_without_gate=True))
    trustee, adapter = with_key(place), place.adapter("tn.test")
    with place.workers("a"):
        first = await asyncio.wait_for(adapter.run_once(), timeout=90)
        assert first.outbox["events"] == first.outbox["events_receipted"] == 4
        assert [line[1:] for line in first.linking.types] == [(0, 2, 0, 0)]
        assert seen(place) == []
        async with answering(place, trustee) as book:
            for _ in range(2):
                done = await asyncio.wait_for(adapter.run_once(), timeout=90)
                assert done.outbox["events"] == done.outbox["events_receipted"] == 6
                assert [line[1:] for line in done.linking.types] == [(0, 0, 0, 2)]
            evaluated = [line for line in book.lines(limit=99) if line.state == "evaluated"]
    assert sum(line.elements for line in evaluated) == 2
    assert [(one.authority, one.epoch, one.backed) for one in seen(place)] == [
        ("tn.test", YEAR, True)
    ] * 2


async def test_one_run_waits_for_tokens_that_it_asks_for_only_after_a_long_reading(
    place: EmbeddedScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait begins with the request, however long the register took to be read."""
    patience = Patience(give_up_after=5.0)

    def slow(*given: Any, **more: Any) -> RunReport:
        time.sleep(patience.give_up_after + 1)
        return run(*given, **more, unsafe_without_gate=True)

    monkeypatch.setattr("deploy.adapter.run", slow)
    monkeypatch.setattr("deploy.adapter.Linker", partial(Linker, patience=patience))
    trustee, adapter = with_key(place), place.adapter("tn.test")
    with place.workers("a"):
        running = asyncio.create_task(adapter.run_once())
        await asyncio.sleep(patience.give_up_after + 2.5)  # longer than one look at answers takes
        async with answering(place, trustee):
            done = await asyncio.wait_for(running, timeout=90)
    assert [line[1:] for line in done.linking.types] == [(0, 0, 0, 2)]


async def test_an_identifier_in_two_countries_is_one_token_and_told_to_nobody(
    place: EmbeddedScene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    trustee = with_key(place)
    with place.workers("a"):
        async with answering(place, trustee):
            for authority in COUNTRIES:
                await asyncio.wait_for(place.adapter(authority).run_once(), timeout=90)
    countries: dict[bytes, set[str]] = {}
    for one in seen(place):
        countries.setdefault(one.tokens[0], set()).add(one.country)
    assert sorted(map(sorted, countries.values())) == [["LBN"], ["LBN", "TUN"], ["TUN"]]
    findings = await asyncio.to_thread(place.audit, tmp_path / "audit")
    assert len(findings) > 0
    assert [finding for finding in findings if not finding.agrees] == []
    left = stored(tmp_path) + caplog.text
    assert [trace for trace in TRACES if trace in left] == []


def test_the_command_line_tells_how_tokens_stand(
    place: EmbeddedScene, southmed: Southmed, tmp_path: Path
) -> None:
    """Without a key, with one that nobody answers for, and on demand without asking."""
    words = ("--site", place.site.root)
    start = ("adapter", "run", tmp_path / "tn.test", "--data", tmp_path / "tn.test", *words)
    broker = ("--broker", place.reach.servers)
    with place.workers("a"):
        said = southmed(*start, *broker)
        assert said.status == 0, said.err
        assert "identifiers PHONE: 2 waiting, 0 asked, 0 refused, 0 tokenised" in said.out
        assert "the trust document names no linkage key" in said.out
        with_key(place)
        assert southmed(*start, *broker, "--no-linkage").status == 0
        status = ("adapter", "status", tmp_path / "tn.test", *words)
        told = json.loads(southmed(*status, "--json").out)["linkage"]
        assert told["epochs"] == [YEAR]
        [phones] = told["types"]
        assert (phones["waiting"], phones["asked"]) == (2, 0)
        southmed(*start, *broker)
        assert "PHONE: 0 waiting, 2 asked, 0 refused, 0 tokenised" in southmed(*status).out
