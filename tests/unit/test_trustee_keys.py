"""How a linkage key changes hands: made once, split, renewed, and never lost half way."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import get_args

import pytest

import deploy.trustee
from deploy.home import Site, init_site
from deploy.trustee import LiveOffice, Place, enrol, make_key, refresh, split
from processors.linkage.errors import (
    LinkageKeyMade,
    LinkageKeyMissing,
    LinkageKeyNotWhole,
    TrusteeSettingsInvalid,
)
from schemas.errors import KeyFileInvalid
from schemas.linkage_errors import UnknownEpoch
from schemas.linkage_keys import LinkageKey
from schemas.oprf import blind, token, unblind
from schemas.threshold import combine
from schemas.topics import HOLDERS
from schemas.trust import Holder
from tests.unit.trustees import TRUSTEE, TUNISIA, YEAR

NAME = b"v1|PHONE|+21620000101"
BLINDS, BLINDED = blind([NAME], secrets.token_bytes)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = init_site(tmp_path / "site", {TUNISIA: "TUN"})
    enrol(Place(made, "trustee.linkage"))
    make_key(Place(made, "trustee.linkage"), YEAR)
    return made


def place(site: Site, holder: Holder = "trustee.linkage") -> Place:
    return Place(site, holder)


def whole(site: Site) -> LinkageKey:
    return place(site).key(YEAR)


def made_of(site: Site, *numbers: int) -> bytes:
    """The token that some holders' shares make, every proof checked by the trust document."""
    entry = site.trust().linkage_epoch(YEAR)
    publics = {share.index: bytes.fromhex(share.public) for share in entry.shares}
    shares = [place(site, get_args(Holder)[number - 1]).key(YEAR) for number in numbers]
    answers = {share.holder: share.evaluate(BLINDED, secrets.token_bytes) for share in shares}
    (made,) = unblind([NAME], BLINDS, combine(answers, BLINDED, publics))
    return made


def test_the_holders_of_the_contract_are_those_of_the_topics() -> None:
    assert get_args(Holder) == HOLDERS


# --- Making --------------------------------------------------------------------------------------


def test_public_halves_stand_in_the_trust_document_and_private_ones_are_private(
    site: Site,
) -> None:
    (entry,) = site.trust().linkage
    assert (entry.epoch, entry.needed) == (YEAR, 1)
    assert entry.public == whole(site).public.public.hex()
    signer = place(site).signer()
    assert site.trust().evaluation_key(signer.keyid, TRUSTEE) == signer.verify_key
    for path in place(site).folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0


def test_a_year_has_one_key_for_ever(site: Site) -> None:
    before = site.trust()
    with pytest.raises(LinkageKeyMade):
        make_key(place(site), YEAR)
    with pytest.raises(LinkageKeyMade):
        make_key(place(site, "trustee.coe"), YEAR)
    assert site.trust() == before


def test_years_are_listed_in_their_order(site: Site) -> None:
    make_key(place(site), "2028")
    make_key(place(site), "2027")
    assert [one.epoch for one in site.trust().linkage] == [YEAR, "2027", "2028"]
    assert set(place(site).keys()) == {YEAR, "2027", "2028"}


def test_a_key_that_was_made_and_not_announced_is_announced_by_the_next_try(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(deploy.trustee, "issue", _dies)
        with pytest.raises(_DiedError):
            make_key(place(site), "2027")
    made = place(site).key("2027")
    assert make_key(place(site), "2027") == made
    assert site.trust().linkage_epoch("2027").public == made.public.public.hex()


def test_enrolling_twice_changes_nothing(site: Site) -> None:
    before = site.trust()
    assert enrol(place(site)) == []
    assert site.trust() == before


# --- Splitting and renewing ----------------------------------------------------------------------


def test_every_two_holders_make_the_token_of_the_whole_key(site: Site) -> None:
    key = whole(site)
    split(site, "trustee.linkage", YEAR)
    entry = site.trust().linkage_epoch(YEAR)
    assert (entry.public, entry.needed) == (key.public.public.hex(), 2)
    due = token(key._scalar, NAME)
    assert {made_of(site, *pair) for pair in combinations((1, 2, 3), 2)} == {due}
    for holder in get_args(Holder):
        share = place(site, holder).key(YEAR)
        assert token(share._scalar, NAME) != due
        assert place(site, holder).office().holds(YEAR)


def test_nothing_of_the_whole_key_is_left_in_the_folders(site: Site) -> None:
    secret = whole(site)
    before = place(site).key_file(YEAR).read_bytes()
    split(site, "trustee.linkage", YEAR)
    left = [path.read_bytes() for path in (site.root / "trustees").rglob("*") if path.is_file()]
    assert before not in left
    assert all(secret.keyid.encode() not in content for content in left)


def test_renewed_shares_make_the_same_tokens_and_do_not_fit_old_ones(site: Site) -> None:
    key = whole(site)
    split(site, "trustee.linkage", YEAR)
    old = place(site).key(YEAR)
    refresh(site, YEAR)
    assert {made_of(site, *pair) for pair in combinations((1, 2, 3), 2)} == {
        token(key._scalar, NAME)
    }
    assert place(site).key(YEAR).public != old.public


Step = Callable[[Site], object]


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (lambda site: split(site, "trustee.coe", YEAR), LinkageKeyMissing),
        (lambda site: split(site, "trustee.linkage", "2031"), LinkageKeyMissing),
        (lambda site: refresh(site, "2031"), UnknownEpoch),
        (lambda site: refresh(site, YEAR), LinkageKeyMissing),
    ],
)
def test_what_is_not_there_is_neither_split_nor_renewed(
    site: Site, step: Step, error: type[Exception]
) -> None:
    before = site.trust()
    with pytest.raises(error):
        step(site)
    assert site.trust() == before


def test_a_share_is_not_split_and_mixed_shares_are_not_renewed(site: Site) -> None:
    split(site, "trustee.linkage", YEAR)
    with pytest.raises(LinkageKeyNotWhole):
        split(site, "trustee.linkage", YEAR)
    old = place(site).key_file(YEAR).read_bytes()
    refresh(site, YEAR)
    place(site).key_file(YEAR).write_bytes(old)
    with pytest.raises(LinkageKeyNotWhole):
        refresh(site, YEAR)


# --- Cut short -----------------------------------------------------------------------------------


class _DiedError(Exception):
    """The machine went away."""


def _dies(*_: object) -> None:
    raise _DiedError


CUTS = {
    "before the second share is laid out": ("replace_private", 1),
    "before the document is issued": ("issue", 0),
    "after it was issued": ("_settle", 1),
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("ceremony", ["split", "refresh"])
def test_a_ceremony_that_was_cut_short_is_settled_by_the_next(
    site: Site, monkeypatch: pytest.MonkeyPatch, ceremony: str, cut: str
) -> None:
    due = token(whole(site)._scalar, NAME)
    for holder in get_args(Holder):
        enrol(place(site, holder))
    if ceremony == "refresh":
        split(site, "trustee.linkage", YEAR)
    name, good = CUTS[cut]
    real, calls = getattr(deploy.trustee, name), [0]

    def dies_later(*arguments: object) -> object:
        calls[0] += 1
        if calls[0] > good:
            raise _DiedError
        return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(deploy.trustee, name, dies_later)
        with pytest.raises(_DiedError):
            split(site, "trustee.linkage", YEAR) if ceremony == "split" else refresh(site, YEAR)
    issued = len(site.trust().linkage_epoch(YEAR).shares) == 3
    if ceremony == "split" and not issued:
        split(site, "trustee.linkage", YEAR)
    refresh(site, YEAR)
    assert {made_of(site, *pair) for pair in combinations((1, 2, 3), 2)} == {due}
    assert not list((site.root / "trustees").rglob("*.next"))


# --- What a running holder sees ------------------------------------------------------------------


def test_a_running_holder_sees_new_keys_grants_and_documents(site: Site) -> None:
    office = LiveOffice(place(site))
    first = office()
    assert office() is first
    make_key(place(site), "2027")
    assert set(office().keys) == {YEAR, "2027"}
    place(site).settings_file.write_text(
        "grants: [{authority: tn.inltp, elements: 5, until: 2026-12-31, reason: A register.}]"
    )
    assert len(office().grants_of(TUNISIA)) == 1
    place(site).key_file("2027").unlink()
    assert not office().holds("2027")
    place(site).settings_file.write_text("grants: everybody")
    with pytest.raises(TrusteeSettingsInvalid):
        office()


def test_a_key_that_others_may_read_is_not_used(site: Site) -> None:
    place(site).key_file(YEAR).chmod(0o644)
    with pytest.raises(KeyFileInvalid, match="chmod 600"):
        place(site).office()
