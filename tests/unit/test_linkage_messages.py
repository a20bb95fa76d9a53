"""What adapters ask and holders answer: signed, bounded, bound to who may."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import (
    BadSignature,
    ForeignKey,
    KeyCompromised,
    KeyRetired,
    Oversized,
    SouthmedError,
    Truncated,
    UnknownEpoch,
    WrongPayloadType,
)
from schemas.keys import SigningKey
from schemas.linkage import (
    MAX_ELEMENTS,
    Evaluation,
    Request,
    identifier_input,
    open_evaluation,
    open_request,
    sign_evaluation,
    sign_request,
)
from schemas.trust import (
    Authority,
    ByStream,
    LinkageEpoch,
    LinkageShare,
    TrustDocument,
    TrustedKey,
)

TUNISIA, MOROCCO, TRUSTEE = "tn.inltp", "ma.cnclt", "trustee.linkage"
KEYS = {name: SigningKey.generate("ed25519") for name in (TUNISIA, MOROCCO, TRUSTEE)}
PUBLIC = "ab" * 32

LISTED = [
    TrustedKey.of(KEYS[TUNISIA].verify_key, owner=TUNISIA, purpose="batch"),
    TrustedKey.of(KEYS[MOROCCO].verify_key, owner=MOROCCO, purpose="batch"),
    TrustedKey.of(KEYS[TRUSTEE].verify_key, owner=TRUSTEE, purpose="evaluation"),
]
TRUST = TrustDocument(
    version=1,
    authorities=[Authority(id=TUNISIA, country="TUN"), Authority(id=MOROCCO, country="MAR")],
    keys=LISTED,
    linkage=[
        LinkageEpoch(
            epoch="2026",
            public=PUBLIC,
            shares=[LinkageShare(holder=TRUSTEE, index=0, public=PUBLIC)],
        )
    ],
)
REQUEST = Request(TUNISIA, bytes(16), "2026", (bytes(32), b"\1" * 32))
ANSWER = Evaluation(TUNISIA, bytes(16), "2026", TRUSTEE, "", (bytes(32),) * 2, bytes(64), 198)


def changed(position: int, **fields: ByStream) -> TrustDocument:
    keys = [*LISTED]
    keys[position] = keys[position].model_copy(update=fields)
    return TRUST.following(keys=keys)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20))
def test_what_is_asked_is_what_is_read(elements: list[bytes]) -> None:
    asked = replace(REQUEST, elements=tuple(elements))
    assert open_request(sign_request(asked, KEYS[TUNISIA]), TUNISIA, TRUST) == asked


def test_what_is_answered_is_what_is_read() -> None:
    assert open_evaluation(sign_evaluation(ANSWER, KEYS[TRUSTEE]), TRUSTEE, TRUST) == ANSWER


@pytest.mark.parametrize("number", [0, MAX_ELEMENTS + 1])
def test_a_request_holds_at_least_one_element_and_not_too_many(number: int) -> None:
    with pytest.raises(Oversized):
        sign_request(replace(REQUEST, elements=(bytes(32),) * number), KEYS[TUNISIA])


REFUSED: dict[str, tuple[str, TrustDocument, type[SouthmedError]]] = {
    "another country's key": (MOROCCO, TRUST, ForeignKey),
    "a holder's key": (TRUSTEE, TRUST, ForeignKey),
    "a compromised key": (
        TUNISIA,
        changed(0, compromised_from=ByStream(default=(1, 1))),
        KeyCompromised,
    ),
    "a retired key": (TUNISIA, changed(0, valid_to=ByStream(default=(1, 9))), KeyRetired),
}


@pytest.mark.parametrize(("signer", "trust", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_a_request_is_signed_by_a_key_in_use_of_the_authority_itself(
    signer: str, trust: TrustDocument, error: type[SouthmedError]
) -> None:
    with pytest.raises(error):
        open_request(sign_request(REQUEST, KEYS[signer]), TUNISIA, trust)


def test_an_answer_is_no_request_and_another_holder_is_not_this_one() -> None:
    answer = sign_evaluation(ANSWER, KEYS[TRUSTEE])
    with pytest.raises(WrongPayloadType):
        open_request(answer, TUNISIA, TRUST)
    with pytest.raises(ForeignKey):
        open_evaluation(answer, "trustee.coe", TRUST)


def test_an_altered_answer_is_refused() -> None:
    answer = bytearray(sign_evaluation(ANSWER, KEYS[TRUSTEE]))
    answer[answer.index(bytes(32))] ^= 1
    with pytest.raises(BadSignature):
        open_evaluation(bytes(answer), TRUSTEE, TRUST)


def test_a_proof_has_its_length() -> None:
    message = sign_evaluation(replace(ANSWER, proof=bytes(63)), KEYS[TRUSTEE])
    with pytest.raises(Truncated):
        open_evaluation(message, TRUSTEE, TRUST)


def test_a_year_without_a_key_is_unknown() -> None:
    assert TRUST.linkage_epoch("2026").needed == 1
    with pytest.raises(UnknownEpoch):
        TRUST.linkage_epoch("2027")


SHARES = [
    LinkageShare(holder=holder, index=index, public=f"{index}0" * 32)
    for index, holder in enumerate((TRUSTEE, "trustee.coe", "trustee.national"), 1)
]


def test_shares_are_one_whole_key_or_three_of_which_two_are_needed() -> None:
    assert LinkageEpoch(epoch="2026", public=PUBLIC, shares=SHARES).needed == 2
    alone = LinkageShare(holder=TRUSTEE, index=0, public=PUBLIC)
    for wrong in ([SHARES[0]], SHARES[:2], [alone, SHARES[1]], [SHARES[1], SHARES[0], SHARES[2]]):
        with pytest.raises(ValueError, match="shares"):
            LinkageEpoch(epoch="2026", public=PUBLIC, shares=wrong)


def test_types_are_part_of_what_a_token_is_made_of() -> None:
    assert identifier_input("PHONE", "123") != identifier_input("PLATE", "123")


def test_nobody_speaks_for_another() -> None:
    """The name inside is the name of the key: neither an authority nor a holder can borrow one."""
    with pytest.raises(ForeignKey):
        open_request(
            sign_request(replace(REQUEST, authority=MOROCCO), KEYS[TUNISIA]), TUNISIA, TRUST
        )
    with pytest.raises(ForeignKey):
        open_evaluation(
            sign_evaluation(replace(ANSWER, holder="trustee.coe"), KEYS[TRUSTEE]), TRUSTEE, TRUST
        )
