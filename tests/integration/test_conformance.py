"""``adapter conform`` and ``conformance verify``, against platforms of all kinds."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from country_adapters.kit.register import folder_of, load_register
from deploy.conformance import asking, run
from deploy.conformance.checking import Against, faults
from deploy.conformance.errors import PlatformSilent
from deploy.conformance.platform import Platform, own_platform
from deploy.conformance.report import Report
from deploy.conformance.run import Newcomer, conform, read_register
from deploy.conformance.vectors import TABLE, hash_of
from deploy.home import Site
from producers.outbox import Outbox
from schemas.codec import decode_as
from schemas.errors import WireError
from schemas.kafka import Broker
from schemas.keys import SigningKey
from schemas.receipts import Entry, Receipt, Status, sign_receipt
from schemas.topics import CASES, PARTITIONS, RECEIPTS
from schemas.trust import PLATFORM, Anonymity, Authority, TrustDocument, TrustedKey
from tests.integration.harness import TUNISIA, EmbeddedScene
from tests.integration.shell import Southmed
from tests.world import a_world

pytestmark = pytest.mark.broker

US = Authority(id=TUNISIA, country="TUN", anonymity=Anonymity())


def a_newcomer(signer: SigningKey) -> Newcomer:
    return Newcomer(load_register("tunisia"), folder_of("tunisia"), signer)


# --- All is well ---------------------------------------------------------------------------------


def test_a_newcomer_needs_nothing_but_a_register_and_is_checked_with_one_command(
    southmed: Southmed, tmp_path: Path
) -> None:
    site, report = tmp_path / "site", tmp_path / "report.json"
    ran = southmed("adapter", "conform", "tunisia", "--site", site, "--report", report, "--json")
    assert ran.status == 3, "rows of the sample register stay home"
    key = Site(site).signing_key(TUNISIA)
    assert "made a signing key" in ran.told
    assert not (site / "authorities" / TUNISIA / "outbox.sqlite").exists()

    checked = southmed("conformance", "verify", report, "--key", key.keyid, "--json")
    assert checked.status == 0
    assert checked.json == ran.json
    told = checked.json["report"]
    assert (checked.json["fit"], checked.json["keyid"]) == (True, key.keyid)
    assert {v["name"]: v["got"] for v in told["vectors"]} == {v.title: v.code for v in TABLE}
    assert told["source"]["rows"] == 494
    assert told["source"]["problems"]["UNKNOWN_VALUE"] == 5
    assert told["day"]["events"] == told["day"]["receipted"] >= 200
    assert told["ledger"]["found"] == told["ledger"]["expected"] > 1_000

    seen = southmed("conformance", "verify", report)
    assert seen.status == 0
    assert "fit to be admitted" in seen.out
    assert " ".join(key.keyid[n : n + 4] for n in range(0, 64, 4)) in seen.out

    _check_changed(southmed, report)


def _check_changed(southmed: Southmed, report: Path) -> None:
    """The same report, altered, and asked about another key."""
    other = southmed("conformance", "verify", report, "--key", "0" * 64)
    assert other.status == 1
    assert "REPORT_KEY_DIFFERS" in other.out
    assert "not to be admitted" in other.out
    envelope = json.loads(report.read_text(encoding="utf-8"))
    inner = json.loads(b64decode(envelope["payload"]))
    inner["day"]["events"] += 1
    envelope["payload"] = b64encode(json.dumps(inner).encode()).decode()
    report.write_text(json.dumps(envelope), encoding="utf-8")
    altered = southmed("conformance", "verify", report)
    assert altered.status == 1
    assert "REPORT_ALTERED" in altered.told
    assert "Do not admit" in altered.told


def test_a_given_platform_is_run_against_once_in_an_epoch(
    place: EmbeddedScene, southmed: Southmed, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    asked = ("adapter", "conform", "tunisia", "--site", place.site.root, "--report", report)
    with place.workers("worker-1"):
        first = southmed(*asked, "--broker", place.reach.servers, "--json")
        assert (first.status, first.json["fit"]) == (3, True)
        assert first.json["report"]["platform"] == "given"
        assert first.json["report"]["ledger"] is None
        report.unlink()
        again = southmed(*asked, "--broker", place.reach.servers)
        assert again.status == 1
        assert "PLATFORM_IN_USE" in again.told
        assert not report.exists()
        assert southmed("site", "announce-epoch", TUNISIA, "--site", place.site.root).status == 0
        later = southmed(*asked, "--broker", place.reach.servers, "--json")
        assert (later.status, later.json["fit"]) == (3, True)


def test_an_authority_that_has_published_never_runs_against_a_given_platform(
    place: EmbeddedScene, southmed: Southmed, tmp_path: Path
) -> None:
    """Its vectors would fork and suspend a stream in use."""
    outbox: Outbox = place.adapter().open_outbox()
    outbox.close()
    said = southmed(
        *("adapter", "conform", "tunisia", "--site", place.site.root),
        *("--report", tmp_path / "report.json", "--broker", place.reach.servers),
    )
    assert said.status == 1
    assert "PLATFORM_IN_USE" in said.told


def test_what_is_no_report_is_told(southmed: Southmed, tmp_path: Path) -> None:
    said = southmed("conformance", "verify", tmp_path / "none.json")
    assert said.status == 1
    assert "REPORT_UNREADABLE" in said.told
    wrong = southmed("adapter", "conform", "tunisia", "--site", tmp_path, "--report", "/no/where/r")
    assert wrong.status == 2


# --- Something is wrong --------------------------------------------------------------------------


async def ran(newcomer: Newcomer, platform: Platform, scratch: Path) -> tuple[Report, list[str]]:
    report = await conform(newcomer, read_register(newcomer), platform, scratch)
    found = faults(report, Against(report.made_at))
    return report, [error.code for error in found]


async def test_a_key_that_the_platform_does_not_trust_shows_in_the_first_vector(
    tmp_path: Path,
) -> None:
    trusted, ours = SigningKey.generate("ed25519"), SigningKey.generate("ed25519")
    with own_platform(tmp_path / "platform", US, trusted.verify_key) as platform:
        report, codes = await ran(a_newcomer(ours), platform, tmp_path)
    assert codes == ["VECTORS_FAILED", "DAY_UNBALANCED", "DAY_UNBALANCED", "DAY_UNBALANCED"]
    assert report.vectors[0].name == "good batch: report.received"
    assert (report.vectors[0].got, report.day.ended) == ("UNKNOWN_KEY", "BATCH_REFUSED")


async def test_a_platform_that_accepts_everything_is_found_out(
    place: EmbeddedScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 2.0)
    async with credulous(Broker(place.reach.servers)) as platform:
        report, codes = await ran(a_newcomer(a_world().tunisia), platform, tmp_path)
    assert codes == ["VECTORS_FAILED"]
    got = {told.name: told.got for told in report.vectors}
    assert got["good batch: victim.identified"] == "ACCEPTED"
    assert got["bad batch: a stranger's key"] == "ACCEPTED"
    assert got["bad event: a linkage token that expires on a day"] == "ACCEPTED"
    assert got["fork: two batches at one place"] == "ACCEPTED"


async def test_a_silent_platform_is_told_and_not_reported(
    place: EmbeddedScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "FIRST_PATIENCE", 0.3)
    monkeypatch.setattr(run, "DAY_SECONDS", 0.3)
    platform = Platform("given", Broker(place.reach.servers), a_world().trust, None)
    with pytest.raises(PlatformSilent):
        await ran(a_newcomer(a_world().tunisia), platform, tmp_path)


@asynccontextmanager
async def credulous(broker: Broker) -> AsyncIterator[Platform]:
    """A platform that believes whatever names an authority, and keeps nothing in quarantine."""
    receipts = SigningKey.generate("ed25519")
    trust = a_world().trust
    keys = [*trust.keys, TrustedKey.of(receipts.verify_key, owner=PLATFORM, purpose="receipt")]
    trust = TrustDocument(version=1, authorities=trust.authorities, keys=keys)
    consumer = AIOKafkaConsumer(
        CASES.name("TUN"), **broker.options(), auto_offset_reset="earliest", fetch_max_wait_ms=20
    )
    producer = AIOKafkaProducer(**broker.options())

    async def believe() -> None:
        async for record in consumer:
            try:
                header = decode_as("sealed_batch", record.value)["header"]
                identity = decode_as("batch_header", header)["identity"]
            except WireError:
                continue
            place = (identity["epoch"], identity["sequence"])
            entry = Entry(*place, hash_of(record.value) or b"", Status.ACCEPTED)
            receipt = Receipt(TUNISIA, record.partition, (1, 1), (entry,))
            message = sign_receipt(receipt, receipts)
            await producer.send(RECEIPTS.name("TUN"), message, partition=record.partition)

    await asyncio.gather(consumer.start(), producer.start())
    task = asyncio.create_task(believe())
    try:
        assert len(consumer.assignment()) == PARTITIONS
        yield Platform("given", broker, trust, None)
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.gather(consumer.stop(), producer.stop())
