"""Makes the golden vectors, each once: ``python -m tests.vectors.make``.

The keys are derived from a published phrase, so that nobody takes them for secret ones. What is
made here stays as it is: wrapping a key and signing with ECDSA are randomised, so a second run
would make other bytes, and a file that is there is not made again. If the wire format changes, it
gets new vectors beside these.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.anonymity import TOP, Attestation, Node
from schemas.codec import decode_as, encode
from schemas.dsse import pae
from schemas.envelope import PAYLOAD_TYPE, Sealed
from schemas.keys import OpenKey, SigningKey, dump_private
from schemas.packing import unpack
from schemas.trust import PLATFORM, Authority, TrustDocument
from tests.attacker import (
    parts,
)
from tests.samples import (
    MOROCCO,
    TUNISIA,
    Fields,
    an_event,
    one_of_each,
    ref,
)
from tests.told import an_event_at, attested
from tests.world import (
    Platform,
    World,
    sealed,
    trusted,
)

FOLDER = Path(__file__).parent


def secret(name: str, size: int = 32) -> bytes:
    """The private bytes of a test key: never use them for anything else."""
    return hashlib.shake_256(b"southmed public test vectors, not secret: " + name.encode()).digest(
        size
    )


KEYS: dict[str, SigningKey | OpenKey] = {
    "authority-ed25519": SigningKey._from_secret("ed25519", secret("authority-ed25519")),
    "authority-p256": SigningKey._from_secret("ecdsa-p256-sha256", secret("authority-p256")),
    "platform-receipts": SigningKey._from_secret("ed25519", secret("platform-receipts")),
    "platform-x25519": OpenKey._from_secret("x25519", secret("platform-x25519")),
    "platform-hybrid": OpenKey._from_secret("mlkem768-x25519", secret("platform-hybrid", 96)),
}
OWNERS = {
    "authority-ed25519": (TUNISIA, "batch"),
    "authority-p256": (MOROCCO, "batch"),
    "platform-receipts": (PLATFORM, "receipt"),
    "platform-x25519": (PLATFORM, "open"),
    "platform-hybrid": (PLATFORM, "open"),
}
TRUST = TrustDocument(
    version=1,
    authorities=[Authority(id=TUNISIA, country="TUN"), Authority(id=MOROCCO, country="MAR")],
    keys=[trusted(KEYS[name], *owner) for name, owner in OWNERS.items()],
)
MOROCCAN = {"producer": MOROCCO, "country": "MAR", "region": "MA-N"}


def cases() -> dict[str, tuple[str, str, list[Fields], dict[str, Any]]]:
    """Name of a batch: who signs, who opens, events, place."""
    several = [e for e in one_of_each() if e["event_type"] != "network.linkage"]
    moroccan = [an_event(**MOROCCAN), an_event("report.received", **MOROCCAN)]
    there = {"authority": MOROCCO, "stream": 3, "epoch": 2, "sequence": 2**40}
    link = hashlib.sha256(b"the batch before").digest()
    return {
        "empty": ("authority-ed25519", "platform-x25519", [], {}),
        "one-event": ("authority-ed25519", "platform-hybrid", [an_event()], {}),
        "several-types": ("authority-ed25519", "platform-x25519", several, {"stream": 1}),
        "p256-hybrid": (
            "authority-p256",
            "platform-hybrid",
            moroccan,
            {**there, "previous_hash": link},
        ),
        "p256-x25519": ("authority-p256", "platform-x25519", moroccan[:1], there),
    }


NODE = Node(sex=0, age=1, citizenship=1, route=1, region=1, period=1)


def anonymous_cases() -> dict[str, tuple[str, str, list[Fields], dict[str, Any]]]:
    """Batches that attest what they tell: two quarters, a person told at the top, a withdrawal."""
    spring = attested(NODE, k=6, l=3, suppressed=5)
    autumn = Attestation("2023-Q4", TOP, k=2, l=1, suppressed=0)
    first = an_event_at(NODE)
    gone = {"supersedes": first["event_id"], "revision": 1, "validation": "WITHDRAWN"}
    events = [
        first,
        an_event_at(TOP, victim_ref=ref("victim 2"), fact_ref=ref("fact 2")),
        an_event_at(TOP, "justice.person_stage", period="2023-11"),
        an_event_at(NODE, "report.received"),
        an_event("training.delivered"),
    ]
    after = {"sequence": 2, "previous_hash": hashlib.sha256(b"the batch before").digest()}
    moroccan = [an_event_at(NODE, **MOROCCAN)]
    there = {"authority": MOROCCO, "stream": 2}
    return {
        "nothing-attested": ("authority-ed25519", "platform-x25519", [], {}),
        "two-quarters": (
            "authority-ed25519",
            "platform-hybrid",
            events,
            {"anonymity": [spring, autumn]},
        ),
        "withdrawn": (
            "authority-ed25519",
            "platform-x25519",
            [an_event_at(NODE, **gone)],
            {**after, "anonymity": [spring]},
        ),
        "p256-hybrid": (
            "authority-p256",
            "platform-hybrid",
            moroccan,
            {**there, "anonymity": [spring]},
        ),
        "p256-x25519": (
            "authority-p256",
            "platform-x25519",
            moroccan,
            {**there, "anonymity": [spring]},
        ),
    }


def told(value: Any) -> Any:
    """A value as JSON: bytes in hexadecimal."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: told(inner) for name, inner in value.items()}
    return [told(inner) for inner in value] if isinstance(value, list | tuple) else value


def batch_vector(
    signer: str, opener: str, events: list[Fields], place: dict[str, Any]
) -> dict[str, Any]:
    key = KEYS[opener]
    assert isinstance(key, OpenKey)
    world = World(KEYS[signer], KEYS[signer], KEYS[signer], key, TRUST)  # type: ignore[arg-type]
    batch = sealed(
        *events, world=world, signer=world.tunisia, recipients=[key.seal_key], seed=opener, **place
    )
    return {"signer": signer, "opener": opener, **opened(batch, key), "events": told(events)}


def opened(batch: Sealed, key: OpenKey) -> dict[str, Any]:
    """Every step of a batch, with the bytes in between."""
    outer, header = parts(batch.message)
    bound = encode("batch_identity", header["identity"])
    content_key = key.unwrap(header["recipients"][0]["wrapped_key"], bound)
    framed = AESGCM(content_key).decrypt(bytes(12), outer["body"], bound)
    plain = unpack(framed)
    return {
        "message": told(batch.message),
        "header": told(header),
        "header_bytes": told(outer["header"]),
        "pae": told(pae(PAYLOAD_TYPE, outer["header"])),
        "batch_hash": told(batch.hash),
        "identity_bytes": told(bound),
        "content_key": told(content_key),
        "framed": told(framed),
        "plain": told(plain),
        "event_bytes": told(decode_as("event_batch", plain)["events"]),
    }


def receipt_vector() -> dict[str, Any]:
    from schemas.receipts import sign_receipt

    platform_key, opener = KEYS["platform-receipts"], KEYS["platform-x25519"]
    signer = KEYS["authority-ed25519"]
    world = World(signer, signer, platform_key, opener, TRUST)  # type: ignore[arg-type]
    refused = an_event(producer="tn.other")
    batch = sealed(an_event(), refused, world=world, recipients=[opener.seal_key])  # type: ignore[union-attr]
    receipt = Platform(world).take(batch.message).receipt
    assert receipt is not None
    message = sign_receipt(receipt, platform_key)  # type: ignore[arg-type]
    payload = decode_as("signed_statement", message)["payload"]
    return {
        "signer": "platform-receipts",
        "message": told(message),
        "payload": told(payload),
        "receipt": told(decode_as("receipt", payload)),
    }


def make(name: str, document: Callable[[], Any]) -> None:
    """Makes a file that is not there yet."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        text = json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8")


def key_files() -> dict[str, Any]:
    notice = "Public test keys: anyone has them. Never trust them."
    files = {name: json.loads(dump_private(key)) for name, key in KEYS.items()}
    for name, key in KEYS.items():
        public = key.seal_key if isinstance(key, OpenKey) else key.verify_key
        files[name]["public"] = b64encode(public.public).decode()
    return {"notice": notice, "keys": files}


def batches(of: dict[str, tuple[str, str, list[Fields], dict[str, Any]]]) -> dict[str, Any]:
    return {name: batch_vector(*case) for name, case in of.items()}


def main() -> None:
    make("keys", key_files)
    make("trust", lambda: json.loads(TRUST.dump()))
    make("batches", lambda: batches(cases()))
    make("attested", lambda: batches(anonymous_cases()))
    make("receipt", receipt_vector)


if __name__ == "__main__":
    main()
