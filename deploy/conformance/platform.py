"""A platform to run against: one of the newcomer's own for the time of a run, or a given one.

The own one is the real thing in small: the embedded broker, an intake worker as a process, fresh
keys, and a trust document that lists the newcomer. It lies in a folder that is thrown away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deploy.brokers.embedded import EmbeddedBroker
from deploy.demo import INTAKE, intake_workers
from deploy.home import Site, init_site
from deploy.reach import Reach
from schemas.kafka import Broker
from schemas.keys import VerifyKey
from schemas.trust import Authority, TrustDocument, TrustedKey


@dataclass(frozen=True)
class Platform:
    """Where a run goes.

    Attributes:
        kind: Whether it was brought up for the run.
        broker: Where its Kafka is.
        trust: Its trust document.
        ledgers: Folder of its ledgers, if they can be looked at.
    """

    kind: Literal["own", "given"]
    broker: Broker
    trust: TrustDocument
    ledgers: Path | None


@contextmanager
def own_platform(folder: Path, authority: Authority, key: VerifyKey) -> Iterator[Platform]:
    """Brings up a platform that trusts one newcomer, and takes it down at the end.

    Args:
        folder: Where its keys and ledgers lie; must not hold a site.
        authority: The newcomer.
        key: The key that it signs with.
    """
    site = init_site(folder, {})
    trusted_newcomer(site, authority, key)
    with EmbeddedBroker() as embedded:
        reach = Reach(embedded.servers)
        with intake_workers(site, reach, 1):
            yield Platform("own", reach.of(INTAKE), site.trust(), site.ledgers)


def trusted_newcomer(site: Site, authority: Authority, key: VerifyKey) -> None:
    """Lists the newcomer in a site's trust document."""
    trust = site.trust()
    newcomer = TrustedKey.of(key, owner=authority.id, purpose="batch")
    listed = TrustDocument(
        version=trust.version, authorities=[authority], keys=[*trust.keys, newcomer]
    )
    site.trust_file.write_bytes(listed.dump())
