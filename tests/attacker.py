"""An attacker in the tests' world: `deploy.conformance.forging` with that world's keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deploy.conformance import forging
from deploy.conformance.forging import altered, packed, parts
from schemas.envelope import Sealed
from schemas.keys import SigningKey
from tests.world import NOW, World, a_place, a_world

__all__ = ["altered", "forged", "packed", "parts"]


def forged(
    framed: bytes,
    *,
    world: World | None = None,
    signer: SigningKey | None = None,
    content_key: bytes = b"k" * 32,
    produced_at: int = NOW,
    anonymity: Sequence[Mapping[str, Any]] = (),
    **place: Any,
) -> Sealed:
    """A properly signed and encrypted batch around any plaintext: a holder of the keys at work."""
    world = world or a_world()
    (recipient,) = world.trust.recipients()
    return forging.forged(
        framed,
        a_place(**place),
        signer=signer or world.tunisia,
        recipient=recipient,
        trust_version=world.trust.version,
        produced_at=produced_at,
        content_key=content_key,
        anonymity=anonymity,
    )
