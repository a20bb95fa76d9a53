"""How the identifiers of an authority stand: what was made of them, and why it is not more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from producers.linkage import years
from producers.outbox import Outbox
from producers.requests import Linked
from schemas.trust import TrustDocument


@dataclass(frozen=True)
class Linking:
    """How tokens stand in an outbox.

    Attributes:
        types: Identifiers by type, and how far they have come.
        refused: Requests that were refused, by code, holder and year, with their elements.
        epochs: The years under whose keys tokens are made; none if the platform has no trustee.
    """

    types: tuple[Linked, ...] = ()
    refused: tuple[dict[str, Any], ...] = ()
    epochs: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "epochs": list(self.epochs),
            "types": [one._asdict() for one in self.types],
            "refused": list(self.refused),
        }

    def words(self) -> Iterator[str]:
        """Lines for people; none if there are no identifiers."""
        for one in self.types:
            counts = one._asdict()
            told = ", ".join(f"{counts[state]} {state}" for state in Linked._fields[1:])
            yield f"identifiers {one.link_type}: {told}"
        if self.types and not self.epochs:
            yield "the trust document names no linkage key: no tokens are asked for"
        for refused in self.refused:
            yield (
                f"{refused['elements']} identifiers of {refused['epoch']} wait:"
                f" {refused['code']} from {refused['holder']}; they are asked for again"
            )


def linking(outbox: Outbox, trust: TrustDocument) -> Linking:
    """How tokens stand in an outbox now."""
    epochs: Sequence[str] = [one.epoch for one in years(trust, datetime.now(UTC).year)]
    return Linking(tuple(outbox.linked()), tuple(outbox.unanswered()), tuple(epochs))
