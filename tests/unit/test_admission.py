"""How an authority joins: keys made at home, a trust document with one more authority."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.home import Site, admit, init_site, join_site, read_file
from schemas.errors import KeyFileInvalid
from schemas.keys import SigningKey
from schemas.trust import Authority, TrustedKey

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
