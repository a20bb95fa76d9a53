"""Publishes what is due, once, whatever happens in between.

The rules:

1. What was published is read from the topic first, every time, and verified. Local files decide
   nothing about the budget.
2. Everything due is computed and admitted before anything is written.
3. A message is written down byte for byte, then sent, then read back from the topic, then noted as
   published. A process that dies anywhere goes on with the bytes that it wrote down: the records
   may have changed since, and measuring them again would be a second publication.
4. What this site published once is never measured again, even where the topic has lost it: the
   same bytes are sent.
5. One process at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from processors.indicators.acceptance import Closing
from processors.release.accountant import Accountant, closings
from processors.release.calendar import Item
from processors.release.desk import Desk
from processors.release.errors import AlreadyReleased, NoSuchRelease, NotPublished
from processors.release.log import Message, ReleaseLog, open_all
from processors.release.measure import Made, withdraw
from processors.release.resign import State, Verdict, judge
from processors.release.snapshot import pack
from processors.release.tables import Budget
from schemas.keys import SigningKey
from schemas.releases import Reason, Release
from schemas.trust import TrustDocument

Make = Callable[[Item, Sequence[Closing]], Made]


class Press:
    """Publishes releases of one site.

    Args:
        desk: Its files.
        log: Where they are published.
        trust: The trust document at hand; it must list the signing key.
        signer: The platform's key for releases.
        budget: What may be spent.
    """

    def __init__(
        self, desk: Desk, log: ReleaseLog, trust: TrustDocument, signer: SigningKey, budget: Budget
    ) -> None:
        self._desk = desk
        self._log = log
        self._trust = trust
        self._signer = signer
        self._budget = budget

    async def run(self, due: Iterable[Item], make: Make) -> list[Release]:
        """Publishes what is due and not yet published.

        Args:
            due: Items of the calendar.
            make: Computes one of them, given the months that are closed.

        Returns:
            What was published now, what an earlier run had begun first.

        Raises:
            AlreadyReleased, BudgetExceeded: A release may not be published; then none is.
        """
        with self._desk.alone():
            published = await self._account()
            self._restore(published)
            if finished := await self._finish(published):
                published = await self._account()
            account, closed = published, closings(published.releases.values())
            fresh: list[Made] = []
            for item in due:
                if item.key not in account.releases:
                    made = make(item, closed)
                    account = account.with_admitted(made.release)
                    fresh.append(made)
            for made in fresh:
                self._desk.keep(made.release.key, pack(made.records))
                self._desk.intend(Message.of(made.release, self._signer))
            return [*finished, *await self._finish(published)]

    async def withdraw(self, key: str, reason: Reason, on: date) -> Release:
        """Puts a marker in the place of a release.

        Raises:
            NoSuchRelease: It was not published, or is withdrawn already.
        """
        with self._desk.alone():
            account = await self._account()
            release = account.releases.get(key)
            if release is None or release.withdrawn:
                raise NoSuchRelease(got=key)
            self._desk.intend(Message.of(withdraw(release, reason, on), self._signer))
            (*_, marker) = await self._finish(account)
            return marker

    async def resign(
        self, earlier: Iterable[TrustDocument], *, rehearse: bool = False
    ) -> list[Verdict]:
        """Signs again what this site published under a key that is compromised since.

        Args:
            earlier: The trust documents of before, as far as they are kept.
            rehearse: Only tell what would be done.

        Raises:
            UnknownKey, KeyCompromised: The key at hand may not sign releases itself.
        """
        self._trust.release_key(self._signer.keyid)
        with self._desk.alone():
            begun = self._desk.intended()
            notes = {note.key: note for note in (*self._desk.published(), *begun)}
            topic = await self._log.read()
            plan = judge(topic, notes, self._trust, earlier, self._signer)
            if rehearse:
                return plan.verdicts
            for message in plan.due:
                self._desk.intend(message)
            sound = {key for key, state, _ in plan.verdicts if state == State.SOUND}
            sent = [note for note in begun if note.key in sound]
            if plan.due or sent:
                await self._send(plan.due, [*plan.due, *sent])
            return plan.verdicts

    def _restore(self, account: Accountant) -> None:
        """Intends again what this site published and the log does not hold.

        The topic was made anew, or the first publication went to a file: the same bytes go out.
        """
        for message in self._desk.published():
            if message.key not in account.releases:
                self._desk.intend(message)

    async def _account(self) -> Accountant:
        return Accountant.of(open_all(await self._log.read(), self._trust), self._budget)

    async def _finish(self, account: Accountant) -> list[Release]:
        """Sends what was intended and is not on the topic, reads everything back, confirms it."""
        waiting = self._desk.intended()
        if not waiting:
            return []
        releases = [message.open(self._trust) for message in waiting]
        await self._send(list(_missing(waiting, releases, account)), waiting)
        return releases

    async def _send(self, missing: Sequence[Message], waiting: Sequence[Message]) -> None:
        """Sends what is missing, reads everything back, and confirms what waited for that."""
        await self._log.append(missing)
        newest = {message.key: message for message in await self._log.read()}
        for message in waiting:
            if newest.get(message.key, message._replace(value=b"")).value != message.value:
                raise NotPublished(expected=message.key)
            self._desk.confirm(message)


def _missing(
    waiting: Sequence[Message], releases: Sequence[Release], account: Accountant
) -> Iterable[Message]:
    """The intended messages that are not on the topic, each admitted once more."""
    for message, release in zip(waiting, releases, strict=True):
        there = account.releases.get(release.key)
        if there == release:
            continue
        if there is None or release.withdrawn is None:
            account = account.with_admitted(release)
        elif there.statement != release.statement:
            raise AlreadyReleased(expected=f"{release.key} as it was withdrawn")
        yield message
