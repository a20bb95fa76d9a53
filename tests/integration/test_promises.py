"""The five promises of southmed, one test each, on one whole run of all four authorities.

What a promise means in this version is told at each. The fifth needs registers that name one
recruiter in two countries now, and has a run of its own.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from country_adapters import AUTHORITIES
from country_adapters.kit.runner import run
from deploy.alerts.place import init_keys as init_alert_keys
from deploy.brokers.embedded import EmbeddedBroker
from deploy.demo import southmed
from deploy.home import LiveSecrets, init_site
from deploy.reach import Reach
from deploy.reconcile import read_totals
from deploy.release import KeyFiles, init_keys, read_ledgers
from processors.release.snapshot import count, of_period
from processors.release.tables import shipped
from schemas.codec import decode
from schemas.envelope import open_body, verify
from schemas.errors import SouthmedError
from schemas.releases import Release
from schemas.topics import CASES, RELEASES, CaseTopic, all_topics
from tests.integration.harness import EmbeddedScene, Scene, kill_after, scene, stop
from tests.integration.trustees import a_trustee, serving
from tests.recruiters import Numbers, write

pytestmark = pytest.mark.broker

ALL = ("tn.inltp", "ma.cnclt", "jo.ctu", "lb.isf")


@dataclass(frozen=True)
class Ran:
    """A run of everything, with kill -9 on both sides, and all that lies on the broker."""

    place: Scene
    messages: dict[str, list[tuple[int, bytes]]]
    """Topic to partition and value of each record."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    rng = random.Random(20191125)
    with scene(tmp_path_factory.mktemp("promises") / "site") as place:
        with place.workers("a", "b") as workers:
            adapters = [place.start_adapter(authority) for authority in ALL]
            for adapter in adapters[:2]:
                kill_after(adapter, rng, most=1.0)
            workers[0].kill()
            workers[0].wait()
            workers.append(place.start_worker("a"))
            asyncio.run(asyncio.wait_for(publish(place), timeout=120))
            for adapter in adapters:
                adapter.wait(timeout=60)
        release(place)
        yield Ran(place, asyncio.run(everything(place)))


SEALED = ("cases", "receipts", "quarantine", "clock", "linkage")
"""Kinds of topics on which nothing can be read as it is."""


def release(place: Scene) -> None:
    """Publishes the tables of the first three years of the calendar."""
    init_keys(place.site, range(2019, 2022))
    words = ("release", "run", "--site", str(place.site.root), "--as-of", "2021-12-31")
    assert southmed(*words, "--broker", place.reach.servers).wait(timeout=120) == 0


async def publish(place: Scene) -> None:
    await asyncio.gather(*(place.adapter(authority).run_once() for authority in ALL))


async def everything(place: Scene) -> dict[str, list[tuple[int, bytes]]]:
    """Every record of every topic."""
    consumer = AIOKafkaConsumer(**place.broker.options(), enable_auto_commit=False)
    await consumer.start()
    found: dict[str, list[tuple[int, bytes]]] = {}
    for name, topic in all_topics().items():
        partitions = [TopicPartition(name, n) for n in range(topic.partitions)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found[name] = []
        for partition, end in ends.items():
            consumer.seek(partition, 0)
            while await consumer.position(partition) < end:
                record = await consumer.getone(partition)
                found[name].append((partition.partition, record.value))
    await consumer.stop()
    return found


def opened(ran: Ran) -> list[bytes]:
    """Every event on the case topics, as the platform reads it."""
    secrets = LiveSecrets(ran.place.site)()
    events = []
    for name, records in ran.messages.items():
        for partition, value in records:
            if ".cases." in name:
                batch = verify(value, CaseTopic.of(name, partition), secrets.trust)
                events += open_body(batch, secrets.keys)
    return events


# --- 1. Nothing that identifies a person leaves a country ----------------------------------------


def identifying(place: Scene) -> set[str]:
    """What the registers hold in the columns that their declarations ignore."""
    found: set[str] = set()
    workbook = openpyxl.load_workbook(place.registers["tn.inltp"].data / "register.xlsx")
    for sheet in workbook:
        found |= {c for row in sheet.iter_rows(values_only=True) for c in row if isinstance(c, str)}
    for data, encoding in (
        (place.registers["jo.ctu"].data / "register.csv", "windows-1256"),
        (place.registers["lb.isf"].data / "register.json", "utf-8"),
        (place.registers["ma.cnclt"].data / "register.sql", "utf-8"),
    ):
        text = data.read_text(encoding=encoding).replace("'", '"').replace(";", '"')
        found |= set(text.split('"'))
    marks = ("fictif", "fictive", "وهمي", "00 000", "0000")
    return {cell.strip() for cell in found if any(mark in cell.lower() for mark in marks)}


def test_1_nothing_that_identifies_a_person_leaves_a_country(ran: Ran) -> None:
    """Names and numbers of the registers are in no event, receipt, log or rejects file."""
    secrets = identifying(ran.place)
    assert len(secrets) > 1000
    left = b"\n".join(opened(ran))
    left += b"\n".join(v for records in ran.messages.values() for _, v in records)
    for path in [*ran.place.site.root.rglob("*.log"), *ran.place.site.root.rglob("rejects.csv")]:
        left += path.read_bytes()
    assert [cell for cell in secrets if cell.encode() in left] == []


# --- 2. Every number can be traced to signed batches, and recomputed ------------------------------


def test_2_every_number_is_recomputed_from_signed_batches_of_named_authorities(
    ran: Ran, tmp_path: Path
) -> None:
    findings = ran.place.audit(tmp_path)
    assert len(findings) == 16
    assert all(finding.agrees for finding in findings)
    assert set(read_totals(ran.place.site.ledgers)) == set(ALL)


# --- 3. Nothing is lost or counted twice ----------------------------------------------------------


def test_3_nothing_is_lost_or_counted_twice(ran: Ran, tmp_path: Path) -> None:
    """Adapters and a worker were killed; the cells are those of an undisturbed count."""
    assert ran.place.cells() == ran.place.oracle(tmp_path, *ALL)


# --- 4. A published number cannot be turned back into a person ------------------------------------


def test_4_what_is_published_has_noise_in_every_cell_and_no_event_lies_open_on_the_broker(
    ran: Ran,
) -> None:
    """Releases alone are readable; they hold no reference, and no count as it is.

    The registers of this run name nobody whom two countries know, so no alert is out.
    """
    references = {decode(event).fields["case_ref"] for event in opened(ran)}
    assert references
    for name, records in ran.messages.items():
        kind = name.split(".")[1]
        assert kind in {*SEALED, "indicators"} or not records
        for _, value in records:
            assert not any(ref in value or ref.hex().encode() in value for ref in references)
            if kind != "indicators":
                with pytest.raises((UnicodeDecodeError, json.JSONDecodeError)):
                    json.loads(value)
    record_key = KeyFiles(ran.place.site).read([]).record
    people = read_ledgers(ran.place.site, shipped(), record_key).people["VICTIMS"]
    assert people
    same = cells = 0
    for _, value in ran.messages[RELEASES.name()]:
        release = Release.parse(value)
        if not release.exact:
            entered = of_period(people, release.period)
            counts = count(entered, shipped(), release.table, release.period).values()
            rows = release.observations
            assert len(rows) == len(counts)
            same += sum(n == row.MEASUREMENT for row, n in zip(rows, counts, strict=True))
            cells += len(counts)
    # The noise is zero in 14 cells of 100, and nobody can tell in which.
    assert cells > 2000
    assert 0.12 < same / cells < 0.16


# --- 5. A network across two borders is seen, though no country shows its cases to another --------


def test_5_no_country_can_read_anothers_cases(ran: Ran) -> None:
    """No authority holds a key that opens any batch, its own included."""
    secrets = LiveSecrets(ran.place.site)()
    (name, records) = next((n, r) for n, r in ran.messages.items() if n == CASES.name("TUN"))
    partition, value = records[0]
    batch = verify(value, CaseTopic.of(name, partition), secrets.trust)
    recipients = {keyid for keyid, _ in batch.recipients}
    owners = {key.owner for key in secrets.trust.keys if key.keyid in recipients}
    assert owners == {"platform"}
    with pytest.raises(SouthmedError) as caught:
        open_body(batch, [])
    assert caught.value.code == "NOT_FOR_US"


NUMBER = "+21620123456"
TRACES = ("20123456", "20 123 456")
NAMED: Numbers = {
    "tn.inltp": [[NUMBER], ["+216 20 123 456"], ["+21620123457"]],
    "lb.isf": [["0021620123456"], ["+9613000101"]],
    "ma.cnclt": [["+212600000101"]],
    "jo.ctu": [["+962790000101"]],
}
"""One recruiter's telephone in two countries, spelt as each spells it, and others of their own."""


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Four authorities that have told what their registers name, and a trustee.

    The gate is open: of four small registers it would let nothing out, and it is promise 1.
    """
    monkeypatch.setattr("deploy.adapter.run", partial(run, unsafe_without_gate=True))
    site = init_site(tmp_path / "site", AUTHORITIES, anonymity=None)
    a_trustee(site, str(date.today().year))
    init_alert_keys(site)
    registers = write(tmp_path / "registers", NAMED, date.today())
    with EmbeddedBroker() as embedded:
        place = EmbeddedScene(site, Reach(embedded.servers), registers, embedded)
        trustee = serving(site, place.reach)
        try:
            with place.workers("a"):
                asyncio.run(asyncio.wait_for(publish(place), timeout=120))
        finally:
            stop(trustee)
        yield place


def alerts(place: Scene, *words: str) -> Any:
    """What a command of ``southmed alerts`` tells."""
    where = ("--broker", place.reach.servers, "--json")
    process = southmed("alerts", *words, *where, output=subprocess.PIPE)
    told, problem = process.communicate(timeout=60)
    assert process.returncode == 0, problem
    return json.loads(told)


def test_5_a_recruiter_s_telephone_in_two_countries_is_told_to_both_and_read_by_nobody(
    seen: Scene,
) -> None:
    """Both contact points learn of each other and the analysts of a network; others of nothing."""
    alerts(seen, "run", "--once", "--site", str(seen.site.root))
    told = {
        who: alerts(seen, "show", "--as", who, "--trust", str(seen.site.trust_file))
        for who in ("contact.tn", "contact.lb", "contact.ma", "contact.jo", "analyst.coe")
    }
    (tunisia,) = [a["about"] for a in told["contact.tn"] if a["about"]["detector"] == "D1"]
    (lebanon,) = [a["about"] for a in told["contact.lb"] if a["about"]["detector"] == "D1"]
    assert [c["country"] for c in tunisia["counterparts"]] == ["LBN"]
    assert [c["country"] for c in lebanon["counterparts"]] == ["TUN"]
    assert [len(about["cases"]) for about in (tunisia, lebanon)] == [2, 1]
    (analysts,) = [a["about"] for a in told["analyst.coe"] if a["about"]["detector"] == "D1"]
    assert (sorted(analysts["countries"]), analysts["size"]) == (["LBN", "TUN"], "2-3")
    assert told["contact.ma"] == told["contact.jo"] == []

    # Each is told of its own cases only, and analysts of none.
    ours, theirs = ([case["case"] for case in about["cases"]] for about in (tunisia, lebanon))
    assert not [case for case in theirs if case in json.dumps(told["contact.tn"])]
    assert not [case for case in ours if case in json.dumps(told["contact.lb"])]
    assert not [case for case in (*ours, *theirs) if case in json.dumps(told["analyst.coe"])]

    # The number stands nowhere outside of the registers: on no topic, and in no file of anybody.
    messages = asyncio.run(everything(seen))
    left = b"\n".join(v for records in messages.values() for _, v in records)
    files = [path for path in seen.site.root.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} >= {"platform", "trustee.linkage", "tn.inltp"}
    left += b"\n".join(path.read_bytes() for path in files)
    assert [trace for trace in TRACES if trace.encode() in left] == []
