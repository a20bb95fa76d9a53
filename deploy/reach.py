"""How each party reaches one cluster: all at the same place, each as itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deploy.terminal import broker_at
from schemas.kafka import Broker


@dataclass(frozen=True)
class Reach:
    """A cluster, and the identities of those who use it from here.

    Attributes:
        servers: Comma-separated ``host:port`` pairs.
        identities: Folder of identities, or None for the embedded broker, which knows none.
    """

    servers: str
    identities: Path | None = None

    def identity(self, principal: str) -> Path | None:
        """The folder of a principal's identity, if there are identities."""
        return self.identities / principal if self.identities else None

    def of(self, principal: str) -> Broker:
        """The cluster as a principal sees it."""
        return broker_at(self.servers, self.identity(principal))


def authority_principal(authority: str) -> str:
    """The principal of an authority: ``authority.tn`` of ``tn.inltp``."""
    return f"authority.{authority[:2]}"
