"""TLS as it is on the wire: who is let in, who is not, and that renewals need no restart.

The other side is Python's own TLS server, which demands a client's certificate as the brokers do.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient

from deploy.identity import Identity
from deploy.pki.certificates import dump_key, new_key
from deploy.pki.errors import IdentityInvalid
from deploy.pki.store import Office, read_identity
from deploy.running import lines
from deploy.terminal import broker_at
from schemas.log_lines import told_in
from tests.unit.tls import REFUSALS, Server, broker_context, by_socket, each_way, serving

NOW = datetime.now(UTC)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path / "pki")
    made.open(NOW)
    made.issue("broker.1", NOW)
    made.issue("authority.tn", NOW)
    return made


@pytest.fixture
def server(office: Office) -> Iterator[Server]:
    with serving(broker_context(office.folder("broker.1"))) as made:
        yield made


def serial(folder: Path) -> int:
    return read_identity(folder).certificate.serial_number


# --- Who is let in --------------------------------------------------------------------------------


@each_way
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_client_and_a_broker_of_one_authority_meet_over_tls_1_3(
    office: Office, server: Server, connect: Callable[..., str], host: str
) -> None:
    folder = office.folder("authority.tn")
    assert connect(Identity(folder).context, server.port, host) == "TLSv1.3"
    assert server.seen == [serial(folder)]


@each_way
def test_a_client_of_another_authority_is_refused(
    office: Office, server: Server, connect: Callable[..., str], tmp_path: Path
) -> None:
    stranger = Office(tmp_path / "stranger")
    stranger.open(NOW)
    folder = stranger.issue("authority.tn", NOW)
    # It believes our broker, so that it is the broker who refuses.
    (folder / "ca.pem").write_bytes(office.ca_file.read_bytes())
    with pytest.raises(REFUSALS):
        connect(Identity(folder).context, server.port)
    assert server.seen == []


@each_way
def test_a_broker_of_another_authority_is_refused(
    office: Office, connect: Callable[..., str], tmp_path: Path
) -> None:
    stranger = Office(tmp_path / "stranger")
    stranger.open(NOW)
    folder = stranger.issue("broker.1", NOW)
    (folder / "ca.pem").write_bytes(office.ca_file.read_bytes())
    with serving(broker_context(folder)) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(Identity(office.folder("authority.tn")).context, server.port)
        assert server.seen == []


@each_way
def test_an_expired_client_is_refused(
    office: Office, server: Server, connect: Callable[..., str]
) -> None:
    folder = office.issue("operator", NOW, lifetime=timedelta(seconds=-1))
    with pytest.raises(REFUSALS):
        connect(Identity(folder).context, server.port)
    assert server.seen == []


@each_way
def test_an_expired_broker_is_refused(office: Office, connect: Callable[..., str]) -> None:
    folder = office.issue("broker.2", NOW, lifetime=timedelta(seconds=-1))
    with (
        serving(broker_context(folder)) as server,
        pytest.raises(ssl.SSLCertVerificationError, match="expired"),
    ):
        connect(Identity(office.folder("authority.tn")).context, server.port)


@each_way
def test_a_broker_under_a_host_that_it_does_not_name_is_refused(
    office: Office, server: Server, connect: Callable[..., str]
) -> None:
    context = Identity(office.folder("authority.tn")).context
    with pytest.raises(ssl.SSLCertVerificationError, match=r"kafka-1\.example\.org"):
        connect(context, server.port, "kafka-1.example.org")


@each_way
def test_a_client_cannot_pass_for_a_broker(office: Office, connect: Callable[..., str]) -> None:
    with (
        serving(broker_context(office.folder("authority.tn"))) as server,
        pytest.raises(ssl.SSLCertVerificationError, match="purpose"),
    ):
        connect(Identity(office.folder("authority.tn")).context, server.port)


@each_way
def test_tls_1_2_is_refused(office: Office, connect: Callable[..., str]) -> None:
    old = broker_context(office.folder("broker.1"))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with serving(old) as server:
        with pytest.raises(ssl.SSLError):
            connect(Identity(office.folder("authority.tn")).context, server.port)
        assert server.seen == []


def test_the_server_of_these_tests_refuses_who_shows_nothing(
    office: Office, server: Server
) -> None:
    bare = ssl.create_default_context(cafile=str(office.ca_file))
    with pytest.raises(REFUSALS):
        by_socket(bare, server.port)
    assert server.seen == []


async def test_aiokafka_speaks_tls_through_the_context(office: Office) -> None:
    """The client's first request arrives in the clear behind the handshake."""
    arrived: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not arrived.done():
            arrived.set_result(await reader.readexactly(8))
        writer.close()

    context = broker_context(office.folder("broker.1"))
    listening = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
    port = listening.sockets[0].getsockname()[1]
    broker = broker_at(f"127.0.0.1:{port}", office.folder("authority.tn"))
    client = AIOKafkaClient(**broker.options(), client_id="southmed", request_timeout_ms=2000)
    starting = asyncio.ensure_future(client.bootstrap())
    try:
        request = await asyncio.wait_for(arrived, timeout=10)
    finally:
        await asyncio.gather(starting, return_exceptions=True)
        await client.close()
        listening.close()
    api_key = int.from_bytes(request[4:6], "big")
    assert api_key in {3, 18}, "a Kafka client begins with ApiVersions or Metadata"


# --- Renewal --------------------------------------------------------------------------------------


@each_way
def test_a_renewal_is_shown_at_the_next_connection(
    office: Office, server: Server, connect: Callable[..., str]
) -> None:
    folder = office.folder("authority.tn")
    identity = Identity(folder)
    context, before, ends = identity.context, serial(folder), identity.not_after
    connect(context, server.port)
    office.renew("authority.tn", NOW + timedelta(hours=1))
    connect(context, server.port)
    connect(context, server.port)
    assert server.seen == [before, serial(folder), serial(folder)]
    assert before != serial(folder)
    assert identity.context is context
    assert identity.not_after == ends + timedelta(hours=1)


def mismatched(content: bytes) -> bytes:
    certificates = content[content.index(b"-----BEGIN CERTIFICATE") :]
    return dump_key(new_key()) + certificates


def spoil(folder: Path, how: str) -> None:
    path = folder / "identity.pem"
    content = path.read_bytes()
    match how:
        case "truncated":
            path.write_bytes(content[: len(content) // 2])
        case "without its certificate":
            path.write_bytes(content[: content.index(b"-----BEGIN CERTIFICATE")])
        case "mismatched":
            path.write_bytes(mismatched(content))
        case "empty":
            path.write_bytes(b"")
        case "gone":
            path.unlink()
        case "readable by others":
            path.chmod(0o644)
        case "no authority":
            (folder / "ca.pem").write_bytes(b"")
        case "half an authority":
            (folder / "ca.pem").write_bytes((folder / "ca.pem").read_bytes()[:200])


SPOILED = [
    "truncated",
    "without its certificate",
    "mismatched",
    "empty",
    "gone",
    "readable by others",
    "no authority",
    "half an authority",
]


@each_way
@pytest.mark.parametrize("how", SPOILED)
def test_what_cannot_be_used_leaves_the_old_identity_working(
    office: Office,
    server: Server,
    connect: Callable[..., str],
    how: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = office.folder("authority.tn")
    identity, before = Identity(folder), serial(folder)
    kept = {path: path.read_bytes() for path in folder.iterdir()}
    spoil(folder, how)
    for _ in range(3):
        connect(identity.context, server.port)
    assert server.seen == [before] * 3
    told = [told for record in caplog.records if (told := told_in(record))]
    assert [each.line for each in told] == [lines.IDENTITY_UNUSABLE], (
        "once, not at every connection"
    )
    assert told[0].values == {"code": "IDENTITY_INVALID"}
    # Once it is whole again it is taken up.
    for path, content in kept.items():
        path.write_bytes(content)
        path.chmod(0o600)
    office.renew("authority.tn", NOW)
    connect(identity.context, server.port)
    assert server.seen[-1] == serial(folder) != before


@pytest.mark.parametrize("how", SPOILED)
def test_what_cannot_be_used_is_an_error_at_the_start(office: Office, how: str) -> None:
    folder = office.folder("authority.tn")
    spoil(folder, how)
    with pytest.raises(IdentityInvalid, match=r"authority\.tn"):
        Identity(folder)


def test_a_reader_never_meets_half_a_renewal(office: Office) -> None:
    """Renewals one after the other, and readings all the while: each fits, none is told of."""
    folder = office.folder("authority.tn")
    identity = Identity(folder)
    done = threading.Event()

    def renew() -> None:
        for hours in range(150):
            office.renew("authority.tn", NOW + timedelta(hours=hours))
        done.set()

    writer = threading.Thread(target=renew)
    writer.start()
    ends = set()
    while not done.is_set():
        Identity(folder)
        identity.refresh()
        ends.add(identity.not_after)
    writer.join()
    identity.refresh()
    assert identity.not_after == read_identity(folder).certificate.not_valid_after_utc
    assert len(ends) > 10


@each_way
def test_an_authority_is_added_and_removed_while_a_process_runs(
    office: Office, connect: Callable[..., str], tmp_path: Path
) -> None:
    """The way to a new authority: believe both, change certificates, believe the new one only."""
    newer = Office(tmp_path / "newer")
    newer.open(NOW)
    both = office.ca_file.read_bytes() + newer.ca_file.read_bytes()
    folder = office.folder("authority.tn")
    identity = Identity(folder)
    broker = newer.issue("broker.1", NOW)
    (broker / "ca.pem").write_bytes(both)
    with serving(broker_context(broker)) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(identity.context, server.port)
        (folder / "ca.pem").write_bytes(both)
        connect(identity.context, server.port)
        (folder / "ca.pem").write_bytes(office.ca_file.read_bytes())
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(identity.context, server.port)
        assert len(server.seen) == 1


def test_unchanged_files_are_not_read_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = Identity(office.folder("authority.tn"))
    readings: list[Any] = []
    monkeypatch.setattr("deploy.identity.read_identity", readings.append)
    for _ in range(3):
        identity.refresh()
    assert readings == []


def test_an_identity_tells_whose_it_is_and_how_long_it_holds(office: Office) -> None:
    identity = Identity(office.folder("authority.tn"))
    assert identity.principal == "authority.tn"
    assert identity.not_after == (NOW + timedelta(days=90)).replace(microsecond=0)
