"""Who holds one of the secrets behind linkage tokens, and guesses every number there is.

Each attacker has a list of candidates with the right one among them, and all that stands in a place
that leaked. Alone, it tells the right candidate from none of the others. Where both keys leaked,
it does: so these tests would find what they look for.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.intake.outer import outer_token
from processors.intake.records import unpack_subject
from producers.errors import OutboxMismatch
from schemas.codec import encode
from schemas.envelope import open_body, verify
from schemas.linkage import identifier_input
from schemas.oprf import blind, token
from schemas.ristretto import random_scalar
from tests.register import open_outbox, sealer
from tests.tokens import KEYS, MAY, Desk, a_trustee, identifier, inner, naming
from tests.world import LINKAGE_KEY, TOPIC, Platform, some_random

GUESSED = "+21620000101"
CANDIDATES = [GUESSED, *(f"+2162{n:07}" for n in range(40))]


@dataclass(frozen=True)
class Leak:
    """A platform that took one sighting, and what the authority's outbox published of it."""

    platform: Platform
    message: bytes

    @property
    def bytes(self) -> bytes:
        return b"".join(key + (value or b"") for key, value in self.platform.records.items())


@pytest.fixture
def leak(tmp_path: Path) -> Iterator[Leak]:
    desk = Desk(tmp_path / "outbox.sqlite")
    desk.state(naming("1", identifier("1", GUESSED)))
    desk.ask(a_trustee(tmp_path, desk.world.trust))
    seal = sealer(desk.world)
    batch = desk.outbox.seal_next(
        0, type(seal)(seal.signer, seal.trust, lambda: MAY, seal.random), even_empty=False
    )
    assert batch is not None
    platform = Platform(desk.world)
    assert platform.take(batch.message).receipt is not None
    [message] = open_body(verify(batch.message, TOPIC, desk.world.trust), [desk.world.opener])
    yield Leak(platform, message)
    desk.close()


Derive = Callable[[str], list[bytes]]


def without_a_key(number: str) -> list[bytes]:
    """What can be made of a number alone."""
    content = identifier_input("PHONE", number)
    plain = [number.encode(), number[1:].encode(), content]
    return [*plain, *(hashlib.new(f, c).digest() for f in ("sha256", "sha512") for c in plain)]


def with_the_outer_key(number: str) -> list[bytes]:
    """The platform's own key leaked, or its operator guesses."""
    made = [one[:32].ljust(32, b"\0") for one in without_a_key(number)]
    return [
        *(outer_token(LINKAGE_KEY, "2026", one) for one in made),
        *(hmac.digest(LINKAGE_KEY, one, "sha256") for one in without_a_key(number)),
    ]


def with_the_linkage_key(leak: Leak) -> Derive:
    """The linkage key leaked, and the ledger tells every other field of the event."""

    def derive(number: str) -> list[bytes]:
        guessed = inner(number, "2026")
        digests = [hashlib.sha256(one).digest() for one in (event_with(leak, guessed), guessed)]
        return [guessed, *digests, *(d[:16] for d in digests), token(_key(), guessed)[:32]]

    return derive


def event_with(leak: Leak, guessed: bytes) -> bytes:
    """The event that the ledger tells of, with a guessed token."""
    [event] = [
        event
        for key, value in leak.platform.records.items()
        if key[:1] == b"S" and value
        for event in unpack_subject(value)
    ]
    fields = {n: v for n, v in event.items() if not n.startswith("first_") and n != "event_type"}
    return encode("network.linkage", {**fields, "token": guessed, "previous_token": None})


def _key() -> bytes:
    return KEYS["2026"]._scalar


def matched(derive: Derive, stored: bytes) -> list[str]:
    return [c for c in CANDIDATES if any(one in stored for one in derive(c))]


def test_a_ledger_alone_matches_no_number(leak: Leak) -> None:
    assert matched(without_a_key, leak.bytes) == []


def test_a_ledger_and_a_leaked_outer_key_match_no_number(leak: Leak) -> None:
    assert matched(with_the_outer_key, leak.bytes) == []


def test_a_ledger_and_a_leaked_linkage_key_match_no_number(leak: Leak) -> None:
    """Not even by the event's digest, though the ledger tells all its other fields."""
    assert matched(with_the_linkage_key(leak), leak.bytes) == []
    right = event_with(leak, inner(GUESSED, "2026"))
    assert right == leak.message, "so its plain digest would have matched"


def test_only_both_keys_together_match_a_number(leak: Leak) -> None:
    def both(number: str) -> list[bytes]:
        return [outer_token(LINKAGE_KEY, "2026", inner(number, "2026"))]

    assert matched(both, leak.bytes) == [GUESSED]


def test_a_copied_outbox_and_the_authoritys_batches_match_no_number(tmp_path: Path) -> None:
    """Whoever steals the file lacks the secret that lies beside it, and the linkage key."""
    desk = Desk(tmp_path / "outbox.sqlite")
    desk.state(naming("1", identifier("1", GUESSED)))
    stages = [stored_of(desk)]
    desk.asking.prepare()
    stages.append(stored_of(desk))
    desk.ask(a_trustee(tmp_path, desk.world.trust))
    stages.append(stored_of(desk))
    desk.close()
    assert [matched(without_a_key, stored) for stored in stages] == [[], [], []]
    told = matched(lambda number: [inner(number, "2026")], stages[-1])
    assert told == [GUESSED], "with the linkage key, tokens in the outbox do match"


def stored_of(desk: Desk) -> bytes:
    """The outbox with its journal, as a thief copies them."""
    return b"".join(path.read_bytes() for path in desk.path.parent.glob(f"{desk.path.name}*"))


def test_the_same_number_looks_different_whenever_it_is_asked_for(tmp_path: Path) -> None:
    """A trustee that keeps all requests cannot tell that two are about one number."""
    elements = set()
    for name in ("one", "other"):
        desk = Desk(tmp_path / name)
        desk.state(naming("1", identifier("1", GUESSED)))
        desk.asking.prepare()
        (request,) = desk.asking.to_send()
        asked = desk.outbox.asked(request.request_id)
        assert asked is not None
        elements |= set(asked.elements)
        desk.close()
    assert len(elements) == 2
    guessed = blind([identifier_input("PHONE", GUESSED)], some_random("guess"))[1]
    assert not elements & set(guessed)
    assert random_scalar(some_random("guess")) not in elements


NUMBERS = st.integers(10_000_000, 99_999_999).map(lambda number: f"+216{number}")


@settings(max_examples=25, deadline=None)
@given(number=NUMBERS)
def test_a_number_stands_nowhere_in_the_clear(
    number: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Not at home, on the way, in a log or an error; at every step from the row to the event."""
    folder = tmp_path_factory.mktemp("planted")
    log = _Everything()
    logging.getLogger().addHandler(log)
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        desk = Desk(folder / "outbox.sqlite")
        trustee = a_trustee(folder, desk.world.trust)
        planted = identifier("1", number)
        out = repr(planted).encode() + repr(naming("1", planted)).encode()
        desk.state(naming("1", planted))
        desk.asking.prepare()
        (request,) = desk.asking.to_send()
        out += desk.asking.signed(request) + repr(request).encode() + stored_of(desk)
        out += repr(desk.outbox.asked(request.request_id)).encode()
        out += _error_of_another_secret(desk, request.request_id)
        answer = trustee.answer(desk.asking.signed(request))
        desk.asking.take(answer[:-1])
        desk.asking.take(answer)
        desk.asking.prepare()
        batch = desk.outbox.seal_next(0, sealer(desk.world), even_empty=False)
        assert batch is not None
        opened = open_body(verify(batch.message, TOPIC, desk.world.trust), [desk.world.opener])
        out += answer + b"".join(opened) + stored_of(desk)
        desk.close()
    finally:
        logging.getLogger().removeHandler(log)
    text = out.decode("utf-8", errors="replace") + log.text
    assert len(opened) == 1
    assert [trace for trace in (number, number[1:], number[4:]) if trace in text] == []


def _error_of_another_secret(desk: Desk, request_id: bytes) -> bytes:
    other = open_outbox(desk.path)
    other._vault = type(other._vault)(bytes(32), some_random())
    try:
        other.asked(request_id)
    except OutboxMismatch as error:
        return "".join(traceback.format_exception(error)).encode()
    finally:
        other.close()
    raise AssertionError("another secret opened it")


class _Everything(logging.Handler):
    """Every log record, with all that it holds."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += repr(vars(record)) + record.getMessage()
