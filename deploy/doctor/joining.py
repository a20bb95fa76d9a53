"""Whether an adapter could run here: its register, its keys, the clock, the broker.

Only what this one register needs is looked at; ``southmed doctor`` looks at the whole site. Of the
register, the columns and the first rows are read, and nothing of them is told but numbers.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path

from country_adapters.kit.mapping import TableMapper
from country_adapters.kit.pseudonyms import SECRET_LENGTH, Pseudonyms
from country_adapters.kit.register import Register
from deploy.doctor import certificates, keys
from deploy.doctor.clock import ADVICE, BEARABLE, CHECK
from deploy.doctor.findings import Finding, attempt, fail, ok, skipped, warn
from deploy.doctor.visit import CLUSTER, Visitor, visit
from deploy.home import Site
from producers.rows import MappedRow

REGISTER = "register"
SECRET = "pseudonym secret"  # noqa: S105 - the name of a check
FIRST = 20
"""Rows of each table that are read."""


@dataclass(frozen=True)
class Joining:
    """What is to be looked at.

    Attributes:
        register: The register.
        site: Where keys and outbox lie.
        servers: The cluster's servers, if it is to be asked.
        identity: Folder of the identity to ask it with.
        clock: This machine's time, seconds since 1970.
    """

    register: Register
    site: Site
    servers: str
    identity: Path | None
    clock: Callable[[], float]

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def examine_joining(joining: Joining) -> list[Finding]:
    """Everything that can be looked at before the adapter runs."""
    site, authority = joining.site, joining.register.authority
    found: list[Finding] = []
    for table in joining.register.tables:
        found += attempt(REGISTER, table, partial(_look_at_table, joining, table))
    found += attempt(keys.FILES, str(site.root), partial(_files, joining))
    found += attempt(keys.TRUST, "trust.json", partial(_look_at_trust, joining))
    found += attempt(SECRET, authority, partial(_look_at_secret, joining))
    found += attempt(CHECK, "this machine", partial(_look_at_files_of_the_future, joining))
    if joining.identity:
        look = partial(certificates.look_at_identities, [joining.identity], joining.now)
        found += attempt(certificates.CHECK, "identity", look)
    return [*found, *_cluster(joining)]


# --- The register ---------------------------------------------------------------------------------


def judge_table(table: str, read: int, mapped: int) -> Finding:
    """Whether the first rows of a table are read as somebody meant it.

    Args:
        table: Its name.
        read: Rows that were read.
        mapped: Those of them that could be mapped.
    """
    if not read:
        return warn(REGISTER, table, "no row", "Look whether this is the right file or table.")
    told = f"columns as declared; of the first {read} rows {mapped} can be mapped"
    if not mapped:
        return fail(REGISTER, table, told, "See why: `southmed adapter preview`.")
    return ok(REGISTER, table, told)


def _look_at_table(joining: Joining, table: str) -> Iterator[Finding]:
    pseudonyms = Pseudonyms(secrets.token_bytes(SECRET_LENGTH))
    mapper = TableMapper(joining.register, table, pseudonyms, joining.now.date())
    rows = list(islice(joining.register.source(table).read(None), FIRST))
    mapped = sum(isinstance(mapper.map(row), MappedRow) for row in rows)
    yield judge_table(table, len(rows), mapped)


# --- Keys -----------------------------------------------------------------------------------------


def _files(joining: Joining) -> Iterator[Finding]:
    yield from keys.look_at_files(joining.site.root, joining.identity)


def _look_at_trust(joining: Joining) -> Iterator[Finding]:
    register, trust = joining.register, joining.site.trust()
    listed = trust.authority(register.authority)
    yield ok(keys.TRUST, listed.id, f"in trust document {trust.version}, in {listed.country}")
    if finding := keys.judge_sealing(trust):
        yield finding
    yield from keys.look_at_signing_key(joining.site, trust, register.authority)


def _look_at_secret(joining: Joining) -> Iterator[Finding]:
    authority = joining.register.authority
    length = len(joining.site.pseudonym_key(authority))
    yield ok(SECRET, authority, f"{length} bytes, for its owner only")


# --- The clock and the cluster --------------------------------------------------------------------


def judge_time(time: float, newest: float) -> Finding:
    """Whether the clock is behind what was written under it; the broker's is asked besides.

    Args:
        time: The clock, seconds since 1970.
        newest: When the newest file of the authority was written.
    """
    if newest - time > BEARABLE:
        what = f"{newest - time:.0f} s behind a file that was written here"
        return fail(CHECK, "this machine", what, ADVICE)
    return ok(CHECK, "this machine", "not behind what was written here")


def _look_at_files_of_the_future(joining: Joining) -> Iterator[Finding]:
    folder = joining.site.authority(joining.register.authority)
    there = [path for path in (joining.site.trust_file, *folder.glob("*")) if path.is_file()]
    yield judge_time(joining.clock(), max((path.stat().st_mtime for path in there), default=0.0))


def _cluster(joining: Joining) -> Iterator[Finding]:
    if not joining.servers:
        yield skipped(CLUSTER, CLUSTER, "no --broker")
        return
    yield from visit(
        Visitor(
            servers=joining.servers,
            identity=joining.identity,
            clock=joining.clock,
            now=joining.now,
            ledgers=None,
        )
    )
