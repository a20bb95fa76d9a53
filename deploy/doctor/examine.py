"""Runs the checks: what is on this machine first, then what a cluster tells our principal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from deploy.doctor import anonymity, certificates, keys, lag, linkage, machine, outbox
from deploy.doctor.findings import Finding, attempt, fail, skipped
from deploy.doctor.visit import CLUSTER, Visitor, visit
from deploy.home import Site
from deploy.pki.store import IDENTITY_FILE
from schemas.topics import CaseTopic

SITE = "site"


@dataclass(frozen=True)
class Question:
    """What to look at.

    Attributes:
        site: Folder of keys, outboxes, ledgers, if there is one here.
        servers: The cluster's servers, if it is to be asked.
        identity: Folder of the identity to ask it with.
        clock: This machine's time, seconds since 1970.
    """

    site: Path | None
    servers: str
    identity: Path | None
    clock: Callable[[], float]

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def examine(question: Question) -> list[Finding]:
    """Runs every check that can be run from here."""
    ledgers: dict[CaseTopic, lag.LedgerSeen] = {}
    return [
        *attempt(machine.VERSIONS, "southmed", machine.look_at_versions),
        *attempt(machine.SCHEMAS, "lock.json", machine.look_at_schemas),
        *_site(question, ledgers),
        *_identities(question),
        *_cluster(question, ledgers),
    ]


def _site(question: Question, ledgers: dict[CaseTopic, lag.LedgerSeen]) -> Iterator[Finding]:
    root, now = question.site, question.now
    if root is not None and not root.is_dir():
        yield fail(SITE, str(root), "no such folder", "Name the folder of the site with --site.")
        root = None
    if root is not None or question.identity is not None:
        look = partial(keys.look_at_files, root, question.identity)
        yield from attempt(keys.FILES, SITE, look)
    if root is None:
        yield skipped(SITE, SITE, "keys, outbox, ledgers and disk: no --site")
        return
    site = Site(root)
    yield from attempt(keys.TRUST, "trust.json", partial(keys.look_at_trust, site))
    yield from attempt(linkage.YEARS, SITE, partial(linkage.look_at_linkage, site))
    yield from attempt(outbox.OUTBOX, SITE, partial(outbox.look_at_outboxes, site, now))
    if site.ledgers.is_dir():
        look = partial(lag.look_at_ledgers, site.ledgers, ledgers)
        yield from attempt(lag.LEDGERS, SITE, look)
        yield from lag.judge_streams(ledgers)
    if ledgers:
        look = partial(anonymity.look_at_quarters, site)
        yield from attempt(anonymity.CHECK, SITE, look)
    folders = (root, site.platform, site.ledgers, site.kafka, *site.root.glob("trustees/*"))
    yield from attempt(machine.DISK, SITE, partial(machine.look_at_disks, folders))


def _identities(question: Question) -> Iterator[Finding]:
    folders = {question.identity.resolve()} if question.identity else set()
    if question.site:
        made = Site(question.site).pki.glob(f"*/{IDENTITY_FILE}")
        folders |= {path.parent.resolve() for path in made}
    if not folders:
        yield skipped(certificates.CHECK, "identity", "no --identity")
        return
    yield from certificates.look_at_identities(sorted(folders), question.now)


def _cluster(question: Question, ledgers: lag.Ledgers) -> Iterator[Finding]:
    if not question.servers:
        yield skipped(CLUSTER, CLUSTER, "no --broker")
        return
    has_ledgers = question.site is not None and Site(question.site).ledgers.is_dir()
    visitor = Visitor(
        servers=question.servers,
        identity=question.identity,
        clock=question.clock,
        now=question.now,
        ledgers=ledgers if has_ledgers else None,
    )
    yield from visit(visitor)
