"""Alerts on real topics: told once though killed, read by those they concern, answered by them."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from deploy.alerts.reader import Told, following
from deploy.brokers.embedded import EmbeddedBroker
from deploy.consume.trusting import LiveTrust
from deploy.demo import southmed
from deploy.home import Site
from processors.alerts.facts import CaseProfile, Sighting
from processors.alerts.log import TopicLog, known
from processors.alerts.metrics import ALERT_METRICS
from processors.alerts.profiles import profiles
from processors.compacted import Record
from schemas.alerts import CHANNELS, CLOSED, CONTACTS, Alert
from schemas.kafka import Broker
from tests.integration.dying_alerts import STEPS
from tests.integration.harness import kill_after
from tests.integration.test_health import ask, checks, samples, until
from tests.unit.alert_site import a_site, backing, put
from tests.unit.alerting import Platform
from tests.unit.detection import NOW, sight
from tests.unit.test_alert_plan import HIT, THREE
from tests.unit.test_health import free_port

pytestmark = pytest.mark.broker

ON = ("--as-of", "2026-07-15")
MORE = [*THREE, sight("MAR/1", "phone"), sight("MAR/2", "plate"), sight("JOR/1", "plate")]


class Stage:
    """A site, a broker, and the command as a process of its own."""

    def __init__(self, site: Site, servers: str) -> None:
        self.site, self.servers = site, servers

    def start(self, *words: str, output: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        where = ("--site", str(self.site.root), "--broker", self.servers)
        return southmed("alerts", *words, *where, output=output)

    def round(self) -> Any:
        process = self.start("run", "--once", *ON, "--json", output=subprocess.PIPE)
        return _told(process)

    def read(self, *words: str) -> Any:
        where = ("--trust", str(self.site.trust_file), "--broker", self.servers, "--json")
        return _told(southmed("alerts", *words, *where, output=subprocess.PIPE))

    def records(self) -> Mapping[str, list[Record]]:
        return asyncio.run(TopicLog(Broker(self.servers)).read())  # type: ignore[return-value]

    def out(self) -> dict[str, dict[str, Alert]]:
        found = known(self.records(), self.site.trust()).out
        return {channel.topic: dict(found[channel]) for channel in CHANNELS}

    def twice(self) -> list[bytes]:
        """Revisions that stand on a topic in more than one wording."""
        texts: dict[tuple[str, str, int], set[bytes]] = {}
        for channel in CHANNELS:
            for record in self.records()[channel.topic]:
                fields = json.loads(record.value or b"")
                place = (channel.topic, fields["id"], fields["revision"])
                texts.setdefault(place, set()).add(record.value or b"")
        return [min(values) for values in texts.values() if len(values) > 1]


def _told(process: subprocess.Popen[bytes]) -> Any:
    told, problem = process.communicate(timeout=60)
    assert process.returncode == 0, problem
    return json.loads(told)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with EmbeddedBroker() as broker:
        yield Stage(a_site(tmp_path / "site", HIT), broker.servers)


def undisturbed(*worlds: list[Sighting]) -> set[tuple[str, str, str]]:
    """What is out after these worlds if nothing dies: topic, state, evidence."""
    platform = Platform()
    for world in worlds:
        platform.tell(world, [profile(s) for s in world if s.backed])
    return _told_in({channel.topic: alerts for channel, alerts in platform.out.items()})


def profile(sighting: Sighting) -> CaseProfile:
    """How a case was done, by the event that backs it (`tests.unit.alert_site`)."""
    event = backing(sighting)
    (made,) = profiles([[event]])
    return made


def told_by(stage: Stage) -> set[tuple[str, str, str]]:
    """What is out, without ids: another site has another secret behind them."""
    return _told_in(stage.out())


def _told_in(out: Mapping[str, Mapping[str, Alert]]) -> set[tuple[str, str, str]]:
    return {
        (topic, alert.state, alert.evidence.model_dump_json() if alert.evidence else "")
        for topic, alerts in out.items()
        for alert in alerts.values()
    }


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_it_goes_on_and_nothing_is_told_twice(stage: Stage, step: str) -> None:
    stage.round()
    put(stage.site, MORE)
    where = ("--site", str(stage.site.root), "--broker", stage.servers)
    command = [sys.executable, "-m", "tests.integration.dying_alerts", step, *where, *ON]
    died = subprocess.run(command, check=False, capture_output=True, timeout=60)
    assert died.returncode == -9, died.stderr
    stage.round()
    assert stage.round() == {"written": [], "held": []}
    assert stage.twice() == []
    assert told_by(stage) == undisturbed(HIT, MORE)


def test_killed_at_random_instants_while_events_come_and_go(stage: Stage) -> None:
    rng, hit = random.Random(20260715), 0
    for attempt in range(8):
        put(stage.site, [HIT, THREE, MORE, HIT[:1]][attempt % 4])
        hit += kill_after(stage.start("run", "--once", *ON), rng, most=2.5)
    assert hit > 0, "no kill hit a living process: the test proves nothing"
    put(stage.site, MORE)
    stage.round()
    assert stage.round() == {"written": [], "held": []}
    assert stage.twice() == []
    live = {entry for entry in told_by(stage) if entry[1] not in CLOSED}
    assert live == undisturbed(MORE)


def test_a_contact_point_reads_answers_and_its_answer_is_heard(stage: Stage) -> None:
    put(stage.site, THREE)
    stage.round()
    mine = ("--as", "contact.tn")
    alerts = stage.read("show", *mine)
    shared = next(a for a in alerts if a["about"]["detector"] == "D1")
    assert [c["country"] for c in shared["about"]["counterparts"]] == ["LBN"]
    stage.read("assess", shared["id"], "--state", "SEEN", *mine)
    stage.read("assess", shared["id"], "--state", "CONFIRMED", "--reason", "JOINT_CASE", *mine)
    ((written,), _) = stage.round().values()
    assert (written["id"], written["state"]) == (shared["id"], "CONFIRMED")
    (read,) = stage.read("show", shared["id"], *mine)
    assert [s["state"] for s in read["history"]] == ["NEW", "CONFIRMED"]
    analysts = stage.read("show", "--as", "analyst.coe")
    assert {a["about"]["size"] for a in analysts} == {"2-3"}
    assert stage.read("show", "--as", "everybody") == []


def test_withdrawn_events_retract_and_closed_alerts_take_no_answer(stage: Stage) -> None:
    stage.round()
    (alert,) = stage.read("show", "--as", "contact.lb")
    put(stage.site, HIT[:1])
    stage.round()
    assert stage.read("show", "--as", "contact.lb") == []
    (gone,) = stage.read("show", "--as", "contact.lb", "--all")
    assert (gone["id"], gone["state"], gone["about"]) == (alert["id"], "RETRACTED", None)
    where = ("--trust", str(stage.site.trust_file), "--broker", stage.servers)
    words = ("assess", alert["id"], "--state", "SEEN", "--as", "contact.lb", *where)
    refused = southmed("alerts", *words, output=subprocess.PIPE)
    _, problem = refused.communicate(timeout=60)
    assert refused.returncode == 1
    assert b"ANSWER_REFUSED" in problem


def test_the_operator_sees_what_is_held(stage: Stage) -> None:
    real = [sight(f"LBN/{n}", f"number {n}") for n in range(5)]
    guesses = [sight(f"TUN/{n}", f"number {n}", backed=False) for n in range(5)]
    put(stage.site, [*real, *guesses])
    assert len(stage.round()["held"]) == 2
    process = stage.start("audit", *ON, "--json", output=subprocess.PIPE)
    tunisia, *_ = _told(process)["audiences"]
    assert {n: tunisia[n] for n in ("audience", "told", "unbacked", "held")} == {
        "audience": "TUN",
        "told": 3,
        "unbacked": 3,
        "held": 2,
    }


def test_a_reader_shows_each_revision_once_and_refuses_what_is_not_signed(stage: Stage) -> None:
    stage.round()
    channel, broker = CONTACTS["TUN"], Broker(stage.servers)

    async def follow() -> tuple[list[list[tuple[int, str]]], int]:
        seen = []
        async with following(broker, channel, LiveTrust(stage.site.trust_file)) as reader:
            seen.append([(a.revision, a.state) for a in await reader.newest()])
            (record,) = (await TopicLog(broker).read())[channel.topic]
            producer = AIOKafkaProducer(bootstrap_servers=stage.servers)
            await producer.start()
            for headers in (list(record.headers), []):
                await producer.send_and_wait(
                    channel.topic, record.value, record.key, headers=headers
                )
            await producer.stop()
            while not reader.refused:
                seen.append([(a.revision, a.state) for a in await reader.more()])
        return seen, len(reader.refused)

    seen, refused = asyncio.run(asyncio.wait_for(follow(), 60))
    assert seen[0] == [(1, "NEW")]
    assert [alert for more in seen[1:] for alert in more] == []
    assert refused == 1


def test_it_follows_until_it_is_stopped(stage: Stage) -> None:
    process = stage.start("run", "--every", "1")
    try:
        deadline = asyncio.run(_until(lambda: any(stage.out().values())))
        assert deadline
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


async def _until(holds: Any) -> bool:
    for _ in range(60):
        if await asyncio.to_thread(holds):
            return True
        await asyncio.sleep(0.5)
    return False


def test_the_month_of_these_tests_is_that_of_the_sightings() -> None:
    assert NOW == 2026 * 12 + 6


def test_it_is_ready_once_a_round_came_to_its_end_and_tells_what_it_did(stage: Stage) -> None:
    guesses = [sight(f"TUN/{n}", f"number {n}", backed=False) for n in range(5)]
    put(stage.site, [*(sight(f"LBN/{n}", f"number {n}") for n in range(5)), *guesses])
    port = free_port()
    process = stage.start("run", "--every", "1", "--health", str(port))
    try:
        until(lambda: ask(port, "/livez")[0] == 200)
        until(lambda: ask(port, "/readyz")[0] == 200)
        found = samples(port)
        written = sum(len(records) for records in stage.records().values())
        assert found["southmed_alerts_written_total"][()] == written > 0
        assert found["southmed_alerts_held"][("TUN",)] == 2
        assert found["southmed_alerts_rounds_total"][()] >= 1
        assert set(found) >= {metric.name for metric in ALERT_METRICS if not metric.labels}
        (stage.site.platform / "alerts.key").unlink()
        until(lambda: not checks(port, "/readyz")["round"]["ok"])
        assert ask(port, "/livez")[0] == 200
        assert samples(port)["southmed_alerts_rounds_failed_total"][()] >= 1
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


def test_a_reader_is_told_on_which_day_the_broker_took_each_revision(stage: Stage) -> None:
    before = datetime.now(UTC).date()
    stage.round()
    channel = CONTACTS["TUN"]

    async def follow() -> list[Told]:
        where = (Broker(stage.servers), channel, LiveTrust(stage.site.trust_file))
        async with following(*where) as reader:
            return await reader.standing()

    told = asyncio.run(follow())
    assert told
    assert {one.on for one in told} <= {before, datetime.now(UTC).date()}
