"""Follows alerts and has recipients told: joins reader, plan, book and the ways out.

The rules:

1. Alerts are read and letters sent side by side: while Kafka is away letters are sent, and while a
   mail server is away alerts are read.
2. The topic is read from its beginning at every start; it is compacted and small, and the book
   knows what was decided on. What did not verify is looked at again under a newer trust document.
3. All letters that are due are tried at the same time, each for half a minute at most.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from aiokafka.errors import KafkaError

from deploy.alerts.reader import AlertReader, following
from deploy.delivery import lines, metrics, smtp, webhook
from deploy.delivery.attempts import Attempt, tls
from deploy.delivery.book import Book, Entry
from deploy.delivery.hours import Instant
from deploy.delivery.mail import compose, links
from deploy.delivery.metrics import DeliveryMeters
from deploy.delivery.plan import Outcome, Stand, decide, letters, next_attempt
from deploy.delivery.secrets import password, webhook_secret
from deploy.delivery.settings import Recipient, Settings
from schemas.alerts import Alert
from schemas.errors import SouthmedError
from schemas.kafka import Broker
from schemas.log_lines import tell
from schemas.trust import TrustDocument

ROUND_SECONDS = 1.0
RETRY_SECONDS = 5.0
AT_ONCE = 8
"""Connections that are open at a time."""


def check_secrets(settings: Settings) -> None:
    """Reads every file that the settings name, so that a wrong one is known before it is needed.

    Raises:
        KeyFileInvalid: One is not there, or not private.
        DeliverySecretInvalid, DeliverySettingsInvalid: One holds something else.
    """
    if settings.smtp is not None:
        tls(settings.smtp.ca_file)
        if settings.smtp.password_file is not None:
            password(settings.smtp.password_file)
    tls(settings.webhook_ca_file)
    for recipient in settings.recipients:
        if recipient.secret_file is not None:
            webhook_secret(recipient.secret_file)


class Tried(NamedTuple):
    """A letter that was tried, and what came of it."""

    entry: Entry
    attempt: Attempt


@dataclass
class Delivery:
    """One reader's alerts on their way to people.

    Attributes:
        settings: Who is told, and how.
        book: What was told.
        broker: Where Kafka is.
        trust: Gives the trust document at hand.
        clock: Seconds since 1970.
        meters: What is counted on the way.
    """

    settings: Settings
    book: Book
    broker: Broker
    trust: Callable[[], TrustDocument]
    clock: Callable[[], Instant] = lambda: int(time.time())
    meters: DeliveryMeters = field(default_factory=DeliveryMeters)
    _told: set[int] = field(default_factory=set)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    # --- Running ---------------------------------------------------------------------------------

    async def once(self) -> list[Tried]:
        """Reads what stands, and sends what is due.

        Raises:
            ClusterUnreachable, TopicClosed: As in `deploy.consume.topic.reading`.
        """
        async with following(self.broker, self.settings.channel, self.trust) as alerts:
            self.heard(await alerts.newest())
            self._tell_refused(alerts)
        return await self.post()

    async def run(self) -> None:
        """Goes on until it is stopped, or one of the two fails in a way that nobody foresaw."""
        await asyncio.gather(self._follow(), self._post_forever())

    async def _post_forever(self) -> None:
        while True:
            await self.post()
            await asyncio.sleep(ROUND_SECONDS)

    async def _follow(self) -> None:
        away = False
        while True:
            try:
                async with following(self.broker, self.settings.channel, self.trust) as alerts:
                    if away:
                        tell(lines.ALERTS_BACK)
                    away = False
                    await self._read(alerts)
            except (SouthmedError, KafkaError, OSError, TimeoutError) as error:
                if not away:
                    tell(lines.ALERTS_AWAY, error=type(error).__name__)
                away = True
                await asyncio.sleep(RETRY_SECONDS)

    async def _read(self, alerts: AlertReader) -> None:
        """Reads on, until what was refused may verify."""
        version = self.trust().version
        self.heard(await alerts.newest())
        while not alerts.refused or self.trust().version == version:
            self._tell_refused(alerts)
            self.heard(await alerts.more())

    def _tell_refused(self, alerts: AlertReader) -> None:
        for refused in alerts.refused:
            if refused.offset not in self._told:
                self._told.add(refused.offset)
                tell(lines.RECORD_REFUSED, offset=refused.offset, code=refused.error.code)

    # --- Deciding --------------------------------------------------------------------------------

    def heard(self, alerts: Iterable[Alert]) -> None:
        """Decides who is to be told of what has come."""
        now = self.clock()
        changed: dict[tuple[str, str], Stand] = {}
        for alert in alerts:
            for recipient in self.settings.recipients:
                who = (recipient.name, alert.id)
                before = changed.get(who) or self.book.stand(*who)
                after = decide(recipient, alert, before, now)
                if after != before:
                    changed[who] = after
        if changed:
            self.book.put(changed)

    # --- Sending ---------------------------------------------------------------------------------

    async def post(self) -> list[Tried]:
        """Writes the letters that are due, and tries those whose time has come."""
        now, held = self.clock(), 0
        recipients = {recipient.name: recipient for recipient in self.settings.recipients}
        for recipient in recipients.values():
            waiting = self.book.waiting(recipient.name)
            for letter in letters(recipient, waiting, now):
                self.book.write(letter, now)
                held -= len(letter.items)
            held += len(waiting)
        open_now = [name for name, r in recipients.items() if not r.hours.is_quiet(now)]
        due = self.book.due(open_now, now)
        tried = await asyncio.gather(*(self._try(recipients[e.letter.recipient], e) for e in due))
        self.meters.set(metrics.HELD, held)
        self.meters.set(metrics.WAITING, self.book.number_waiting())
        return tried

    async def _try(self, recipient: Recipient, entry: Entry) -> Tried:
        async with self._gate:
            attempt = await self._attempt(recipient, entry)
        attempts, next_ = entry.attempts + 1, entry.next
        if attempt.outcome is Outcome.DELAYED:
            next_ = next_attempt(recipient, attempts, self.clock())
        self.book.tried(entry.number, attempt.outcome, next_, attempt.status)
        self._tell(recipient, entry, attempt, attempts)
        return Tried(entry, attempt)

    async def _attempt(self, recipient: Recipient, entry: Entry) -> Attempt:
        letter, settings = entry.letter, self.settings
        try:
            if recipient.mail is None or settings.smtp is None:
                told = links(settings, letter)
                return await webhook.post(recipient, letter, told, settings, self.clock())
            mail = compose(recipient, letter, settings, settings.smtp, entry.made)
            return await smtp.send(mail.as_bytes(), recipient.mail, settings.smtp)
        except Exception as error:
            # What nobody foresaw in one recipient's letter must not keep the others' back.
            return Attempt(Outcome.DELAYED, 0, type(error).__name__)

    def _tell(self, recipient: Recipient, entry: Entry, attempt: Attempt, attempts: int) -> None:
        name = recipient.name
        match attempt.outcome:
            case Outcome.SENT:
                self.meters.count(metrics.SENT)
                tell(lines.LETTER_SENT, recipient=name, alerts=len(entry.letter.items))
            case Outcome.REFUSED:
                self.meters.count(metrics.REFUSED)
                tell(lines.LETTER_REFUSED, recipient=name, status=attempt.status)
            case Outcome.DELAYED:
                self.meters.count(metrics.DELAYED)
                if attempts.bit_count() == 1:
                    tell(
                        lines.LETTER_DELAYED,
                        recipient=name,
                        error=attempt.error,
                        status=attempt.status,
                        attempts=attempts,
                    )
