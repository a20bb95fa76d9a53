"""Those who should not be let in, and a look at what a listener does with them."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from kafka.protocol.metadata import ApiVersionsRequest

from deploy.pki.certificates import (
    Credential,
    dump_certificates,
    make_authority,
    new_key,
)
from deploy.pki.store import CA_FILE, IDENTITY_FILE
from schemas.private_files import write_private

SECONDS = 5.0
_NUMBER = 20_260_101
_HOUR = timedelta(hours=1)


def another_authority() -> Credential:
    """A certificate authority of the same name as ours, with a key of its own."""
    return make_authority(datetime.now(UTC))


def a_credential(
    ca: Credential, common_name: str, organisation: str = "southmed", *, ended: bool = False
) -> Credential:
    """A certificate that our own tools would not issue.

    Args:
        ca: Who signs it.
        common_name: Any name.
        organisation: The other part of the subject.
        ended: Whether it has ended by now.
    """
    key, now = new_key(), datetime.now(UTC)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    leaf = (
        x509.CertificateBuilder()
        .issuer_name(ca.certificate.subject)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * _HOUR)
        .not_valid_after(now - _HOUR if ended else now + _HOUR)
        .add_extension(usage, critical=False)
        .sign(ca.key, hashes.SHA256())
    )
    return Credential(key, (leaf, *ca.chain))


def an_identity(folder: Path, credential: Credential, trusted: x509.Certificate) -> Path:
    """A folder as `deploy.identity` reads it.

    Args:
        folder: Where.
        credential: What it shows.
        trusted: The authority whose brokers it believes.
    """
    write_private(folder / IDENTITY_FILE, credential.dump())
    (folder / CA_FILE).write_bytes(dump_certificates([trusted]))
    return folder


def a_context(trusted: Path, identity: Path | None) -> ssl.SSLContext:
    """TLS of a client that believes our brokers, with or without a certificate to show."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(trusted)
    if identity is not None:
        context.load_cert_chain(identity)
    return context


def is_let_in(port: int, context: ssl.SSLContext | None) -> bool:
    """Whether a listener answers the first question of every Kafka client.

    Under TLS 1.3 a client has finished its handshake before the broker has looked at its
    certificate, so only an answer tells.
    """
    question = ApiVersionsRequest(version=0)
    question.with_header(correlation_id=_NUMBER, client_id="stranger")
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as plain:
            channel = plain
            if context is not None:
                channel = context.wrap_socket(plain, server_hostname="localhost")
            channel.sendall(question.encode(header=True, framed=True))
            # Four bytes of length, then the number of the question; an alert has neither.
            return channel.recv(8)[4:] == _NUMBER.to_bytes(4, "big")
    except (ssl.SSLError, ConnectionError):
        return False
