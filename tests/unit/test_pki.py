"""Certificates field by field, and as others verify them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import (
    ClientVerifier,
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    ServerVerifier,
    Store,
    VerificationError,
)
from hypothesis import given
from hypothesis import strategies as st

from deploy.pki.certificates import (
    Credential,
    check_principal,
    dump_certificates,
    fitted,
    hosts_of,
    is_issued_by,
    issue,
    make_authority,
    new_key,
    principal_of,
    request,
    requested_key,
)
from deploy.pki.errors import (
    CertificateInvalid,
    HostInvalid,
    RequestInvalid,
    UnknownPrincipal,
)
from deploy.pki.store import Office
from schemas.access import principals

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
CA = make_authority(NOW)
CLIENTS = sorted(principals())


def leaf(principal: str, **options: Any) -> x509.Certificate:
    return issue(CA, principal, new_key().public_key(), NOW, **options)


def extension(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> Any:
    return certificate.extensions.get_extension_for_class(kind)


def usages(certificate: x509.Certificate) -> set[str]:
    value = extension(certificate, x509.KeyUsage).value
    names = ("digital_signature", "key_cert_sign", "crl_sign", "key_agreement", "key_encipherment")
    return {name for name in names if getattr(value, name)}


# --- The authority's own certificate --------------------------------------------------------------


def test_the_authority_signs_end_certificates_and_nothing_else() -> None:
    own = CA.certificate
    basic = extension(own, x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    assert extension(own, x509.KeyUsage).critical
    assert usages(own) == {"key_cert_sign"}
    assert own.issuer == own.subject
    own.verify_directly_issued_by(own)


def test_the_authority_holds_ten_years() -> None:
    assert CA.certificate.not_valid_after_utc == NOW + timedelta(days=3652)


# --- A principal's certificate --------------------------------------------------------------------


@pytest.mark.parametrize("principal", [*CLIENTS, "broker.1", "broker.12"])
def test_a_certificate_carries_its_principal_and_keys_on_p256(principal: str) -> None:
    made = leaf(principal)
    # Java prints a subject from its end; the broker's mapping rule expects just this.
    assert made.subject.rfc4514_string() == f"CN={principal},O=southmed"
    assert [a.oid for a in made.subject] == [NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME]
    assert principal_of(made) == principal
    assert made.version is x509.Version.v3
    key = made.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert isinstance(made.signature_hash_algorithm, hashes.SHA256)
    basic = extension(made, x509.BasicConstraints)
    assert (basic.critical, basic.value.ca) == (True, False)
    assert usages(made) == {"digital_signature"}


def test_a_certificate_names_the_keys_that_it_hangs_on() -> None:
    made = leaf("operator")
    own = x509.SubjectKeyIdentifier.from_public_key(made.public_key()).digest
    assert extension(made, x509.SubjectKeyIdentifier).value.digest == own
    above = extension(CA.certificate, x509.SubjectKeyIdentifier).value.digest
    assert extension(made, x509.AuthorityKeyIdentifier).value.key_identifier == above


@pytest.mark.parametrize("principal", CLIENTS)
def test_a_client_may_be_a_client_only_and_has_no_hosts(principal: str) -> None:
    made = leaf(principal)
    assert list(extension(made, x509.ExtendedKeyUsage).value) == [Usage.CLIENT_AUTH]
    assert hosts_of(made) == ()


def test_a_broker_may_be_both_and_names_its_hosts() -> None:
    made = leaf("broker.1", hosts=["kafka-1.example.org", "192.0.2.7", "localhost"])
    assert set(extension(made, x509.ExtendedKeyUsage).value) == {
        Usage.SERVER_AUTH,
        Usage.CLIENT_AUTH,
    }
    names = extension(made, x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "kafka-1.example.org"]
    addresses = [ip_address(text) for text in ("127.0.0.1", "::1", "192.0.2.7")]
    assert names.get_values_for_type(x509.IPAddress) == addresses


def test_a_certificate_begins_a_day_early_and_ends_after_ninety() -> None:
    made = leaf("operator")
    assert made.not_valid_before_utc == NOW - timedelta(days=1)
    assert made.not_valid_after_utc == NOW + timedelta(days=90)


@given(seconds=st.integers(1, 400 * 86400 * 12))
def test_no_certificate_outlives_its_authority(seconds: int) -> None:
    made = leaf("operator", lifetime=timedelta(seconds=seconds))
    wanted = NOW + timedelta(seconds=seconds)
    assert made.not_valid_after_utc == min(wanted, CA.certificate.not_valid_after_utc)


def test_serial_numbers_do_not_repeat_and_cannot_be_foreseen() -> None:
    serials = {leaf("operator").serial_number for _ in range(50)}
    assert len(serials) == 50
    assert all(serial.bit_length() > 100 for serial in serials)


NOBODY = [
    "",
    "authority.xx",
    "authority.{cc}",
    "Authority.tn",
    "authority.tn ",
    "authority.tn\n",
    "../authority.tn",
    "User:operator",
    "ANONYMOUS",
    "ca",
    "broker",
    "broker.",
    "broker.0",
    "broker.01",
    "broker.1.2",
    "broker.-1",
    "broker.١",
    "broker.1\n",
]


@pytest.mark.parametrize("name", NOBODY, ids=repr)
def test_nobody_else_gets_a_certificate(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownPrincipal):
        leaf(name)
    with pytest.raises(UnknownPrincipal):
        request(name, new_key())
    office = Office(tmp_path / "pki")
    office.open(NOW)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UnknownPrincipal):
        office.issue(name, NOW)
    assert sorted(tmp_path.rglob("*")) == before


@given(st.text())
def test_a_name_is_a_path_of_one_plain_part_or_is_refused(name: str) -> None:
    try:
        check_principal(name)
    except UnknownPrincipal:
        return
    assert Path(name).parts == (name,)
    assert name not in {".", "..", "ca"}


@pytest.mark.parametrize(
    "host", ["", "*.example.org", "a b", "-a", "a..b", "ex\u00e4mple.org", "a" * 64, "kafka:9092"]
)
def test_a_host_that_cannot_be_named_is_refused(host: str) -> None:
    with pytest.raises(HostInvalid):
        leaf("broker.1", hosts=[host])


def test_a_client_cannot_be_given_a_host() -> None:
    with pytest.raises(HostInvalid):
        leaf("authority.tn", hosts=["kafka-1.example.org"])


# --- As others verify -----------------------------------------------------------------------------


def client_verifier(ca: Credential, at: datetime) -> ClientVerifier:
    # The web demands a host name of clients too; a principal has none.
    named_or_not = ExtensionPolicy.webpki_defaults_ee().may_be_present(
        x509.SubjectAlternativeName, Criticality.AGNOSTIC, None
    )
    policy = PolicyBuilder().store(Store([ca.certificate])).time(at)
    above = ExtensionPolicy.webpki_defaults_ca()
    return policy.extension_policies(
        ca_policy=above, ee_policy=named_or_not
    ).build_client_verifier()


def server_verifier(ca: Credential, at: datetime, host: str) -> ServerVerifier:
    policy = PolicyBuilder().store(Store([ca.certificate])).time(at)
    try:
        return policy.build_server_verifier(x509.IPAddress(ip_address(host)))
    except ValueError:
        return policy.build_server_verifier(x509.DNSName(host))


@pytest.mark.parametrize("principal", [*CLIENTS, "broker.1"])
def test_every_certificate_verifies_as_a_clients(principal: str) -> None:
    chain = client_verifier(CA, NOW).verify(leaf(principal), []).chain
    assert chain[-1] == CA.certificate


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "kafka-1.example.org"])
def test_a_brokers_certificate_verifies_under_each_of_its_hosts(host: str) -> None:
    made = leaf("broker.1", hosts=["kafka-1.example.org"])
    server_verifier(CA, NOW, host).verify(made, [])


def _refused(ca: Credential, at: datetime, made: x509.Certificate, host: str = "") -> bool:
    try:
        if host:
            server_verifier(ca, at, host).verify(made, [])
        else:
            client_verifier(ca, at).verify(made, [])
    except VerificationError:
        return True
    return False


REFUSED = {
    "another authority's": (make_authority(NOW), NOW, "operator", ""),
    "a client's, as a broker's": (CA, NOW, "operator", "localhost"),
    "under another host": (CA, NOW, "broker.1", "kafka-9.example.org"),
    "after its end": (CA, NOW + timedelta(days=90, seconds=1), "operator", ""),
    "two days before it was made": (CA, NOW - timedelta(days=2), "operator", ""),
}


@pytest.mark.parametrize(("ca", "at", "principal", "server"), REFUSED.values(), ids=REFUSED)
def test_a_certificate_does_not_verify(
    ca: Credential, at: datetime, principal: str, server: str
) -> None:
    assert _refused(ca, at, leaf(principal), server)


def test_a_clock_that_is_an_hour_behind_takes_a_fresh_certificate() -> None:
    assert not _refused(CA, NOW - timedelta(hours=1), leaf("operator"))


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl")
@pytest.mark.parametrize(
    ("principal", "purpose", "accepted"),
    [
        ("authority.tn", "sslclient", True),
        ("authority.tn", "sslserver", False),
        ("broker.1", "sslclient", True),
        ("broker.1", "sslserver", True),
    ],
)
def test_openssl_agrees(tmp_path: Path, principal: str, purpose: str, accepted: bool) -> None:
    office = Office(tmp_path)
    office.open(datetime.now(UTC))
    folder = office.issue(principal, datetime.now(UTC))
    command = ["openssl", "verify", "-x509_strict", "-purpose", purpose]
    done = subprocess.run(
        [*command, "-CAfile", folder / "ca.pem", folder / "identity.pem"],
        capture_output=True,
        check=False,
    )
    assert (done.returncode == 0) == accepted, done.stderr.decode()


# --- Keys made at home ----------------------------------------------------------------------------


def csr(key: Any, *names: tuple[x509.ObjectIdentifier, str]) -> x509.CertificateSigningRequest:
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    hash_ = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hash_)


def pem(asked: x509.CertificateSigningRequest) -> bytes:
    return asked.public_bytes(serialization.Encoding.PEM)


def altered(asked: x509.CertificateSigningRequest) -> bytes:
    """The same request with one bit of its signature turned."""
    der = bytearray(asked.public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    return pem(x509.load_der_x509_csr(bytes(der)))


O = (NameOID.ORGANIZATION_NAME, "southmed")  # noqa: E741 - as certificates call it
TN = (NameOID.COMMON_NAME, "authority.tn")

BAD_REQUESTS: dict[str, bytes] = {
    "no request": b"authority.tn",
    "a certificate": CA.certificate.public_bytes(serialization.Encoding.PEM),
    "another principal": pem(request("authority.ma", new_key())),
    "no organisation": pem(csr(new_key(), TN)),
    "the other order": pem(csr(new_key(), TN, O)),
    "a second name": pem(csr(new_key(), O, TN, (NameOID.COMMON_NAME, "operator"))),
    "another curve": pem(csr(ec.generate_private_key(ec.SECP384R1()), O, TN)),
    "another kind of key": pem(csr(rsa.generate_private_key(65537, 2048), O, TN)),
    "a key that Kafka cannot load": pem(csr(ed25519.Ed25519PrivateKey.generate(), O, TN)),
    "not signed by its key": altered(request("authority.tn", new_key())),
}


@pytest.mark.parametrize("asked", BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_a_request_that_does_not_hold_is_refused(asked: bytes) -> None:
    with pytest.raises(RequestInvalid):
        requested_key("authority.tn", asked)


def test_a_request_decides_nothing_but_the_key(tmp_path: Path) -> None:
    """Whoever asks to be a server, a broker's host or an authority gets a client's certificate."""
    key = new_key()
    greedy = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(*O), x509.NameAttribute(*TN)]))
        .add_extension(x509.ExtendedKeyUsage([Usage.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "request.pem").write_bytes(pem(greedy))
    office = Office(tmp_path / "pki")
    office.open(NOW)
    granted = office.grant("authority.tn", tmp_path / "request.pem", NOW)
    made, above = x509.load_pem_x509_certificates(granted)
    assert made.public_key() == key.public_key()
    assert list(extension(made, x509.ExtendedKeyUsage).value) == [Usage.CLIENT_AUTH]
    assert not extension(made, x509.BasicConstraints).value.ca
    assert hosts_of(made) == ()
    made.verify_directly_issued_by(above)


KEY = new_key()
FITTING = issue(CA, "authority.tn", KEY.public_key(), NOW)
OTHER_CA = make_authority(NOW)

UNFIT = {
    "no certificate": b"nothing",
    "another key's": dump_certificates([leaf("authority.tn")]),
    "another authority's": dump_certificates(
        [issue(OTHER_CA, "authority.tn", KEY.public_key(), NOW), *OTHER_CA.chain]
    ),
    "one that has ended": dump_certificates(
        [issue(CA, "authority.tn", KEY.public_key(), NOW, lifetime=timedelta(0))]
    ),
}


@pytest.mark.parametrize("came", UNFIT.values(), ids=UNFIT)
def test_a_certificate_that_does_not_fit_the_waiting_key_is_refused(came: bytes) -> None:
    with pytest.raises(CertificateInvalid):
        fitted(KEY, came, CA.chain, NOW)
    assert fitted(KEY, dump_certificates([FITTING]), CA.chain, NOW).certificate == FITTING


def test_a_forged_certificate_is_not_of_the_authority() -> None:
    forged = issue(replace(CA, key=new_key()), "operator", new_key().public_key(), NOW)
    assert forged.issuer == CA.certificate.subject
    assert not is_issued_by(forged, CA.certificate)
    assert is_issued_by(FITTING, CA.certificate)
