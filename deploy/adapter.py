"""Runs an adapter: the register into the outbox on one side, the outbox to Kafka on the other.

Reading and publishing go on at the same time, over two connections to the same outbox: what is
read is durable at once, whether or not there is a broker.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from country_adapters.kit.errors import (
    RegisterChanged,
    RowsGone,
    SourceIncomplete,
    SourceUnreachable,
)
from country_adapters.kit.pseudonyms import Pseudonyms
from country_adapters.kit.register import Register
from country_adapters.kit.runner import RunReport, run, write_rejects
from deploy.home import LiveTrust, Site
from deploy.linking import Linking
from deploy.linking import linking as how_linked
from deploy.running import lines, vitals
from deploy.running.guard import LoopGuard
from deploy.running.health import Told
from producers.asking import Asking, Means
from producers.linker import Linker
from producers.metrics import PublisherMeters
from producers.outbox import Outbox
from producers.publisher import Pace, Publisher
from producers.rows import Keep, Replay
from producers.sealer import Sealer
from schemas.kafka import Broker
from schemas.log_lines import tell
from schemas.receipts import Status
from schemas.topics import PARTITIONS
from schemas.trust import Position

TALLY_SECONDS = 0.5
POLL_SECONDS = 2.0
"""Time between two looks at a register that is followed; one on a server may declare a longer."""

PASSED_OVER = (SourceUnreachable, SourceIncomplete, RegisterChanged, RowsGone)
"""Why a register that is followed is left alone until the next look; publishing goes on."""


def _now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


Progress = Callable[[str, int, int | None], None]


def seldom(work: Callable[[], None]) -> Callable[[], None]:
    """Work that is left out if it was done just before: a tally looks at the whole outbox."""
    done = -TALLY_SECONDS

    def now_and_then() -> None:
        nonlocal done
        if time.monotonic() - done >= TALLY_SECONDS:
            work()
            done = time.monotonic()

    return now_and_then


@dataclass(frozen=True)
class AdapterReport:
    """What an adapter did in one run, and how its outbox stands.

    Attributes:
        run: What became of the register's rows.
        facts_published: Facts that stand published.
        facts_waiting: Facts that wait.
        outbox: Its tally.
        refusals: Events that the platform refused, by code.
        rejects_file: Where the rows that stay home are listed.
        linking: How identifiers and their tokens stand.
    """

    run: RunReport
    facts_published: int
    facts_waiting: int
    outbox: Mapping[str, int]
    refusals: Mapping[str, int]
    rejects_file: Path
    linking: Linking = field(default_factory=Linking)


@dataclass(frozen=True)
class ReplayReport:
    """What was sent again, and what the platform said of it.

    Attributes:
        streams: What each stream sent again.
        accepted: Batches that the platform did not have.
        duplicate: Answers about batches that it had.
    """

    streams: tuple[Replay, ...]
    accepted: int = 0
    duplicate: int = 0


class Adapter:
    """One authority's adapter.

    Args:
        site: Where keys and outbox lie.
        register: What to read.
        broker: Where to publish.
        pace: Times of the publisher.
        rows_gone: So many rows of a table are known to be deleted, though more than may go unasked.
        keep: What is kept of accepted batches.
        links: Whether tokens of identifiers are asked for.
    """

    def __init__(
        self,
        site: Site,
        register: Register,
        broker: Broker,
        pace: Pace | None = None,
        keep: Keep | None = None,
        *,
        rows_gone: int | None = None,
        links: bool = True,
    ) -> None:
        self.site = site
        self.register = register
        self._broker = broker
        self._pace = pace or Pace()
        self._rows_gone = rows_gone
        self._keep = keep
        self._links = links
        self._folder = site.authority(register.authority)
        self.meters = PublisherMeters()

    @property
    def outbox_file(self) -> Path:
        return self._folder / "outbox.sqlite"

    def open_outbox(self) -> Outbox:
        """A connection to the authority's outbox; SQLite wants one for each thread."""
        return Outbox(
            self.outbox_file,
            authority=self.register.authority,
            streams=PARTITIONS,
            id_key=self.site.pseudonym_key(self.register.authority),
        )

    def read_once(self, progress: Progress | None = None) -> RunReport:
        """Reads the register into the outbox and writes the rejects file."""
        outbox = self.open_outbox()
        try:
            pseudonyms = Pseudonyms(self.site.pseudonym_key(self.register.authority))
            today = datetime.now(UTC).date()
            report = run(
                self.register,
                outbox,
                pseudonyms=pseudonyms,
                today=today,
                progress=progress,
                rows_gone=self._rows_gone,
            )
            write_rejects(outbox, self._folder / "rejects.csv")
            return report
        finally:
            outbox.close()

    async def run_once(
        self,
        on_read: Progress | None = None,
        on_receipt: Callable[[Mapping[str, int]], None] | None = None,
    ) -> AdapterReport:
        """Reads everything new and publishes until the platform has receipted it.

        Args:
            on_read: Told after each chunk of rows.
            on_receipt: Told the outbox's tally after receipts, a few times a second at most.
        """
        outbox = self.open_outbox()
        try:
            reading = asyncio.create_task(asyncio.to_thread(self.read_once, on_read))
            told = seldom(lambda: on_receipt(outbox.tally()) if on_receipt else None)
            publisher = self._publisher(outbox, told)
            linking = asyncio.create_task(self._link(outbox, reading.done))
            publishing = asyncio.create_task(
                publisher.run(lambda: reading.done() and linking.done())
            )
            try:
                report = await reading
                await publishing
                await linking
            finally:
                for task in (linking, publishing):
                    task.cancel()
                await asyncio.gather(linking, publishing, return_exceptions=True)
            return AdapterReport(
                report,
                *outbox.facts(),
                outbox=outbox.tally(),
                refusals=outbox.refusals(),
                rejects_file=self._folder / "rejects.csv",
                linking=how_linked(outbox, self.site.trust()),
            )
        finally:
            outbox.close()

    def replayable(self, streams: Sequence[int], start: Position) -> tuple[Replay, ...]:
        """What `replay` would send again.

        Raises:
            BatchNotKept: Some of it is no longer kept.
        """
        outbox = self.open_outbox()
        try:
            found = [outbox.replayable(stream, start) for stream in streams]
            return tuple(one for one in found if one is not None)
        finally:
            outbox.close()

    async def replay(
        self,
        streams: Sequence[int],
        start: Position,
        on_receipt: Callable[[Mapping[str, int]], None] | None = None,
    ) -> ReplayReport:
        """Sends batches again, byte for byte, until the platform has receipted them.

        What waits besides goes out too. Stopped on the way, the rest waits in the outbox and goes
        out with the next run.

        Args:
            streams: The streams.
            start: Position of the first batch of each.
            on_receipt: Told the outbox's tally after receipts, a few times a second at most.

        Raises:
            BatchNotKept: Some of it is no longer kept; then nothing is sent.
        """
        wanted = self.replayable(streams, start)
        outbox = self.open_outbox()
        try:
            for replay in wanted:
                outbox.replay(replay.stream, start)
            told = seldom(lambda: on_receipt(outbox.tally()) if on_receipt else None)
            publisher = self._publisher(outbox, told)
            await publisher.run(lambda: True)
            counts = publisher.told
            return ReplayReport(wanted, counts[Status.ACCEPTED], counts[Status.DUPLICATE])
        finally:
            outbox.close()

    async def follow(
        self,
        on_round: Callable[[RunReport], None] | None = None,
        look_every: float = POLL_SECONDS,
    ) -> None:
        """Publishes what is new in the register, round after round, until cancelled.

        Args:
            on_round: Told what became of the rows, after each round.
            look_every: Seconds between two looks, unless the register declares more.
        """
        outbox = self.open_outbox()
        publishing = asyncio.create_task(self._publisher(outbox, lambda: None).run(lambda: False))
        linking = asyncio.create_task(self._link(outbox, lambda: False))
        try:
            while not publishing.done():
                if linking.done():
                    linking.result()
                report = await asyncio.to_thread(self.look)
                if on_round and report:
                    on_round(report)
                pause = max(look_every, self.register.look_every_seconds)
                await asyncio.wait({publishing}, timeout=pause)
            publishing.result()
        finally:
            for task in (linking, publishing):
                task.cancel()
            await asyncio.gather(linking, publishing, return_exceptions=True)
            outbox.close()

    def look(self) -> RunReport | None:
        """One round of following; none if the register is not fit to be read in this one."""
        try:
            return self.read_once()
        except PASSED_OVER as error:
            tell(lines.REGISTER_AWAITED, code=error.code)
            return None

    def told(self, guard: LoopGuard, identity: Path | None) -> Told:
        """What a health server tells of this adapter."""
        return vitals.of_adapter(guard, self.meters, self._broker, identity, self.open_outbox)

    async def _link(self, outbox: Outbox, done: Callable[[], bool]) -> None:
        """Asks for tokens beside the publisher, if that is wanted."""
        if not self._links:
            return
        signer = self.site.signing_key(self.register.authority)
        means = Means(signer, LiveTrust(self.site), _now, secrets.token_bytes)
        await Linker(Asking(outbox, means), self.register.country, self._broker).run(done)

    def _publisher(self, outbox: Outbox, on_progress: Callable[[], None]) -> Publisher:
        trust = self.site.trust()
        sealer = Sealer(
            self.site.signing_key(self.register.authority),
            trust,
            now=_now,
            random=secrets.token_bytes,
        )
        return Publisher(
            outbox,
            sealer,
            trust,
            self._broker,
            pace=self._pace,
            keep=self._keep,
            on_progress=on_progress,
            meters=self.meters,
        )
