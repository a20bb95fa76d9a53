"""A story lived through: real adapters, a real linkage key, sealed batches, the real fold.

In one process and without a broker, but with nothing left out: registers are read by their
adapters into outboxes, the gate included; identifiers are asked for at a trustee that decides as
the real one does, its quota included; batches are sealed, folded into ledgers on disk, receipted.
The rules:

1. A month is read on the third day of the next one. So a quarter is told as soon as it is over,
   and never before.
2. Whoever has used up a day's quota asks again on the next day, until nothing waits.
3. Secrets follow from the seed too, since detectors draw their chance from what they are shown.
   (Keys that sign and seal do not; nothing that is counted depends on them.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from country_adapters import AUTHORITIES
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import Register, load_register
from country_adapters.kit.runner import run
from deploy.alerts.gather import sighting_of
from deploy.home import init_site, issue
from deploy.simulate.contacts import Identifier
from deploy.simulate.registers import NAMES, Desk
from deploy.simulate.story import Story
from processors.alerts.facts import Month, Sighting
from processors.alerts.hubs import Stop
from processors.intake.fold import Record, Secrets, fold
from processors.intake.ledger import Ledger, ledger_path
from processors.intake.outer import outer_token
from processors.intake.records import SUBJECTS, unpack_subject
from processors.intake.sightings import sightings
from processors.linkage.book import Book
from processors.linkage.judge import Office, judge
from producers.asking import Asking, Means
from producers.outbox import Outbox
from producers.sealer import Sealer
from schemas.keys import SigningKey
from schemas.linkage import TOKEN_LENGTH, identifier_input
from schemas.linkage_keys import LinkageKey
from schemas.oprf import token
from schemas.private_files import replace_private
from schemas.receipts import Status
from schemas.topics import PARTITIONS, CaseTopic
from schemas.trust import LinkageEpoch, LinkageShare, TrustedKey
from tests.world import some_random

HOLDER = "trustee.linkage"
READ_ON = 3
"""Day of the next month on which a month is read."""
MOST_DAYS = 60
"""Within which everything must have been answered."""


@dataclass
class Authority:
    """An authority's own side."""

    register: Register
    desk: Desk
    outbox: Outbox
    pseudonyms: Pseudonyms
    asking: Asking
    sealer: Sealer

    @property
    def country(self) -> str:
        return self.register.country


class Platform:
    """Four authorities, a trustee, and the ledgers.

    Args:
        story: What happens.
        folder: An empty folder.
    """

    def __init__(self, story: Story, folder: Path) -> None:
        self.story = story
        self.now = 0
        self._random = some_random(f"platform {story.truth.seed}")
        self.site = init_site(folder / "site", AUTHORITIES)
        self.site.linkage_key_file.unlink()
        replace_private(self.site.linkage_key_file, self._random(32))
        years = range(story.truth.first // 12 - 1, story.truth.last // 12 + 2)
        self.keys = {str(y): LinkageKey.generate(str(y), self._random) for y in years}
        self._trustee(folder)
        self.trust = self.site.trust()
        opening = self.site.opening_keys()
        self._secrets = Secrets(self.trust, opening, self.site.linkage_key())
        self.ledgers = {
            topic: Ledger(ledger_path(folder / "ledgers", topic))
            for country in AUTHORITIES.values()
            for topic in (CaseTopic(country, number) for number in range(PARTITIONS))
        }
        self._offsets = dict.fromkeys(self.ledgers, 0)
        self.authorities = [self._authority(id_, folder) for id_ in AUTHORITIES]

    def _trustee(self, folder: Path) -> None:
        """Puts the keys of all years into the trust document, and opens the trustee's book."""
        signer = SigningKey.generate("ed25519")
        entries = [
            LinkageEpoch(
                epoch=year,
                public=key.public.public.hex(),
                shares=[LinkageShare(holder=HOLDER, index=0, public=key.public.public.hex())],
            )
            for year, key in self.keys.items()
        ]
        listed = TrustedKey.of(signer.verify_key, owner=HOLDER, purpose="evaluation")
        before = self.site.trust()
        trust = before.following(keys=[*before.keys, listed], linkage=entries)
        issue(self.site, trust)
        self._office = Office(HOLDER, trust, self.keys, signer)
        self._book = Book(folder / "book.sqlite", HOLDER)

    def _authority(self, id_: str, folder: Path) -> Authority:
        secret = hashlib.sha256(f"{self.story.truth.seed} {id_}".encode()).digest()
        replace_private(self.site.authority(id_) / "pseudonyms.key", secret)
        country = AUTHORITIES[id_]
        data = folder / NAMES[country]
        desk = Desk(self.story, country, data)
        path = self.site.authority(id_) / "outbox.sqlite"
        outbox = Outbox(path, authority=id_, streams=PARTITIONS, id_key=secret)
        signer = self.site.signing_key(id_)
        clock = self._clock
        return Authority(
            load_register(NAMES[country], data),
            desk,
            outbox,
            Pseudonyms(secret),
            Asking(outbox, Means(signer, lambda: self.trust, clock, self._random)),
            Sealer(signer, self.trust, clock, self._random),
        )

    def _clock(self) -> int:
        return self.now

    # --- A month ---------------------------------------------------------------------------------

    def go_on(self, month: Month) -> None:
        """Lives through a month: everything of it is read, asked, sealed and folded."""
        today = reading_day(month)
        self.now = _milliseconds(today)
        for authority in self.authorities:
            if not self.story.is_silent(authority.country, month):
                self._read(authority, month, today)
                self._ask(authority)
                self._send(authority)

    def _read(self, authority: Authority, month: Month, today: date) -> None:
        authority.desk.go_on(month, datetime.combine(today, datetime.min.time()))
        report = run(
            authority.register, authority.outbox, pseudonyms=authority.pseudonyms, today=today
        )
        assert not report.rejected, (report.authority, report.problems)
        assert not report.unusable, (report.authority, report.unusable)

    def _ask(self, authority: Authority) -> None:
        """Asks for tokens until none is missing, day after day where the quota is used up."""
        began = self.now
        asking = authority.asking
        for _ in range(MOST_DAYS):
            asking.prepare()
            while requests := asking.to_send():
                for message in map(asking.signed, requests):
                    asking.take(self._answer(message, authority.country))
                asking.prepare()
            if not authority.outbox.requests():
                self.now = began
                return
            self.now += _DAY
        raise AssertionError("some identifiers have no token after weeks")

    def _answer(self, message: bytes, country: str) -> bytes:
        decision = judge(message, country, self._book, self._office, self.now, self._random)
        self._book.record(country, self._book.next_offset(country), decision)
        assert decision.message is not None
        return decision.message

    def _send(self, authority: Authority) -> None:
        """Seals all that waits, folds it, and gives the outbox its receipts."""
        for stream in range(PARTITIONS):
            while batch := authority.outbox.seal_next(stream, authority.sealer, even_empty=False):
                topic = CaseTopic(authority.country, stream)
                record = Record(topic, self._offsets[topic], batch.message)
                outcome = fold(record, self.ledgers[topic].read, self._secrets)
                self.ledgers[topic].commit(outcome.writes)
                self._offsets[topic] = outcome.next_offset
                assert outcome.receipt is not None
                (entry,) = outcome.receipt.entries
                assert (entry.status, entry.refused) == (Status.ACCEPTED, ()), entry
                authority.outbox.accept(stream, *batch.position, (), at=self.now)

    # --- What stands -----------------------------------------------------------------------------

    def sightings(self, month: Month) -> list[Sighting]:
        """What stands, as the process that alerts reads it from the ledgers."""
        text = f"{reading_day(month):%Y-%m}"
        found = (each for ledger in self.ledgers.values() for each in sightings(ledger, text))
        return [sighting_of(each) for each in found]

    def subjects(self) -> Iterator[tuple[str, Iterable[list[dict[str, Any]]]]]:
        """Of every partition, what stands of each subject."""
        for topic, ledger in self.ledgers.items():
            values = (unpack_subject(value) for _, value in ledger.items(SUBJECTS))
            yield f"{topic.country}-{topic.partition}", values

    @property
    def offsets(self) -> dict[str, int]:
        """How far each partition was read."""
        return {f"{topic.country}-{topic.partition}": n for topic, n in self._offsets.items()}

    def tokens(self, name: str) -> Iterator[bytes]:
        """The outer tokens of an identifier, for every year: the truth, which nobody else has."""
        link_type, _, value = name.partition("|")
        content, outer = identifier_input(link_type, value), self.site.linkage_key()
        for year, key in self.keys.items():
            yield outer_token(outer, year, token(key._scalar, content)[:TOKEN_LENGTH])

    def stops(self) -> dict[bytes, Stop]:
        """The stop list: the hubs that authorities know of."""
        truth = self.story.truth
        listed = [name for name in truth.hubs if name not in truth.unlisted]
        stop = Stop("tn.inltp", "HOTLINE", truth.first)
        return {outer: stop for name in listed for outer in self.tokens(name)}

    def names(self) -> dict[bytes, str]:
        """The identifier behind each outer token."""
        noted = {identifier.name for identifier in identifiers_of(self.story)}
        return {outer: name for name in sorted(noted) for outer in self.tokens(name)}

    def close(self) -> None:
        """Closes all files."""
        for authority in self.authorities:
            authority.outbox.close()
        for ledger in self.ledgers.values():
            ledger.close()


_DAY = int(timedelta(days=1).total_seconds()) * 1000


def reading_day(month: Month) -> date:
    """The day on which a month is read."""
    return date((month + 1) // 12, (month + 1) % 12 + 1, READ_ON)


def _milliseconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 9, tzinfo=UTC).timestamp()) * 1000


def identifiers_of(story: Story) -> Iterator[Identifier]:
    """Every identifier that any register ever held, as it was typed."""
    for entry in story.entries:
        for record in entry.versions.values():
            opened = getattr(record, "investigation", None)
            suspects = opened.suspects if opened else ()
            for contact in (record.contact, *(suspect.contact for suspect in suspects)):
                if contact is None:
                    continue
                yield from (Identifier("PHONE", phone) for phone in contact.phones)
                named = ("HANDLE", contact.account), ("PLATE", contact.plate)
                for link_type, value in (*named, ("AGENCYREG", contact.agency)):
                    if value:
                        yield Identifier(link_type, value)
