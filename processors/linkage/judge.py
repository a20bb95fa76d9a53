"""What a trustee does with a request: a pure function of the request and of what is booked.

The rules:

1. A request that nobody can be held to is not answered, only booked: bytes that are none, an
   authority that is not listed, a topic of another country, a signature that does not verify.
2. Everybody else gets a signed answer: the evaluated elements with a proof, or a code.
3. The same request again is answered alike and costs nothing. The same id with other elements, or
   for another year, is refused.
4. A refusal costs nothing and binds nobody: the same request is judged anew when it comes again.
   So whoever has spent its quota sends the same bytes tomorrow.
5. A holder that the year's entry does not name keeps silent; one that is named, but does not have
   the key that is announced, says so.
6. If the holder's key was split or renewed since, the same request is evaluated anew, at no cost.

The trustee sees blinded elements, the authority, the time, and how many; never an identifier.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from processors.linkage.quota import Account, Grant
from schemas.codec import decode_as
from schemas.envelope import Random
from schemas.errors import Oversized, SealError, UnknownEpoch, WireError, WrongTopic
from schemas.keys import SigningKey
from schemas.linkage import Evaluation, Request, open_request, sign_evaluation
from schemas.linkage_errors import KeyNotHeld, LinkageError, QuotaExceeded, RequestReused
from schemas.linkage_keys import LinkageKey
from schemas.oprf_errors import OprfError
from schemas.trust import LinkageShare, TrustDocument


class State(StrEnum):
    """What became of a request."""

    EVALUATED = "evaluated"
    REPEATED = "repeated"
    REFUSED = "refused"


class Kept(NamedTuple):
    """An evaluation that was given.

    Attributes:
        digest: Of what was asked.
        keyid: Of the key that was used.
        message: The answer as it went out.
    """

    digest: bytes
    keyid: str
    message: bytes


class View(Protocol):
    """What is booked."""

    def kept(self, authority: str, request_id: bytes) -> Kept | None:
        """The evaluation that a request was given, if it was."""
        ...

    def account(self, authority: str) -> Account:
        """How an authority stands."""
        ...


@dataclass(frozen=True)
class Office:
    """Who answers, and with what.

    Attributes:
        holder: Its principal.
        trust: The trust document.
        keys: Its linkage keys by year.
        signer: Signs its answers.
        grants: What was granted beyond the quota.
    """

    holder: str
    trust: TrustDocument
    keys: Mapping[str, LinkageKey]
    signer: SigningKey
    grants: Sequence[Grant] = ()

    def share(self, epoch: str) -> LinkageShare | None:
        """The holder's entry of a year; None if the trust document names it for none."""
        entries = (one.shares for one in self.trust.linkage if one.epoch == epoch)
        return next((s for shares in entries for s in shares if s.holder == self.holder), None)

    def key(self, epoch: str) -> LinkageKey:
        """The key of a year, as it is announced.

        Raises:
            UnknownEpoch: The trust document has no such year.
            KeyNotHeld: The holder does not have the key that it names.
        """
        self.trust.linkage_epoch(epoch)
        if not self.holds(epoch):
            raise KeyNotHeld(expected=f"the key of {epoch}")
        return self.keys[epoch]

    def holds(self, epoch: str) -> bool:
        """Whether the holder has the key of a year that the trust document names for it."""
        key, share = self.keys.get(epoch), self.share(epoch)
        return key is not None and share is not None and announced(key, share)

    def grants_of(self, authority: str) -> list[Grant]:
        return [grant for grant in self.grants if grant.authority == authority]


def announced(key: LinkageKey, share: LinkageShare) -> bool:
    """Whether a key is the one that an entry of the trust document names."""
    return (key.holder, key.public.public.hex()) == (share.index, share.public)


@dataclass(frozen=True)
class Decision:
    """What became of a request, and all that is to be booked for it.

    Attributes:
        at: When, in milliseconds since 1970.
        authority: Who asked, or claims to have; empty where the document lists no such authority.
        request_id: Of the request; empty where nobody asked.
        elements: How many were asked for.
        state: What became of it.
        code: Why it was refused.
        left: What the authority may ask for afterwards.
        message: The signed answer, if there is one.
        account: How the authority stands afterwards, if that has changed.
        kept: What is kept to answer the same request alike, if that is new.
    """

    at: int
    authority: str
    request_id: bytes
    elements: int
    state: State
    code: str
    left: int
    message: bytes | None = None
    account: Account | None = None
    kept: Kept | None = None


def judge(
    message: bytes, country: str, view: View, office: Office, now: int, random: Random
) -> Decision:
    """Decides on a request.

    Args:
        message: As it came.
        country: Whose topic it came on (alpha-3).
        view: What is booked.
        office: Who answers.
        now: Milliseconds since 1970.
        random: Source of random bytes, for proofs.
    """
    authority, request = "", None
    try:
        request = _claimed(message)
        listed = office.trust.authority(request.authority)
        authority = listed.id
        if listed.country != country:
            raise WrongTopic(expected=f"a request of {country}", got=f"one of {listed.country}")
        open_request(message, authority, office.trust)
    except Oversized as error:
        # Told only of a request whose signature holds, so there is somebody to answer.
        return _refused(request or _NOBODY, error.code, view, office, now)
    except (WireError, SealError) as error:
        return Decision(now, authority, b"", 0, State.REFUSED, error.code, 0)
    try:
        return _evaluated(request, view, office, now, random)
    except (LinkageError, OprfError, UnknownEpoch) as error:
        return _refused(request, error.code, view, office, now)


_NOBODY = Request("", b"", "", ())


def _claimed(message: bytes) -> Request:
    """Reads a request without believing it: to know whose signature it has to bear."""
    payload = decode_as("signed_statement", message)["payload"]
    fields = decode_as("linkage_request", payload)
    return Request(**{**fields, "elements": tuple(fields["elements"])})


def _evaluated(request: Request, view: View, office: Office, now: int, random: Random) -> Decision:
    digest, kept = digest_of(request), view.kept(request.authority, request.request_id)
    if kept is not None and kept.digest != digest:
        raise RequestReused()
    key, account = office.key(request.epoch), view.account(request.authority)
    grants = office.grants_of(request.authority)
    asked = (now, request.authority, request.request_id, len(request.elements))
    if kept is not None and kept.keyid == key.keyid:
        left = account.left(grants, now)
        return Decision(*asked, State.REPEATED, "", left, kept.message)
    if kept is None:
        spent = account.take(len(request.elements), grants, now)
        if spent is None:
            raise QuotaExceeded(got=f"{len(request.elements)} elements")
        account = spent
    elements, proof = key.evaluate(request.elements, random)
    left = account.left(grants, now)
    signed = _sign(request, office, left, elements=tuple(elements), proof=proof)
    new = Kept(digest, key.keyid, signed)
    return Decision(*asked, State.EVALUATED, "", left, signed, account, new)


def _refused(request: Request, code: str, view: View, office: Office, now: int) -> Decision:
    left = view.account(request.authority).left(office.grants_of(request.authority), now)
    silent = code == KeyNotHeld.code and office.share(request.epoch) is None
    signed = None if silent else _sign(request, office, left, code=code)
    asked = (now, request.authority, request.request_id, len(request.elements))
    return Decision(*asked, State.REFUSED, code, left, signed)


def _sign(
    request: Request,
    office: Office,
    left: int,
    *,
    code: str = "",
    elements: tuple[bytes, ...] = (),
    proof: bytes = b"",
) -> bytes:
    answer = Evaluation(
        request.authority,
        request.request_id,
        request.epoch,
        office.holder,
        code,
        elements,
        proof,
        left,
    )
    return sign_evaluation(answer, office.signer)


def digest_of(request: Request) -> bytes:
    """SHA-256 over the year and the elements in their order."""
    return hashlib.sha256(request.epoch.encode() + b"|" + b"".join(request.elements)).digest()
