"""The files of the authority and of identities; keys that are made where they are used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.pki.certificates import (
    Credential,
    dump_key,
    hosts_of,
    new_key,
    principal_of,
)
from deploy.pki.errors import (
    CertificateAuthorityMissing,
    CertificateInvalid,
    IdentityError,
    IdentityExists,
    IdentityInvalid,
)
from deploy.pki.store import Office, accept, ask, read_identity

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path / "pki")
    made.open(NOW)
    return made


def test_a_key_made_at_home_becomes_an_identity_without_leaving(
    office: Office, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    asked = ask("authority.tn", home)
    pending = (home / "pending.key").read_bytes()
    sent = asked.read_bytes()
    (tmp_path / "answer.pem").write_bytes(office.grant("authority.tn", asked, NOW))
    accept(home, tmp_path / "answer.pem", NOW)
    held = read_identity(home)
    assert dump_key(held.key) == pending
    assert sorted(path.name for path in home.iterdir()) == ["ca.pem", "identity.pem"]
    assert (home / "identity.pem").stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE" not in sent + (tmp_path / "answer.pem").read_bytes()


def test_a_key_that_waits_leaves_the_old_identity_working(office: Office, tmp_path: Path) -> None:
    home = office.issue("authority.tn", NOW)
    before = (home / "identity.pem").read_bytes()
    asked = ask("authority.tn", home)
    assert (home / "identity.pem").read_bytes() == before
    (tmp_path / "answer.pem").write_bytes(office.grant("authority.tn", asked, NOW))
    accept(home, tmp_path / "answer.pem", NOW)
    assert read_identity(home).key != Credential.parse(before).key


def test_a_key_that_waits_is_not_overwritten(tmp_path: Path) -> None:
    ask("authority.tn", tmp_path / "home")
    with pytest.raises(IdentityExists):
        ask("authority.tn", tmp_path / "home")


def test_a_refused_certificate_changes_nothing_at_home(office: Office, tmp_path: Path) -> None:
    """One of another authority for the waiting key, one of the right authority for another key."""
    home = office.issue("authority.tn", NOW)
    asked = ask("authority.tn", home)
    stranger = Office(tmp_path / "stranger")
    stranger.open(NOW)
    elsewhere = ask("authority.tn", tmp_path / "elsewhere")
    before = {path: path.read_bytes() for path in home.iterdir()}
    for granted in (
        stranger.grant("authority.tn", asked, NOW),
        office.grant("authority.tn", elsewhere, NOW),
        b"no certificate",
    ):
        (tmp_path / "answer.pem").write_bytes(granted)
        with pytest.raises(CertificateInvalid):
            accept(home, tmp_path / "answer.pem", NOW)
        assert {path: path.read_bytes() for path in home.iterdir()} == before


# --- The files ------------------------------------------------------------------------------------


def test_private_files_are_their_owners_only_and_in_plain_pkcs8(office: Office) -> None:
    office.issue("authority.tn", NOW)
    office.issue("broker.1", NOW)
    private = [p for p in office.root.glob("*/*") if b"PRIVATE KEY" in p.read_bytes()]
    assert {p.relative_to(office.root).as_posix() for p in private} == {
        "ca/ca.key",
        "authority.tn/identity.pem",
        "broker.1/identity.pem",
    }
    assert {p.stat().st_mode & 0o777 for p in private} == {0o600}
    for path in private:
        assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")


def test_an_identity_is_whole_in_itself(office: Office) -> None:
    folder = office.issue("broker.1", NOW)
    held = read_identity(folder)
    assert [principal_of(held.chain[0]), held.chain[1]] == ["broker.1", office.authority().chain[0]]
    assert (folder / "ca.pem").read_bytes() == office.ca_file.read_bytes()


def test_nothing_is_issued_twice_or_without_an_authority(office: Office, tmp_path: Path) -> None:
    office.issue("operator", NOW)
    before = (office.root / "operator" / "identity.pem").read_bytes()
    with pytest.raises(IdentityExists):
        office.issue("operator", NOW)
    with pytest.raises(IdentityExists):
        office.open(NOW)
    assert (office.root / "operator" / "identity.pem").read_bytes() == before
    with pytest.raises(CertificateAuthorityMissing):
        Office(tmp_path / "elsewhere").issue("operator", NOW)


def test_a_renewal_changes_key_and_certificate_together_and_keeps_the_hosts(
    office: Office,
) -> None:
    folder = office.issue("broker.1", NOW, hosts=["kafka-1.example.org"])
    before, inode = read_identity(folder), (folder / "identity.pem").stat().st_ino
    later = NOW + timedelta(days=60)
    office.renew("broker.1", later)
    after = read_identity(folder)
    assert after.key != before.key
    assert after.certificate.serial_number != before.certificate.serial_number
    assert after.certificate.not_valid_after_utc == later + timedelta(days=90)
    assert set(hosts_of(after.certificate)) == set(hosts_of(before.certificate))
    assert "kafka-1.example.org" in hosts_of(after.certificate)
    # By a rename: whoever reads has the old file or the new one.
    assert (folder / "identity.pem").stat().st_ino != inode
    assert (folder / "identity.pem").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["ca.pem", "identity.pem"]


def test_only_what_has_an_identity_is_renewed(office: Office) -> None:
    with pytest.raises(IdentityInvalid):
        office.renew("operator", NOW)
    assert not (office.root / "operator").exists()


@pytest.mark.parametrize(("days", "due"), [(59, False), (60, False), (61, True), (100, True)])
def test_what_ends_within_thirty_days_is_due(office: Office, days: int, due: bool) -> None:
    office.issue("operator", NOW)
    later = NOW + timedelta(days=days)
    assert office.due(later) == (["operator"] if due else [])


def test_what_is_due_is_what_ends_soon_and_no_more(office: Office) -> None:
    office.issue("operator", NOW, lifetime=timedelta(days=10))
    office.issue("authority.tn", NOW)
    assert office.due(NOW) == ["operator"]


def broken(identity: bytes) -> dict[str, bytes]:
    other = dump_key(new_key())
    key, _, certificates = identity.partition(b"-----BEGIN CERTIFICATE-----")
    return {
        "nothing": b"",
        "no certificate": key,
        "no key": b"-----BEGIN CERTIFICATE-----" + certificates,
        "cut short": identity[: len(identity) // 3],
        "a key that does not fit": other + b"-----BEGIN CERTIFICATE-----" + certificates,
    }


@pytest.mark.parametrize("how", broken(b""))
def test_a_broken_identity_is_told_by_its_folder(office: Office, how: str) -> None:
    folder = office.issue("operator", NOW)
    path = folder / "identity.pem"
    path.write_bytes(broken(path.read_bytes())[how])
    with pytest.raises(IdentityInvalid, match="operator"):
        read_identity(folder)


def test_an_identity_that_others_may_read_is_refused(office: Office) -> None:
    folder = office.issue("operator", NOW)
    (folder / "identity.pem").chmod(0o640)
    with pytest.raises(IdentityInvalid, match="chmod 600"):
        read_identity(folder)


def test_no_error_of_an_identity_repeats_its_key(office: Office) -> None:
    folder = office.issue("operator", NOW)
    path = folder / "identity.pem"
    content = path.read_bytes()
    path.write_bytes(content[:150] + content[160:])
    with pytest.raises(IdentityError) as raised:
        read_identity(folder)
    assert not any(line.decode() in str(raised.value) for line in content.splitlines())
    assert raised.value.__cause__ is None
