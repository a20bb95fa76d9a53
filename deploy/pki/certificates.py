"""What stands in a certificate, and which request is granted: no files, no clock.

Time comes in as an argument, and keys too where they are somebody's. A certificate begins to hold
a day before it is made: clocks on two sides of a border may be an hour or more apart, and a broker
whose clock is behind would refuse a certificate that "is not valid yet". Beginning early opens
nothing, because nobody had the key then. It never outlives its authority's.

Example:
    >>> from datetime import UTC, datetime
    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> ca = make_authority(now)
    >>> leaf = issue(ca, "authority.tn", new_key().public_key(), now)
    >>> leaf.subject.rfc4514_string()
    'CN=authority.tn,O=southmed'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from cryptography.x509.oid import NameOID

from deploy.pki.errors import (
    CertificateInvalid,
    HostInvalid,
    IdentityInvalid,
    RequestInvalid,
    UnknownPrincipal,
)
from schemas.access import principals

Key = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey

CURVE = ec.SECP256R1()
ORGANISATION = "southmed"
AUTHORITY_NAME = "southmed certificate authority"
AUTHORITY_LIFETIME = timedelta(days=3652)
LEAF_LIFETIME = timedelta(days=90)
BACKDATED = timedelta(days=1)
EVERY_BROKER = ("localhost", "127.0.0.1", "::1")

_BROKER = re.compile(r"broker\.[1-9][0-9]{0,4}")
_HOST_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_HOST_LABEL}(\.{_HOST_LABEL})*")
_NO_USAGE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True)
class Credential:
    """A private key and the certificates that go with it, the key's own first."""

    key: Key
    chain: tuple[x509.Certificate, ...]

    @property
    def certificate(self) -> x509.Certificate:
        return self.chain[0]

    def dump(self) -> bytes:
        """Key, then certificates, as one PEM file: what OpenSSL and Kafka's PEM store read."""
        return dump_key(self.key) + dump_certificates(self.chain)

    @classmethod
    def parse(cls, pem: bytes) -> Credential:
        """Reads what `dump` wrote.

        Raises:
            IdentityInvalid: A part is missing or broken, or the key does not fit.
        """
        try:
            key = load_pem_private_key(pem, password=None)
            chain = tuple(x509.load_pem_x509_certificates(pem))
        except (ValueError, TypeError) as error:
            got = type(error).__name__
            raise IdentityInvalid(expected="a key and certificates in PEM", got=got) from None
        if not (isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == CURVE.name):
            raise IdentityInvalid(expected="a key on P-256", got="another kind of key")
        if key.public_key() != chain[0].public_key():
            raise IdentityInvalid(expected="the certificate of the key", got="that of another key")
        return cls(key, chain)


# --- Names ----------------------------------------------------------------------------------------


def is_broker(principal: str) -> bool:
    """Whether the name is that of a broker."""
    return _BROKER.fullmatch(principal) is not None


def check_principal(principal: str) -> None:
    """Refuses every name that is neither in the table of principals nor a broker's.

    Raises:
        UnknownPrincipal: It is neither.
    """
    if principal not in principals() and not is_broker(principal):
        raise UnknownPrincipal(expected="a principal of the table or a broker", got=principal)


def principal_of(named: x509.Certificate | x509.CertificateSigningRequest) -> str:
    """The principal that a subject names; empty if the subject is not exactly ours."""
    subject = [(a.oid, a.value) for a in named.subject]
    match subject:
        case [(NameOID.ORGANIZATION_NAME, "southmed"), (NameOID.COMMON_NAME, str(name))]:
            return name
        case _:
            return ""


def hosts_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """The hosts that a broker's certificate names; none for a client's."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        if not _HOST.fullmatch(host):
            raise HostInvalid(expected="a host name or an address", got=repr(host)) from None
        return x509.DNSName(host)


# --- Making ---------------------------------------------------------------------------------------


def new_key() -> Key:
    """A new key on P-256."""
    return ec.generate_private_key(CURVE)


def make_authority(now: datetime, lifetime: timedelta = AUTHORITY_LIFETIME) -> Credential:
    """A certificate authority, signed by itself, that signs end certificates and nothing else.

    Args:
        now: The present time.
        lifetime: How long it holds.
    """
    key = new_key()
    name = _name(AUTHORITY_NAME)
    made = (
        _begin(name, name, key.public_key(), now, now + lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign"), critical=True)
    )
    return Credential(key, (made.sign(key, hashes.SHA256()),))


def issue(
    ca: Credential,
    principal: str,
    key: PublicKey,
    now: datetime,
    *,
    lifetime: timedelta = LEAF_LIFETIME,
    hosts: Sequence[str] = (),
) -> x509.Certificate:
    """Signs the certificate of a principal.

    Args:
        ca: The authority.
        principal: Whom it is for.
        key: The principal's public key.
        now: The present time.
        lifetime: How long it holds, but never longer than the authority's own.
        hosts: Under which names and addresses a broker is reached, beside those of this machine.

    Raises:
        UnknownPrincipal: Nobody of that name may have one.
        HostInvalid: A host that cannot be named, or hosts for a client.
    """
    check_principal(principal)
    serves = is_broker(principal)
    if hosts and not serves:
        raise HostInvalid(expected=f"no hosts for {principal}", got=f"{len(hosts)}")
    end = min(now + lifetime, ca.certificate.not_valid_after_utc)
    usages = [Usage.SERVER_AUTH, Usage.CLIENT_AUTH] if serves else [Usage.CLIENT_AUTH]
    issuer = ca.certificate.subject
    identifier = ca.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    made = (
        _begin(issuer, _name(principal), key, now, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier.value),
            critical=False,
        )
    )
    if serves:
        names = [_host(host) for host in dict.fromkeys([*EVERY_BROKER, *hosts])]
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(ca.key, hashes.SHA256())


def _begin(
    issuer: x509.Name, subject: x509.Name, key: PublicKey, now: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(only: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{**_NO_USAGE, only: True})


# --- Keys made at home ----------------------------------------------------------------------------


def request(principal: str, key: Key) -> x509.CertificateSigningRequest:
    """Asks for a certificate, signed with the key that it is for.

    Raises:
        UnknownPrincipal: Nobody of that name may have one.
    """
    check_principal(principal)
    asked = x509.CertificateSigningRequestBuilder().subject_name(_name(principal))
    return asked.sign(key, hashes.SHA256())


def requested_key(principal: str, pem: bytes) -> PublicKey:
    """The key of a request, if the request holds. Nothing else of it is taken over.

    Args:
        principal: Whom the certificate is to be for.
        pem: The request.

    Raises:
        RequestInvalid: Not a request, of another principal, of another kind of key, or not signed
            by the key that it names.
    """
    try:
        asked = x509.load_pem_x509_csr(pem)
        key, signed = asked.public_key(), asked.is_signature_valid
    except (ValueError, TypeError, InvalidSignature) as error:
        raise RequestInvalid(expected="a request in PEM", got=type(error).__name__) from None
    if not (isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == CURVE.name):
        raise RequestInvalid(expected="a key on P-256", got="another kind of key")
    if not signed:
        raise RequestInvalid(expected="signed by the key that it names", got="not so")
    if principal_of(asked) != principal:
        raise RequestInvalid(expected=f"O=southmed, CN={principal}", got="another subject")
    return key


def fitted(key: Key, pem: bytes, trusted: Sequence[x509.Certificate], now: datetime) -> Credential:
    """A key with the certificate that came back for it.

    Args:
        key: The key that the request was made with.
        pem: What the authority sent: the certificate, then its own.
        trusted: The authorities that are believed.
        now: The present time.

    Raises:
        CertificateInvalid: It is of another key or authority, of nobody we know, or over.
    """
    try:
        chain = tuple(x509.load_pem_x509_certificates(pem))
    except ValueError as error:
        raise CertificateInvalid(expected="certificates in PEM", got=type(error).__name__) from None
    leaf = chain[0]
    if leaf.public_key() != key.public_key():
        raise CertificateInvalid(expected="a certificate of the waiting key", got="another key's")
    if not any(is_issued_by(leaf, ca) for ca in trusted):
        raise CertificateInvalid(expected="issued by the authority of ca.pem", got="another issuer")
    if leaf.not_valid_after_utc <= now:
        raise CertificateInvalid(expected="a certificate that holds", got="one that has ended")
    check_principal(principal_of(leaf))
    return Credential(key, chain)


def is_issued_by(certificate: x509.Certificate, ca: x509.Certificate) -> bool:
    """Whether a certificate carries an authority's name and signature."""
    try:
        certificate.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


# --- PEM ------------------------------------------------------------------------------------------


def dump_key(key: Key) -> bytes:
    """A private key as PKCS#8 PEM, unencrypted: its file's permissions guard it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def dump_certificates(certificates: Sequence[x509.Certificate]) -> bytes:
    """Certificates as PEM, one after the other."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
