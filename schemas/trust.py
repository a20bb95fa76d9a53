"""Which key may sign what, and from which sequence on.

Every party holds the same trust document: the authorities, their keys, and how far each key
reaches. The rules:

1. A key belongs to one owner and one purpose: signing batches, receipts, releases, evaluations
   or alerts, or opening.
2. Validity is counted in positions of a stream, (epoch, sequence), never in wall-clock time.
   A key is valid from a position, perhaps up to a position, and never from the position on at
   which it was declared compromised.
3. Keys are never removed. A retired key still proves what it signed while it was valid.
4. A stream opens a new epoch only if the document announces it: that is how an authority goes on
   after it lost its outbox, and how a suspended stream is freed.
5. A batch by a key that the document does not list is refused until a newer document lists it.

Example:
    >>> from schemas.keys import SigningKey
    >>> key = SigningKey.generate("ed25519")
    >>> trust = TrustDocument(
    ...     version=1,
    ...     authorities=[Authority(id="tn.inltp", country="TUN")],
    ...     keys=[TrustedKey.of(key.verify_key, owner="tn.inltp", purpose="batch")],
    ... )
    >>> trust.batch_key(key.keyid, "tn.inltp", stream=0, position=(1, 1)) == key.verify_key
    True
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.codelists import CodeOf
from schemas.errors import (
    ForeignKey,
    KeyCompromised,
    KeyFileInvalid,
    KeyNotYetValid,
    KeyRetired,
    UnknownAuthority,
    UnknownKey,
)
from schemas.keys import SealingScheme, SealKey, SigningScheme, VerifyKey, is_public_key, key_id
from schemas.linkage_errors import UnknownEpoch
from schemas.topics import COUNTRY_CODES

AuthorityId = Annotated[str, Field(pattern=r"^[a-z]{2}\.[a-z0-9-]{2,30}$")]
PLATFORM = "platform"
Purpose = Literal["batch", "receipt", "open", "release", "evaluation", "alert"]
Holder = Literal["trustee.linkage", "trustee.coe", "trustee.national"]
Position = tuple[int, int]
"""Epoch and sequence, compared in that order."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ByStream(_Closed):
    """A position for every stream, with exceptions for single streams."""

    default: Position | None = None
    streams: dict[int, Position] = {}

    def of(self, stream: int) -> Position | None:
        return self.streams.get(stream, self.default)


class Anonymity(_Closed):
    """What an authority has agreed to hold in every quarter (`schemas.anonymity`).

    Its events are refused where its batches attest nothing, or tell more than they attest.
    """

    k: Annotated[int, Field(ge=2, le=100)] = 5
    l: Annotated[int, Field(ge=1, le=20)] = 2  # noqa: E741 - the name that the literature gives it


class Authority(_Closed):
    """A national authority: who it is and which epoch each of its streams may be in."""

    id: AuthorityId
    country: Annotated[str, CodeOf("CL_REPORTING_COUNTRY")]
    anonymity: Anonymity | None = None
    """None for one that has agreed on nothing; its events are not held to any attestation."""
    epochs: dict[int, int] = {}
    """Newest epoch announced for a stream; a stream that is not named is in epoch 1."""

    @model_validator(mode="after")
    def _id_is_of_its_country(self) -> Self:
        if self.id[:2] != COUNTRY_CODES[self.country]:
            raise ValueError("the id does not begin with the country's code")
        return self

    def epoch_of(self, stream: int) -> int:
        return self.epochs.get(stream, 1)


class TrustedKey(_Closed):
    """A public key, its owner, and how far it reaches."""

    keyid: str
    owner: AuthorityId | Literal["platform"] | Holder
    purpose: Purpose
    scheme: SigningScheme | SealingScheme
    public: str
    valid_from: ByStream = ByStream(default=(1, 1))
    valid_to: ByStream = ByStream()
    compromised_from: ByStream = ByStream()
    reason: str = ""

    @classmethod
    def of(cls, key: VerifyKey | SealKey, *, owner: str, purpose: Purpose) -> TrustedKey:
        public = b64encode(key.public).decode()
        return cls(keyid=key.keyid, owner=owner, purpose=purpose, scheme=key.scheme, public=public)

    @model_validator(mode="after")
    def _key_is_what_it_says(self) -> Self:
        if key_id(self.scheme, b64decode(self.public)) != self.keyid:
            raise ValueError("keyid is not that of the public key")
        if not is_public_key(self.scheme, b64decode(self.public)):
            raise ValueError("not a public key of its scheme")
        if (self.purpose == "open") != (self.scheme in ("mlkem768-x25519", "x25519")):
            raise ValueError("the scheme does not serve the purpose")
        return self

    @cached_property
    def verify_key(self) -> VerifyKey:
        return VerifyKey(self.scheme, b64decode(self.public))  # type: ignore[arg-type]

    @cached_property
    def seal_key(self) -> SealKey:
        return SealKey(self.scheme, b64decode(self.public))  # type: ignore[arg-type]

    def check_position(self, stream: int, position: Position) -> None:
        """Raises KeyCompromised, KeyNotYetValid or KeyRetired outside the key's range."""
        compromised = self.compromised_from.of(stream)
        if compromised is not None and position >= compromised:
            raise KeyCompromised(expected=f"before {_tell(compromised)}", got=_tell(position))
        first = self.valid_from.of(stream)
        if first is None or position < first:
            raise KeyNotYetValid(expected=f"from {_tell(first)}", got=_tell(position))
        last = self.valid_to.of(stream)
        if last is not None and position > last:
            raise KeyRetired(expected=f"up to {_tell(last)}", got=_tell(position))


def _tell(position: Position | None) -> str:
    return "never" if position is None else f"epoch {position[0]} sequence {position[1]}"


RistrettoElement = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A group element of ristretto255 (RFC 9496) in hexadecimal."""


class LinkageShare(_Closed):
    """Who answers for an epoch, and the public half of what it holds."""

    holder: Holder
    index: Annotated[int, Field(ge=0, le=3)]
    """0 for the whole key, otherwise the share's place among three."""
    public: RistrettoElement


class LinkageEpoch(_Closed):
    """The public side of the linkage key of a calendar year."""

    epoch: Annotated[str, Field(pattern=r"^20[0-9]{2}$")]
    public: RistrettoElement
    """Of the whole key. It stays the same when the key is split, and when shares are renewed."""
    shares: Annotated[list[LinkageShare], Field(min_length=1, max_length=3)]

    @property
    def needed(self) -> int:
        """How many holders have to answer: the one who has the whole key, or two of three."""
        return 1 if self.shares[0].index == 0 else 2

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        indexes = [share.index for share in self.shares]
        if indexes not in ([0], [1, 2, 3]) or len({s.holder for s in self.shares}) != len(indexes):
            raise ValueError("shares: one holder of the whole key, or three of shares 1 to 3")
        if indexes == [0] and self.shares[0].public != self.public:
            raise ValueError("shares: the holder's key is not the key of the epoch")
        return self


class TrustDocument(_Closed):
    """The whole document, in one version."""

    version: Annotated[int, Field(ge=1)]
    authorities: list[Authority]
    keys: list[TrustedKey]
    linkage: list[LinkageEpoch] = []
    """One entry for each year in which tokens are made, oldest first."""

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        epochs = [epoch.epoch for epoch in self.linkage]
        for names in ([a.id for a in self.authorities], [k.keyid for k in self.keys], epochs):
            if len(set(names)) != len(names):
                raise ValueError("an authority, a key or an epoch is listed twice")
        if epochs != sorted(epochs):
            raise ValueError("linkage: not in the order of their years")
        return self

    @classmethod
    def parse(cls, content: bytes) -> TrustDocument:
        """Reads a trust document.

        Raises:
            KeyFileInvalid: With the places that are wrong.
        """
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            places = [".".join(map(str, e["loc"])) or e["type"] for e in error.errors()[:5]]
            raise KeyFileInvalid(expected="a trust document", got="; ".join(places)) from None

    def dump(self) -> bytes:
        return self.model_dump_json(indent=2).encode() + b"\n"

    def following(
        self,
        *,
        authorities: list[Authority] | None = None,
        keys: list[TrustedKey] | None = None,
        linkage: list[LinkageEpoch] | None = None,
    ) -> TrustDocument:
        """The next version: what is given stands in the place of what was, the rest stays."""
        return TrustDocument(
            version=self.version + 1,
            authorities=self.authorities if authorities is None else authorities,
            keys=self.keys if keys is None else keys,
            linkage=self.linkage if linkage is None else linkage,
        )

    def authority(self, authority_id: str) -> Authority:
        """Raises UnknownAuthority for one that the document does not list."""
        # No index: there are few entries, and `model_copy` would carry an old index along.
        for authority in self.authorities:
            if authority.id == authority_id:
                return authority
        raise UnknownAuthority(expected="an authority of the trust document")

    def batch_key(
        self, keyid: str, authority: str, *, stream: int, position: Position
    ) -> VerifyKey:
        """The key that may have signed this batch.

        Raises:
            UnknownKey: Not in the document.
            ForeignKey: Of another owner or purpose.
            KeyNotYetValid, KeyRetired, KeyCompromised: Outside its range.
        """
        key = self._key(keyid, owner=authority, purpose="batch")
        key.check_position(stream, position)
        return key.verify_key

    def receipt_key(self, keyid: str) -> VerifyKey:
        """The platform's key that may have signed a receipt; raises as `batch_key`."""
        return self._key(keyid, owner=PLATFORM, purpose="receipt").verify_key

    def release_key(self, keyid: str) -> VerifyKey:
        """The platform's key that may have signed a release; raises as `batch_key`."""
        return self._without_positions(keyid, PLATFORM, "release")

    def request_key(self, keyid: str, authority: str) -> VerifyKey:
        """The key with which an authority may ask holders now; raises as `batch_key`.

        Requests have no positions: a key that reaches up to a position anywhere may not ask.
        """
        key = self._key(keyid, owner=authority, purpose="batch")
        if key.compromised_from != ByStream():
            raise KeyCompromised(expected="a key that nobody else holds")
        if key.valid_to != ByStream():
            raise KeyRetired(expected="a key in use")
        return key.verify_key

    def evaluation_key(self, keyid: str, holder: str) -> VerifyKey:
        """The key with which a holder may answer; raises as `batch_key`."""
        return self._without_positions(keyid, holder, "evaluation")

    def alert_key(self, keyid: str) -> VerifyKey:
        """The platform's key that may have signed an alert; raises as `batch_key`."""
        return self._without_positions(keyid, PLATFORM, "alert")

    def linkage_epoch(self, epoch: str) -> LinkageEpoch:
        """Raises UnknownEpoch for a year without a key."""
        for one in self.linkage:
            if one.epoch == epoch:
                return one
        raise UnknownEpoch(expected="a year of the trust document", got=epoch)

    def recipients(self) -> list[SealKey]:
        """The keys that batches are encrypted for: the platform's, none retired or compromised."""
        return [
            key.seal_key
            for key in self.keys
            if (key.owner, key.purpose) == (PLATFORM, "open")
            and key.compromised_from == key.valid_to == ByStream()
        ]

    def _without_positions(self, keyid: str, owner: str, purpose: Purpose) -> VerifyKey:
        """A key of what has no positions: once compromised, it proves nothing any more."""
        key = self._key(keyid, owner=owner, purpose=purpose)
        if key.compromised_from != ByStream():
            raise KeyCompromised(expected="a key that nobody else holds")
        return key.verify_key

    def _key(self, keyid: str, *, owner: str, purpose: Purpose) -> TrustedKey:
        key = next((key for key in self.keys if key.keyid == keyid), None)
        if key is None:
            raise UnknownKey(expected=f"a key of trust document {self.version}")
        if (key.owner, key.purpose) != (owner, purpose):
            raise ForeignKey(
                expected=f"a {purpose} key of {owner}", got=f"a {key.purpose} key of {key.owner}"
            )
        return key
