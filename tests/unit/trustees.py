"""What the tests of the trustee share: authorities, a holder, requests, and a book in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from secrets import token_bytes

from processors.linkage.judge import Office
from processors.linkage.quota import Grant
from schemas.keys import SigningKey
from schemas.linkage import Evaluation, Request, identifier_input, open_evaluation, sign_request
from schemas.linkage_keys import LinkageKey
from schemas.oprf import blind
from schemas.ristretto import Scalar
from schemas.trust import (
    Authority,
    LinkageEpoch,
    LinkageShare,
    Purpose,
    TrustDocument,
    TrustedKey,
)

TUNISIA, MOROCCO, TRUSTEE, COE = "tn.inltp", "ma.cnclt", "trustee.linkage", "trustee.coe"
YEAR = "2026"
NOON = 1_780_000_000_000
"""Some moment of 2026, in milliseconds since 1970."""
SIGNERS = {name: SigningKey.generate("ed25519") for name in (TUNISIA, MOROCCO, TRUSTEE, COE)}
WHOLE = LinkageKey.generate(YEAR, token_bytes)
OTHER = LinkageKey.generate(YEAR, token_bytes)
_numbers = count()


def listed(name: str, purpose: Purpose) -> TrustedKey:
    return TrustedKey.of(SIGNERS[name].verify_key, owner=name, purpose=purpose)


def entry(
    *keys: LinkageKey, holders: Sequence[str] = (TRUSTEE, COE, "trustee.national")
) -> LinkageEpoch:
    """The year's entry of the trust document for some holders' keys."""
    shares = [
        LinkageShare(holder=holder, index=key.holder, public=key.public.public.hex())
        for holder, key in zip(holders, keys, strict=False)
    ]
    return LinkageEpoch(epoch=YEAR, public=WHOLE.public.public.hex(), shares=shares)


TRUST = TrustDocument(
    version=1,
    authorities=[Authority(id=TUNISIA, country="TUN"), Authority(id=MOROCCO, country="MAR")],
    keys=[
        listed(TUNISIA, "batch"),
        listed(MOROCCO, "batch"),
        listed(TRUSTEE, "evaluation"),
        listed(COE, "evaluation"),
    ],
    linkage=[entry(WHOLE)],
)
OFFICE = Office(TRUSTEE, TRUST, {YEAR: WHOLE}, SIGNERS[TRUSTEE])


def with_grants(*grants: Grant) -> Office:
    return replace(OFFICE, grants=grants)


@dataclass(frozen=True)
class Question:
    """A request with what it was made of."""

    request: Request
    names: list[bytes]
    blinds: list[Scalar]

    @property
    def message(self) -> bytes:
        return sign_request(self.request, SIGNERS[self.request.authority])


def a_question(elements: int = 1, authority: str = TUNISIA, epoch: str = YEAR) -> Question:
    """A request for so many elements, each of a number of its own."""
    names = [identifier_input("PHONE", f"+216{next(_numbers):08}") for _ in range(elements)]
    blinds, blinded = blind(names, token_bytes)
    request = Request(authority, token_bytes(16), epoch, tuple(blinded))
    return Question(request, names, blinds)


def read(message: bytes | None, holder: str = TRUSTEE) -> Evaluation:
    assert message is not None
    return open_evaluation(message, holder, TRUST)
