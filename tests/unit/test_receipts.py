"""Receipts: what the platform says comes back as it was said, and only the platform says it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import decode_as, encode
from schemas.dsse import sign_statement
from schemas.envelope import Sealed
from schemas.errors import (
    BadSignature,
    ForeignKey,
    Truncated,
    Undecodable,
    UnknownKey,
    UnknownSchema,
    WrongPayloadType,
)
from schemas.keys import SigningKey
from schemas.receipts import (
    PAYLOAD_TYPE,
    Entry,
    Receipt,
    RefusedEvent,
    Status,
    open_receipt,
    sign_receipt,
)
from tests.samples import (
    TUNISIA,
    an_event,
)
from tests.world import (
    Platform,
    a_world,
    sealed,
)

INT = st.integers(0, 2**31 - 1)
LONG = st.integers(0, 2**63 - 1)
CODES = st.sampled_from(["", "CHAIN_GAP", "EVENT_INVALID"])
ENTRIES = st.builds(
    Entry,
    epoch=INT,
    sequence=LONG,
    batch_hash=st.binary(min_size=32, max_size=32),
    status=st.sampled_from(Status),
    code=CODES,
    events_accepted=INT,
    events_duplicate=INT,
    refused=st.lists(st.builds(RefusedEvent, INT, CODES, st.just("sex: literal_error"))).map(tuple),
)
RECEIPTS = st.builds(
    Receipt,
    authority=st.just(TUNISIA),
    stream=st.integers(0, 3),
    next_position=st.tuples(INT, LONG),
    entries=st.lists(ENTRIES, max_size=3).map(tuple),
)


@given(RECEIPTS)
def test_a_receipt_comes_back_as_it_was(receipt: Receipt) -> None:
    us = a_world()
    assert open_receipt(sign_receipt(receipt, us.platform), us.trust) == receipt


def a_receipt(batch: Sealed | None = None) -> Receipt:
    receipt = Platform().take((batch or sealed(an_event())).message).receipt
    assert receipt is not None
    return receipt


def test_a_batch_is_answered_with_what_became_of_it_and_what_comes_next() -> None:
    batch = sealed(an_event())
    entry = Entry(1, 1, batch.hash, Status.ACCEPTED, events_accepted=1)
    assert a_receipt(batch) == Receipt(TUNISIA, 0, (1, 2), (entry,))


def test_a_duplicate_repeats_what_was_told_the_first_time() -> None:
    platform = Platform()
    batch = sealed(an_event(), an_event(sex="M", producer="tn.other"))
    first, again = platform.take(batch.message).receipt, platform.take(batch.message).receipt
    assert first is not None
    assert again is not None
    (told,), (repeated,) = first.entries, again.entries
    assert repeated.status is Status.DUPLICATE
    assert (repeated.refused, repeated.events_accepted) == (told.refused, told.events_accepted)
    assert [event.code for event in told.refused] == ["WRONG_PRODUCER"]


@pytest.mark.parametrize("who", ["tunisia", "morocco"])
def test_no_authority_speaks_for_the_platform(who: str) -> None:
    us = a_world()
    with pytest.raises(ForeignKey):
        open_receipt(sign_receipt(a_receipt(), getattr(us, who)), us.trust)


def test_nobody_else_does() -> None:
    with pytest.raises(UnknownKey):
        open_receipt(sign_receipt(a_receipt(), SigningKey.generate("ed25519")), a_world().trust)


def test_a_batch_is_no_receipt() -> None:
    with pytest.raises(UnknownSchema):
        open_receipt(sealed().message, a_world().trust)


def test_a_receipt_is_not_taken_under_another_type() -> None:
    us = a_world()
    fields = decode_as("signed_statement", sign_receipt(a_receipt(), us.platform))
    other = sign_statement("application/other", fields["payload"], us.platform)
    with pytest.raises(WrongPayloadType):
        open_receipt(other, us.trust)


def test_a_signed_statement_that_is_no_receipt_inside_is_refused() -> None:
    us = a_world()
    for payload, error in (
        (b"", Truncated),
        (encode("event_batch", {"events": []}), UnknownSchema),
        (encode("event_batch", {"events": []})[:-1], Undecodable),
    ):
        with pytest.raises(error):
            open_receipt(sign_statement(PAYLOAD_TYPE, payload, us.platform), us.trust)


def test_no_byte_of_a_receipt_can_be_changed() -> None:
    us = a_world()
    message = sign_receipt(a_receipt(), us.platform)
    refused = (BadSignature, WrongPayloadType, UnknownKey, UnknownSchema, Undecodable, Truncated)
    for position in range(len(message)):
        altered = bytearray(message)
        altered[position] ^= 1
        with pytest.raises(refused):
            open_receipt(bytes(altered), us.trust)
