"""What vectors are made from: who is tested, and where its stream stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from deploy.conformance import samples
from deploy.conformance.forging import altered, forged, parts
from deploy.conformance.samples import Fields
from producers.sealer import Sealer
from schemas.anonymity import Attestation, window_of
from schemas.case_events import EVENT_TYPES
from schemas.codec import encode
from schemas.envelope import Place, Random, Sealed
from schemas.keys import SigningKey
from schemas.trust import TrustDocument

ATTESTED = Attestation(window_of(samples.PERIOD), samples.NODE, k=5, l=2, suppressed=0)
"""What every batch attests of the quarter that the samples are of."""
REFERENCES = ("fact_ref", "case_ref", "victim_ref", "suspect_ref")


@dataclass(frozen=True)
class Party:
    """Who is tested, and whom it seals for.

    Attributes:
        authority: The authority id.
        country: Its country (alpha-3).
        signer: Its signing key.
        trust: The trust document of the platform.
        produced_at: Milliseconds since 1970.
        random: Source of random bytes.
        salt: Makes the references of this run different from those of others.
    """

    authority: str
    country: str
    signer: SigningKey
    trust: TrustDocument
    produced_at: int
    random: Random
    salt: str = ""


@dataclass(frozen=True)
class Hand:
    """What a vector is made from.

    Attributes:
        party: Who is tested.
        place: The next free place of the stream.
        before: The batches that were accepted there, in order.
    """

    party: Party
    place: Place
    before: tuple[Sealed, ...] = ()

    @cached_property
    def next(self) -> Sealed:
        """A batch that would be accepted next."""
        return self.sealed(self.event(fact_ref=self.ref("next"), victim_ref=self.ref("next")))

    def ref(self, text: str) -> bytes:
        return samples.ref(f"{self.party.salt} {text}")

    def event(self, event_type: str = "victim.identified", **changes: Any) -> bytes:
        """An event of a type, encoded; the same words give the same event."""
        return encoded(self.fields(event_type, **changes))

    def fields(self, event_type: str = "victim.identified", **changes: Any) -> Fields:
        known = EVENT_TYPES[event_type].model_fields
        refs = {name: self.ref(name) for name in REFERENCES if name in known}
        refs["fact_ref"] = self.ref(event_type)
        who = samples.speaker(self.party.authority, self.party.country)
        return samples.an_event(event_type, **{**who, **refs, **changes})

    def sealed(self, *events: bytes, **place: Any) -> Sealed:
        """A batch as the adapter seals it, at the next place unless told otherwise."""
        party = self.party
        sealer = Sealer(party.signer, party.trust, lambda: party.produced_at, party.random)
        return sealer(events, replace(self.place, **place), [ATTESTED])

    def forged(self, plain: bytes) -> bytes:
        """A batch at the next place whose encrypted body holds anything."""
        party = self.party
        made = forged(
            plain,
            self.place,
            signer=party.signer,
            recipient=party.trust.recipients()[0],
            trust_version=party.trust.version,
            produced_at=party.produced_at,
        )
        return made.message

    def altered(self, **changes: Any) -> bytes:
        """The next batch with fields changed, signed anew only if there is a signer."""
        return altered(self.next.message, **changes)

    def signature(self, **changes: Any) -> dict[str, Any]:
        """The outer fields whose one signature is changed."""
        (ours,) = parts(self.next.message)[0]["signatures"]
        return {"signatures": [{**ours, **changes}]}


def encoded(fields: Fields) -> bytes:
    """An event as it travels."""
    return encode(fields["event_type"], {n: v for n, v in fields.items() if n != "event_type"})
