"""Sealing and opening: there and back, sizes, and what is bound to what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import envelope
from schemas.codec import encode
from schemas.envelope import (
    MAX_EVENTS,
    MAX_RECIPIENTS,
    Verified,
    batch_hash,
    open_body,
    seal,
    verify,
)
from schemas.errors import NotForUs, Oversized, UnsupportedSuite
from schemas.keys import KEM_IDS, OpenKey, SigningKey
from schemas.packing import MAX_BODY, padded_length
from schemas.topics import CaseTopic
from tests.attacker import (
    forged,
    packed,
    parts,
)
from tests.generated import events
from tests.samples import (
    MOROCCO,
    TUNISIA,
    an_event,
    encoded,
)
from tests.world import (
    NOW,
    TOPIC,
    a_place,
    a_world,
    sealed,
    some_random,
)


def opened(message: bytes, **world: Any) -> tuple[Verified, list[bytes]]:
    us = a_world(**world)
    batch = verify(message, TOPIC, us.trust)
    return batch, open_body(batch, [us.opener])


@settings(max_examples=50)
@given(st.lists(events, max_size=20))
def test_any_events_come_back_as_they_were(fields: list[dict[str, Any]]) -> None:
    batch, messages = opened(sealed(*fields).message)
    assert messages == [encoded(event) for event in fields]
    assert (batch.place, batch.produced_at) == (a_place(), NOW)


@given(
    stream=st.integers(0, 3),
    epoch=st.integers(1, 2**31 - 1),
    sequence=st.integers(1, 2**63 - 1),
    previous=st.binary(min_size=32, max_size=32),
)
def test_a_batch_tells_its_place(stream: int, epoch: int, sequence: int, previous: bytes) -> None:
    us = a_world()
    place = a_place(stream=stream, epoch=epoch, sequence=sequence, previous_hash=previous)
    batch = sealed(**vars(place))
    found = verify(batch.message, CaseTopic("TUN", stream), us.trust)
    assert (found.place, found.link.hash) == (place, batch.hash)
    assert found.link.position == (epoch, sequence)


@pytest.mark.parametrize("scheme", KEM_IDS)
@pytest.mark.parametrize("signature", ["ed25519", "ecdsa-p256-sha256"])
def test_every_suite_seals_and_opens(scheme: Any, signature: Any) -> None:
    us, signer = a_world(scheme), SigningKey.generate(signature)
    us = us.with_key(signer)
    batch = verify(sealed(an_event(), world=us, signer=signer).message, TOPIC, us.trust)
    assert (batch.keyid, batch.kem_id) == (signer.keyid, KEM_IDS[scheme])
    assert open_body(batch, [us.opener]) == [encoded(an_event())]


def test_every_recipient_opens_alone() -> None:
    us, openers = a_world(), [OpenKey.generate("x25519") for _ in range(MAX_RECIPIENTS)]
    batch = sealed(an_event(), recipients=[key.seal_key for key in openers])
    for key in openers:
        assert open_body(verify(batch.message, TOPIC, us.trust), [us.opener, key])
    with pytest.raises(NotForUs):
        open_body(verify(batch.message, TOPIC, us.trust), [us.opener])


def test_whoever_cannot_open_can_still_verify() -> None:
    batch = sealed(an_event(), recipients=[OpenKey.generate("x25519").seal_key])
    assert verify(batch.message, TOPIC, a_world().trust).place == a_place()


# --- What sealing refuses ------------------------------------------------------------------------


def a_seal(events: list[bytes], recipients: list[OpenKey]) -> None:
    seal(
        events,
        a_place(),
        signer=a_world().tunisia,
        recipients=[key.seal_key for key in recipients],
        produced_at=NOW,
        trust_version=1,
        random=some_random(),
    )


X25519, HYBRID = OpenKey.generate("x25519"), OpenKey.generate("mlkem768-x25519")


@pytest.mark.parametrize(
    ("events", "recipients", "error"),
    [
        pytest.param([], [], NotForUs, id="for nobody"),
        pytest.param([], [X25519] * (MAX_RECIPIENTS + 1), NotForUs, id="for too many"),
        pytest.param([], [X25519, HYBRID], UnsupportedSuite, id="for keys of two schemes"),
        pytest.param([b""] * (MAX_EVENTS + 1), [X25519], Oversized, id="too many events"),
        pytest.param([bytes(MAX_BODY)], [X25519], Oversized, id="more than would be unpacked"),
        pytest.param([some_random()(1_000_000)], [X25519], Oversized, id="more than Kafka takes"),
    ],
)
def test_what_would_be_refused_is_not_sealed(
    events: list[bytes], recipients: list[OpenKey], error: type[Exception]
) -> None:
    with pytest.raises(error):
        a_seal(events, recipients)


def test_the_largest_batch_fits() -> None:
    """A thousand of the longest events that the contract allows stay within both bounds."""
    longest = an_event(suppressed_fields=["country_of_exploitation"] * 20)
    batch = sealed(*[{**longest, "event_id": some_random(str(n))(16)} for n in range(MAX_EVENTS)])
    assert len(opened(batch.message)[1]) == MAX_EVENTS
    assert len(batch.message) < envelope.MAX_MESSAGE / 4


# --- Fresh keys, same bytes ----------------------------------------------------------------------


def test_the_content_key_comes_from_the_source_of_randomness_alone() -> None:
    """Wrapping is randomised, the body is not: it depends on content key and place."""
    first, again, other = sealed(seed="a"), sealed(seed="a"), sealed(seed="b")
    bodies = [parts(batch.message)[0]["body"] for batch in (first, again, other)]
    assert bodies[0] == bodies[1] != bodies[2]
    assert first.hash != again.hash


def test_the_hash_is_over_the_header_alone() -> None:
    """A signature may be exchanged (ECDSA signatures can); the chain does not care."""
    batch = sealed(an_event())
    assert batch_hash(parts(batch.message)[0]["header"]) == batch.hash


# --- Padding -------------------------------------------------------------------------------------


@given(st.integers(0, 2_000_000))
def test_padding_costs_little(length: int) -> None:
    padded = padded_length(length)
    assert padded >= length
    assert padded == 512 or padded <= length * 1.12


@given(st.integers(0, 2_000_000), st.integers(0, 2_000_000))
def test_padding_keeps_the_order_and_is_stable(shorter: int, longer: int) -> None:
    shorter, longer = sorted((shorter, longer))
    assert padded_length(shorter) <= padded_length(longer)
    assert padded_length(padded_length(longer)) == padded_length(longer)


def test_padding_leaves_few_sizes() -> None:
    """What the broker can tell from a size: below 8 bits, where a length has 20."""
    sizes = {padded_length(length) for length in range(1_000_000)}
    assert len(sizes) < 256


def test_small_batches_look_alike() -> None:
    """Whether one victim was reported or none does not show."""
    bodies = {len(parts(sealed(*events).message)[0]["body"]) for events in ([], [an_event()])}
    assert bodies == {512 + 16}


@given(st.integers(0, 3_000))
def test_a_body_of_any_size_is_padded(size: int) -> None:
    random = some_random(str(size))
    framed = packed(encode("event_batch", {"events": [random(size)]}))
    assert padded_length(len(framed)) == len(framed)
    _, (event,) = opened(forged(framed).message)
    assert len(event) == size


def test_the_world_speaks_of_two_authorities() -> None:
    countries = {a.id: a.country for a in a_world().trust.authorities}
    assert countries == {TUNISIA: "TUN", MOROCCO: "MAR"}
