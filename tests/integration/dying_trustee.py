"""A holder that kills itself (signal 9) at a chosen moment, with answers in its book.

Run as a process of its own: ``python -m tests.integration.dying_trustee SITE SERVERS MOMENT``.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from secrets import token_bytes

from deploy.home import Site
from deploy.trustee import LiveOffice, Place
from processors.linkage.book import Book
from processors.linkage.service import Link, Trustee
from schemas.kafka import Broker

BEFORE, AFTER = "before-sending", "after-sending"


class DyingBook(Book):
    """Dies when it is told that Kafka has its answers: they are sent, and nobody noted it."""

    def sent(self, _: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class DyingTrustee(Trustee):
    """Dies when it is about to send: everything is booked, and nothing has left."""

    async def _send(self, _: Link) -> None:
        if self.book.waiting():
            os.kill(os.getpid(), signal.SIGKILL)


def main(root: str, servers: str, moment: str) -> None:
    place = Place(Site(Path(root)), "trustee.linkage")
    book = {BEFORE: Book, AFTER: DyingBook}[moment](place.book, place.holder)
    kind = {BEFORE: DyingTrustee, AFTER: Trustee}[moment]
    asyncio.run(kind(book, LiveOffice(place), Broker(servers), token_bytes).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
