"""The platform's own key for linkage tokens: made once, and asked for where it is missing."""

from __future__ import annotations

import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from deploy.cli import app
from deploy.home import LiveSecrets, Site, init_site
from processors.intake.errors import OuterKeyMissing
from processors.intake.outer import keyed_digest, outer_token
from schemas.errors import KeyFileInvalid


@pytest.fixture
def older(tmp_path: Path) -> Site:
    """A site from before there were tokens."""
    site = init_site(tmp_path / "site", {"tn.inltp": "TUN"})
    site.linkage_key_file.unlink()
    return site


def test_a_new_site_has_one_of_its_own(tmp_path: Path) -> None:
    keys = {init_site(tmp_path / n, {"tn.inltp": "TUN"}).linkage_key() for n in ("a", "b")}
    assert sorted(map(len, keys)) == [32, 32]


def test_nothing_is_folded_or_verified_without_it(older: Site) -> None:
    """It is never made by the way: two machines would keep tokens that never meet."""
    with pytest.raises(OuterKeyMissing) as told:
        LiveSecrets(older)()
    assert "southmed site linkage-key" in told.value.advice
    assert not older.linkage_key_file.exists()


def test_a_command_makes_it_once_for_its_owner_only(older: Site) -> None:
    words = ["site", "linkage-key", "--site", str(older.root)]
    assert CliRunner().invoke(app, words).exit_code == 0
    made = older.linkage_key()
    assert older.linkage_key_file.stat().st_mode & 0o777 == 0o600
    again = CliRunner().invoke(app, words)
    assert isinstance(again.exception, KeyFileInvalid)
    assert older.linkage_key() == made == LiveSecrets(older)().linkage


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(33)])
def test_half_a_key_is_none(older: Site, content: bytes) -> None:
    older.linkage_key_file.write_bytes(content)
    older.linkage_key_file.chmod(0o600)
    with pytest.raises(OuterKeyMissing):
        older.linkage_key()


KEYS = st.binary(min_size=32, max_size=32)


@given(KEYS, KEYS, st.binary(min_size=32, max_size=32))
def test_what_is_kept_is_the_hmac_under_this_key_and_under_no_other(
    key: bytes, other: bytes, content: bytes
) -> None:
    token, digest = outer_token(key, "2026", content), keyed_digest(key, content)
    assert token == hmac.new(key, b"2026|" + content, "sha256").digest()
    assert digest == hmac.new(key, b"event|" + content, "sha256").digest()
    assert (outer_token(other, "2026", content) == token) == (other == key)
    assert (keyed_digest(other, content) == digest) == (other == key)
