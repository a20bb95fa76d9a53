"""Whatever comes, the opener ends in a result or a named error, within bounds of memory.

The inputs are those of `tests.attacks.fuzz`, which also runs them by the million.
"""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.intake.fold import fold
from schemas.codec import MARKER, PREFIX_LENGTH, encode, registry
from schemas.envelope import MAX_MESSAGE
from schemas.errors import KeyFileInvalid
from schemas.keys import load_private
from schemas.packing import MAX_BODY
from schemas.trust import TrustDocument
from tests.attacker import (
    altered,
    forged,
    packed,
    parts,
)
from tests.attacks import fuzz
from tests.attacks.fuzz import INPUTS, an_input, judge, run
from tests.attacks.material import corpus
from tests.world import (
    Platform,
    sealed,
)

PLENTY = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@PLENTY
@given(st.binary(max_size=2_000))
def test_random_bytes(data: bytes) -> None:
    assert judge(data).code not in {"ACCEPTED", "DUPLICATE", "READ"}


@pytest.mark.parametrize("make", INPUTS, ids=lambda make: make.__name__)
@PLENTY
@given(rng=st.randoms(use_true_random=False))
def test_inputs_made_from_real_messages(make: Callable[[Random], Any], rng: Random) -> None:
    try:
        made = make(rng)
    except fuzz.SouthmedError:
        return
    judge(getattr(made, "message", made))


def test_the_inputs_reach_every_depth() -> None:
    """Fuzzing that ends at the first check proves nothing: these codes come from the innermost."""
    chunk = run(range(6_000))
    ends = {end.partition(": ")[2] for end in chunk.ends}
    assert ends >= {
        "ACCEPTED", "UNKNOWN_SCHEMA", "UNDECODABLE", "TRUNCATED", "BAD_SIGNATURE",
        "BODY_ALTERED", "FOREIGN_KEY", "WRONG_TOPIC", "DECRYPTION_FAILED",
        "NOT_FOR_US", "CHAIN_GAP", "BROKEN_LINK", "EQUIVOCATION", "EPOCH_NOT_OPENED",
    }  # fmt: skip
    assert chunk.refused.keys() >= {
        "UNKNOWN_SCHEMA", "UNDECODABLE", "EVENT_INVALID", "WRONG_PRODUCER", "WRONG_STREAM",
        "NOT_ANONYMISED", "SUPERSEDES_UNKNOWN",
    }  # fmt: skip


def test_a_seed_gives_the_same_kind_of_input_again() -> None:
    assert [an_input(Random(7))[0] for _ in range(3)] == [an_input(Random(7))[0]] * 3


def test_a_crash_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge lets nothing pass but named errors."""

    def crash(*_: object) -> None:
        raise OverflowError

    monkeypatch.setattr(fuzz, "fold", crash)
    assert len(run(range(5)).findings) == 5
    monkeypatch.setattr(fuzz, "fold", fold)
    assert run(range(5)).findings == []


# --- Files read at start-up ----------------------------------------------------------------------

KEYS = st.sampled_from(
    ["version", "authorities", "keys", "scheme", "secret", "keyid", "southmed_private_key"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner),
    max_leaves=12,
)


@given(JSON)
def test_no_json_is_taken_for_a_key_or_a_trust_document(content: Any) -> None:
    text = json.dumps(content).encode()
    with pytest.raises(KeyFileInvalid):
        load_private(text)
    with pytest.raises(KeyFileInvalid):
        TrustDocument.parse(text)


# --- Memory --------------------------------------------------------------------------------------


def _many_signatures() -> bytes:
    """The largest message, made of nothing but the smallest signatures."""
    prefix = encode("sealed_batch", {**parts(sealed().message)[0], "signatures": []})[:-1]
    number = (MAX_MESSAGE - len(prefix) - 10) // 2
    return prefix + _long(number) + b"\0" * (2 * number) + b"\0"


def _many_recipients() -> bytes:
    outer, header = parts(sealed().message)
    prefix = encode("batch_header", {**header, "recipients": [], "anonymity": []})[:-2]
    number = (MAX_MESSAGE - 3_000) // 2
    inner = prefix + _long(number) + b"\0" * (2 * number) + b"\0" * 2
    return encode("sealed_batch", {**outer, "header": inner})


def _many_quarters() -> bytes:
    """An attestation is ten bytes at the least: an empty quarter and nine small numbers."""
    outer, header = parts(sealed().message)
    prefix = encode("batch_header", {**header, "anonymity": []})[:-1]
    number = (MAX_MESSAGE - 5_000) // 10
    inner = prefix + _long(number) + b"\0" * (10 * number) + b"\0"
    return encode("sealed_batch", {**outer, "header": inner})


def _inside(plain: bytes) -> bytes:
    return forged(packed(plain), **corpus().place).message


def _many_events() -> bytes:
    fingerprint = registry().newest["event_batch"].fingerprint
    number = MAX_BODY - 30
    return _inside(MARKER + fingerprint + _long(number) + b"\0" * number + b"\0")


def _long(number: int) -> bytes:
    """An Avro long."""
    zigzag = number << 1
    out = bytearray()
    while zigzag > 0x7F:
        out.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    return bytes([*out, zigzag])


BOMBS = {
    "many signatures": _many_signatures,
    "many recipients": _many_recipients,
    "many quarters": _many_quarters,
    "many events": _many_events,
    "zip bomb": lambda: _inside(bytes(40 * MAX_BODY)),
    "long announced, nothing there": lambda: _inside(
        encode("event_batch", {"events": []})[:PREFIX_LENGTH] + _long(2**60)
    ),
    "larger than allowed": lambda: altered(sealed().message, outer={"body": bytes(MAX_MESSAGE)}),
}
MOST = 200_000_000
"""Bytes that opening a message of one megabyte may take for a moment."""


@pytest.mark.parametrize("bomb", BOMBS)
def test_no_message_takes_more_memory_than_a_bound(bomb: str) -> None:
    message = BOMBS[bomb]()
    platform = Platform()
    platform.records = dict(corpus().platform.records)
    tracemalloc.start()
    try:
        outcome = platform.take(message)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert outcome.quarantine is not None
    assert peak < MOST
