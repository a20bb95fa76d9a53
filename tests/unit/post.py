"""Servers that deliveries are tested against: real SMTP with TLS, and a real receiver of webhooks.

Each runs on a free port of loopback, in a thread with a loop of its own.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Closing = Callable[[], Awaitable[None]]


class Certificate:
    """A self-made certificate of this machine.

    Attributes:
        pem: What whoever trusts it names.
    """

    def __init__(self, folder: Path, name: str = "localhost") -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        names: list[x509.GeneralName] = [x509.DNSName(name)]
        if name == "localhost":
            names.append(x509.IPAddress(ip_address("127.0.0.1")))
        made = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=2))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.pem = folder / f"{name}.pem"
        self.pem.write_bytes(made.public_bytes(Encoding.PEM))
        private = folder / f"{name}.private"
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.pem, private)


@contextmanager
def _serving(start: Callable[[], Awaitable[Closing]]) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> Closing:
        return await start()

    stop = asyncio.run_coroutine_threadsafe(begin(), loop).result(10)

    async def end() -> None:
        await stop()

    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


# --- Mail ----------------------------------------------------------------------------------------


@dataclass
class Mail:
    """A mail as the server took it."""

    to: str
    sender: str
    encrypted: bool
    user: str
    message: EmailMessage

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])

    def part(self, kind: str) -> str:
        found = self.message.get_body((kind,))
        assert found is not None
        return str(found.get_content())


@dataclass
class MailServer:
    """A mail server.

    Attributes:
        mails: What it took.
        refusals: Its answer to a recipient, by address.
        content_refusal: Its answer to any mail.
        password: What a user has to know; nobody has to log in without.
        heard: Every recipient that it was told of, taken or not.
        before_taking: Called when a mail is whole, before it is taken.
    """

    mails: list[Mail] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    content_refusal: str = ""
    password: str = ""
    heard: list[str] = field(default_factory=list)
    before_taking: Callable[[], None] = lambda: None
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - the library's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        self.heard.append(address)
        if (refusal := self.refusals.get(address)) is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.content_refusal:
            return self.content_refusal
        self.before_taking()
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        login = session.auth_data
        user = login.login.decode() if isinstance(login, LoginPassword) else ""
        sender, encrypted = envelope.mail_from or "", session.ssl is not None
        for to in envelope.rcpt_tos:
            self.mails.append(Mail(to, sender, encrypted, user, message))
        return "250 taken"

    def logs_in(self, _s: Any, _session: Any, _e: Any, _mechanism: str, login: Any) -> AuthResult:
        right = isinstance(login, LoginPassword) and login.password.decode() == self.password
        return AuthResult(success=right, auth_data=login if right else None, handled=False)

    @contextmanager
    def serving(
        self,
        *,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> Iterator[MailServer]:
        """Serves, with STARTTLS required, in TLS, or in the clear."""

        def connection() -> SMTP:
            return SMTP(
                self,
                hostname="localhost",
                tls_context=starttls,
                require_starttls=starttls is not None,
                authenticator=self.logs_in,
                auth_required=bool(self.password),
                auth_require_tls=starttls is not None,
                loop=asyncio.get_running_loop(),
            )

        async def start() -> Closing:
            loop = asyncio.get_running_loop()
            server = await loop.create_server(connection, "127.0.0.1", port, ssl=tls)
            self.port = server.sockets[0].getsockname()[1]

            async def stop() -> None:
                server.close()

            return stop

        with _serving(start):
            yield self


# --- Webhooks ------------------------------------------------------------------------------------


@dataclass
class Receiver:
    """A receiver of webhooks.

    Attributes:
        posts: Headers and bodies that came.
        answers: The status of its answers, one after the other; 204 when they are used up.
    """

    posts: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    port: int = 0

    async def _take(self, request: web.Request) -> web.Response:
        self.posts.append((dict(request.headers), await request.read()))
        status = self.answers.pop(0) if self.answers else 204
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    @contextmanager
    def serving(self, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
        async def start() -> Closing:
            made = web.Application()
            made.router.add_route("*", "/{path:.*}", self._take)
            runner = web.AppRunner(made, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
            self.port = runner.addresses[0][1]
            return runner.cleanup

        with _serving(start):
            yield self
