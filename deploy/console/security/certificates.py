"""Readers who show a client certificate: the principal that it names, and its roles.

The rules:

1. TLS lets nobody through whose certificate is not of the platform's authority. What it names is
   looked up in `ROLES`; who is not there (an adapter, a processor, a broker) reads nothing.
2. Who shows a certificate is who it says, whatever session their browser has beside it.
3. A connection may outlive a certificate; a certificate that has ended lets nobody in.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography import x509
from fastapi import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from deploy.console.security.roles import Reader, Role
from deploy.pki.certificates import principal_of
from deploy.pki.errors import IdentityError
from schemas.access import PRINCIPALS
from schemas.topics import COUNTRY_CODES

SHOWN = "southmed.certificate"
"""Where a request has the certificate of its connection."""
ROLES: Mapping[str, frozenset[Role]] = {
    "contact.{cc}": frozenset({Role.VIEWER, Role.CONTACT}),
    "analyst.coe": frozenset({Role.VIEWER, Role.ANALYST}),
    "operator": frozenset({Role.VIEWER, Role.OPERATOR}),
}
"""By rows of the table of principals."""


def reader_of(principal: str, bound: str) -> Reader | None:
    """The reader that a principal is; None for one that reads no pages."""
    for row in PRINCIPALS:
        if row.template in ROLES and principal in row.names():
            countries = [
                c for c, cc in COUNTRY_CODES.items() if row.template.format(cc=cc) == principal
            ]
            country = countries[0] if "{cc}" in row.template else ""
            return Reader(principal, ROLES[row.template], country, "certificate", bound)
    return None


def shown(request: Request) -> bytes | None:
    """The certificate of a request's connection."""
    found: bytes | None = request.scope.get(SHOWN)
    return found


def by_certificate(
    der: bytes, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Reader | None:
    """Who shows a certificate that TLS has let through."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        principal = principal_of(certificate)
    except (ValueError, IdentityError):
        return None
    if not certificate.not_valid_before_utc <= now() < certificate.not_valid_after_utc:
        return None
    return reader_of(principal, sha256(der).hexdigest())


class Showing(H11Protocol):
    """uvicorn's protocol, with the certificate of the connection in every request's scope."""

    def connection_made(self, transport: Any) -> None:
        """Takes the certificate from the finished handshake."""
        super().connection_made(transport)
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        der = tls.getpeercert(binary_form=True) if tls is not None else None
        if der is None:
            return
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await inner({**scope, SHOWN: der}, receive, send)

        self.app = app
