"""Seals batches in the name of an authority: key, recipients and clock around the pure `seal`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas.anonymity import Attestation
from schemas.envelope import Place, Random, Sealed, seal
from schemas.keys import SigningKey
from schemas.trust import TrustDocument


@dataclass(frozen=True)
class Sealer:
    """Everything sealing needs besides events and place.

    Attributes:
        signer: The authority's signing key.
        trust: Tells the recipients.
        now: Milliseconds since 1970.
        random: Source of random bytes.
    """

    signer: SigningKey
    trust: TrustDocument
    now: Callable[[], int]
    random: Random

    def __call__(
        self, events: Sequence[bytes], place: Place, anonymity: Sequence[Attestation] = ()
    ) -> Sealed:
        return seal(
            events,
            place,
            signer=self.signer,
            recipients=self.trust.recipients(),
            produced_at=self.now(),
            trust_version=self.trust.version,
            random=self.random,
            anonymity=anonymity,
        )
