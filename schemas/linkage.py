"""What adapters ask the holders of the linkage key, and what these answer.

An identifier of a facilitator becomes a token that only equal identifiers share, and nobody who
sees the question learns the identifier (RFC 9497; `schemas.oprf`). The rules:

1. A request holds blinded elements of one epoch, signed by the authority as its batches are. Its
   id is random and new; the same request may be sent again, and is answered alike.
2. Every holder answers for itself: elements in the order asked, with one proof over all of them
   that it used the key that the trust document names. Or it refuses, with a code and no elements.
3. What an identifier is turned into first is ``v1|PHONE|+21620123456``: a token of one type never
   equals one of another.
4. Tokens are cut to 32 bytes.

Example:
    >>> identifier_input("PHONE", "+21620123456")
    b'v1|PHONE|+21620123456'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from schemas.codec import decode_as, encode
from schemas.dsse import open_statement, sign_statement
from schemas.errors import ForeignKey, Oversized, Truncated
from schemas.keys import SigningKey
from schemas.trust import TrustDocument

REQUEST_TYPE = "application/vnd.southmed.linkage-request.v1+avro"
EVALUATION_TYPE = "application/vnd.southmed.linkage-evaluation.v1+avro"
MAX_ELEMENTS = 500
ELEMENT_LENGTH = 32
PROOF_LENGTH = 64
REQUEST_ID_LENGTH = 16
TOKEN_LENGTH = 32


@dataclass(frozen=True)
class Request:
    """Blinded elements that an authority wants evaluated.

    Attributes:
        authority: Who asks.
        request_id: 16 random bytes.
        epoch: The year whose key is asked for.
        elements: Ristretto255 elements of 32 bytes.
    """

    authority: str
    request_id: bytes
    epoch: str
    elements: tuple[bytes, ...]


@dataclass(frozen=True)
class Evaluation:
    """A holder's answer to a request.

    Attributes:
        authority: Who asked.
        request_id: Of the request.
        epoch: The year whose key was used.
        holder: Who answers.
        code: Why it was refused; empty if it was not.
        elements: The evaluated elements in the order asked; none in a refusal.
        proof: DLEQ proof over all of them (64 bytes); empty in a refusal.
        left: Elements that the authority may still ask for today.
    """

    authority: str
    request_id: bytes
    epoch: str
    holder: str
    code: str
    elements: tuple[bytes, ...]
    proof: bytes
    left: int


def identifier_input(link_type: str, value: str) -> bytes:
    """What a token is made of: the private input of the function."""
    return f"v1|{link_type}|{value}".encode()


def sign_request(request: Request, signer: SigningKey) -> bytes:
    """The request as it travels.

    Raises:
        Oversized: It holds no elements, or more than may be.
    """
    _check_number(len(request.elements))
    return sign_statement(REQUEST_TYPE, encode("linkage_request", _fields(request)), signer)


def open_request(message: bytes, authority: str, trust: TrustDocument) -> Request:
    """Reads a request once its authority's signature was verified.

    Elements are not checked to be points; who evaluates them does that.

    Args:
        message: As it came.
        authority: Whose topic it came on.
        trust: The trust document.

    Raises:
        WireError, SealError: As `schemas.dsse.open_statement`.
        ForeignKey: It speaks for another authority than the one whose key signed it.
        Oversized: It holds no elements, or more than may be.
    """
    payload = open_statement(
        message, REQUEST_TYPE, lambda keyid: trust.request_key(keyid, authority)
    )
    fields = decode_as("linkage_request", payload)
    if fields["authority"] != authority:
        raise ForeignKey(expected=f"a request of {authority}")
    _check_number(len(fields["elements"]))
    return Request(**{**fields, "elements": tuple(fields["elements"])})


def sign_evaluation(evaluation: Evaluation, signer: SigningKey) -> bytes:
    """The answer as it travels."""
    payload = encode("linkage_evaluation", _fields(evaluation))
    return sign_statement(EVALUATION_TYPE, payload, signer)


def open_evaluation(message: bytes, holder: str, trust: TrustDocument) -> Evaluation:
    """Reads an answer once its holder's signature was verified.

    The proof is not checked; who knows what was asked does that.

    Raises:
        WireError, SealError: As `schemas.dsse.open_statement`.
        ForeignKey: It speaks for another holder than the one whose key signed it.
        Truncated: A proof that is none.
    """
    payload = open_statement(
        message, EVALUATION_TYPE, lambda keyid: trust.evaluation_key(keyid, holder)
    )
    fields = decode_as("linkage_evaluation", payload)
    if fields["holder"] != holder:
        raise ForeignKey(expected=f"an answer of {holder}")
    if len(fields["proof"]) not in (0, PROOF_LENGTH):
        raise Truncated(expected=f"{PROOF_LENGTH} bytes", got=f"{len(fields['proof'])} bytes")
    return Evaluation(**{**fields, "elements": tuple(fields["elements"])})


def _fields(message: Request | Evaluation) -> dict[str, Any]:
    return cast("dict[str, Any]", {**vars(message), "elements": list(message.elements)})


def _check_number(elements: int) -> None:
    if not 0 < elements <= MAX_ELEMENTS:
        raise Oversized(expected=f"1 to {MAX_ELEMENTS} elements", got=f"{elements} elements")
