"""The desk at the door: who comes in by which way, as ``console.yaml`` says."""

from __future__ import annotations

import secrets
import ssl
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request

from deploy.console.errors import SettingsInvalid
from deploy.console.security.audit import Audit
from deploy.console.security.certificates import by_certificate, shown
from deploy.console.security.forms import Tokens
from deploy.console.security.keeping import Keeping
from deploy.console.security.openid import Provider
from deploy.console.security.roles import Reader
from deploy.console.security.sessions import Sessions
from deploy.console.security.settings import Settings, TlsSettings
from schemas.errors import KeyFileInvalid
from schemas.private_files import read_private, write_private

KEY_FILE, SESSIONS_FILE, AUDIT_FILE = "console.key", "sessions.sqlite", "audit.sqlite"
SIGNED_IN, SIGNED_OUT = "/signed-in", "/signed-out"
"""Where the provider sends browsers back to."""


@dataclass(frozen=True)
class Desk:
    """Who comes in.

    Attributes:
        keeping: Where sign-ins under way are kept.
        sessions: Those that there are.
        provider: Where people sign in; None for nowhere.
        certificates: Whether client certificates are a way in.
    """

    keeping: Keeping
    sessions: Sessions
    provider: Provider | None
    certificates: bool

    async def __call__(self, request: Request) -> Reader | None:
        """Says who sends a request."""
        der = shown(request)
        if der is not None:
            # Never by a session beside it: who shows a certificate is who it says, or nobody.
            return by_certificate(der) if self.certificates else None
        return self.sessions.reader(request)


@dataclass(frozen=True)
class Guarding:
    """What a console is guarded by.

    Attributes:
        desk: Who comes in.
        audit: What they do.
        tokens: What their forms carry.
    """

    desk: Desk
    audit: Audit
    tokens: Tokens


def guarding(settings: Settings) -> Guarding:
    """What a console is guarded by, in its folder.

    Raises:
        AuditUnusable: The log cannot be written.
        KeyFileInvalid: A secret is not here, or not ours alone.
    """
    folder = settings.state
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = _key(folder / KEY_FILE)
    keeping = Keeping(folder / SESSIONS_FILE, key)
    provider = None
    if settings.openid is not None:
        addresses = (settings.address + SIGNED_IN, settings.address + SIGNED_OUT)
        provider = Provider(settings.openid, *addresses)
    desk = Desk(keeping, Sessions(keeping), provider, settings.certificates)
    return Guarding(desk, Audit(folder / AUDIT_FILE), Tokens(key))


def _key(path: Path) -> bytes:
    if not path.exists():
        write_private(path, secrets.token_bytes(32))
    return read_private(path)


def tls_context(settings: TlsSettings) -> ssl.SSLContext:
    """TLS of the console; client certificates are asked for if there is an authority of them.

    Raises:
        SettingsInvalid: OpenSSL does not take the files.
        KeyFileInvalid: The key is not here, or not ours alone.
    """
    read_private(settings.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(settings.certificate, settings.key)
        if settings.clients is not None:
            context.load_verify_locations(settings.clients)
            context.verify_mode = ssl.CERT_OPTIONAL
    except ssl.SSLError as error:
        raise SettingsInvalid(
            expected="certificates and a key that fit", got=error.reason or "an error"
        ) from None
    except OSError as error:
        raise KeyFileInvalid(expected="the files of tls", got=type(error).__name__) from None
    return context
