"""Linkage keys: files that give back what they took, shares that are told from wholes."""

from __future__ import annotations

import json
from base64 import b64encode
from secrets import token_bytes
from typing import Any

import pytest

from schemas.errors import KeyFileInvalid
from schemas.keys import SigningKey, dump_private, key_id, load_private
from schemas.linkage_keys import (
    LINKAGE_SCHEME,
    LinkageKey,
    LinkagePublic,
    dump_linkage_key,
    load_linkage_key,
    refresh_shares,
)
from schemas.oprf import blind, verify
from schemas.oprf_errors import KeyShareInvalid, ScalarInvalid
from schemas.ristretto import IDENTITY, ZERO, generated, small
from schemas.threshold import check

KEY = LinkageKey.generate("2026", token_bytes)
SHARES = KEY.split(token_bytes)


@pytest.mark.parametrize("key", [KEY, *SHARES], ids=lambda key: f"holder {key.holder}")
def test_a_key_file_gives_back_its_key(key: LinkageKey) -> None:
    loaded = load_linkage_key(dump_linkage_key(key))
    assert loaded == key
    assert loaded.public == LinkagePublic("2026", key.holder, key.public.public)
    assert loaded.keyid == key_id(LINKAGE_SCHEME, key.public.public)


def test_a_key_evaluates_and_its_public_half_checks_that() -> None:
    _, blinded = blind([b"one", b"two"], token_bytes)
    for key in (KEY, *SHARES):
        verify(key.public.public, blinded, *key.evaluate(blinded, token_bytes))


def test_shares_belong_to_their_key_also_after_they_were_renewed() -> None:
    renewed = refresh_shares(SHARES, token_bytes)
    assert not {share.keyid for share in SHARES} & {share.keyid for share in renewed}
    for shares in (SHARES, renewed):
        assert [(share.epoch, share.holder) for share in shares] == [("2026", h) for h in (1, 2, 3)]
        check({share.holder: share.public.public for share in shares}, KEY.public.public)


def test_a_share_is_not_split_again() -> None:
    with pytest.raises(KeyShareInvalid, match="holder 2"):
        SHARES[1].split(token_bytes)


FOREIGN = LinkageKey.generate("2027", token_bytes).split(token_bytes)
NOT_RENEWED = {
    "none": [],
    "two": SHARES[:2],
    "one twice": [SHARES[0], SHARES[1], SHARES[1]],
    "one of another epoch": [*SHARES[:2], FOREIGN[2]],
    "one of another splitting": [*SHARES[:2], KEY.split(token_bytes)[2]],
    "the whole key among them": [KEY, *SHARES[:2]],
    "four": [*SHARES, KEY],
}


@pytest.mark.parametrize("shares", NOT_RENEWED.values(), ids=NOT_RENEWED)
def test_only_three_shares_of_one_splitting_are_renewed(shares: list[LinkageKey]) -> None:
    with pytest.raises(KeyShareInvalid):
        refresh_shares(shares, token_bytes)


def changed(changes: dict[str, Any]) -> bytes:
    return json.dumps({**json.loads(dump_linkage_key(KEY)), **changes}).encode()


def of_scalar(scalar: bytes) -> bytes:
    return changed({"secret": b64encode(scalar).decode()})


BAD_FILES = {
    "empty": b"",
    "a list": b"[]",
    "not UTF-8": b"\xff\xfe",
    "no fields": b"{}",
    "another scheme": changed({"scheme": "ed25519"}),
    "another key's id": changed({"keyid": "00" * 32}),
    "another key": of_scalar(small(5)),
    "zero": of_scalar(ZERO),
    "a scalar that is not reduced": of_scalar(b"\xff" * 32),
    "too short a scalar": of_scalar(b"\1"),
    "no base64": changed({"secret": "%"}),
    "no year": changed({"epoch": "26"}),
    "a year with a line after it": changed({"epoch": "2026\n"}),
    "a year that is a number": changed({"epoch": 2026}),
    "a fourth holder": changed({"holder": 4}),
    "a holder that is no number": changed({"holder": True}),
    "another version": changed({"southmed_private_key": 2}),
    "a signing key": dump_private(SigningKey.generate("ed25519")),
}


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_key_file_is_refused(content: bytes) -> None:
    with pytest.raises(KeyFileInvalid):
        load_linkage_key(content)


def test_a_linkage_key_is_no_signing_key() -> None:
    with pytest.raises(KeyFileInvalid):
        load_private(dump_linkage_key(KEY))


@pytest.mark.parametrize("public", [IDENTITY, b"\1" + bytes(31), generated(small(2))[:-1], b""])
def test_public_bytes_that_are_no_element_are_no_public_key(public: bytes) -> None:
    with pytest.raises(KeyFileInvalid):
        LinkagePublic("2026", 0, public)


def test_a_key_of_zero_is_not_made() -> None:
    with pytest.raises(ScalarInvalid):
        LinkageKey("2026", 0, ZERO)


def test_a_private_key_does_not_show_in_print() -> None:
    secret = KEY._scalar
    for text in (repr(KEY), str(KEY), f"{KEY}"):
        assert secret.hex() not in text
        assert b64encode(secret).decode() not in text
        assert repr(secret) not in text
