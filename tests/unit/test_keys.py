"""Keys: sign and verify, wrap and unwrap, and files that give back what they took."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from schemas.errors import DecryptionFailed, KeyFileInvalid
from schemas.keys import (
    OpenKey,
    SigningKey,
    VerifyKey,
    dump_private,
    is_public_key,
    key_id,
    load_private,
)

SIGNING: list[Any] = ["ed25519", "ecdsa-p256-sha256"]
SEALING: list[Any] = ["mlkem768-x25519", "x25519"]


@pytest.mark.parametrize("scheme", SIGNING)
def test_a_signature_stands_over_its_message_and_key_only(scheme: Any) -> None:
    key, other = SigningKey.generate(scheme), SigningKey.generate(scheme)
    signature = key.sign(b"message")
    assert key.verify_key.verifies(signature, b"message")
    assert not key.verify_key.verifies(signature, b"massage")
    assert not other.verify_key.verifies(signature, b"message")
    for odd in (b"", bytes(64), signature[:-1], signature + b"\0", bytes(10_000)):
        assert not key.verify_key.verifies(odd, b"message")


@pytest.mark.parametrize("scheme", SIGNING)
def test_public_bytes_that_are_no_key_are_told_apart_from_a_bad_signature(scheme: Any) -> None:
    with pytest.raises(KeyFileInvalid):
        VerifyKey(scheme, b"\x07" * 12).verifies(bytes(64), b"message")


@pytest.mark.parametrize("scheme", SEALING)
def test_a_wrapped_key_opens_in_its_context_only(scheme: Any) -> None:
    key, other = OpenKey.generate(scheme), OpenKey.generate(scheme)
    wrapped = key.seal_key.wrap(b"k" * 32, b"here")
    assert key.unwrap(wrapped, b"here") == b"k" * 32
    altered = wrapped[:-1] + bytes([wrapped[-1] ^ 1])
    for holder, bytes_, info in (
        (key, wrapped, b"there"),
        (other, wrapped, b"here"),
        (key, altered, b"here"),
        (key, wrapped[:-1], b"here"),
        (key, bytes(len(wrapped)), b"here"),
        (key, b"", b"here"),
    ):
        with pytest.raises(DecryptionFailed):
            holder.unwrap(bytes_, info)


def test_a_hybrid_key_is_not_opened_by_its_classical_half() -> None:
    hybrid = OpenKey.generate("mlkem768-x25519")
    half = OpenKey("x25519", hybrid._classical, None)
    with pytest.raises(DecryptionFailed):
        half.unwrap(hybrid.seal_key.wrap(b"k" * 32, b""), b"")


@pytest.mark.parametrize("scheme", [*SIGNING, *SEALING])
def test_a_key_file_gives_back_its_key(scheme: Any) -> None:
    key = OpenKey.generate(scheme) if scheme in SEALING else SigningKey.generate(scheme)
    loaded = load_private(dump_private(key))
    assert (type(loaded), loaded.keyid) == (type(key), key.keyid)
    public = key.seal_key.public if isinstance(key, OpenKey) else key.verify_key.public
    assert key.keyid == key_id(scheme, public)
    assert is_public_key(scheme, public)
    assert not is_public_key(scheme, public[:-1])


def changed(changes: dict[str, Any]) -> bytes:
    document = json.loads(dump_private(SigningKey.generate("ed25519")))
    return json.dumps({**document, **changes}).encode()


BAD_FILES = {
    "empty": b"",
    "no JSON": b"secret",
    "a list": b"[]",
    "not UTF-8": b"\xff\xfe",
    "no fields": b"{}",
    "unknown scheme": changed({"scheme": "rsa"}),
    "a scheme that is no text": changed({"scheme": []}),
    "another key's id": changed({"keyid": "00" * 32}),
    "another key": changed({"secret": b64encode(bytes(32)).decode()}),
    "too short a key": changed({"secret": "AAAA"}),
    "no base64": changed({"secret": "%"}),
    "no text": changed({"secret": 5}),
    "another version": changed({"southmed_private_key": 2}),
}


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_key_file_is_refused(content: bytes) -> None:
    with pytest.raises(KeyFileInvalid):
        load_private(content)


@pytest.mark.parametrize("scheme", [*SIGNING, *SEALING])
def test_a_private_key_does_not_show_in_print(scheme: Any) -> None:
    key = OpenKey.generate(scheme) if scheme in SEALING else SigningKey.generate(scheme)
    secret = key._secret()
    for text in (repr(key), str(key), repr(vars(key))):
        assert secret.hex() not in text
        assert b64encode(secret).decode() not in text
        assert repr(secret) not in text
