"""Golden vectors: today's code and a second implementation open them to exactly what they say."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.anonymity import FIELDS, conforms, read_attestations, window_of
from schemas.codec import decode, decode_as, encode, registry
from schemas.dsse import pae
from schemas.envelope import PAYLOAD_TYPE, open_body, verify
from schemas.keys import OpenKey, SigningKey, load_private
from schemas.receipts import open_receipt, sign_receipt
from schemas.topics import CaseTopic
from schemas.trust import TrustDocument
from tests.attacker import (
    parts,
)
from tests.samples import (
    encoded,
)
from tests.vectors import independent
from tests.vectors.make import KEYS, told

FOLDER = Path(independent.__file__).parent
ATTESTED: dict[str, Any] = independent.load("attested")
BATCHES: dict[str, Any] = independent.load("batches") | {
    f"attested, {name}": vector for name, vector in ATTESTED.items()
}
RECEIPT: dict[str, Any] = independent.load("receipt")
KEY_FILES: dict[str, Any] = independent.load("keys")["keys"]
TRUST_JSON: dict[str, Any] = independent.load("trust")
TRUST = TrustDocument.parse(json.dumps(TRUST_JSON).encode())


def key(name: str) -> SigningKey | OpenKey:
    return load_private(json.dumps(KEY_FILES[name]).encode())


def an_opener(vector: dict[str, Any]) -> OpenKey:
    found = key(vector["opener"])
    assert isinstance(found, OpenKey)
    return found


@pytest.mark.parametrize("vector", BATCHES.values(), ids=BATCHES)
def test_our_code_opens_every_batch_to_what_it_says(vector: dict[str, Any]) -> None:
    message = bytes.fromhex(vector["message"])
    identity = vector["header"]["identity"]
    country = TRUST.authority(identity["authority"]).country
    batch = verify(message, CaseTopic(country, identity["stream"]), TRUST)
    assert batch.keyid == key(vector["signer"]).keyid
    assert told(batch.link.hash) == vector["batch_hash"]
    assert told(vars(batch.place)) == {n: v for n, v in identity.items() if n != "kem_id"}
    events = open_body(batch, [an_opener(vector)])
    assert told(events) == vector["event_bytes"]
    fields = [decode(event) for event in events]
    assert [{"event_type": e.subject, **told(e.fields)} for e in fields] == vector["events"]


@pytest.mark.parametrize("vector", BATCHES.values(), ids=BATCHES)
def test_every_step_in_between_is_as_it_was(vector: dict[str, Any]) -> None:
    outer, header = parts(bytes.fromhex(vector["message"]))
    bound = encode("batch_identity", header["identity"])
    content_key = an_opener(vector).unwrap(header["recipients"][0]["wrapped_key"], bound)
    sealed_again = AESGCM(content_key).encrypt(bytes(12), bytes.fromhex(vector["framed"]), bound)
    assert told(header) == vector["header"]
    assert told(outer["header"]) == vector["header_bytes"]
    assert told(pae(PAYLOAD_TYPE, outer["header"])) == vector["pae"]
    assert told(bound) == vector["identity_bytes"]
    assert told(content_key) == vector["content_key"]
    assert sealed_again == outer["body"]
    assert encode("sealed_batch", outer) == bytes.fromhex(vector["message"])
    assert encode("batch_header", header) == outer["header"]


@pytest.mark.parametrize("vector", BATCHES.values(), ids=BATCHES)
def test_the_second_implementation_opens_every_batch(vector: dict[str, Any]) -> None:
    file = KEY_FILES[vector["opener"]]
    secret = independent.b64decode(file["secret"])
    batch = independent.open_batch(
        bytes.fromhex(vector["message"]), TRUST_JSON, secret, file["keyid"]
    )
    assert told(batch["header"]) == vector["header"]
    assert told(batch["to_sign"]) == vector["pae"]
    assert told(batch["batch_hash"]) == vector["batch_hash"]
    assert told(batch["identity"]) == vector["identity_bytes"]
    assert told(batch["content_key"]) == vector["content_key"]
    assert told(batch["plain"]) == vector["plain"]
    events = [{"event_type": subject, **told(fields)} for subject, fields in batch["events"]]
    assert events == vector["events"]


def test_headers_attest_what_their_events_tell() -> None:
    """Platforms that hold authorities to it take every event of these batches."""
    for vector in ATTESTED.values():
        read = read_attestations(vector["header"]["anonymity"])
        assert [a.as_fields() for a in read] == vector["header"]["anonymity"]
        nodes = {attested.window: attested.node for attested in read}
        events = [decode(bytes.fromhex(message)) for message in vector["event_bytes"]]
        for event in ({"event_type": e.subject, **e.fields} for e in events):
            if event["event_type"] in FIELDS:
                assert conforms(event, nodes[window_of(event["period"])])
    validations = {e["validation"] for v in ATTESTED.values() for e in v["events"]}
    assert validations == {"VALID", "WITHDRAWN"}


def test_both_implementations_read_the_receipt() -> None:
    message = bytes.fromhex(RECEIPT["message"])
    receipt = open_receipt(message, TRUST)
    assert told(decode_as("receipt", bytes.fromhex(RECEIPT["payload"]))) == RECEIPT["receipt"]
    assert told(independent.open_receipt(message, TRUST_JSON)) == RECEIPT["receipt"]
    # Ed25519 is deterministic: the same receipt gives the same bytes.
    signer = key("platform-receipts")
    assert isinstance(signer, SigningKey)
    assert sign_receipt(receipt, signer) == message


@pytest.mark.parametrize("part", ["header", "body"])
def test_the_second_implementation_refuses_what_was_altered(part: str) -> None:
    """Otherwise it might open the vectors without looking at what they prove."""
    vector = BATCHES["several-types"]
    file = KEY_FILES[vector["opener"]]
    message = bytearray.fromhex(vector["message"])
    message[message.find(parts(bytes(message))[0][part]) + 40] ^= 1
    with pytest.raises(AssertionError):
        independent.open_batch(
            bytes(message), TRUST_JSON, independent.b64decode(file["secret"]), file["keyid"]
        )


def test_the_second_implementation_knows_nothing_of_the_first() -> None:
    source = ast.parse(Path(independent.__file__).read_text(encoding="utf-8"))
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else name.name
        for node in ast.walk(source)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    ours = ("schemas", "producers", "processors", "tests", "fastavro")
    assert not [module for module in imported if module.partition(".")[0] in ours]


def test_both_take_the_same_fingerprints() -> None:
    theirs = {fingerprint: name for fingerprint, (name, _) in independent.KNOWN.items()}
    assert theirs == {f: subject.name for f, subject in registry().by_fingerprint.items()}


def test_the_keys_of_the_vectors_are_the_published_ones() -> None:
    for name, made in KEYS.items():
        assert key(name).keyid == made.keyid == KEY_FILES[name]["keyid"]


def test_the_vectors_hold_every_suite_and_nearly_every_event_type() -> None:
    for batches in (independent.load("batches"), ATTESTED):
        assert len({(v["signer"], v["opener"]) for v in batches.values()}) == 4
    types = {event["event_type"] for v in BATCHES.values() for event in v["events"]}
    assert len(types) == 15  # these vectors are older than linkage tokens on the case topics
    for vector in BATCHES.values():
        for event, message in zip(vector["events"], vector["event_bytes"], strict=True):
            decoded = decode(bytes.fromhex(message))
            assert encoded({"event_type": event["event_type"], **decoded.fields}).hex() == message
