"""The files of a certificate authority and of the identities that it issued.

::

    site/pki/ca/                    ca.key (private), ca.pem
    site/pki/authority.tn/          identity.pem (private), ca.pem
    site/pki/broker.1/              the same: Kafka's PEM key store reads identity.pem as it is

A folder of an identity is what its owner gets, whole. The better way is that the key never
travels: the owner makes it at home, sends ``request.pem``, and gets a certificate back::

    <folder>/pending.key            private; waits for its certificate
    <folder>/request.pem            to be sent to the authority

While a new key waits, the old identity goes on working; `accept` replaces it by one rename.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.pki.certificates import (
    AUTHORITY_LIFETIME,
    LEAF_LIFETIME,
    Credential,
    Key,
    check_principal,
    dump_certificates,
    dump_key,
    fitted,
    hosts_of,
    issue,
    make_authority,
    new_key,
    principal_of,
    request,
    requested_key,
)
from deploy.pki.errors import (
    CertificateAuthorityMissing,
    CertificateInvalid,
    IdentityExists,
    IdentityInvalid,
    RequestInvalid,
)
from schemas.errors import KeyFileInvalid
from schemas.private_files import read_private, replace_private, write_private

IDENTITY_FILE = "identity.pem"
CA_FILE = "ca.pem"
CA_KEY_FILE = "ca.key"
PENDING_FILE = "pending.key"
REQUEST_FILE = "request.pem"
CA_FOLDER = "ca"

SOON = timedelta(days=30)
"""A certificate that ends within this time is due for renewal."""


@dataclass(frozen=True)
class Held:
    """What a certificate says, for people and programs.

    Attributes:
        principal: Whose it is; ``ca`` for the authority's own.
        serial: Serial number in hexadecimal digits.
        issuer: Subject of who signed it.
        not_before: When it begins to hold.
        not_after: When it ends.
        hosts: What a broker may be called.
    """

    principal: str
    serial: str
    issuer: str
    not_before: datetime
    not_after: datetime
    hosts: tuple[str, ...]

    @classmethod
    def of(cls, certificate: x509.Certificate, principal: str = "") -> Held:
        """What a certificate says."""
        return cls(
            principal or principal_of(certificate),
            f"{certificate.serial_number:x}",
            certificate.issuer.rfc4514_string(),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
            hosts_of(certificate),
        )

    def days_left(self, now: datetime) -> int:
        """Whole days until it ends; negative once it has."""
        return (self.not_after - now).days

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended."""
        return self.not_after <= now

    def is_due(self, now: datetime, within: timedelta = SOON) -> bool:
        """Whether it ends so soon that it is to be renewed."""
        return self.not_after - now < within


# --- Reading --------------------------------------------------------------------------------------


def read_identity(folder: Path) -> Credential:
    """Key and certificates of an identity.

    Raises:
        IdentityInvalid: Not there, readable by others, or key and certificate do not fit.
    """
    try:
        content = read_private(folder / IDENTITY_FILE)
    except KeyFileInvalid as error:
        raise IdentityInvalid(expected=error.expected, got=error.got) from None
    try:
        return Credential.parse(content)
    except IdentityInvalid as error:
        raise IdentityInvalid(expected=f"{error.expected} in {folder}", got=error.got) from None


def read_trusted(folder: Path) -> list[x509.Certificate]:
    """The authorities that an identity believes.

    Raises:
        IdentityInvalid: ``ca.pem`` is not there or is no certificate.
    """
    try:
        return x509.load_pem_x509_certificates((folder / CA_FILE).read_bytes())
    except (OSError, ValueError) as error:
        expected = f"certificates in {folder / CA_FILE}"
        raise IdentityInvalid(expected=expected, got=type(error).__name__) from None


# --- The authority --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Office:
    """A certificate authority on disk, with the identities that it made.

    Attributes:
        root: The folder ``pki`` of a site.
    """

    root: Path

    @property
    def ca_file(self) -> Path:
        return self.root / CA_FOLDER / CA_FILE

    def folder(self, principal: str) -> Path:
        """Where the identity of a principal is, or will be.

        Raises:
            UnknownPrincipal: Nobody of that name may have one; it could not be a path either.
        """
        check_principal(principal)
        return self.root / principal

    def open(self, now: datetime, lifetime: timedelta = AUTHORITY_LIFETIME) -> None:
        """Makes the authority's key and certificate.

        Raises:
            IdentityExists: There is one.
        """
        ca = make_authority(now, lifetime)
        _write_new(self.root / CA_FOLDER / CA_KEY_FILE, dump_key(ca.key))
        self.ca_file.write_bytes(dump_certificates(ca.chain))

    def authority(self) -> Credential:
        """Reads the authority's key and certificate.

        Raises:
            CertificateAuthorityMissing: They are not here.
        """
        try:
            key = read_private(self.root / CA_FOLDER / CA_KEY_FILE)
            certificate = self.ca_file.read_bytes()
        except (OSError, KeyFileInvalid) as error:
            got = error.got if isinstance(error, KeyFileInvalid) else type(error).__name__
            raise CertificateAuthorityMissing(expected=f"{self.ca_file}", got=got) from None
        return Credential.parse(key + certificate)

    def issue(
        self,
        principal: str,
        now: datetime,
        *,
        lifetime: timedelta = LEAF_LIFETIME,
        hosts: Sequence[str] = (),
    ) -> Path:
        """Makes an identity: its key, its certificate and whom to believe.

        Raises:
            IdentityExists: The principal has one; it is to be renewed instead.
        """
        folder, ca, key = self.folder(principal), self.authority(), new_key()
        leaf = issue(ca, principal, key.public_key(), now, lifetime=lifetime, hosts=hosts)
        _write_new(folder / IDENTITY_FILE, Credential(key, (leaf, *ca.chain)).dump())
        (folder / CA_FILE).write_bytes(dump_certificates(ca.chain))
        return folder

    def renew(
        self, principal: str, now: datetime, *, lifetime: timedelta = LEAF_LIFETIME
    ) -> Credential:
        """Puts a new key and certificate in the place of the old; hosts stay as they are."""
        folder, ca, key = self.folder(principal), self.authority(), new_key()
        hosts = hosts_of(read_identity(folder).certificate)
        leaf = issue(ca, principal, key.public_key(), now, lifetime=lifetime, hosts=hosts)
        renewed = Credential(key, (leaf, *ca.chain))
        replace_private(folder / IDENTITY_FILE, renewed.dump())
        return renewed

    def grant(
        self,
        principal: str,
        asked: Path,
        now: datetime,
        *,
        lifetime: timedelta = LEAF_LIFETIME,
        hosts: Sequence[str] = (),
    ) -> bytes:
        """The certificate for a key that was made elsewhere, followed by the authority's own.

        Raises:
            RequestInvalid: The request does not hold.
        """
        try:
            pem = asked.read_bytes()
        except OSError as error:
            raise RequestInvalid(expected=f"a request {asked}", got=type(error).__name__) from None
        check_principal(principal)
        ca, key = self.authority(), requested_key(principal, pem)
        leaf = issue(ca, principal, key, now, lifetime=lifetime, hosts=hosts)
        return dump_certificates([leaf, *ca.chain])

    def identities(self) -> Iterator[Held]:
        """Every identity in this folder, by name."""
        for path in sorted(self.root.glob(f"*/{IDENTITY_FILE}")):
            yield Held.of(read_identity(path.parent).certificate)

    def due(self, now: datetime, within: timedelta = SOON) -> list[str]:
        """The principals whose certificates end so soon that they are to be renewed."""
        return [held.principal for held in self.identities() if held.is_due(now, within)]

    def own(self) -> Held:
        """What the authority's own certificate says."""
        return Held.of(self.authority().certificate, CA_FOLDER)


# --- At the principal's own place -----------------------------------------------------------------


def ask(principal: str, folder: Path) -> Path:
    """Makes a key that waits and a request for its certificate; returns the request's file.

    Raises:
        IdentityExists: A key waits already.
    """
    key = new_key()
    asked = request(principal, key)
    _write_new(folder / PENDING_FILE, dump_key(key))
    path = folder / REQUEST_FILE
    path.write_bytes(asked.public_bytes(serialization.Encoding.PEM))
    return path


def accept(folder: Path, certificate: Path, now: datetime) -> Credential:
    """Puts the certificate that came back, with the key that waited, in place as the identity.

    The first time, the authority's certificate that came along becomes ``ca.pem``, whose
    fingerprint is to be compared by another way; later ones must come from an authority in it.

    Raises:
        IdentityInvalid: No key waits.
        CertificateInvalid: The certificate does not fit.
    """
    key = _pending(folder)
    try:
        pem = certificate.read_bytes()
        came = x509.load_pem_x509_certificates(pem)
    except (OSError, ValueError) as error:
        got = type(error).__name__
        raise CertificateInvalid(expected=f"certificates in {certificate}", got=got) from None
    known = (folder / CA_FILE).exists()
    trusted = read_trusted(folder) if known else came[1:]
    accepted = fitted(key, pem, trusted, now)
    if not known:
        (folder / CA_FILE).write_bytes(dump_certificates(trusted))
    replace_private(folder / IDENTITY_FILE, accepted.dump())
    (folder / PENDING_FILE).unlink()
    (folder / REQUEST_FILE).unlink(missing_ok=True)
    return accepted


def _pending(folder: Path) -> Key:
    try:
        pem = read_private(folder / PENDING_FILE)
        key = serialization.load_pem_private_key(pem, password=None)
    except KeyFileInvalid as error:
        raise IdentityInvalid(expected=error.expected, got=error.got) from None
    except (ValueError, TypeError) as error:
        raise IdentityInvalid(expected="a key in PEM", got=type(error).__name__) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise IdentityInvalid(expected="a key on P-256", got="another kind of key")
    return key


def _write_new(path: Path, content: bytes) -> None:
    try:
        write_private(path, content)
    except KeyFileInvalid as error:
        raise IdentityExists(expected=error.expected, got=error.got) from None
