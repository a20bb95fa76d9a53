"""Delivery as its users meet it: a topic, a process, a mail server; killed and started again."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiokafka import AIOKafkaProducer

from deploy.brokers.embedded import EmbeddedBroker
from deploy.demo import southmed
from deploy.home import Site, issue
from schemas.alerts import CONTACTS, Alert, sign_alert
from schemas.keys import SigningKey, load_private
from schemas.private_files import read_private
from tests.integration.dying_delivery import STEPS
from tests.integration.harness import kill_after, stop
from tests.unit.alert_site import a_site
from tests.unit.delivering import alert_id, contact
from tests.unit.post import Certificate, Mail, MailServer, Receiver
from tests.unit.test_health import free_port

pytestmark = pytest.mark.broker

CHANNEL = CONTACTS["TUN"]
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="  # noqa: S105 - of tests
DUTY, HEAD = "duty@inbox.example", "head@inbox.example"


class Stage:
    """A signed topic of alerts, a mail server, and the settings that join them."""

    def __init__(self, folder: Path, servers: str, mail: MailServer, pem: Path) -> None:
        self.folder, self.servers, self.mail = folder, servers, mail
        self.site: Site = a_site(folder / "site")
        key = load_private(read_private(self.site.platform / "alerts.key"))
        assert isinstance(key, SigningKey)
        self.key = key
        self.config = folder / "delivery.yaml"
        self.fields: dict[str, Any] = {
            "reader": CHANNEL.reader,
            "console_url": "https://console.example/alerts",
            "smtp": {
                "host": "localhost",
                "port": mail.port,
                "sender": "southmed@mail.example",
                "ca_file": str(pem),
            },
            "recipients": [],
        }
        self.recipients({"name": "duty", "mail": DUTY}, {"name": "head", "mail": HEAD})

    def recipients(self, *listed: dict[str, Any]) -> None:
        self.fields["recipients"] = [{"zone": "Africa/Tunis", **one} for one in listed]
        self.config.write_text(yaml.safe_dump(self.fields), "utf-8")

    def publish(self, *alerts: Alert, signed: bool = True) -> None:
        async def send() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=self.servers, acks="all")
            await producer.start()
            for alert in alerts:
                value = alert.dump()
                headers = sign_alert(CHANNEL, value, self.key) if signed else []
                key = alert.id.encode()
                await producer.send_and_wait(CHANNEL.topic, value, key, 0, headers=headers)
            await producer.stop()

        asyncio.run(send())

    @property
    def where(self) -> Sequence[str]:
        trust = str(self.site.trust_file)
        return ("--config", str(self.config), "--broker", self.servers, "--trust", trust)

    def start(self, *words: str, output: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        return southmed("alerts", "deliver", *self.where, *words, output=output)

    def once(self, *words: str, status: int = 0) -> Any:
        process = self.start("--once", "--json", *words, output=subprocess.PIPE)
        told, problem = process.communicate(timeout=60)
        assert process.returncode == status, problem
        return json.loads(told)

    def told(self) -> Counter[tuple[str, str]]:
        """How many mails, each counted once by its Message-ID, told whom of which alert."""
        return Counter(
            (mail.to, line)
            for mail in {(m.to, m.id): m for m in self.mail.mails}.values()
            for line in mail.part("plain").splitlines()
            if len(line) == 32 and line.isalnum()
        )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def stage(tmp_path: Path, certificate: Certificate) -> Iterator[Stage]:
    with EmbeddedBroker() as broker, MailServer().serving(starttls=certificate.context) as mail:
        yield Stage(tmp_path, broker.servers, mail, certificate.pem)


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)


def everyone(*numbers: int) -> Counter[tuple[str, str]]:
    return Counter((to, alert_id(number)) for to in (DUTY, HEAD) for number in numbers)


def test_what_stands_is_told_once_and_what_closed_before_is_not(stage: Stage) -> None:
    stage.publish(contact(1), contact(2), contact(2, 2, "RETRACTED"), contact(3))
    tried = stage.once()["tried"]
    assert {(one["recipient"], one["outcome"]) for one in tried} == {
        ("duty", "SENT"),
        ("head", "SENT"),
    }
    assert stage.told() == everyone(1, 3)
    assert stage.once() == {"tried": [], "refused_before": [], "held": 0}
    stage.publish(contact(3, 2, "RETRACTED"))
    stage.once()
    assert stage.told() == everyone(1, 3, 3)
    assert all(mail.encrypted for mail in stage.mail.mails)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_nobody_is_left_out_and_nobody_is_told_twice(
    stage: Stage, step: str
) -> None:
    stage.publish(contact(1))
    stage.once()
    stage.publish(contact(2))
    command = [sys.executable, "-m", "tests.integration.dying_delivery", step, *stage.where]
    died = subprocess.run(command, check=False, capture_output=True, timeout=60)
    assert died.returncode == -9, died.stderr
    stage.publish(contact(3))
    stage.once()
    stage.once()
    assert stage.told() == everyone(1, 2, 3), "by Message-ID, each of each once"
    copies = Counter((mail.to, mail.id) for mail in stage.mail.mails)
    twice = [same(stage.mail.mails, key) for key, number in copies.items() if number > 1]
    assert all(twice), "what goes out again is the same mail to the byte"
    if step in ("heard", "before the letter", "letter written"):
        assert not twice, "what was not sent goes out once"
    elif step == "taken":
        assert twice, "what the book does not know to be taken goes out again"


def same(mails: Sequence[Mail], key: tuple[str, str]) -> bool:
    return len({m.message.as_bytes() for m in mails if (m.to, m.id) == key}) == 1


def test_killed_at_random_instants_while_alerts_come(stage: Stage) -> None:
    rng, hit = random.Random(20260701), 0
    for number in range(1, 9):
        stage.publish(contact(number))
        hit += kill_after(stage.start("--once"), rng, most=2.5)
    assert hit > 0, "no kill hit a living process: the test proves nothing"
    stage.once()
    assert stage.told() == everyone(*range(1, 9))


def test_it_follows_reads_new_settings_at_a_start_and_ends_when_told(stage: Stage) -> None:
    port = free_port()
    process = stage.start("--health", str(port))
    try:
        stage.publish(contact(1))
        until(lambda: stage.told() == everyone(1))
        stage.publish(contact(2))
        until(lambda: stage.told() == everyone(1, 2))
        asked = southmed("health", "--port", str(port), "--ready")
        assert asked.wait(timeout=30) == 0
        second = stage.start("--once", output=subprocess.PIPE)
        _, problem = second.communicate(timeout=60)
        assert second.returncode == 1
        assert b"DELIVERY_UNDER_WAY" in problem
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0
    stage.recipients({"name": "duty", "mail": DUTY}, {"name": "new", "mail": "new@inbox.example"})
    stage.once()
    new = Counter({("new@inbox.example", alert_id(n)): 1 for n in (1, 2)})
    assert stage.told() == everyone(1, 2) + new, "who comes later is told of what stands"


def test_who_is_refused_for_good_is_reported_and_tried_again_on_demand(stage: Stage) -> None:
    stage.mail.refusals[DUTY] = "550 5.1.1 no duty@inbox.example here"
    stage.publish(contact(1))
    process = stage.start("--once", output=subprocess.PIPE)
    told, problem = process.communicate(timeout=60)
    assert process.returncode == 3
    assert b"letter_refused" in problem
    assert b"550" in told
    assert b"inbox" not in told + problem
    assert stage.told() == Counter({(HEAD, alert_id(1)): 1})
    (before,) = stage.once()["refused_before"]
    assert (before["recipient"], before["alerts"]) == ("duty", [alert_id(1)])
    stage.mail.refusals.clear()
    stage.once("--again")
    assert stage.told() == everyone(1)


def test_what_is_not_signed_is_told_to_nobody(stage: Stage) -> None:
    stage.publish(contact(1), signed=False)
    stage.publish(contact(2))
    process = stage.start("--once", output=subprocess.PIPE)
    _, problem = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"record_refused" in problem
    assert stage.told() == everyone(2)


def test_what_a_newer_trust_document_lets_verify_is_told_then(stage: Stage) -> None:
    whole = stage.site.trust()
    others = [key for key in whole.keys if key.keyid != stage.key.keyid]
    assert len(others) == len(whole.keys) - 1
    issue(stage.site, whole.following(keys=others))
    stage.publish(contact(1))
    log = stage.folder / "log"
    with log.open("wb") as output:
        process = southmed("alerts", "deliver", *stage.where, output=output)
    try:
        until(lambda: b"record_refused" in log.read_bytes())
        assert stage.told() == Counter()
        issue(stage.site, stage.site.trust().following(keys=whole.keys))
        until(lambda: stage.told() == everyone(1))
    finally:
        stop(process)
    assert log.read_bytes().count(b"record_refused") == 1


def test_quiet_hours_hold_a_mail_back_and_a_webhook_has_none(stage: Stage) -> None:
    secret = stage.folder / "hook.secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    now = datetime.now(UTC)
    began, ends = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (-1, 2))
    asleep = {
        "name": "asleep",
        "mail": HEAD,
        "zone": "UTC",
        "quiet": {"from": began, "until": ends},
    }
    with Receiver().serving() as receiver:
        url = f"http://127.0.0.1:{receiver.port}"
        stage.recipients({"name": "hook", "webhook": url, "secret_file": "hook.secret"}, asleep)
        stage.publish(contact(1))
        assert stage.once()["held"] == 1
        ((_, content),) = receiver.posts
    assert json.loads(content)["alerts"] == [
        {"alert": alert_id(1), "link": f"https://console.example/alerts/{alert_id(1)}"}
    ]
    assert stage.told() == Counter()
    stage.recipients({"name": "asleep", "mail": HEAD})
    stage.once()
    assert stage.told() == Counter({(HEAD, alert_id(1)): 1})
