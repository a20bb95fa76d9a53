"""Who a process is to the brokers, and how it notices that its certificate was renewed.

The rules:

1. TLS 1.3 and nothing older. The broker's certificate is verified and must name the host that was
   dialled; our own certificate is always shown.
2. Certificate, key and authorities are read again whenever one of their files has changed, at the
   next connection. A renewal needs no restart; open connections live on as they are.
3. What cannot be used (half a file, a key that does not fit, wrong permissions) never replaces
   what works: the old stays, and the log says so once. Only at the very start it is an error.
4. Without an identity only brokers on this machine are spoken to: see `check_plaintext`.

What follows from 2 is that authorities can be added and removed while processes run.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509

from deploy.pki.certificates import dump_certificates, principal_of
from deploy.pki.errors import IdentityInvalid, TlsRequired
from deploy.pki.store import CA_FILE, IDENTITY_FILE, read_identity, read_trusted
from deploy.running import lines
from schemas.log_lines import tell

_Stamp = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class _Loaded:
    """One reading of the files."""

    stamp: _Stamp
    context: ssl.SSLContext
    certificate: x509.Certificate


class Identity:
    """The identity of a principal, as TLS of a client.

    Args:
        folder: The folder with ``identity.pem`` and ``ca.pem``.

    Raises:
        IdentityInvalid: The folder does not hold a usable identity.

    Example:
        >>> broker = Broker("kafka:9093", ssl=Identity(folder).context)       # doctest: +SKIP
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._told: _Stamp | None = None
        self._loaded = _load(folder)
        self.context: ssl.SSLContext = _FollowingContext(self._newest)

    @property
    def principal(self) -> str:
        """Whose it is."""
        return principal_of(self._loaded.certificate)

    @property
    def not_after(self) -> datetime:
        """When the certificate that is presently loaded ends."""
        return self._loaded.certificate.not_valid_after_utc

    def refresh(self) -> None:
        """Reads the files again if they changed; keeps what works if they cannot be used."""
        stamp = _stamp(self._folder)
        if stamp == self._loaded.stamp:
            return
        try:
            self._loaded = _load(self._folder)
        except IdentityInvalid as error:
            # Not taken as seen: the same file may only have been half written.
            if stamp != self._told:
                self._told = stamp
                tell(lines.IDENTITY_UNUSABLE, code=error.code)

    def _newest(self) -> ssl.SSLContext:
        self.refresh()
        return self._loaded.context


class _FollowingContext(ssl.SSLContext):
    """A context that hands every new connection to the newest context of an identity.

    Replacing a whole context, and not the certificate inside one, is what makes rule 3 hold:
    OpenSSL takes a new certificate in before it finds out that the key does not fit.
    """

    _newest: Callable[[], ssl.SSLContext]

    def __new__(cls, *_: Any) -> _FollowingContext:
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, newest: Callable[[], ssl.SSLContext]) -> None:
        self._newest = newest
        self.minimum_version = ssl.TLSVersion.TLSv1_3

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """For asyncio, that is aiokafka and Faust."""
        return self._newest().wrap_bio(*arguments, **options)

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        """For sockets, that is kafka-python."""
        return self._newest().wrap_socket(*arguments, **options)


def _load(folder: Path) -> _Loaded:
    # The stamp is taken first: what changes while we read is read again at the next connection.
    stamp = _stamp(folder)
    identity, trusted = read_identity(folder), read_trusted(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_verify_locations(cadata=dump_certificates(trusted).decode())
        with _as_file(identity.dump()) as path:
            context.load_cert_chain(path)
    except ssl.SSLError as error:
        raise IdentityInvalid(
            expected=f"what OpenSSL takes in {folder}", got=error.reason or "an error"
        ) from None
    return _Loaded(stamp, context, identity.certificate)


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """What was read once, as a file that only we see; in memory where the system can.

    OpenSSL takes paths only, and opens one twice, for the certificate and for the key. Were it
    given the identity's own file, a renewal between the two would leave it two halves.
    """
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("identity"), "wb") as file:
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            yield file.name


def _stamp(folder: Path) -> _Stamp:
    """What changes when a file is written, replaced, or given other permissions."""
    return tuple(_file_stamp(folder / name) for name in (IDENTITY_FILE, CA_FILE))


def _file_stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


# --- Without TLS ----------------------------------------------------------------------------------


def check_plaintext(servers: str) -> None:
    """Refuses to speak without TLS to any broker but one on this machine.

    Args:
        servers: Comma-separated ``host:port`` pairs.

    Raises:
        TlsRequired: One of them is elsewhere, or cannot be told to be here.
    """
    away = [s for s in map(str.strip, servers.split(",")) if s and not is_loopback(s)]
    if away:
        raise TlsRequired(expected="an identity, or a loopback address", got=", ".join(away))


def is_loopback(server: str) -> bool:
    """Whether ``host:port``, ``[address]:port`` or a bare host is on this machine."""
    if server.startswith("["):
        host = server[1:].partition("]")[0]
    else:
        host = server.partition(":")[0] if server.count(":") == 1 else server
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
