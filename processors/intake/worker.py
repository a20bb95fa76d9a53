"""The intake worker: Faust around the fold.

Faust gives the consumer group, rebalancing and the running service; the ledger gives the truth.
The rules of the shell:

1. A record is folded only at the offset that the ledger expects. An earlier one was folded before
   and is skipped. A later one means that the consumer jumped, and is answered by seeking back.
2. Writes, new offset included, go to the ledger in one piece, after a refused batch is safe in
   quarantine and before any receipt is sent.
3. Anything unforeseen ends the process at once (exit status 70). A supervisor starts it again and
   it goes on from its ledger; going on with a damaged assumption would be worse.

Faust's tables, web server, topic creation and leader election are all off. The worker never holds
a plaintext event outside its memory and its own ledger.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import faust
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP
from faust.types.tuples import Message

from processors.indicators.rules import RULES_VERSION
from processors.intake.answers import Answers
from processors.intake.errors import LedgerOutdated, LogTrimmed
from processors.intake.fold import Record, Secrets, fold
from processors.intake.ledger import Ledger, ledger_path
from processors.intake.transport import resume_from, seek_to
from schemas.errors import SouthmedError
from schemas.kafka import Broker
from schemas.keys import SigningKey
from schemas.topics import CASES, COUNTRY_CODES, CaseTopic

log = logging.getLogger(__name__)

APP_ID = "southmed-intake"
EXIT_UNFORESEEN = 70
MAX_SEEKS = 20
"""Times that a jump of the consumer is answered by seeking back before the log counts as cut."""


@dataclass(frozen=True)
class Settings:
    """What a worker needs.

    Attributes:
        broker: Where Kafka is.
        ledger: Folder of this worker's ledgers; no other worker may use it.
        secrets: Gives the trust document and the opening keys as they are now.
        signer: The platform's receipt key.
    """

    broker: Broker
    ledger: Path
    secrets: Callable[[], Secrets]
    signer: SigningKey


class Intake:
    """Folds records into the ledgers of their partitions."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ledgers: dict[CaseTopic, Ledger] = {}
        self._next: dict[CaseTopic, int] = {}
        self._seeks: dict[CaseTopic, int] = {}
        self.answers = Answers(settings.broker, settings.signer)

    def next_offset(self, topic: CaseTopic) -> int:
        """The offset that the ledger of a partition expects next."""
        if topic not in self._next:
            ledger = Ledger(ledger_path(self._settings.ledger, topic))
            state = ledger.state
            if state.rules != RULES_VERSION:
                raise LedgerOutdated(
                    expected=f"rules {RULES_VERSION}", got=f"rules {state.rules} in {ledger.path}"
                )
            self._ledgers[topic] = ledger
            self._next[topic] = state.next_offset
        return self._next[topic]

    async def take(self, record: Record, seek_back: Callable[[int], object]) -> None:
        """Folds a record that Kafka delivered, or has the consumer read again from where it must.

        Raises:
            LogTrimmed: The expected record does not come, however often it is asked for.
        """
        expected = self.next_offset(record.topic)
        if record.offset < expected:
            return
        if record.offset > expected:
            self._count_seek(record.topic, expected, record.offset)
            seek_back(expected)
            return
        self._seeks.pop(record.topic, None)
        ledger = self._ledgers[record.topic]
        outcome = fold(record, ledger.read, self._settings.secrets())
        if outcome.quarantine is not None:
            log.warning(
                "%s-%d offset %d quarantined: %s",
                record.topic.country,
                record.topic.partition,
                record.offset,
                outcome.quarantine,
            )
            await self.answers.quarantine(record, outcome.quarantine)
        ledger.commit(outcome.writes)
        self._next[record.topic] = outcome.next_offset
        if outcome.receipt is not None:
            self.answers.add(record.topic, outcome.receipt)

    def _count_seek(self, topic: CaseTopic, expected: int, got: int) -> None:
        self._seeks[topic] = self._seeks.get(topic, 0) + 1
        if self._seeks[topic] > MAX_SEEKS:
            raise LogTrimmed(expected=f"offset {expected}", got=f"offset {got}")

    def close(self) -> None:
        for ledger in self._ledgers.values():
            ledger.close()


def calm_garbage_collector() -> None:
    """Has the collector look less often, and never again at what a worker has loaded.

    A batch makes tens of thousands of short-lived objects without cycles; by default each batch is
    searched for cycles dozens of times in vain.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def create_app(settings: Settings) -> faust.App:
    """The Faust app of a worker.

    Args:
        settings: What the worker needs.

    Returns:
        An app with one agent over the case topics of all countries.
    """
    broker = settings.broker
    settings.ledger.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        APP_ID,
        broker=[f"kafka://{server}" for server in broker.servers.split(",")],
        broker_credentials=faust.SSLCredentials(context=broker.ssl) if broker.ssl else None,
        broker_session_timeout=broker.session_timeout,
        broker_heartbeat_interval=broker.session_timeout / 5,
        broker_rebalance_timeout=broker.session_timeout,
        broker_commit_interval=1.0,
        processing_guarantee="at_least_once",
        store="memory://",
        datadir=str(settings.ledger / "faust"),
        table_standby_replicas=0,
        stream_buffer_maxsize=64,
        topic_allow_declare=False,
        topic_disable_leader=True,
        # Faust's web server shows tables to anyone; its command line turns it on again unless
        # the single pages are off too.
        web_enabled=False,
        web_tables_enabled=False,
        web_router_enabled=False,
        web_bind="127.0.0.1",
    )
    intake = Intake(settings)
    resume_from(app, lambda tp: intake.next_offset(CaseTopic.of(tp.topic, tp.partition)))
    topics = app.topic(
        *(CASES.name(country) for country in COUNTRY_CODES),
        key_type=bytes,
        key_serializer="raw",
        value_type=bytes,
        value_serializer="raw",
    )

    @app.agent(topics, name="southmed.intake")
    async def take(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            await _take_or_exit(app, intake, event.message)

    async def send_answers() -> None:
        await _or_exit(intake.answers.send_forever())

    app.task()(send_answers)

    @app.on_before_shutdown.connect
    async def close(*_: object, **__: object) -> None:
        await intake.answers.close()
        intake.close()

    return app


async def _take_or_exit(app: faust.App, intake: Intake, message: Message) -> None:
    topic = CaseTopic.of(message.topic, message.partition)
    record = Record(topic, message.offset, bytes(message.value or b""))

    def seek_back(offset: int) -> None:
        partition = TP(message.topic, message.partition)
        app.loop.create_task(_or_exit(seek_to(cast(Consumer, app.consumer), partition, offset)))

    await _or_exit(intake.take(record, seek_back))


async def _or_exit(work: Awaitable[None]) -> None:
    """Awaits work; ends the process when it fails, because Faust would go on without it."""
    try:
        await work
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        # The text of a foreign exception may quote data, so only its type is told.
        told = str(error) if isinstance(error, SouthmedError) else type(error).__name__
        log.critical("intake ends: %s", told)
        log.debug("cause", exc_info=error)
        os._exit(EXIT_UNFORESEEN)
