"""How a register's server is asked: what is verified, what is tried again, what is never told."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import ValidationError

from country_adapters.kit.errors import (
    RegisterError,
    RegisterMissing,
    RegisterUnreadable,
    SourceRefused,
    SourceUnreachable,
)
from country_adapters.kit.sources import web
from country_adapters.kit.sources.web import Patience, Server, ServerOptions
from tests.unit.register_servers import PLANTED, SECRET, Asked, RegisterServer, Told, served

ANYONE = "Token of nobody"


class Scripted(RegisterServer):
    """Answers one thing after the other, the last one for ever."""

    def __init__(self, *answers: Told) -> None:
        super().__init__(0)
        self.answers = list(answers)

    def answer(self, asked: Asked) -> Told:
        self.asked.append(asked)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def server_at(url: str, slept: list[float] | None = None, ca_file: str = "") -> Server:
    sleep = slept.append if slept is not None else lambda _: None
    patience = Patience(timeout=5, sleep=sleep)
    return Server(ServerOptions(url=url, ca_file=ca_file), Path(), patience)


@pytest.mark.parametrize(
    "url",
    [
        "http://register.example",
        "http://10.0.0.7/kobo",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "https://",
        "https://officer:word@register.example",
        "https://register.example?token=word",
        "https://register.example:99999",
        "register.example",
    ],
)
def test_an_address_that_would_not_be_safe_is_no_address(url: str) -> None:
    with pytest.raises(ValidationError):
        ServerOptions(url=url)


@pytest.mark.parametrize(
    "url",
    [
        "https://register.example/kobo/",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "http://localhost",
    ],
)
def test_tls_everywhere_and_plain_http_on_this_machine_are_addresses(url: str) -> None:
    assert ServerOptions(url=url).url == url.rstrip("/")


@pytest.mark.parametrize(
    ("status", "error", "attempts"),
    [
        (401, SourceRefused, 1),
        (403, SourceRefused, 1),
        (404, RegisterMissing, 1),
        (400, RegisterUnreadable, 1),
        (302, SourceUnreachable, 1),
        (307, SourceUnreachable, 1),
        (429, SourceUnreachable, 5),
        (500, SourceUnreachable, 5),
        (503, SourceUnreachable, 5),
    ],
)
def test_a_status_is_named_and_only_passing_ones_are_tried_again(
    status: int, error: type[RegisterError], attempts: int
) -> None:
    elsewhere = (("Location", "http://127.0.0.1:1/elsewhere"),)
    told = Told({"detail": PLANTED}, status, elsewhere)
    slept: list[float] = []
    with served(server := Scripted(told)) as url, pytest.raises(error) as caught:
        server_at(url, slept).get("/rows", {"q": PLANTED}, SECRET)
    assert len(server.asked) == attempts
    assert slept == [1.0, 2.0, 4.0, 8.0][: attempts - 1]
    assert PLANTED not in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(("asked_for", "pause"), [("3", 3.0), ("86400", 60.0), ("Thu, 1 Jan", 1.0)])
def test_the_pause_that_a_server_asks_for_is_made_within_reason(
    asked_for: str, pause: float
) -> None:
    busy = Told({}, 429, (("Retry-After", asked_for),))
    slept: list[float] = []
    with served(Scripted(busy, Told({"count": 0}))) as url:
        assert server_at(url, slept).get("/rows", {}, ANYONE) == {"count": 0}
    assert slept == [pause]


def test_a_redirection_takes_the_token_nowhere() -> None:
    with served(other := Scripted(Told({}))) as elsewhere:
        moved = Told({}, 302, (("Location", f"{elsewhere}/rows"),))
        with served(Scripted(moved)) as url, pytest.raises(SourceUnreachable):
            server_at(url).get("/rows", {}, SECRET)
    assert other.asked == []


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_what_is_not_encrypted_goes_through_no_proxy(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    with served(Scripted(Told({"count": 0}))) as url:
        assert server_at(url).get("/rows", {}, SECRET) == {"count": 0}


def test_nobody_at_home_is_named_after_some_attempts() -> None:
    with served(Scripted(Told({}))) as url:
        pass
    slept: list[float] = []
    with pytest.raises(SourceUnreachable, match=r"127\.0\.0\.1"):
        server_at(url, slept).get("/rows", {}, ANYONE)
    assert slept == [1.0, 2.0, 4.0, 8.0]


def test_an_answer_larger_than_memory_allows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "LARGEST", 100)
    large = Scripted(Told({"results": "x" * 100}))
    with served(large) as url, pytest.raises(RegisterUnreadable, match="page_size"):
        server_at(url).get("/rows", {}, ANYONE)


class Cut(BaseHTTPRequestHandler):
    """Breaks off in the middle of its first two answers."""

    answers = 0

    def do_GET(self) -> None:
        type(self).answers += 1
        body = b'{"count": 0}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: 5 if self.answers <= 2 else None])

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def cut_server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cut)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_answer_that_breaks_off_is_asked_for_again(cut_server: ThreadingHTTPServer) -> None:
    Cut.answers = 0
    url = f"http://127.0.0.1:{cut_server.server_address[1]}"
    assert server_at(url).get("/rows", {}, ANYONE) == {"count": 0}
    assert Cut.answers == 3


# --- TLS -----------------------------------------------------------------------------------------


@pytest.fixture
def tls(tmp_path: Path, cut_server: ThreadingHTTPServer) -> str:
    """The same server with a certificate of an invented authority; its root is ``root.pem``."""
    key, certificate = self_signed()
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "root.pem").write_bytes(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "root.pem", tmp_path / "key.pem")
    cut_server.socket = context.wrap_socket(cut_server.socket, server_side=True)
    return f"https://localhost:{cut_server.server_address[1]}"


def self_signed() -> tuple[bytes, bytes]:
    """A key and a certificate for ``localhost``."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return (
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        certificate.public_bytes(serialization.Encoding.PEM),
    )


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(tls: str) -> None:
    slept: list[float] = []
    with pytest.raises(SourceUnreachable, match="a certificate that does not verify"):
        server_at(tls, slept).get("/rows", {}, SECRET)
    assert slept == []


def test_the_root_of_a_national_authority_may_be_given(tls: str, tmp_path: Path) -> None:
    Cut.answers = 2
    server = server_at(tls, ca_file=str(tmp_path / "root.pem"))
    assert server.get("/rows", {}, ANYONE) == {"count": 0}


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_root_that_is_none_is_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "root.pem").write_text(content)
    with pytest.raises(RegisterMissing, match="ca_file"):
        server_at("https://localhost", ca_file=str(tmp_path / "root.pem"))
