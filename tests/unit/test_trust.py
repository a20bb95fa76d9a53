"""Which key may sign what: a table over owners, purposes and positions."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.errors import KeyCompromised, KeyFileInvalid, SouthmedError
from schemas.keys import OpenKey, SigningKey, key_id
from schemas.trust import (
    PLATFORM,
    Authority,
    ByStream,
    Position,
    TrustDocument,
    TrustedKey,
)
from tests.samples import (
    MOROCCO,
    TUNISIA,
)
from tests.world import (
    a_world,
    trusted,
)

KEY = SigningKey.generate("ed25519")


def key(**reach: ByStream) -> TrustedKey:
    return trusted(KEY, TUNISIA, "batch").model_copy(update=reach)


def at(epoch: int, sequence: int) -> ByStream:
    return ByStream(default=(epoch, sequence))


def document(*keys: TrustedKey) -> TrustDocument:
    return TrustDocument(
        version=1,
        authorities=[Authority(id=TUNISIA, country="TUN"), Authority(id=MOROCCO, country="MAR")],
        keys=[*keys],
    )


REACH: list[tuple[str, TrustedKey, int, Position, str]] = [
    ("from the beginning", key(), 0, (1, 1), "ok"),
    ("for ever", key(), 3, (9, 10**9), "ok"),
    ("at its first position", key(valid_from=at(1, 5)), 0, (1, 5), "ok"),
    ("before its first position", key(valid_from=at(1, 5)), 0, (1, 4), "KEY_NOT_YET_VALID"),
    ("in an epoch before", key(valid_from=at(2, 1)), 0, (1, 99), "KEY_NOT_YET_VALID"),
    ("in an epoch after", key(valid_from=at(1, 50)), 0, (2, 1), "ok"),
    ("at its last position", key(valid_to=at(1, 5)), 0, (1, 5), "ok"),
    ("after its last position", key(valid_to=at(1, 5)), 0, (1, 6), "KEY_RETIRED"),
    ("in an epoch after its last", key(valid_to=at(1, 5)), 0, (2, 1), "KEY_RETIRED"),
    ("before the compromise", key(compromised_from=at(1, 5)), 0, (1, 4), "ok"),
    ("from the compromise on", key(compromised_from=at(1, 5)), 0, (1, 5), "KEY_COMPROMISED"),
    ("compromised outweighs retired",
     key(valid_to=at(1, 5), compromised_from=at(1, 5)), 0, (1, 9), "KEY_COMPROMISED"),
    ("compromised outweighs not yet valid",
     key(valid_from=at(3, 1), compromised_from=at(1, 1)), 0, (2, 1), "KEY_COMPROMISED"),
    ("a stream of its own: before", key(valid_to=ByStream(streams={2: (1, 3)})), 2, (1, 4),
     "KEY_RETIRED"),
    ("a stream of its own: the others", key(valid_to=ByStream(streams={2: (1, 3)})), 1, (1, 4),
     "ok"),
    ("valid nowhere", key(valid_from=ByStream()), 0, (1, 1), "KEY_NOT_YET_VALID"),
    ("valid in one stream only", key(valid_from=ByStream(streams={1: (1, 1)})), 0, (1, 1),
     "KEY_NOT_YET_VALID"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "stream", "position", "outcome"),
    [pytest.param(*row[1:], id=row[0]) for row in REACH],
)
def test_how_far_a_key_reaches(
    entry: TrustedKey, stream: int, position: Position, outcome: str
) -> None:
    trust = document(entry)
    if outcome == "ok":
        found = trust.batch_key(KEY.keyid, TUNISIA, stream=stream, position=position)
        assert found == KEY.verify_key
        return
    with pytest.raises(SouthmedError) as caught:
        trust.batch_key(KEY.keyid, TUNISIA, stream=stream, position=position)
    assert caught.value.code == outcome


OWNERS: list[tuple[str, TrustedKey, str, str]] = [
    ("its own", key(), TUNISIA, "ok"),
    ("another authority's", key(), MOROCCO, "FOREIGN_KEY"),
    ("a receipt key", trusted(KEY, TUNISIA, "receipt"), TUNISIA, "FOREIGN_KEY"),
    ("the platform's", trusted(KEY, PLATFORM, "batch"), TUNISIA, "FOREIGN_KEY"),
    ("an unknown one", trusted(SigningKey.generate("ed25519"), TUNISIA, "batch"), TUNISIA,
     "UNKNOWN_KEY"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "authority", "outcome"), [pytest.param(*row[1:], id=row[0]) for row in OWNERS]
)
def test_whose_key_may_sign(entry: TrustedKey, authority: str, outcome: str) -> None:
    trust = document(entry)
    if outcome == "ok":
        trust.batch_key(KEY.keyid, authority, stream=0, position=(1, 1))
        return
    with pytest.raises(SouthmedError) as caught:
        trust.batch_key(KEY.keyid, authority, stream=0, position=(1, 1))
    assert caught.value.code == outcome


@given(
    first=st.tuples(st.integers(1, 3), st.integers(1, 5)),
    last=st.tuples(st.integers(1, 3), st.integers(1, 5)),
    compromised=st.none() | st.tuples(st.integers(1, 3), st.integers(1, 5)),
    position=st.tuples(st.integers(1, 3), st.integers(1, 5)),
)
def test_a_key_signs_exactly_within_its_range(
    first: Position, last: Position, compromised: Position | None, position: Position
) -> None:
    entry = key(
        valid_from=ByStream(default=first),
        valid_to=ByStream(default=last),
        compromised_from=ByStream(default=compromised),
    )
    inside = first <= position <= last and (compromised is None or position < compromised)
    with nullcontext() if inside else pytest.raises(SouthmedError):
        entry.check_position(0, position)


def test_only_the_platforms_sound_keys_are_sealed_for() -> None:
    """A key that an authority has for itself must not open the batches of its neighbours."""
    ours, stolen, theirs = (OpenKey.generate("x25519") for _ in range(3))
    trust = document(
        trusted(ours, PLATFORM, "open"),
        trusted(stolen, PLATFORM, "open").model_copy(update={"compromised_from": at(1, 1)}),
        trusted(theirs, MOROCCO, "open"),
    )
    assert trust.recipients() == [ours.seal_key]


def test_an_epoch_is_one_until_announced() -> None:
    authority = Authority(id=TUNISIA, country="TUN", epochs={2: 7})
    assert (authority.epoch_of(0), authority.epoch_of(2)) == (1, 7)


def test_the_document_comes_back_as_it_was() -> None:
    trust = a_world().trust
    assert TrustDocument.parse(trust.dump()) == trust


def broken(**changes: Any) -> bytes:
    content = json.loads(a_world().trust.dump())
    content["keys"][0] |= changes
    return json.dumps(content).encode()


TWICE = json.loads(a_world().trust.dump())
TWICE["authorities"] *= 2
BAD_DOCUMENTS = {
    "no JSON": b"{",
    "a list": b"[]",
    "empty": b"",
    "an unknown field": broken(nickname="x"),
    "another key under the id": broken(public="AAAA"),
    "no base64": broken(public="%%%%"),
    "a scheme that does not serve the purpose": broken(purpose="open"),
    "an owner that is no authority id": broken(owner="Platform"),
    "an authority listed twice": json.dumps(TWICE).encode(),
}


@pytest.mark.parametrize("content", BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS)
def test_a_bad_document_is_refused_whole(content: bytes) -> None:
    with pytest.raises(KeyFileInvalid):
        TrustDocument.parse(content)


@pytest.mark.parametrize(
    ("scheme", "size"),
    [("ed25519", 31), ("ed25519", 33), ("ecdsa-p256-sha256", 65), ("x25519", 31)],
)
def test_what_is_no_public_key_is_not_listed(scheme: Any, size: int) -> None:
    """Otherwise it would be found out when the first batch is sealed or verified with it."""
    public = b"\x07" * size
    with pytest.raises(ValidationError):
        TrustedKey(
            keyid=key_id(scheme, public),
            owner=PLATFORM,
            purpose="open" if scheme == "x25519" else "batch",
            scheme=scheme,
            public=b64encode(public).decode(),
        )


def test_a_changed_copy_knows_nothing_of_the_document_it_came_from() -> None:
    """A key that was looked up before and is now compromised must not be found as it was."""
    trust = document(key())
    trust.batch_key(KEY.keyid, TUNISIA, stream=0, position=(1, 1))
    later = trust.model_copy(update={"version": 2, "keys": [key(compromised_from=at(1, 1))]})
    with pytest.raises(KeyCompromised):
        later.batch_key(KEY.keyid, TUNISIA, stream=0, position=(1, 1))
