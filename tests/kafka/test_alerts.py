"""Alerts on Apache Kafka over mutual TLS: who publishes, who reads what, and who may answer.

Everything goes through the command line, each principal with its own certificate.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.demo import connecting, southmed
from deploy.home import Site
from schemas.alerts import ANALYSTS, CONTACTS, EVERYBODY
from schemas.topics import COUNTRY_CODES
from tests.kafka.cluster import KafkaScene
from tests.kafka.doors import readers, writers
from tests.unit.alert_site import a_site, put
from tests.unit.test_alert_plan import HIT, THREE

ALERTS, ANALYST, TUNISIA, LEBANON, MOROCCO = (
    *("processor.alerts", "analyst.coe"),
    *("contact.tn", "contact.lb", "contact.ma"),
)
CONSOLE = "console"
ON = ("--as-of", "2026-07-15")
PATIENCE = 60.0


@dataclass(frozen=True)
class Office:
    """A site that publishes alerts, and the cluster that it publishes on."""

    site: Site
    place: KafkaScene

    def start(self, who: str, *words: str) -> subprocess.Popen[bytes]:
        """A command of ``southmed alerts`` as a principal of the cluster."""
        more = connecting(self.place.reach, who)
        return southmed("alerts", *words, *more, output=subprocess.PIPE)

    def told(self, who: str, *words: str) -> Any:
        """What such a command tells."""
        told, problem = (process := self.start(who, *words, "--json")).communicate(timeout=PATIENCE)
        assert process.returncode == 0, problem
        return json.loads(told)

    def refused(self, *attempts: tuple[str, tuple[str, ...]]) -> list[str]:
        """Why commands fail, all of which are tried at once: a refusal takes its time."""
        started = [self.start(who, *words) for who, words in attempts]
        ended = [process.communicate(timeout=PATIENCE * 2) for process in started]
        assert [process.returncode for process in started] == [1] * len(attempts), ended
        return [problem.decode() for _, problem in ended]

    @property
    def publish(self) -> tuple[str, ...]:
        return ("run", "--once", *ON, "--site", str(self.site.root))

    def round(self) -> Any:
        return self.told(ALERTS, *self.publish)

    def reading(self, command: str, *words: str) -> tuple[str, ...]:
        """A reader's command: it has the trust document and its certificate."""
        return (command, *words, "--trust", str(self.site.trust_file))

    def show(self, who: str, *words: str) -> Any:
        return self.told(who, *self.reading("show", *words))


@pytest.fixture
def office(place: KafkaScene, tmp_path: Path) -> Office:
    return Office(a_site(tmp_path / "alerts", THREE), place)


def test_each_reader_is_told_its_own_and_no_other_s(office: Office) -> None:
    written = {(a["topic"], a["state"]) for a in office.round()["written"]}
    topics = {CONTACTS["TUN"].topic, CONTACTS["LBN"].topic, ANALYSTS.topic}
    assert written == {(topic, "NEW") for topic in topics}
    for who, authority, other in ((TUNISIA, "tn.inltp", "LBN"), (LEBANON, "lb.isf", "TUN")):
        told = [alert["about"] for alert in office.show(who)]
        assert {case["authority"] for about in told for case in about["cases"]} == {authority}
        assert {c["country"] for about in told for c in about["counterparts"]} == {other}
    assert office.show(MOROCCO) == []
    assert {frozenset(a["about"]["countries"]) for a in office.show(ANALYST)} == {
        frozenset({"TUN", "LBN"})
    }
    for who in (ANALYST, TUNISIA):
        assert office.show(who, "--as", "everybody") == []
    closed = ((MOROCCO, TUNISIA), (ANALYST, TUNISIA), (TUNISIA, ANALYST))
    tried = [(who, office.reading("show", "--as", whose)) for who, whose in closed]
    assert all("TOPIC_CLOSED" in why for why in office.refused(*tried))


def test_the_broker_lets_nobody_read_but_the_audience_and_the_process_itself(
    office: Office,
) -> None:
    office.round()
    for country, code in COUNTRY_CODES.items():
        assert readers(office.place, CONTACTS[country].topic) == {
            *(f"contact.{code}", ALERTS, CONSOLE)
        }
    assert readers(office.place, ANALYSTS.topic) == {ANALYST, ALERTS, CONSOLE}


def test_answers_of_contact_point_and_analyst_come_back_as_states(office: Office) -> None:
    office.round()
    (mine, *_) = office.show(TUNISIA)
    (theirs, *_) = office.show(ANALYST)
    confirmed = ("--state", "CONFIRMED", "--reason", "JOINT_CASE")
    office.told(TUNISIA, *office.reading("assess", mine["id"], *confirmed))
    office.told(ANALYST, *office.reading("assess", theirs["id"], "--state", "SEEN"))
    office.round()
    (mine,) = office.show(TUNISIA, mine["id"])
    (theirs,) = office.show(ANALYST, theirs["id"])
    steps = [[(s["state"], s["by"]) for s in alert["history"]] for alert in (mine, theirs)]
    assert steps == [
        [("NEW", "PLATFORM"), ("CONFIRMED", "CONTACT")],
        [("NEW", "PLATFORM"), ("SEEN", "ANALYST")],
    ]
    assert office.round() == {"written": [], "held": []}
    put(office.site, HIT[:1])
    office.round()
    assert office.show(TUNISIA) == office.show(ANALYST) == []
    (gone,) = office.show(TUNISIA, mine["id"])
    assert (gone["state"], gone["about"]) == ("RETRACTED", None)


def test_nobody_else_publishes_or_answers_though_it_had_the_platform_s_keys(office: Office) -> None:
    seen = office.reading("assess", "0" * 32, "--state", "SEEN", "--as", TUNISIA)
    publishing, answering = office.refused((ANALYST, office.publish), (MOROCCO, seen))
    assert "ALERT_TOPIC_UNREACHABLE" in publishing
    assert "TOPIC_CLOSED" in answering
    assert office.show(TUNISIA) == []


def test_the_broker_lets_nobody_write_but_the_process_and_whose_answer_it_is(
    office: Office,
) -> None:
    for channel in (CONTACTS["TUN"], ANALYSTS, EVERYBODY):
        assert writers(office.place, channel.topic) == {ALERTS}
        if channel.answers:
            # The console passes on what its readers answer.
            assert writers(office.place, channel.answers) == {channel.reader, CONSOLE}
