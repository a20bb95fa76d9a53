"""Pseudonyms: stable under one secret, unrelated under another, and never the key itself."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from country_adapters.kit.errors import SecretFileInvalid
from country_adapters.kit.pseudonyms import KINDS, Pseudonyms, make_secret, read_secret
from schemas.errors import KeyFileInvalid

SECRET = bytes(range(32))
NAMES = Pseudonyms(SECRET)
IDENTITY = st.lists(st.text(max_size=8), max_size=4)

GOLDEN = {
    "row": "67b2cd6596155047d66977604e19606ee85747ff36a548d6f4717106b2a97d7e",
    "slot": "1355fed11780c343c79fd9cce46b39f6c9ea97f033f3772a42aa19fb3aa5fbb7",
    "case": "6c81236ac03497609f11e13eade8ad8a",
    "victim": "af048e8bf21fc2011f876a71dc169d4e",
    "suspect": "aa7c08c2061c95569aff882dafd1e51b",
}


@pytest.mark.parametrize("kind", KINDS)
def test_pseudonyms_never_change(kind: str) -> None:
    """A change here would give every case of every country a new identity."""
    assert getattr(NAMES, kind)(["tn.inltp", "INLTP-2019-0012", "1"]).hex() == GOLDEN[kind]


@given(one=IDENTITY, other=IDENTITY)
def test_two_identities_have_one_pseudonym_only_if_they_are_the_same(
    one: list[str], other: list[str]
) -> None:
    assert (NAMES.row(one) == NAMES.row(other)) == (one == other)
    assert (NAMES.case(one) == NAMES.case(other)) == (one == other)


@given(identity=IDENTITY)
def test_kinds_share_nothing(identity: list[str]) -> None:
    made = [getattr(NAMES, kind)(identity)[:16] for kind in KINDS]
    assert len(set(made)) == len(KINDS)


@given(identity=IDENTITY)
def test_another_authority_cannot_compute_them(identity: list[str]) -> None:
    assert Pseudonyms(bytes(32)).case(identity) != NAMES.case(identity)


def test_refs_have_the_lengths_of_the_contract() -> None:
    lengths = {kind: len(getattr(NAMES, kind)(["1"])) for kind in KINDS}
    assert lengths == {"row": 32, "slot": 32, "case": 16, "victim": 16, "suspect": 16}


def test_the_secret_is_drawn_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    secret = make_secret(path)
    assert read_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(KeyFileInvalid):
        make_secret(path)
    assert read_secret(path) == secret


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    make_secret(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileInvalid, match="by its owner only"):
        read_secret(path)


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"short")
    path.chmod(0o600)
    with pytest.raises(SecretFileInvalid) as caught:
        read_secret(path)
    assert "short" not in caught.value.got
    with pytest.raises(SecretFileInvalid):
        Pseudonyms(b"short")
