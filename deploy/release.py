"""A site's side of releases: what its ledgers hold, its keys, and where it publishes.

The private files of releases, all under ``platform/``::

    releases.key               signs releases; its public half stands in the trust document
    release-records.key        behind the keys of records and the digests of snapshots
    noise_2023.key             behind the noise of the releases of 2023
    releases/                  what is under way, was published, and the records behind it
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from deploy.home import Site, issue, keep_trust
from deploy.ledgers import every_ledger
from processors.indicators.acceptance import Closing
from processors.intake.ledger import Ledger
from processors.intake.records import HEADS, SUBJECTS, unpack_head, unpack_subject
from processors.release.calendar import Item
from processors.release.desk import Desk
from processors.release.errors import ReleaseKeysMissing
from processors.release.log import ReleaseLog
from processors.release.measure import Made, Origin, ReleaseKeys, make
from processors.release.publish import Press
from processors.release.snapshot import Entry, Population, Subject, population
from processors.release.tables import Tables
from schemas.errors import KeyFileInvalid
from schemas.keys import SigningKey, dump_private, load_private
from schemas.private_files import read_private, replace_private, write_private
from schemas.releases import LogRange, StreamRange
from schemas.trust import PLATFORM, TrustedKey

_SECRET_BYTES = 32
COUNTING = ("processors.release", "processors.indicators")
"""Packages whose sources decide on the numbers of a release."""


@dataclass(frozen=True)
class KeyFiles:
    """Where a site's keys of releases lie."""

    site: Site

    @property
    def signing(self) -> Path:
        return self.site.platform / "releases.key"

    @property
    def record(self) -> Path:
        return self.site.platform / "release-records.key"

    def noise(self, year: str) -> Path:
        return self.site.platform / f"noise_{year}.key"

    def signer(self) -> SigningKey:
        """The platform's key for releases.

        Raises:
            ReleaseKeysMissing: There is none.
        """
        key = load_private(_secret(self.signing))
        if not isinstance(key, SigningKey):
            raise KeyFileInvalid(expected="a signing key", got="an opening key")
        return key

    def read(self, years: Iterable[str]) -> ReleaseKeys:
        """The secrets behind the releases of some years.

        Raises:
            ReleaseKeysMissing: One of them is not here.
        """
        noise = {year: _secret(self.noise(year)) for year in years}
        return ReleaseKeys(_secret(self.record), noise)


def _secret(path: Path) -> bytes:
    if not path.exists():
        raise ReleaseKeysMissing(expected=str(path))
    return read_private(path)


def init_keys(site: Site, years: Iterable[int]) -> list[Path]:
    """Makes the keys that are not there yet, and lists the signing key in the trust document.

    In production the document is issued by those who hold the trust root; here it is one file.

    Returns:
        The files written.
    """
    place, written = KeyFiles(site), []
    if not place.signing.exists():
        write_private(place.signing, dump_private(SigningKey.generate("ed25519")))
        written.append(place.signing)
    for path in (place.record, *(place.noise(str(year)) for year in years)):
        if not path.exists():
            write_private(path, secrets.token_bytes(_SECRET_BYTES))
            written.append(path)
    if _list_key(site, place.signer()):
        written.append(site.trust_file)
    return written


def _list_key(site: Site, signer: SigningKey) -> bool:
    trust = site.trust()
    if any(key.keyid == signer.keyid for key in trust.keys):
        return False
    entry = TrustedKey.of(signer.verify_key, owner=PLATFORM, purpose="release")
    issue(site, trust.following(keys=[*trust.keys, entry]))
    return True


# --- Ledgers --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """What the ledgers of a site hold at one moment."""

    people: Population
    logs: list[LogRange]
    streams: list[StreamRange]


def read_ledgers(
    site: Site, tables: Tables, record_key: bytes, closed: Sequence[Closing] = ()
) -> Counted:
    """Reads everything that releases count, and how far each log and stream was counted.

    Args:
        site: Where the ledgers are.
        tables: The file of tables.
        record_key: The secret behind records' keys.
        closed: The months that are out.
    """
    with every_ledger(site.ledgers) as ledgers:
        logs = [
            LogRange(
                country=topic.country,
                partition=topic.partition,
                next_offset=ledger.state.next_offset,
            )
            for topic, ledger in ledgers.items()
        ]
        streams = [r for topic, ledger in ledgers.items() for r in _ranges(ledger, topic.partition)]
        people = population(
            (
                (Entry(f"{topic.country}-{topic.partition}", closed), _subjects(ledger))
                for topic, ledger in ledgers.items()
            ),
            tables,
            record_key,
        )
    return Counted(people, logs, sorted(streams, key=lambda r: (r.authority, r.stream)))


def read_subjects(site: Site) -> Iterator[Subject]:
    """Every subject of every ledger, as releases read them."""
    with every_ledger(site.ledgers) as ledgers:
        for ledger in ledgers.values():
            yield from _subjects(ledger)


def _subjects(ledger: Ledger) -> Iterator[Subject]:
    return (unpack_subject(value) for _, value in ledger.items(SUBJECTS))


def _ranges(ledger: Ledger, partition: int) -> Iterator[StreamRange]:
    for key, value in ledger.items(HEADS):
        head = unpack_head(value)
        if head.sequence:
            yield StreamRange(
                authority=key[len(HEADS) :].decode(),
                stream=partition,
                from_epoch=1,
                from_sequence=1,
                to_epoch=head.epoch,
                to_sequence=head.sequence,
                head=head.hash.hex(),
            )


def code_digest() -> str:
    """SHA-256 over the names and contents of the sources that decide on the numbers."""
    digest = hashlib.sha256()
    for package in COUNTING:
        for path in sorted(files(package).iterdir(), key=lambda path: path.name):
            if path.is_file():
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                digest.update(f"{package}/{path.name} {content}\n".encode())
    return digest.hexdigest()


# --- Publishing -----------------------------------------------------------------------------------


@dataclass
class Releaser:
    """A site that publishes.

    Attributes:
        site: Its keys, ledgers and files.
        log: Where it publishes.
        tables: By what.
    """

    site: Site
    log: ReleaseLog
    tables: Tables

    @property
    def desk(self) -> Desk:
        return Desk(self.site.platform / "releases", replace_private)

    def press(self) -> Press:
        trust = self.site.trust()
        keep_trust(self.site, trust)
        signer = KeyFiles(self.site).signer()
        return Press(self.desk, self.log, trust, signer, self.tables.budget)

    def maker(self, on: date) -> LazyMaker:
        return LazyMaker(self.site, self.tables, on)


class LazyMaker:
    """Computes releases from the ledgers as they are when the first one is asked for.

    All releases of a run count the same records; a run with nothing to do opens no ledger.
    """

    def __init__(self, site: Site, tables: Tables, on: date) -> None:
        self._site = site
        self._tables = tables
        self._on = on
        self._counted: Counted | None = None

    def counted(self, closed: Sequence[Closing]) -> Counted:
        """What the ledgers held when this was first asked."""
        if self._counted is None:
            record = KeyFiles(self._site).read([]).record
            self._counted = read_ledgers(self._site, self._tables, record, closed)
        return self._counted

    def __call__(self, item: Item, closed: Sequence[Closing]) -> Made:
        keys, counted = KeyFiles(self._site).read([item.period[:4]]), self.counted(closed)
        origin = Origin(
            counted.logs,
            counted.streams,
            self._site.trust().version,
            version("southmed"),
            code_digest(),
        )
        return make(item, counted.people, self._tables, keys, origin, self._on)
