"""Certificates: how long they hold, whose they are, and what the brokers show.

A certificate that has ended stops whoever shows it at the next connection; one that ends soon is
told early enough to renew it in office hours. An authority's own needs more time, because every
party has to believe the new one before the first certificate is issued under it.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography import x509

from deploy.doctor.findings import Finding, attempt, fail, ok, warn
from deploy.identity import Identity
from deploy.pki.certificates import Credential, check_principal, is_broker, is_issued_by
from deploy.pki.store import SOON, Held, read_identity, read_trusted

CHECK = "certificates"
SHOWN = "broker certificates"
SOON_FOR_AUTHORITY = timedelta(days=180)
CONNECT_SECONDS = 5.0
OUR_CLOCK = "Check this machine's clock; if it is right, issue the certificate anew."


def renewing(principal: str) -> str:
    """How the certificate of a principal is renewed."""
    if is_broker(principal):
        return f"`southmed pki renew {principal} --site DIR`, then `southmed broker reload`."
    return (
        f"`southmed pki renew {principal} --site DIR` where the certificate authority is, or at"
        " home: `southmed pki request`, later `southmed pki accept`."
    )


NEW_AUTHORITY = (
    "Make a new authority, add its certificate to every ca.pem, brokers first, and only then issue"
    " under it: docs/operator.md, key renewal."
)


def judge_dates(
    check: str, subject: str, held: Held, now: datetime, soon: timedelta, advice: str
) -> Finding:
    """Whether a certificate holds now and for long enough.

    Args:
        check: The check's name.
        subject: Whose it is, or where it was seen.
        held: What it says.
        now: The present time.
        soon: Time before its end from which on it is due.
        advice: How to renew it.
    """
    names = f", for {' '.join(held.hosts)}" if held.hosts else ""
    until = f"until {held.not_after:%Y-%m-%d}, {held.days_left(now)} days, serial {held.serial}"
    if held.is_over(now):
        return fail(check, subject, f"ended on {held.not_after:%Y-%m-%d}{names}", advice)
    if held.not_before > now:
        begins = f"begins to hold on {held.not_before:%Y-%m-%d %H:%M} UTC only"
        return fail(check, subject, begins, OUR_CLOCK)
    if held.is_due(now, soon):
        return warn(check, subject, until + names, advice)
    return ok(check, subject, until + names)


def judge_identity(
    credential: Credential, trusted: Sequence[x509.Certificate], now: datetime
) -> Iterator[Finding]:
    """The certificate of an identity.

    Raises:
        UnknownPrincipal: It is of nobody whom the contract knows.
    """
    held = Held.of(credential.certificate)
    check_principal(held.principal)
    if not any(is_issued_by(credential.certificate, ca) for ca in trusted):
        what = "not issued by an authority of its ca.pem"
        yield fail(CHECK, held.principal, what, "Compare ca.pem with the operator's fingerprint.")
    yield judge_dates(CHECK, held.principal, held, now, SOON, renewing(held.principal))


def judge_authorities(trusted: Iterable[x509.Certificate], now: datetime) -> Iterator[Finding]:
    """The certificates of authorities, each once."""
    for ca in sorted(set(trusted), key=lambda c: c.not_valid_after_utc):
        subject = f"authority {ca.serial_number:x}"[:24]
        yield judge_dates(CHECK, subject, Held.of(ca, "ca"), now, SOON_FOR_AUTHORITY, NEW_AUTHORITY)


def look_at_identities(folders: Iterable[Path], now: datetime) -> Iterator[Finding]:
    """Identities in folders, and the authorities that they believe."""
    believed: set[x509.Certificate] = set()
    for folder in folders:
        yield from attempt(CHECK, folder.name, partial(_look, folder, believed, now))
    yield from judge_authorities(believed, now)


def _look(folder: Path, believed: set[x509.Certificate], now: datetime) -> Iterator[Finding]:
    trusted = read_trusted(folder)
    believed.update(trusted)
    yield from judge_identity(read_identity(folder), trusted, now)


# --- What brokers show ----------------------------------------------------------------------------


def look_at_broker(identity: Path, host: str, port: int, now: datetime) -> Iterator[Finding]:
    """Connects to a broker as our principal and judges the certificate that it shows."""
    subject = f"{host}:{port}"
    try:
        shown = shown_by(Identity(identity).context, host, port)
    except ssl.SSLCertVerificationError as error:
        what = f"its certificate is not believed: {error.verify_message}"
        yield fail(SHOWN, subject, what, "Renew the broker's certificate, with --host as dialled.")
        return
    except ssl.SSLError as error:
        what = f"no TLS 1.3 with our certificate: {error.reason or type(error).__name__}"
        yield fail(SHOWN, subject, what, "Check our own certificate's dates and its authority.")
        return
    except OSError as error:
        what = f"no connection: {type(error).__name__}"
        yield fail(SHOWN, subject, what, "Check --broker, the network, and that the broker runs.")
        return
    held = Held.of(shown)
    yield judge_dates(SHOWN, subject, held, now, SOON, renewing(held.principal or "BROKER"))


def shown_by(context: ssl.SSLContext, host: str, port: int) -> x509.Certificate:
    """The certificate that a server shows, once it is believed."""
    with socket.create_connection((host, port), CONNECT_SECONDS) as plain:
        plain.settimeout(CONNECT_SECONDS)
        with context.wrap_socket(plain, server_hostname=host) as secure:
            return x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"")
