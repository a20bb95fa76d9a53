"""A small world for the tests: authorities with keys, the platform, events, sealed batches.

Nothing in it is a stand-in: keys are keys, batches are sealed and folded by the code under test.
Only the ledger is a dictionary instead of a store on disk, because the fold is a pure function and
asks for nothing more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from processors.intake.fold import Outcome, Record, Secrets, fold
from processors.intake.records import read_cell, unpack_count
from producers.rows import PendingBatch
from schemas.anonymity import Attestation
from schemas.chain import GENESIS_HASH
from schemas.envelope import Place, Sealed, seal
from schemas.keys import OpenKey, SealingScheme, SealKey, SigningKey
from schemas.topics import CaseTopic
from schemas.trust import PLATFORM, Anonymity, Authority, TrustDocument, TrustedKey
from tests.samples import MOROCCO, TUNISIA, an_event, encoded, ref

NOW = 1_704_067_200_000
"""1 January 2024, 00:00 UTC, in milliseconds."""
LINKAGE_KEY = bytes(range(32))
TOPIC = CaseTopic("TUN", 0)


def some_random(seed: str = "test") -> Callable[[int], bytes]:
    """A source of bytes that gives the same ones every time: for tests only."""
    counter = 0

    def draw(size: int) -> bytes:
        nonlocal counter
        counter += 1
        return hashlib.shake_256(f"{seed} {counter}".encode()).digest(size)

    return draw


# --- Parties -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """Two authorities, the platform, and the trust document that they share."""

    tunisia: SigningKey
    morocco: SigningKey
    platform: SigningKey
    opener: OpenKey
    trust: TrustDocument

    @property
    def secrets(self) -> Secrets:
        return Secrets(self.trust, (self.opener,), LINKAGE_KEY)

    def with_key(self, key: SigningKey, **changes: Any) -> World:
        """The world whose trust document says something else about a key, or lists one more."""
        known = {trusted.keyid: trusted for trusted in self.trust.keys}
        entry = known.get(key.keyid) or trusted(key, TUNISIA, "batch")
        known[key.keyid] = entry.model_copy(update=changes)
        return replace(self, trust=self.trust.model_copy(update={"keys": [*known.values()]}))

    def agreed(self, k: int = 5, l: int = 2) -> World:  # noqa: E741
        """The world whose trust document says that the Tunisian authority agreed on k and l."""
        anonymity = Anonymity(k=k, l=l)
        authorities = [
            a.model_copy(update={"anonymity": anonymity}) if a.id == TUNISIA else a
            for a in self.trust.authorities
        ]
        return replace(self, trust=self.trust.model_copy(update={"authorities": authorities}))

    def with_epoch(self, epoch: int, stream: int = 0) -> World:
        """The world whose trust document announces an epoch of the Tunisian authority."""
        authorities = [
            a.model_copy(update={"epochs": {stream: epoch}}) if a.id == TUNISIA else a
            for a in self.trust.authorities
        ]
        return replace(self, trust=self.trust.model_copy(update={"authorities": authorities}))


def trusted(key: SigningKey | OpenKey, owner: str, purpose: str) -> TrustedKey:
    public = key.seal_key if isinstance(key, OpenKey) else key.verify_key
    return TrustedKey.of(public, owner=owner, purpose=purpose)


@cache
def a_world(scheme: SealingScheme = "x25519") -> World:
    """The world at peace. X25519 by default, because most tests are not about the hybrid KEM."""
    tunisia, morocco = SigningKey.generate("ed25519"), SigningKey.generate("ecdsa-p256-sha256")
    platform, opener = SigningKey.generate("ed25519"), OpenKey.generate(scheme)
    trust = TrustDocument(
        version=1,
        authorities=[
            Authority(id=TUNISIA, country="TUN"),
            Authority(id=MOROCCO, country="MAR"),
        ],
        keys=[
            trusted(tunisia, TUNISIA, "batch"),
            trusted(morocco, MOROCCO, "batch"),
            trusted(platform, PLATFORM, "receipt"),
            trusted(opener, PLATFORM, "open"),
        ],
    )
    return World(tunisia, morocco, platform, opener, trust)


# --- Batches -------------------------------------------------------------------------------------


def a_place(**changes: Any) -> Place:
    return replace(Place(TUNISIA, 0, 1, 1, GENESIS_HASH), **changes)


def sealed(
    *events: Mapping[str, Any],
    world: World | None = None,
    signer: SigningKey | None = None,
    recipients: Sequence[SealKey] | None = None,
    produced_at: int = NOW,
    seed: str = "test",
    anonymity: Sequence[Attestation] = (),
    **place: Any,
) -> Sealed:
    """A batch of the Tunisian authority; keyword arguments beyond those named change its place."""
    world = world or a_world()
    return seal(
        [encoded(event) for event in events],
        a_place(**place),
        signer=signer or world.tunisia,
        recipients=world.trust.recipients() if recipients is None else recipients,
        produced_at=produced_at,
        trust_version=world.trust.version,
        random=some_random(seed),
        anonymity=anonymity,
    )


def a_chain(length: int, *, start: Sealed | None = None, **place: Any) -> list[Sealed]:
    """Batches that follow one another, each with one victim of its own."""
    previous, first = GENESIS_HASH, 1
    if start is not None:
        previous, first = start.hash, 2
    chain = []
    for sequence in range(first, first + length):
        event = an_event(victim_ref=ref(f"victim {sequence}"), period="2023-06")
        batch = sealed(event, sequence=sequence, previous_hash=previous, **place)
        chain.append(batch)
        previous = batch.hash
    return chain


# --- The platform --------------------------------------------------------------------------------


@dataclass
class Platform:
    """A partition's ledger in memory, and the fold that fills it."""

    world: World = field(default_factory=a_world)
    topic: CaseTopic = TOPIC
    records: dict[bytes, bytes] = field(default_factory=dict)
    offset: int = 0

    def read(self, keys: Sequence[bytes]) -> list[bytes | None]:
        return [self.records.get(key) for key in keys]

    def take(self, message: bytes) -> Outcome:
        """Folds one record and commits what follows."""
        record = Record(self.topic, self.offset, message)
        outcome = fold(record, self.read, self.world.secrets)
        for key, value in outcome.writes.items():
            if value is None:
                self.records.pop(key, None)
            else:
                self.records[key] = value
        self.offset = outcome.next_offset
        return outcome

    def take_all(self, batches: Iterable[Sealed | PendingBatch]) -> list[Outcome]:
        """Folds batches in order."""
        return [self.take(batch.message) for batch in batches]

    @property
    def cells(self) -> dict[tuple[str, ...], int]:
        """What is counted."""
        return {
            read_cell(key): unpack_count(value)
            for key, value in self.records.items()
            if key.startswith(b"C")
        }

    @property
    def standing(self) -> dict[bytes, bytes]:
        """Events, subjects, cells, what is attested: what no refused batch may touch."""
        return {key: value for key, value in self.records.items() if key[:1] in b"ABCES"}


def code_of(outcome: Outcome) -> str:
    """The code a record ended in: of its quarantine, of its receipt, or of its status."""
    if outcome.quarantine is not None:
        return outcome.quarantine.code
    if outcome.receipt is None:
        return ""
    entry = outcome.receipt.entries[0]
    return entry.code or entry.status.value
