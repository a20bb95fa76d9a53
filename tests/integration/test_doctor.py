"""``southmed doctor`` on a machine of its own: what it finds at home, and how it tells."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from country_adapters import AUTHORITIES
from deploy.adapter import Adapter
from deploy.cli import app
from deploy.demo import prepare
from deploy.home import Site, announce_epoch, init_site
from deploy.pki.store import Office
from processors.intake.ledger import Ledger, ledger_path
from processors.intake.records import STATE, FoldState, head_key, pack_head
from producers.errors import BrokerUnreachable
from producers.publisher import Pace
from producers.standing import standing
from schemas.chain import Head
from schemas.kafka import Broker
from schemas.topics import CaseTopic
from tests.integration.harness import TUNISIA


class Told(NamedTuple):
    """What the doctor said."""

    status: int
    text: str

    @property
    def findings(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.text)["findings"]
        return found

    def faults(self) -> set[tuple[str, str]]:
        """Check and subject of all that is not in order; each has its advice."""
        bad = [f for f in self.findings if f["state"] in ("warn", "fail")]
        assert all(finding["advice"] for finding in bad)
        return {(finding["check"], finding["subject"]) for finding in bad}


def ask(*arguments: str | Path) -> Told:
    """Asks as a program does; the environment names no site and no broker."""
    env = {"SOUTHMED_SITE": None, "SOUTHMED_BROKER": None, "SOUTHMED_IDENTITY": None}
    done = CliRunner().invoke(app, ["doctor", *map(str, arguments)], env=env)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Told(done.exit_code, done.stdout)


def ask_json(site: Site, *arguments: str | Path) -> Told:
    return ask("--site", site.root, "--json", *arguments)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site of all authorities, with identities, an outbox that was never published, a ledger."""
    place = prepare(init_site(tmp_path / "site", AUTHORITIES, scheme="x25519"))
    office = Office(place.site.pki)
    office.open(datetime.now(UTC))
    for principal in ("authority.tn", "operator", "broker.1"):
        office.issue(principal, datetime.now(UTC))
    Ledger(ledger_path(place.site.ledgers / "a", CaseTopic("TUN", 0))).close()
    for path in place.site.root.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
    return place.site


def test_without_options_only_the_installation_is_looked_at() -> None:
    told = ask("--json")
    assert told.status == 0
    checks = {f["check"] for f in told.findings if f["state"] == "ok"}
    assert checks == {"versions", "schemas"}
    assert {f["check"] for f in told.findings if f["state"] == "skipped"} == {
        "site",
        "certificates",
        "cluster",
    }


def test_a_healthy_site_is_found_healthy(site: Site) -> None:
    told = ask_json(site)
    assert (told.status, told.faults()) == (0, set())
    checks = {f["check"] for f in told.findings if f["state"] == "ok"}
    assert {"private files", "trust", "certificates", "ledgers", "streams", "disk"} <= checks


def test_people_are_told_in_lines_with_the_advice_below(site: Site) -> None:
    key = site.platform / "opening.key"
    key.chmod(0o640)
    told = ask("--site", site.root)
    assert told.status == 1
    lines = told.text.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("fail     private files"))
    assert str(key) in lines[at]
    assert f"chmod 600 {key}" in lines[at + 1]
    assert "fail" in lines[-1]


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    told = ask("--site", tmp_path / "nowhere", "--json")
    assert told.status == 1
    assert told.faults() == {("site", str(tmp_path / "nowhere"))}


# --- One thing broken after the other ------------------------------------------------------------

Break = Callable[[Site], object]


def _expire(site: Site) -> None:
    renewed = Office(site.pki)
    renewed.renew("operator", datetime.now(UTC) - timedelta(days=60), lifetime=timedelta(days=50))


def _soon(site: Site) -> None:
    Office(site.pki).renew("operator", datetime.now(UTC), lifetime=timedelta(days=10))


def _strange_authority(site: Site) -> None:
    other = Office(site.root / "elsewhere")
    other.open(datetime.now(UTC))
    (site.pki / "operator" / "ca.pem").write_bytes(other.ca_file.read_bytes())


def _another_key(site: Site) -> None:
    (site.authority(TUNISIA) / "signing.key").write_bytes(
        (site.authority("ma.cnclt") / "signing.key").read_bytes()
    )


def _suspend(site: Site) -> None:
    ledger = Ledger(ledger_path(site.ledgers / "a", CaseTopic("TUN", 0)))
    ledger.commit({head_key(TUNISIA): pack_head(replace(Head(), sequence=3, suspended=True))})
    ledger.close()


def _outdate(site: Site) -> None:
    ledger = Ledger(ledger_path(site.ledgers / "a", CaseTopic("TUN", 0)))
    ledger.commit({STATE: FoldState(next_offset=4, rules=0).pack()})
    ledger.close()


def _tear(site: Site) -> None:
    (ledger_path(site.ledgers / "a", CaseTopic("TUN", 0)) / "CURRENT").write_text("torn")


def _cut_key(site: Site) -> None:
    (site.pki / "operator" / "identity.pem").write_bytes(b"-----BEGIN")


BROKEN: list[tuple[str, Break, int, set[tuple[str, str]]]] = [
    ("a certificate over", _expire, 1, {("certificates", "operator")}),
    ("a certificate over soon", _soon, 3, {("certificates", "operator")}),
    ("half an identity", _cut_key, 1, {("certificates", "operator")}),
    ("another authority", _strange_authority, 1, {("certificates", "operator")}),
    (
        "a trust document cut short",
        lambda s: s.trust_file.write_text("{"),
        1,
        {("trust", "trust.json")},
    ),
    ("no trust document", lambda s: s.trust_file.unlink(), 1, {("trust", "trust.json")}),
    ("another's key", _another_key, 1, {("trust", f"signing key of {TUNISIA}")}),
    (
        "no key for tokens",
        lambda s: s.linkage_key_file.unlink(),
        1,
        {("trust", "platform's key for tokens")},
    ),
    ("a suspended stream", _suspend, 1, {("streams", TUNISIA)}),
    ("a ledger of other rules", _outdate, 1, {("ledgers", "TUN-0")}),
    ("a damaged ledger", _tear, 1, {("ledgers", "TUN-0")}),
]


@pytest.mark.parametrize(
    ("_name", "break_it", "status", "expected"), BROKEN, ids=[row[0] for row in BROKEN]
)
def test_what_is_broken_is_found_by_its_name_and_nothing_else_is(
    site: Site, _name: str, break_it: Break, status: int, expected: set[tuple[str, str]]
) -> None:
    break_it(site)
    told = ask_json(site)
    assert (told.status, told.faults()) == (status, expected)


@pytest.mark.parametrize(
    "path",
    [
        "authorities/tn.inltp/signing.key",
        "authorities/tn.inltp/pseudonyms.key",
        "platform/receipts.key",
        "platform/linkage.key",
        "pki/ca/ca.key",
    ],
)
def test_a_key_that_others_may_read_is_found(site: Site, path: str) -> None:
    key = site.root / path
    key.chmod(0o604)
    told = ask_json(site)
    assert told.status == 1
    assert ("private files", str(key.resolve())) in told.faults()


# --- The outbox ----------------------------------------------------------------------------------


@pytest.fixture
def sealed(site: Site) -> Site:
    """A site whose Tunisian outbox was read and sealed while no broker was there."""
    from country_adapters import REGISTERS
    from country_adapters.kit.register import load_register

    register = load_register(REGISTERS[TUNISIA], None)
    adapter = Adapter(site, register, Broker("127.0.0.1:1"), Pace(give_up_after=0.5))
    with contextlib.suppress(BrokerUnreachable):
        asyncio.run(asyncio.wait_for(adapter.run_once(), timeout=60))
    for path in site.root.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
    return site


def _outbox(site: Site) -> Path:
    return site.authority(TUNISIA) / "outbox.sqlite"


def _about(told: Told, check: str) -> list[dict[str, Any]]:
    return [f for f in told.findings if (f["check"], f["subject"]) == (check, TUNISIA)]


def test_what_waits_in_an_outbox_is_told_and_looking_changes_nothing(sealed: Site) -> None:
    before = _outbox(sealed).read_bytes()
    seen = standing(_outbox(sealed))
    assert seen.unsealed + seen.pending > 0
    (found,) = _about(ask_json(sealed), "outbox")
    assert f"{seen.pending} wait, {seen.unsealed} events unsealed" in found["what"]
    assert _outbox(sealed).read_bytes() == before


def test_a_refusal_of_the_platforms_is_a_fault_with_its_code(sealed: Site) -> None:
    db = sqlite3.connect(_outbox(sealed))
    db.execute("UPDATE events SET code = 'EVENT_INVALID' WHERE id = 1")
    db.commit()
    db.close()
    told = ask_json(sealed)
    assert any("EVENT_INVALID" in f["what"] and f["advice"] for f in _about(told, "outbox"))


def test_a_damaged_outbox_is_a_fault_and_points_to_a_new_epoch(sealed: Site) -> None:
    for more in ("-wal", "-shm"):
        Path(f"{_outbox(sealed)}{more}").unlink(missing_ok=True)
    _outbox(sealed).write_bytes(b"not a database" * 1000)
    told = ask_json(sealed)
    assert told.status == 1
    (found,) = _about(told, "outbox")
    assert "damaged" in found["what"]
    assert "epoch" in found["advice"]


def test_an_epoch_that_was_announced_and_not_opened_is_told(sealed: Site) -> None:
    announce_epoch(sealed, TUNISIA)
    (found,) = _about(ask_json(sealed), "epochs")
    assert found["state"] == "warn"
    assert "open-epoch" in found["advice"]


# --- No cluster ----------------------------------------------------------------------------------


def test_a_cluster_that_is_not_there_is_one_fault_and_the_rest_is_skipped(site: Site) -> None:
    identity = site.pki / "operator"
    told = ask_json(site, "--broker", "localhost:1", "--identity", identity)
    assert told.status == 1
    assert {check for check, _ in told.faults()} == {"broker certificates", "cluster"}
    skipped = {f["check"] for f in told.findings if f["state"] == "skipped"}
    assert {"clock", "rights", "contract", "replication", "group"} <= skipped


def test_without_an_identity_no_other_machine_is_spoken_to(site: Site) -> None:
    told = ask_json(site, "--broker", "kafka.example:9093")
    assert told.faults() == {("cluster", "kafka.example:9093")}
    assert any("TLS_REQUIRED" in finding["what"] for finding in told.findings)
