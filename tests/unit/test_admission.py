"""How an authority joins: keys made at home, a trust document with one more authority."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from deploy.cli import app
from deploy.conformance.errors import (
    ReportIncomplete,
    ReportKeyDiffers,
    ReportOfOtherContract,
    ReportOutdated,
)
from deploy.conformance.report import sign_report
from deploy.home import AGREED, Site, admit, init_site, join_site
from schemas.errors import KeyFileInvalid
from schemas.keys import SigningKey
from schemas.private_files import read_file
from schemas.trust import Authority, TrustedKey
from tests.unit.test_conformance_report import SIGNER, a_report

FRONTIER = "tn.frontier"


@pytest.fixture
def platform(tmp_path: Path) -> Site:
    return init_site(tmp_path / "platform", {"ma.cnclt": "MAR"})


def joined(platform: Site, folder: Path) -> tuple[Site, TrustedKey]:
    return join_site(folder, FRONTIER, read_file(platform.trust_file))


def test_an_authority_makes_its_keys_beside_the_trust_document(
    platform: Site, tmp_path: Path
) -> None:
    home, key = joined(platform, tmp_path / "home")
    assert home.trust() == platform.trust()
    assert home.signing_key(FRONTIER).keyid == key.keyid
    assert len(home.pseudonym_key(FRONTIER)) >= 32


def test_keys_are_never_made_twice(platform: Site, tmp_path: Path) -> None:
    home, _ = joined(platform, tmp_path / "home")
    before = (home.authority(FRONTIER) / "signing.key").read_bytes()
    with pytest.raises(KeyFileInvalid):
        joined(platform, tmp_path / "home")
    assert (home.authority(FRONTIER) / "signing.key").read_bytes() == before


def test_a_file_that_is_no_trust_document_makes_no_keys(tmp_path: Path) -> None:
    with pytest.raises(KeyFileInvalid):
        join_site(tmp_path / "home", FRONTIER, b"{}")
    assert not (tmp_path / "home").exists()


def test_the_next_document_lists_the_newcomer_and_everybody_else(
    platform: Site, tmp_path: Path
) -> None:
    _, key = joined(platform, tmp_path / "home")
    before = platform.trust()
    newer = admit(platform, Authority(id=FRONTIER, country="TUN"), key)
    assert platform.trust() == newer
    assert newer.version == before.version + 1
    assert newer.batch_key(key.keyid, FRONTIER, stream=0, position=(1, 1)) == key.verify_key
    assert newer.authorities[:-1] == before.authorities
    assert newer.keys[:-1] == before.keys


def test_an_authority_or_a_key_is_admitted_once(platform: Site, tmp_path: Path) -> None:
    _, key = joined(platform, tmp_path / "home")
    newer = admit(platform, Authority(id=FRONTIER, country="TUN"), key)
    other = SigningKey.generate("ed25519").verify_key
    for authority, again in (
        (FRONTIER, TrustedKey.of(other, owner=FRONTIER, purpose="batch")),
        ("tn.other", key),
    ):
        with pytest.raises(KeyFileInvalid):
            admit(platform, Authority(id=authority, country="TUN"), again)
    assert platform.trust() == newer


def test_the_command_tells_the_id_of_the_public_key(platform: Site, tmp_path: Path) -> None:
    arguments = ["site", "join", str(tmp_path / "home"), FRONTIER, "--json"]
    done = CliRunner().invoke(app, [*arguments, "--trust", str(platform.trust_file)])
    assert done.exit_code == 0
    home = Site(tmp_path / "home")
    assert json.loads(done.stdout)["keyid"] == home.signing_key(FRONTIER).keyid


# --- On the strength of a report -----------------------------------------------------------------


def a_signed_report(folder: Path, **changes: Any) -> Path:
    told = a_report(**{"authority": FRONTIER, "made_at": datetime.now(UTC), **changes})
    path = folder / "report.json"
    path.write_bytes(sign_report(told, SIGNER))
    return path


def admitted(platform: Site, report: Path, key: str = SIGNER.verify_key.keyid) -> Result:
    arguments = ["site", "admit", str(report), "--site", str(platform.root), "--key", key]
    return CliRunner().invoke(app, arguments)


def test_a_newcomer_is_admitted_by_its_report_and_the_key_that_it_told(
    platform: Site, tmp_path: Path
) -> None:
    assert admitted(platform, a_signed_report(tmp_path)).exit_code == 0
    trust = platform.trust()
    newcomer = trust.authority(FRONTIER)
    assert (newcomer.country, newcomer.anonymity) == ("TUN", AGREED)
    keyid = SIGNER.verify_key.keyid
    assert trust.batch_key(keyid, FRONTIER, stream=0, position=(1, 1)) == SIGNER.verify_key


@pytest.mark.parametrize(
    ("changes", "key", "error"),
    [
        ({}, "0" * 64, ReportKeyDiffers),
        ({"vectors": []}, SIGNER.verify_key.keyid, ReportIncomplete),
        ({"contract": "0" * 64}, SIGNER.verify_key.keyid, ReportOfOtherContract),
        ({"made_at": datetime(2025, 1, 1, tzinfo=UTC)}, SIGNER.verify_key.keyid, ReportOutdated),
    ],
    ids=["another key", "no vectors", "another contract", "too old"],
)
def test_an_unfit_report_or_another_key_admits_nobody(
    platform: Site, tmp_path: Path, changes: dict[str, Any], key: str, error: type[Exception]
) -> None:
    before = platform.trust()
    done = admitted(platform, a_signed_report(tmp_path, **changes), key)
    assert isinstance(done.exception, error)
    assert platform.trust() == before
