"""An authority that has identifiers, and the holders that it asks: what the tests of tokens share.

The holders decide as the trustee does (`processors.linkage`), each with a book of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_bytes
from typing import Any

from processors.linkage.book import Book
from processors.linkage.judge import Office, judge
from producers.asking import Asking, Means
from producers.outbox import Outbox
from producers.rows import Identifier, MappedRow
from schemas.codec import decode
from schemas.keys import SigningKey
from schemas.linkage import identifier_input, open_request
from schemas.linkage_keys import LinkageKey
from schemas.oprf import token
from schemas.trust import Holder, LinkageEpoch, LinkageShare, TrustDocument, TrustedKey
from tests.register import open_outbox
from tests.samples import TUNISIA, ref
from tests.world import World, a_world

MAY = 1_780_000_000_000
"""A moment of May 2026, in milliseconds since 1970."""
HOUR = 3_600_000
YEAR_MS = 365 * 24 * 3_600_000
HOLDERS: tuple[Holder, ...] = ("trustee.linkage", "trustee.coe", "trustee.national")
SIGNERS = {name: SigningKey.generate("ed25519") for name in HOLDERS}
KEYS = {year: LinkageKey.generate(year, token_bytes) for year in ("2024", "2025", "2026", "2027")}
PHONES = ("+21620000101", "+21620000102", "+9613000103")


def entry(year: str, shares: Sequence[LinkageKey] = ()) -> LinkageEpoch:
    """A year's entry of the trust document; of the whole key, or of its shares."""
    named = [
        LinkageShare(holder=holder, index=key.holder, public=key.public.public.hex())
        for holder, key in zip(HOLDERS, shares or [KEYS[year]], strict=False)
    ]
    return LinkageEpoch(epoch=year, public=KEYS[year].public.public.hex(), shares=named)


def with_linkage(world: World, *entries: LinkageEpoch) -> World:
    """The world whose trust document names linkage keys."""
    listed = [
        TrustedKey.of(signer.verify_key, owner=name, purpose="evaluation")
        for name, signer in SIGNERS.items()
    ]
    return replace(
        world, trust=world.trust.following(keys=[*world.trust.keys, *listed], linkage=list(entries))
    )


def identifier(name: str, value: str, **changes: object) -> Identifier:
    """An identifier of a case."""
    says = Identifier(
        slot=ref(f"{name} {value}") * 2,
        case_ref=ref(f"case {name}"),
        link_type="PHONE",
        value=value,
        role="RECRUIT",
        evidence_grade="B",
        norm_version=1,
        period="2026-03",
        expires="2028-03",
    )
    return replace(says, **changes)  # type: ignore[arg-type]


def naming(name: str, *identifiers: Identifier) -> MappedRow:
    """A row that states identifiers and nothing else."""
    return MappedRow(ref(name) * 2, (), identifiers)


def inner(value: str, year: str) -> bytes:
    """The token of a number, as whoever has the key makes it."""
    return token(KEYS[year]._scalar, identifier_input("PHONE", value))[:32]


@dataclass
class Trustee:
    """A holder that decides on what it is handed.

    Attributes:
        office: Who it is and what it has.
        book: Its book.
        used: Elements that it has evaluated anew.
        asked: Requests that it was handed.
    """

    office: Office
    book: Book
    used: int = 0
    asked: list[bytes] = field(default_factory=list)

    def answer(self, message: bytes, now: int = MAY) -> bytes:
        """The signed answer to a request."""
        decision = judge(message, "TUN", self.book, self.office, now, token_bytes)
        self.book.record("TUN", self.book.next_offset("TUN"), decision)
        self.used += decision.elements if decision.account is not None else 0
        self.asked.append(message)
        assert decision.message is not None
        return decision.message


def a_trustee(
    folder: Path,
    trust: TrustDocument,
    holder: Holder = "trustee.linkage",
    keys: Iterable[LinkageKey] = KEYS.values(),
) -> Trustee:
    office = Office(holder, trust, {key.epoch: key for key in keys}, SIGNERS[holder])
    return Trustee(office, Book(folder / f"{holder}.sqlite", holder))


@dataclass
class Desk:
    """An outbox and its asking, at a moment that a test chooses.

    Attributes:
        path: The file of the outbox.
        world: Keys and trust document.
        now: Milliseconds since 1970.
    """

    path: Path
    world: World = field(default_factory=lambda: with_linkage(a_world(), entry("2026")))
    now: int = MAY

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begins as a new process does: with what the file says, and nothing else."""
        self.outbox: Outbox = open_outbox(self.path)
        means = Means(self.world.tunisia, lambda: self.world.trust, lambda: self.now, token_bytes)
        self.asking = Asking(self.outbox, means)

    def state(self, *rows: MappedRow) -> None:
        self.outbox.record("cases", rows, "here", month="2026-05")

    def ask(self, *trustees: Trustee) -> None:
        """Asks and hears until nothing more comes of it."""
        self.asking.prepare()
        while requests := self.asking.to_send():
            for message in map(self.asking.signed, requests):
                for trustee in trustees:
                    self.asking.take(trustee.answer(message, self.now))
            self.asking.prepare()

    def close(self) -> None:
        self.outbox.close()


def told(desk: Desk) -> list[dict[str, Any]]:
    """All events that were ever put into the outbox, in order."""
    rows = desk.outbox._db.execute("SELECT message FROM events ORDER BY id").fetchall()
    return [decode(row["message"]).fields for row in rows]


def said(desk: Desk) -> list[tuple[str, bytes, bytes | None, str, int]]:
    """What each of them says, in short."""
    return [
        (e["token_epoch"], e["token"], e["previous_token"], e["validation"], e["revision"])
        for e in told(desk)
    ]


def asked_of(trustee: Trustee, trust: TrustDocument) -> list[int]:
    """How many elements each request held."""
    return [len(open_request(m, TUNISIA, trust).elements) for m in trustee.asked]
