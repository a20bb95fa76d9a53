"""Without TLS only this machine is spoken to; with an identity, every broker over TLS."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.demo import connecting, environment
from deploy.identity import check_plaintext
from deploy.pki.errors import TlsRequired
from deploy.pki.store import Office
from deploy.reach import Reach
from deploy.terminal import EMBEDDED_SESSION_TIMEOUT, broker_at
from schemas.kafka import Broker

NOW = datetime.now(UTC)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path / "pki")
    made.open(NOW)
    made.issue("broker.1", NOW)
    made.issue("authority.tn", NOW)
    return made


# --- Without TLS ----------------------------------------------------------------------------------

HERE = [
    "",
    "127.0.0.1:9092",
    "127.9.8.7:1",
    "localhost:9092",
    "localhost",
    "LOCALHOST:9092",
    "[::1]:9092",
    "::1",
    "127.0.0.1:9092,localhost:9093, [::1]:9094",
]
AWAY = [
    "kafka:9092",
    "192.0.2.7:9092",
    "0.0.0.0:9092",
    "10.0.0.1:9092",
    "[2001:db8::1]:9092",
    "127.0.0.1.example.org:9092",
    "localhost.example.org:9092",
    "localhost@192.0.2.7:9092",
    "SSL://127.0.0.1:9092",
    "2130706433:9092",
    "127.0.0.1:9092,kafka:9092",
]


@pytest.mark.parametrize("servers", HERE, ids=repr)
def test_this_machine_is_spoken_to_without_tls(servers: str) -> None:
    check_plaintext(servers)
    broker = broker_at(servers)
    assert broker == Broker(servers, session_timeout=EMBEDDED_SESSION_TIMEOUT)
    assert broker.options()["security_protocol"] == "PLAINTEXT"


@pytest.mark.parametrize("servers", AWAY)
def test_no_other_machine_is_spoken_to_without_tls(servers: str) -> None:
    with pytest.raises(TlsRequired) as raised:
        broker_at(servers)
    assert "--identity" in raised.value.advice


def test_with_an_identity_every_broker_is_spoken_to_over_tls(office: Office) -> None:
    for servers in (*HERE, *AWAY):
        broker = broker_at(servers, office.folder("authority.tn"))
        assert broker.options()["security_protocol"] == "SSL"
        assert isinstance(broker.ssl, ssl.SSLContext)
        assert broker.session_timeout == Broker("").session_timeout


def test_a_process_that_we_start_has_the_identity_that_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOUTHMED_IDENTITY", "/somewhere")
    assert environment() == {k: v for k, v in os.environ.items() if k != "SOUTHMED_IDENTITY"}
    intake = "processor.intake"
    assert connecting(Reach("localhost:1"), intake) == ["--broker", "localhost:1"]
    told = connecting(Reach("localhost:1", Path("/pki")), intake)
    assert told == ["--broker", "localhost:1", "--identity", f"/pki/{intake}"]
