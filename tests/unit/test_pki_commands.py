"""``southmed pki`` as a person or a program meets it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from deploy.cli import main
from deploy.commands.pki import print_line
from deploy.pki.certificates import (
    dump_key,
)
from deploy.pki.store import Held, Office, read_identity


class Said(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Pki = Callable[..., Said]


@pytest.fixture
def pki(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Pki:
    """Runs ``southmed pki`` on a site of its own."""
    monkeypatch.setenv("SOUTHMED_SITE", str(tmp_path / "site"))

    def run(*arguments: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["southmed", "pki", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, " ".join(said.err.split()))

    return run


def test_pki_init_prints_the_fingerprint_to_compare(pki: Pki, tmp_path: Path) -> None:
    said = pki("init")
    assert (said.status, said.err) == (0, "")
    pem_ = (tmp_path / "site/pki/ca/ca.pem").read_bytes()
    digest = x509.load_pem_x509_certificate(pem_).fingerprint(hashes.SHA256())
    assert digest.hex(":") in said.out
    again = pki("init")
    assert (again.status, "IDENTITY_EXISTS" in again.err) == (1, True)
    assert (tmp_path / "site/pki/ca/ca.pem").read_bytes() == pem_


def test_a_fingerprint_is_printed_letter_by_letter(capsys: pytest.CaptureFixture[str]) -> None:
    """In a terminal's markup ``:ab:`` is a picture and ``[b]`` a style."""
    print_line("77:ab:09 /srv/[b]/x" + "y" * 200)
    assert capsys.readouterr().out == "77:ab:09 /srv/[b]/x" + "y" * 200 + "\n"


def test_pki_show_tells_of_every_identity_and_of_no_key(pki: Pki, tmp_path: Path) -> None:
    pki("init")
    pki("issue", "authority.tn", "--days", "60")
    pki("issue", "broker.1", "--host", "kafka-1.example.org", "--host", "2001:db8::ab:1")
    said = pki("show", "--json")
    assert (said.status, said.err) == (0, "")
    assert [each["principal"] for each in said.json] == ["ca", "authority.tn", "broker.1"]
    assert [each["days_left"] for each in said.json] == [3651, 59, 89]
    broker = said.json[2]
    assert broker["hosts"][3:] == ["kafka-1.example.org", "2001:db8::ab:1"]
    held = read_identity(tmp_path / "site/pki/broker.1")
    assert broker["serial"] == f"{held.certificate.serial_number:x}"
    assert broker["not_after"] == held.certificate.not_valid_after_utc.isoformat()
    assert broker["issuer"] == "CN=southmed certificate authority,O=southmed"
    told = pki("show")
    assert told.status == 0
    assert "authority.tn" in told.out
    assert "broker.1 serves as localhost" in told.out
    assert "2001:db8::ab:1" in told.out
    key_lines = dump_key(held.key).decode().splitlines()
    assert not any(line in said.out + told.out for line in key_lines)


def test_pki_show_warns_of_what_ends_soon(pki: Pki) -> None:
    pki("init")
    pki("issue", "authority.tn", "--days", "20")
    pki("issue", "authority.ma", "--days", "40")
    said = pki("show", "--json")
    assert said.status == 0
    assert said.err == "authority.tn ends in 19 days"


def test_pki_show_fails_when_a_certificate_has_ended(pki: Pki, tmp_path: Path) -> None:
    pki("init")
    office = Office(tmp_path / "site/pki")
    office.issue("operator", datetime.now(UTC), lifetime=timedelta(seconds=-5))
    said = pki("show", "--json")
    assert said.status == 1
    assert said.err == "operator has ended"
    assert said.json[1]["days_left"] == -1


def test_pki_renew_all_renews_what_ends_soon(pki: Pki) -> None:
    pki("init")
    pki("issue", "authority.tn", "--days", "20")
    pki("issue", "authority.ma")
    before = {each["principal"]: each["serial"] for each in pki("show", "--json").json}
    said = pki("renew", "--all", "--json")
    assert said.status == 0
    assert [each["principal"] for each in said.json["renewed"]] == ["authority.tn"]
    after = {each["principal"]: each["serial"] for each in pki("show", "--json").json}
    assert {name for name in before if before[name] != after[name]} == {"authority.tn"}
    assert pki("renew", "--all", "--json").json == {"renewed": []}
    assert "nothing ends within 30 days" in pki("renew", "--all").out
    both = pki("renew", "--all", "--within", "91", "--json").json["renewed"]
    assert len(both) == 2


def test_pki_renew_of_one_asks_nothing(pki: Pki) -> None:
    pki("init")
    pki("issue", "operator")
    said = pki("renew", "operator", "--days", "7", "--json")
    assert said.status == 0
    assert [each["days_left"] for each in said.json["renewed"]] == [6]


def test_a_key_is_made_at_home_by_three_commands(pki: Pki, tmp_path: Path) -> None:
    home, answer = tmp_path / "home", tmp_path / "answer.pem"
    pki("init")
    assert pki("request", "authority.tn", "--folder", home).status == 0
    request_file = home / "request.pem"
    assert pki("issue", "authority.tn", "--request", request_file, "--out", answer).status == 0
    said = pki("accept", answer, "--folder", home)
    assert said.status == 0
    ca = x509.load_pem_x509_certificate((tmp_path / "site/pki/ca/ca.pem").read_bytes())
    assert ca.fingerprint(hashes.SHA256()).hex(":") in said.out
    assert Held.of(read_identity(home).certificate).principal == "authority.tn"
    assert not (tmp_path / "site/pki/authority.tn").exists()


FAILURES: list[tuple[list[str], int, str]] = [
    (["issue", "authority.xx"], 1, "UNKNOWN_PRINCIPAL"),
    (["issue", "../operator"], 1, "UNKNOWN_PRINCIPAL"),
    (["issue", "authority.tn", "--host", "a.example"], 1, "HOST_INVALID"),
    (["issue", "operator", "--request", "nowhere.pem", "--out", "x.pem"], 1, "REQUEST_INVALID"),
    (["renew", "operator"], 1, "IDENTITY_INVALID"),
    (["request", "nobody", "--folder", "home"], 1, "UNKNOWN_PRINCIPAL"),
    (["accept", "nowhere.pem", "--folder", "home"], 1, "IDENTITY_INVALID"),
    (["show", "--site", "elsewhere"], 1, "CA_MISSING"),
    (["renew"], 2, "name a principal or say --all"),
    (["renew", "operator", "--all"], 2, "name a principal or say --all"),
    (["issue", "operator", "--request", "request.pem"], 2, "go together"),
    (["issue", "operator", "--days", "0"], 2, "--days"),
]


@pytest.mark.parametrize(("arguments", "status", "text"), FAILURES, ids=str)
def test_what_cannot_be_done_is_told_and_leaves_nothing(
    pki: Pki,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
    text: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    pki("init")
    before = sorted(tmp_path.rglob("*"))
    said = pki(*arguments)
    assert said.status == status
    assert text in said.err
    assert said.out == ""
    assert sorted(tmp_path.rglob("*")) == before
