"""DSSE: the signature stands over type and payload, and one good signature is enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import decode_as, encode
from schemas.dsse import MAX_SIGNATURES, Signature, open_statement, pae, sign_statement, verify_any
from schemas.errors import BadSignature, SealError, UnknownKey, WrongPayloadType
from schemas.keys import SigningKey, VerifyKey

OURS, THEIRS = SigningKey.generate("ed25519"), SigningKey.generate("ecdsa-p256-sha256")
KNOWN = {OURS.keyid: OURS.verify_key}
MESSAGE = pae("type", b"payload")
GOOD = Signature(OURS.keyid, OURS.sign(MESSAGE))
BAD = Signature(OURS.keyid, OURS.sign(b"something else"))
UNKNOWN = Signature(THEIRS.keyid, THEIRS.sign(MESSAGE))


def known(keyid: str) -> VerifyKey:
    if keyid not in KNOWN:
        raise UnknownKey()
    return KNOWN[keyid]


@pytest.mark.parametrize(
    "signatures",
    [[GOOD], [BAD, GOOD], [UNKNOWN, GOOD], [BAD] * (MAX_SIGNATURES - 1) + [GOOD]],
)
def test_one_good_signature_is_enough(signatures: list[Signature]) -> None:
    assert verify_any(signatures, MESSAGE, known) == OURS.verify_key


@pytest.mark.parametrize(
    ("signatures", "error"),
    [
        ([], BadSignature),
        ([GOOD] * (MAX_SIGNATURES + 1), BadSignature),
        ([BAD], BadSignature),
        ([Signature(OURS.keyid, b"")], BadSignature),
        ([Signature(OURS.keyid, UNKNOWN.sig)], BadSignature),
        ([UNKNOWN], UnknownKey),
        ([UNKNOWN, BAD], UnknownKey),
        ([Signature("", GOOD.sig)], UnknownKey),
    ],
)
def test_without_one_it_says_why(signatures: list[Signature], error: type[SealError]) -> None:
    with pytest.raises(error):
        verify_any(signatures, MESSAGE, known)


@given(st.text(), st.binary(), st.text(), st.binary())
def test_no_two_messages_have_one_encoding(
    type_a: str, payload_a: bytes, type_b: str, payload_b: bytes
) -> None:
    same = (type_a, payload_a) == (type_b, payload_b)
    assert (pae(type_a, payload_a) == pae(type_b, payload_b)) is same


def test_lengths_are_counted_in_bytes() -> None:
    assert pae("é", "ü".encode()) == b"DSSEv1 2 \xc3\xa9 2 \xc3\xbc"


def test_a_statement_gives_back_its_payload() -> None:
    statement = sign_statement("type", b"payload", OURS)
    assert open_statement(statement, "type", known) == b"payload"


def test_a_statement_of_another_type_is_refused() -> None:
    with pytest.raises(WrongPayloadType):
        open_statement(sign_statement("other", b"payload", OURS), "type", known)


@pytest.mark.parametrize("changes", [{"payload": b"payloae"}, {"payload": b""}, {"signatures": []}])
def test_an_altered_statement_is_refused(changes: dict[str, object]) -> None:
    fields = decode_as("signed_statement", sign_statement("type", b"payload", OURS))
    with pytest.raises(BadSignature):
        open_statement(encode("signed_statement", {**fields, **changes}), "type", known)


def test_a_signature_over_one_type_does_not_serve_another() -> None:
    fields = decode_as("signed_statement", sign_statement("other", b"payload", OURS))
    renamed = encode("signed_statement", {**fields, "payload_type": "type"})
    with pytest.raises(BadSignature):
        open_statement(renamed, "type", known)
