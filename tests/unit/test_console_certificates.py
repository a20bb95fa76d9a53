"""Client certificates over real TLS: whose are let in, and as whom."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from deploy.console.app import create_app
from deploy.console.errors import SettingsInvalid
from deploy.console.security.certificates import by_certificate
from deploy.console.security.desk import Desk, tls_context
from deploy.console.security.keeping import Keeping
from deploy.console.security.sessions import Sessions
from deploy.console.security.settings import TlsSettings
from deploy.console.serving import configured, listening
from deploy.pki.certificates import dump_key, issue, make_authority, new_key
from schemas.errors import KeyFileInvalid
from tests.unit.console_guard import a_console, only

LIMIT = 20
NOW = datetime.now(UTC)


class Authority:
    """An authority, and what it issued into a folder."""

    def __init__(self, folder: Path) -> None:
        self.ca = make_authority(NOW)
        self.folder = folder
        folder.mkdir()
        self.file = folder / "ca.pem"
        self.file.write_bytes(self.ca.certificate.public_bytes(Encoding.PEM))

    def give(self, principal: str, now: datetime = NOW, **more: timedelta) -> tuple[Path, Path]:
        key = new_key()
        certificate = issue(self.ca, principal, key.public_key(), now, **more)
        files = self.folder / f"{principal}.pem", self.folder / f"{principal}.key"
        files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        files[1].write_bytes(dump_key(key))
        files[1].chmod(0o600)
        return files


@contextmanager
def served(tls: TlsSettings, *, certificates: bool = True) -> Iterator[str]:
    keeping = Keeping()
    desk = Desk(keeping, Sessions(keeping), None, certificates)
    console = a_console(None)
    # The doorkeeper that a guarded console has, before real connections.
    app = create_app(
        type(console)(**{**vars(console), "doorkeeper": desk, "hosts": ("127.0.0.1",)})
    )
    with listening(0) as listener:
        server = uvicorn.Server(configured(app, tls_context(tls)))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(LIMIT)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki") / "ours")


@pytest.fixture(scope="module")
def tls(authority: Authority) -> TlsSettings:
    certificate, key = authority.give("broker.1")
    return TlsSettings(certificate=certificate, key=key, clients=authority.file)


@pytest.fixture(scope="module")
def url(tls: TlsSettings) -> Iterator[str]:
    with served(tls) as address:
        yield address


def getting(url: str, path: str, authority: Authority, shown: tuple[Path, Path] | None) -> int:
    context = ssl.create_default_context(cafile=str(authority.file))
    if shown is not None:
        context.load_cert_chain(*shown)
    with httpx.Client(verify=context, base_url=url) as client:
        return client.get(path).status_code


@pytest.mark.parametrize(
    ("principal", "tun", "mar", "analysts", "audit"),
    [
        ("contact.tn", 200, 403, 403, 403),
        ("contact.ma", 403, 200, 403, 403),
        ("analyst.coe", 403, 403, 200, 403),
        ("operator", 403, 403, 403, 200),
        ("authority.tn", 401, 401, 401, 401),
        ("processor.intake", 401, 401, 401, 401),
        ("console", 401, 401, 401, 401),
        ("broker.2", 401, 401, 401, 401),
    ],
)
def test_a_certificate_opens_what_its_principal_may_read(
    url: str, authority: Authority, principal: str, tun: int, mar: int, analysts: int, audit: int
) -> None:
    shown = authority.give(principal)
    boards = [f"/en/alerts/{b}/{only(b).id}" for b in ("tun", "mar", "analysts")]
    found = [getting(url, path, authority, shown) for path in (*boards, "/en/audit")]
    assert found == [tun, mar, analysts, audit]
    programs = [path.replace("/en/", "/api/v1/") for path in boards]
    assert [getting(url, path, authority, shown) for path in programs] == [tun, mar, analysts]


def test_without_a_certificate_nothing_is_open(url: str, authority: Authority) -> None:
    assert getting(url, "/en/region", authority, None) == 401


def test_a_certificate_of_another_authority_gets_no_connection(
    url: str, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other")
    with pytest.raises(httpx.HTTPError):
        getting(url, "/en/region", authority, other.give("contact.tn"))


def test_where_certificates_are_no_way_in_they_open_nothing(
    tls: TlsSettings, authority: Authority
) -> None:
    with served(tls, certificates=False) as address:
        assert getting(address, "/en/region", authority, authority.give("contact.tn")) == 401


def der(files: tuple[Path, Path]) -> bytes:
    return x509.load_pem_x509_certificate(files[0].read_bytes()).public_bytes(Encoding.DER)


def test_a_certificate_that_ended_while_its_connection_lived_opens_nothing(
    authority: Authority,
) -> None:
    shown = der(authority.give("contact.tn", lifetime=timedelta(hours=1)))
    assert by_certificate(shown) is not None
    assert by_certificate(shown, lambda: NOW + timedelta(hours=2)) is None
    assert by_certificate(shown, lambda: NOW - timedelta(days=2)) is None
    assert by_certificate(b"no certificate") is None


def test_tls_begins_with_files_that_fit_and_a_key_that_is_private(
    authority: Authority, tls: TlsSettings
) -> None:
    _, other = authority.give("broker.2")
    with pytest.raises(SettingsInvalid):
        tls_context(tls.model_copy(update={"key": other}))
    other.chmod(0o644)
    with pytest.raises(KeyFileInvalid):
        tls_context(tls.model_copy(update={"key": other}))


def test_tls_is_of_the_newest_version(tls: TlsSettings) -> None:
    context = tls_context(tls)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.verify_mode is ssl.CERT_OPTIONAL
