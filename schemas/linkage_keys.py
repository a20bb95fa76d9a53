"""Keys of linkage tokens: one for a year, whole or in three shares, and their public halves.

An epoch is a calendar year and has a key of its own, so that a key that is lost costs one year.
Holder 0 has the whole key; holders 1, 2 and 3 have shares of it (`schemas.threshold`). A private
key is kept in a file like those of `schemas.keys`, with epoch and holder beside the secret, and is
readable by its owner only. Its id is taken of the public half, as every key's.

What a public half must be before anyone relies on it: an element of the group and not the identity,
of an epoch and a holder that exist. That shares belong to the whole is `schemas.threshold.check`'s
to say.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from schemas import oprf, threshold
from schemas.errors import KeyFileInvalid
from schemas.keys import key_id
from schemas.oprf_errors import ElementInvalid, KeyShareInvalid, ScalarInvalid
from schemas.ristretto import Element, Scalar, random_scalar, read_element, read_scalar

if TYPE_CHECKING:
    from schemas.envelope import Random

LINKAGE_SCHEME = "oprf-ristretto255-sha512"
WHOLE = 0
"""The holder of a key that is not split."""
EPOCH = re.compile(r"20[0-9]{2}")
_KEY_FILE_VERSION = 1


def _check_names(epoch: str, holder: int) -> None:
    known = type(epoch) is str and EPOCH.fullmatch(epoch)
    if not known or type(holder) is not int or holder not in (WHOLE, *threshold.HOLDERS):
        raise KeyFileInvalid(expected="a year as epoch, and a holder from 0 to 3")


@dataclass(frozen=True)
class LinkagePublic:
    """The public half of a linkage key: proofs of evaluations are checked against it.

    Attributes:
        epoch: The year, such as ``2026``.
        holder: 0 for the whole key, 1 to 3 for a share.
        public: 32 bytes, an element of the group.

    Raises:
        KeyFileInvalid: It is not such a key.
    """

    epoch: str
    holder: int
    public: bytes

    def __post_init__(self) -> None:
        _check_names(self.epoch, self.holder)
        try:
            read_element(self.public)
        except ElementInvalid:
            raise KeyFileInvalid(expected=f"a public key for {LINKAGE_SCHEME}") from None

    @cached_property
    def keyid(self) -> str:
        return key_id(LINKAGE_SCHEME, self.public)


@dataclass(frozen=True)
class LinkageKey:
    """A private linkage key, or a share of one, held in memory.

    Attributes:
        epoch: The year, such as ``2026``.
        holder: 0 for the whole key, 1 to 3 for a share.

    Example:
        >>> from secrets import token_bytes
        >>> key = LinkageKey.generate("2026", token_bytes)
        >>> [share.holder for share in key.split(token_bytes)]
        [1, 2, 3]
    """

    epoch: str
    holder: int
    _scalar: Scalar = field(repr=False)

    def __post_init__(self) -> None:
        _check_names(self.epoch, self.holder)
        read_scalar(self._scalar)

    @classmethod
    def generate(cls, epoch: str, random: Random) -> LinkageKey:
        """Makes a whole key."""
        return cls(epoch, WHOLE, random_scalar(random))

    @cached_property
    def public(self) -> LinkagePublic:
        return LinkagePublic(self.epoch, self.holder, oprf.public_of(self._scalar))

    @cached_property
    def keyid(self) -> str:
        return self.public.keyid

    def evaluate(self, blinded: Sequence[bytes], random: Random) -> tuple[list[Element], bytes]:
        """Applies the key to a batch and proves it, as `schemas.oprf.evaluate` does."""
        return oprf.evaluate(self._scalar, blinded, random)

    def split(self, random: Random) -> tuple[LinkageKey, LinkageKey, LinkageKey]:
        """Shares of a whole key, for holders 1, 2 and 3. Destroy the whole key afterwards.

        Raises:
            KeyShareInvalid: It is a share itself.
        """
        if self.holder != WHOLE:
            raise KeyShareInvalid(expected="a whole key", got=f"the share of holder {self.holder}")
        return _shares(self.epoch, threshold.split(self._scalar, random))


def refresh_shares(
    shares: Sequence[LinkageKey], random: Random
) -> tuple[LinkageKey, LinkageKey, LinkageKey]:
    """New shares of the same key: tokens and the whole key's public half stay.

    Raises:
        KeyShareInvalid: They are not the three shares of one epoch.
    """
    epochs = {share.epoch for share in shares}
    if len(epochs) != 1 or len(shares) != len(threshold.HOLDERS):
        raise KeyShareInvalid(expected="the three shares of one epoch")
    scalars = {share.holder: share._scalar for share in shares}
    return _shares(epochs.pop(), threshold.refresh(scalars, random))


def _shares(epoch: str, scalars: dict[int, Scalar]) -> tuple[LinkageKey, LinkageKey, LinkageKey]:
    first, second, third = (
        LinkageKey(epoch, holder, scalars[holder]) for holder in threshold.HOLDERS
    )
    return first, second, third


# --- Files ---------------------------------------------------------------------------------------


def dump_linkage_key(key: LinkageKey) -> bytes:
    """The content of a private key file. Write it readable by its owner only."""
    document = {
        "southmed_private_key": _KEY_FILE_VERSION,
        "scheme": LINKAGE_SCHEME,
        "epoch": key.epoch,
        "holder": key.holder,
        "keyid": key.keyid,
        "secret": b64encode(key._scalar).decode(),
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def load_linkage_key(content: bytes) -> LinkageKey:
    """Reads what `dump_linkage_key` wrote.

    Raises:
        KeyFileInvalid: Not such a file, or its key does not have the id it claims.
    """
    try:
        document = json.loads(content)
        scalar = read_scalar(b64decode(document["secret"], validate=True))
        key = LinkageKey(document["epoch"], document["holder"], scalar)
        claimed = document["southmed_private_key"], document["scheme"], document["keyid"]
        intact = claimed == (_KEY_FILE_VERSION, LINKAGE_SCHEME, key.keyid)
    except (ValueError, KeyError, TypeError, ScalarInvalid, KeyFileInvalid):
        intact = False
    if not intact:
        raise KeyFileInvalid(expected="a file of a linkage key, version 1")
    return key
