"""How to reach Kafka: the few settings that producers and processors share."""

from __future__ import annotations

from dataclasses import dataclass
from ssl import SSLContext
from typing import Any


@dataclass(frozen=True)
class Broker:
    """A Kafka cluster.

    Attributes:
        servers: Comma-separated ``host:port`` pairs to begin with.
        ssl: TLS context with the client's certificate, or None for the embedded broker.
        session_timeout: Seconds after which the group gives up a silent member.
    """

    servers: str
    ssl: SSLContext | None = None
    session_timeout: float = 15.0

    def options(self) -> dict[str, Any]:
        """Keyword arguments for aiokafka's clients."""
        protocol = "SSL" if self.ssl else "PLAINTEXT"
        return {
            "bootstrap_servers": self.servers,
            "security_protocol": protocol,
            "ssl_context": self.ssl,
        }
