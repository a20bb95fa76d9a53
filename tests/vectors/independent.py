"""A second implementation of the wire format, written from ``docs/wire-format.md`` alone.

It imports nothing of southmed: if it opens the vectors, the document is complete. It is short
because it only opens and checks; it is not hardened and not for use.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from typing import Any

from avro.io import BinaryDecoder, BinaryEncoder, DatumReader, DatumWriter
from avro.schema import Schema, parse
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SCHEMAS = Path(__file__).parents[2] / "schemas" / "avro"


# --- Single-object encoding (section 1) ----------------------------------------------------------

_EMPTY = 0xC15D213AA4D7A795


def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (_EMPTY & -(value & 1))  # noqa: PLW2901 - as the Avro text has it
        table.append(value)
    return table


_TABLE = _crc_table()


def crc64(data: bytes) -> bytes:
    """CRC-64-AVRO, little endian."""
    crc = _EMPTY
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc.to_bytes(8, "little")


_KEPT = ("name", "type", "fields", "symbols", "items", "values", "size")


def canonical(schema: Any, namespace: str = "") -> Any:
    """The parsing canonical form; a named type that was spelled out before stays a name.

    Not taken from the avro package, which spells such types out again and so arrives at other
    fingerprints than the specification's own implementation (release 1.12).
    """
    if isinstance(schema, list):
        return [canonical(branch, namespace) for branch in schema]
    if not isinstance(schema, dict):
        simple = schema in _PRIMITIVES or "." in schema or not namespace
        return schema if simple else f"{namespace}.{schema}"
    form = {name: schema[name] for name in _KEPT if name in schema}
    if "name" in form:
        if "." not in form["name"]:
            form["name"] = f"{schema.get('namespace', namespace)}.{form['name']}"
        namespace = form["name"].rpartition(".")[0]
    if "items" in form:
        form["items"] = canonical(form["items"], namespace)
    if "fields" in form:
        form["fields"] = [
            {"name": field["name"], "type": canonical(field["type"], namespace)}
            for field in form["fields"]
        ]
    return form


_PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


def fingerprint(schema: Any) -> bytes:
    form = json.dumps(canonical(schema), separators=(",", ":"), ensure_ascii=False)
    return crc64(form.encode())


def load_schemas() -> dict[bytes, tuple[str, Schema]]:
    """Every schema by its fingerprint."""
    found = {}
    for path in sorted(SCHEMAS.glob("*/v*.avsc")):
        text = path.read_text(encoding="utf-8")
        found[fingerprint(json.loads(text))] = (path.parent.name, parse(text))
    return found


KNOWN = load_schemas()


def read(message: bytes) -> tuple[str, dict[str, Any]]:
    """Subject and fields of a message."""
    assert message[:2] == b"\xc3\x01", "marker"
    subject, schema = KNOWN[message[2:10]]
    buffer = BytesIO(message[10:])
    fields = DatumReader(schema).read(BinaryDecoder(buffer))
    assert not buffer.read(), "bytes left over"
    return subject, fields


def write(subject: str, fields: dict[str, Any]) -> bytes:
    """A message of a subject."""
    fingerprint, schema = next((f, s) for f, (name, s) in KNOWN.items() if name == subject)
    buffer = BytesIO()
    DatumWriter(schema).write(fields, BinaryEncoder(buffer))
    return b"\xc3\x01" + fingerprint + buffer.getvalue()


# --- Signatures (section 2) ----------------------------------------------------------------------


def pae(payload_type: str, payload: bytes) -> bytes:
    kind = payload_type.encode()
    return b" ".join(
        [b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload]
    )


def key_id(scheme: str, public: bytes) -> str:
    return hashlib.sha256(scheme.encode() + b"\0" + public).hexdigest()


def verifies(scheme: str, public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        if scheme == "ed25519":
            ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        else:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
            point.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def signed(fields: dict[str, Any], payload: bytes, trust: dict[str, Any], owner: str) -> bool:
    """Whether one signature is by a key of the owner that the trust document lists."""
    keys = {key["keyid"]: key for key in trust["keys"]}
    for signature in fields["signatures"]:
        key = keys.get(signature["keyid"])
        if key is None or key["owner"] != owner or key["purpose"] not in ("batch", "receipt"):
            continue
        public = b64decode(key["public"])
        assert key_id(key["scheme"], public) == key["keyid"]
        message = pae(fields["payload_type"], payload)
        if verifies(key["scheme"], public, signature["sig"], message):
            return True
    return False


# --- Opening (sections 3 to 5) -------------------------------------------------------------------


def extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    """LabeledExtract of RFC 9180, section 4, with HKDF-SHA256."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + secret, "sha256")


def expand(suite: bytes, prk: bytes, label: bytes, info: bytes, size: int) -> bytes:
    """LabeledExpand of RFC 9180, section 4; no output here is longer than one block."""
    labeled = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labeled + b"\1", "sha256")[:size]


def decapsulate_x25519(secret: bytes, enc: bytes) -> bytes:
    """DHKEM(X25519, HKDF-SHA256), RFC 9180, section 4.1."""
    private = x25519.X25519PrivateKey.from_private_bytes(secret)
    shared = private.exchange(x25519.X25519PublicKey.from_public_bytes(enc))
    suite = b"KEM" + (0x0020).to_bytes(2, "big")
    context = enc + private.public_key().public_bytes_raw()
    prk = extract(suite, b"", b"eae_prk", shared)
    return expand(suite, prk, b"shared_secret", context, 32)


def decapsulate_hybrid(secret: bytes, enc: bytes) -> bytes:
    """The hybrid KEM: both shared secrets, bound to ciphertext and key of the classical half."""
    quantum = mlkem.MLKEM768PrivateKey.from_seed_bytes(secret[:64])
    classical = x25519.X25519PrivateKey.from_private_bytes(secret[64:])
    ciphertext, ephemeral = enc[:1088], enc[1088:]
    shared = quantum.decapsulate(ciphertext) + classical.exchange(
        x25519.X25519PublicKey.from_public_bytes(ephemeral)
    )
    public = classical.public_key().public_bytes_raw()
    return hashlib.sha3_256(shared + ephemeral + public + b"\\.//^\\").digest()


KEMS = {0x0020: (32, decapsulate_x25519), 0x647A: (1120, decapsulate_hybrid)}


def unwrap(kem_id: int, secret: bytes, wrapped: bytes, info: bytes) -> bytes:
    """HPKE single-shot decryption in base mode, RFC 9180, sections 5.1 and 6.1."""
    enc_length, decapsulate = KEMS[kem_id]
    enc, ciphertext = wrapped[:enc_length], wrapped[enc_length:]
    shared = decapsulate(secret, enc)
    suite = b"HPKE" + b"".join(part.to_bytes(2, "big") for part in (kem_id, 0x0001, 0x0002))
    context = (
        b"\0" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    )
    prk = extract(suite, shared, b"secret", b"")
    key = expand(suite, prk, b"key", context, 32)
    nonce = expand(suite, prk, b"base_nonce", context, 12)
    return AESGCM(key).decrypt(nonce, ciphertext, b"")


def unpack(framed: bytes) -> bytes:
    length = int.from_bytes(framed[:4], "big")
    stream, padding = framed[4 : 4 + length], framed[4 + length :]
    assert len(stream) == length, "frame"
    assert not any(padding), "padding"
    return zlib.decompress(stream, wbits=-15)


def open_batch(message: bytes, trust: dict[str, Any], secret: bytes, keyid: str) -> dict[str, Any]:
    """Everything that a batch tells, step by step as the document has it."""
    subject, outer = read(message)
    assert subject == "sealed_batch"
    assert outer["payload_type"] == "application/vnd.southmed.case-batch.v1+avro"
    subject, header = read(outer["header"])
    assert subject == "batch_header"
    identity = header["identity"]
    assert signed(outer, outer["header"], trust, identity["authority"]), "signature"
    assert hashlib.sha256(outer["body"]).digest() == header["body_sha256"], "body"
    bound = write("batch_identity", identity)
    wrapped = next(r["wrapped_key"] for r in header["recipients"] if r["keyid"] == keyid)
    content_key = unwrap(identity["kem_id"], secret, wrapped, bound)
    plain = unpack(AESGCM(content_key).decrypt(bytes(12), outer["body"], bound))
    subject, inner = read(plain)
    assert subject == "event_batch"
    to_sign = pae(outer["payload_type"], outer["header"])
    return {
        "header": header,
        "to_sign": to_sign,
        "batch_hash": hashlib.sha256(to_sign).digest(),
        "identity": bound,
        "content_key": content_key,
        "plain": plain,
        "events": [read(event) for event in inner["events"]],
    }


def open_receipt(message: bytes, trust: dict[str, Any]) -> dict[str, Any]:
    """A receipt's fields."""
    subject, outer = read(message)
    assert subject == "signed_statement"
    assert outer["payload_type"] == "application/vnd.southmed.receipt.v1+avro"
    assert signed(outer, outer["payload"], trust, "platform"), "signature"
    subject, fields = read(outer["payload"])
    assert subject == "receipt"
    return fields


def load(name: str) -> Any:
    """A file of vectors."""
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
