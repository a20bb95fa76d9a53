"""Tokens of identifiers that nobody can make alone: RFC 9497 over ristretto255 with SHA-512.

An authority holds an identifier, a trustee holds a key. Together they make the token, a keyed
digest of the identifier; the trustee does not learn the identifier, nor the authority the key:

1. The authority hashes the identifier to an element of the group and multiplies it by a random
   blind (`blind`). Whatever the identifier was, what it sends is uniformly distributed.
2. The trustee multiplies by its key and proves, for the whole batch at once, that it used the key
   whose public half was announced (`evaluate`). Otherwise it could mark an authority by a key of
   its own, or split one identifier into two.
3. The authority checks the proof, takes the blind away and hashes (`finalize`).

Whoever holds the key makes tokens alone (`token`): so a key is split (`schemas.threshold`).

Two modes of the RFC differ in the strings they hash: the plain one (0x00) has no proof and is here
for the RFC's test vectors, the verifiable one (0x01) is what southmed uses, everywhere. The third,
with public input (0x02), is not offered: southmed has nothing that both sides know to bind, because
an epoch has a key of its own.

Whatever comes from another party is read here (`schemas.ristretto`) before it is used. Blinds are
secrets of the authority, used once and dropped: blind and blinded element give the identifier away
to whoever can list all identifiers.

Example:
    >>> from secrets import token_bytes
    >>> key = random_scalar(token_bytes)
    >>> names = [b"v1|PHONE|+21620000101"]
    >>> blinds, blinded = blind(names, token_bytes)
    >>> evaluated, proof = evaluate(key, blinded, token_bytes)
    >>> finalize(names, blinds, evaluated, blinded, proof, public_of(key)) == [token(key, names[0])]
    True
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from hashlib import sha512
from typing import TYPE_CHECKING

from schemas.oprf_errors import OprfBatchInvalid, OprfInputInvalid, ProofInvalid
from schemas.oprf_hashing import VOPRF, Context, counted
from schemas.ristretto import (
    IDENTITY,
    LENGTH,
    ZERO,
    Element,
    Scalar,
    generated,
    inverse,
    minus,
    multiple,
    random_scalar,
    read_element,
    read_elements,
    reduced,
    times,
    total,
)

if TYPE_CHECKING:
    from schemas.envelope import Random

MAX_INPUT = 2**16 - 1
"""Bytes of an input: its length is written in two."""
MAX_BATCH = 2**16 - 1
PROOF_LENGTH = 2 * LENGTH
SEED_LENGTH = 32


# --- Keys ----------------------------------------------------------------------------------------


def public_of(key: Scalar) -> Element:
    """The public half of a key, or of a share of one."""
    return generated(key)


def derive_key(seed: bytes, info: bytes, context: Context = VOPRF) -> Scalar:
    """The key that a seed stands for, the same every time.

    Args:
        seed: 32 secret bytes.
        info: What the key is for; public.
        context: The mode.

    Raises:
        OprfInputInvalid: The seed has another length, or the info is too long.
    """
    if len(seed) != SEED_LENGTH:
        raise OprfInputInvalid(expected=f"a seed of {SEED_LENGTH} bytes", got=f"{len(seed)} bytes")
    _check_input(info)
    for counter in range(256):
        message = seed + counted(info) + bytes([counter])
        key = context.hash_to_scalar(message, b"DeriveKeyPair")
        if key != ZERO:
            return key
    raise OprfInputInvalid(expected="a seed that gives a key")


# --- The three steps -----------------------------------------------------------------------------


def blind(
    inputs: Sequence[bytes], random: Random, context: Context = VOPRF
) -> tuple[list[Scalar], list[Element]]:
    """Step 1, the authority's: hides inputs.

    Returns:
        The blinds, to be kept secret and used once, and the elements to send.

    Raises:
        OprfInputInvalid: An input is too long.
    """
    blinds = [random_scalar(random) for _ in inputs]
    points = [_point(one, context) for one in inputs]
    return blinds, [multiple(*pair) for pair in zip(blinds, points, strict=True)]


def evaluate(
    key: Scalar, blinded: Sequence[bytes], random: Random, context: Context = VOPRF
) -> tuple[list[Element], bytes]:
    """Step 2, the trustee's: applies the key to a batch and proves it.

    Args:
        key: The key, or a share of it.
        blinded: Elements as they came.
        random: Source of random bytes, for the proof.
        context: The mode.

    Returns:
        The evaluated elements, and one proof of 64 bytes for all of them.

    Raises:
        ElementInvalid: One of them is none.
        OprfBatchInvalid: There are none, or too many.
    """
    _check_lengths(blinded)
    asked = read_elements(blinded)
    answered = [multiple(key, element) for element in asked]
    return answered, _prove(key, asked, answered, random, context)


def evaluate_unproven(key: Scalar, blinded: Sequence[bytes]) -> list[Element]:
    """Step 2 of the plain mode: applies the key, proves nothing.

    Raises:
        ElementInvalid: One of the elements is none.
    """
    return [multiple(key, element) for element in read_elements(blinded)]


def finalize(
    inputs: Sequence[bytes],
    blinds: Sequence[Scalar],
    evaluated: Sequence[bytes],
    blinded: Sequence[bytes],
    proof: bytes,
    public: bytes,
    context: Context = VOPRF,
) -> list[bytes]:
    """Step 3, the authority's: checks the proof and makes the outputs.

    Args:
        inputs: What `blind` was given.
        blinds: What it gave.
        evaluated: The trustee's answer.
        blinded: What `blind` gave and the trustee was sent.
        proof: The trustee's proof.
        public: The announced key.
        context: The mode.

    Returns:
        An output of 64 bytes for every input.

    Raises:
        ProofInvalid: The answer was not made with this key.
        ElementInvalid: An element, or the key, is none.
        OprfBatchInvalid: The parts do not have the same number of elements, or none.
    """
    verify(public, blinded, evaluated, proof, context)
    return unblind(inputs, blinds, evaluated)


def unblind(
    inputs: Sequence[bytes], blinds: Sequence[Scalar], evaluated: Sequence[bytes]
) -> list[bytes]:
    """Step 3 without the proof: after it was checked elsewhere, or in the plain mode.

    Raises:
        ElementInvalid: One of the elements is none.
        OprfBatchInvalid: The parts do not have the same number of elements.
    """
    _check_lengths(inputs, blinds, evaluated)
    return [
        _output(one, multiple(inverse(secret), element))
        for one, secret, element in zip(inputs, blinds, read_elements(evaluated), strict=True)
    ]


def token(key: Scalar, one: bytes, context: Context = VOPRF) -> bytes:
    """What all three steps give, for whoever holds the key: the RFC's Evaluate.

    Raises:
        OprfInputInvalid: The input is too long.
    """
    return _output(one, multiple(key, _point(one, context)))


def _point(one: bytes, context: Context) -> Element:
    _check_input(one)
    point = context.hash_to_group(one)
    if point == IDENTITY:
        raise OprfInputInvalid(expected="an input that hashes to an element")
    return point


def _output(one: bytes, element: Element) -> bytes:
    return sha512(counted(one, element) + b"Finalize").digest()


def _check_input(one: bytes) -> None:
    if len(one) > MAX_INPUT:
        raise OprfInputInvalid(expected=f"at most {MAX_INPUT} bytes", got=f"{len(one)} bytes")


def _check_lengths(*parts: Sized) -> None:
    counts = [len(part) for part in parts]
    if len(set(counts)) > 1 or not 0 < counts[0] <= MAX_BATCH:
        raise OprfBatchInvalid(
            expected=f"equal numbers of 1 to {MAX_BATCH} elements",
            got=", ".join(map(str, counts)),
        )


# --- Proofs --------------------------------------------------------------------------------------


def _prove(
    key: Scalar,
    asked: Sequence[Element],
    answered: Sequence[Element],
    random: Random,
    context: Context,
) -> bytes:
    """Proves that every answer is the element asked for, times the key of `public_of`.

    Returns:
        Challenge and response, 32 bytes each.
    """
    public = public_of(key)
    weights = _weights(public, asked, answered, context)
    left = total(map(multiple, weights, asked))
    right = multiple(key, left)
    nonce = random_scalar(random)
    of_key, of_batch = generated(nonce), multiple(nonce, left)
    challenge = _challenge(public, left, right, of_key, of_batch, context=context)
    return challenge + minus(nonce, times(challenge, key))


def verify(
    public: bytes,
    blinded: Sequence[bytes],
    evaluated: Sequence[bytes],
    proof: bytes,
    context: Context = VOPRF,
) -> None:
    """Checks the proof that `evaluate` gave.

    Raises:
        ProofInvalid: It does not hold for this key and these elements.
        ElementInvalid: An element, or the key, is none.
        OprfBatchInvalid: The parts do not have the same number of elements, or none.
    """
    _check_lengths(blinded, evaluated)
    key = read_element(public)
    asked, answered = read_elements(blinded), read_elements(evaluated)
    challenge, response = _read_proof(proof)
    weights = _weights(key, asked, answered, context)
    left = total(map(multiple, weights, asked))
    right = total(map(multiple, weights, answered))
    of_key = total([generated(response), multiple(challenge, key)])
    of_batch = total([multiple(response, left), multiple(challenge, right)])
    if _challenge(key, left, right, of_key, of_batch, context=context) != challenge:
        raise ProofInvalid()


def _read_proof(proof: bytes) -> tuple[Scalar, Scalar]:
    halves = proof[:LENGTH], proof[LENGTH:]
    if len(proof) != PROOF_LENGTH or any(reduced(half) != half for half in halves):
        raise ProofInvalid(expected=f"a proof of {PROOF_LENGTH} bytes, two scalars")
    return Scalar(halves[0]), Scalar(halves[1])


def _weights(
    public: Element, blinded: Sequence[Element], evaluated: Sequence[Element], context: Context
) -> list[Scalar]:
    """How much each pair counts in the proof of the batch: known only once all pairs stand."""
    seed = sha512(counted(public, b"Seed-" + context.string)).digest()
    return [
        context.hash_to_scalar(
            counted(seed) + number.to_bytes(2) + counted(asked, answered) + b"Composite"
        )
        for number, (asked, answered) in enumerate(zip(blinded, evaluated, strict=True))
    ]


def _challenge(*elements: Element, context: Context) -> Scalar:
    return context.hash_to_scalar(counted(*elements) + b"Challenge")
