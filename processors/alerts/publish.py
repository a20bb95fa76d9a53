"""Publishes what a plan says, once, whatever happens in between.

The rules:

1. What is out is read from the topics first, every time, and verified. Local files decide nothing
   about what was told to whom.
2. A round's messages are written down together, byte for byte, then sent, then read back from the
   topics, then the note is taken away. A process that dies anywhere finishes that round first: what
   stands may have changed since, but half a round is never left.
3. Of a note only those messages are sent that are newer than what is out, so a note that comes back
   from an old disk does no harm.
4. One process at a time.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processors.alerts.errors import (
    AlertsNotPublished,
    AlertsUnderWay,
    NotesInvalid,
)
from processors.alerts.log import BY_TOPIC, AlertLog, Known, known, message_of, open_record
from processors.alerts.plan import Held, Plan
from processors.alone import Write, alone_in
from processors.compacted import Outgoing, Record
from schemas.alerts import Alert, Channel
from schemas.keys import SigningKey
from schemas.trust import TrustDocument

Make = Callable[[Known], Plan]


class Notes:
    """The folder in which a round is written down.

    Args:
        folder: Where it is.
        write: Writes a private file.
    """

    def __init__(self, folder: Path, write: Write) -> None:
        self._folder = folder
        self._write = write

    def alone(self) -> AbstractContextManager[None]:
        """Keeps other processes of this site from publishing.

        Raises:
            AlertsUnderWay: One does already.
        """
        return alone_in(self._folder, AlertsUnderWay)

    @property
    def _path(self) -> Path:
        return self._folder / "intended.json"

    def intend(self, messages: Sequence[Outgoing]) -> None:
        """Writes down what will be sent, before it is."""
        self._write(self._path, json.dumps([_plain(m) for m in messages]).encode())

    def intended(self) -> list[Outgoing]:
        """What was begun and not yet confirmed.

        Raises:
            NotesInvalid: The file is not one of ours.
        """
        if not self._path.exists():
            return []
        try:
            return [_outgoing(fields) for fields in json.loads(self._path.read_bytes())]
        except (ValueError, TypeError, KeyError):
            raise NotesInvalid(expected=f"the messages of a round in {self._path}") from None

    def confirm(self) -> None:
        """Notes that the round was read back."""
        self._path.unlink(missing_ok=True)


def _plain(message: Outgoing) -> dict[str, object]:
    return {
        "topic": message.topic,
        "key": message.key.decode(),
        "value": b64encode(message.value).decode(),
        "headers": [[name, b64encode(value).decode()] for name, value in message.headers],
    }


def _outgoing(fields: dict[str, Any]) -> Outgoing:
    headers = [(str(name), b64decode(value)) for name, value in fields["headers"]]
    value = b64decode(fields["value"], validate=True)
    return Outgoing(str(fields["topic"]), str(fields["key"]).encode(), value, headers)


@dataclass(frozen=True)
class Round:
    """What a round came to.

    Attributes:
        written: What was written now, what an earlier round had begun first.
        held: Hits that are not told.
    """

    written: tuple[tuple[Channel, Alert], ...]
    held: tuple[Held, ...]


class Board:
    """Publishes the alerts of one site.

    Args:
        notes: Where rounds are written down.
        log: Where they are published.
        trust: The trust document at hand; it must list the signing key.
        signer: The platform's key for alerts.
    """

    def __init__(
        self, notes: Notes, log: AlertLog, trust: TrustDocument, signer: SigningKey
    ) -> None:
        self._notes = notes
        self._log = log
        self._trust = trust
        self._signer = signer

    async def look(self) -> Known:
        """What is out, and what readers answered."""
        return known(await self._log.read(), self._trust)

    async def run(self, make: Make) -> Round:
        """Writes what a plan says.

        Args:
            make: Makes the plan from what is out.

        Raises:
            SealError, WireError, AlertsError: Nothing is written before what is out is understood.
        """
        with self._notes.alone():
            finished = await self._finish(await self.look())
            # A plan may take a while, and whoever asks how the process is has to be answered.
            made = await asyncio.to_thread(make, await self.look())
            messages = [message_of(c, alert, self._signer) for c, alert in made.alerts]
            if messages:
                self._notes.intend(messages)
            written = await self._finish(await self.look()) if messages else []
            return Round((*finished, *written), made.held)

    async def _finish(self, there: Known) -> list[tuple[Channel, Alert]]:
        """Sends what was intended and is not out, reads everything back, confirms it."""
        waiting = self._notes.intended()
        if not waiting:
            return []
        alerts = [(BY_TOPIC[m.topic], self._open(m)) for m in waiting]
        await self._log.append(
            [
                message
                for message, (channel, alert) in zip(waiting, alerts, strict=True)
                if _revision(there, channel, alert) < alert.revision
            ]
        )
        now = await self.look()
        for channel, alert in alerts:
            if _revision(now, channel, alert) < alert.revision:
                raise AlertsNotPublished(expected=alert.id)
        self._notes.confirm()
        return alerts

    def _open(self, message: Outgoing) -> Alert:
        record = Record(message.key, message.value, message.headers, 0)
        return open_record(BY_TOPIC[message.topic], record, self._trust)


def _revision(there: Known, channel: Channel, alert: Alert) -> int:
    before = there.out[channel].get(alert.id)
    return before.revision if before else 0
