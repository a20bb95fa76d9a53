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
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, cast

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP
from faust.types.tuples import Message

from processors.indicators.rules import RULES_VERSION
from processors.intake import lines
from processors.intake.answers import Answers
from processors.intake.errors import LedgerOutdated, LogTrimmed, check_log
from processors.intake.fold import Record, Secrets, fold
from processors.intake.ledger import Ledger, ledger_path
from processors.intake.metrics import REBALANCES, RECEIPTS_SENT, SEEKS, IntakeMeters
from processors.intake.transport import is_member, resume_from, seek_to
from processors.intake.watchdog import EXIT_UNFORESEEN, PATIENCE, Sight, Vitals, Watchdog
from schemas.access import INTAKE_GROUP
from schemas.errors import SouthmedError
from schemas.kafka import Broker
from schemas.keys import SigningKey
from schemas.log_lines import tell
from schemas.topics import CASES, COUNTRY_CODES, CaseTopic

UNFORESEEN = "UNFORESEEN"
LOOK_EVERY = 5.0
"""Seconds between two looks at the worker's progress."""
FETCH_BYTES = 128 << 10
"""Bytes that a fetch brings of one partition, or one record: what a partition has fetched is worked
off before the others' turn comes, and somebody who floods his own may not make them wait."""
ASK_TOPICS_MS = 10_000
MAX_SEEKS = 2_000
"""Records out of order before the log counts as cut; when the consumer jumps, as many as it had
fetched come before the seek takes effect."""


def end_stalled() -> NoReturn:
    """Ends a worker that stands still, for a supervisor to start it again."""
    os._exit(EXIT_UNFORESEEN)


@dataclass(frozen=True)
class Settings:
    """What a worker needs.

    Attributes:
        broker: Where Kafka is.
        ledger: Folder of this worker's ledgers; no other worker may use it.
        secrets: Gives the trust document and the opening keys as they are now.
        signer: The platform's receipt key.
        group: Consumer group of the workers.
        on_stall: Called when the worker stands still; it has to end or replace the process.
        on_no_start: The same, for a worker that never came into its group.
        on_start: Called once the worker is up.
        beside: Work that the worker's event loop does beside its own.
        meters: What is counted on the way.
        vitals: Where the worker notes how it is, for others to see.
    """

    broker: Broker
    ledger: Path
    secrets: Callable[[], Secrets]
    signer: SigningKey
    group: str = INTAKE_GROUP
    on_stall: Callable[[], NoReturn] = end_stalled
    on_no_start: Callable[[], NoReturn] = end_stalled
    on_start: Callable[[], None] = lambda: None
    beside: Callable[[], Awaitable[None]] | None = None
    meters: IntakeMeters = field(default_factory=IntakeMeters)
    vitals: Vitals = field(default_factory=Vitals)


class Intake:
    """Folds records into the ledgers of their partitions."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ledgers: dict[CaseTopic, Ledger] = {}
        self._next: dict[CaseTopic, int] = {}
        self._seeks: dict[CaseTopic, int] = {}
        self.folded = 0
        self._meters = settings.meters
        self.answers = Answers(settings.broker, settings.signer, self._count_receipt)

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
        began = time.perf_counter()
        outcome = fold(record, ledger.read, self._settings.secrets())
        taken = time.perf_counter() - began
        if outcome.quarantine is not None:
            tell(
                lines.BATCH_QUARANTINED,
                country=record.topic.country,
                partition=record.topic.partition,
                offset=record.offset,
                code=outcome.quarantine.code,
            )
            await self.answers.quarantine(record, outcome.quarantine)
        began = time.perf_counter()
        ledger.commit(outcome.writes)
        taken += time.perf_counter() - began
        self._next[record.topic] = outcome.next_offset
        self.folded += 1
        self._meters.folded(record, outcome, taken, time.time())
        if outcome.receipt is not None:
            self.answers.add(record.topic, outcome.receipt)

    def _count_seek(self, topic: CaseTopic, expected: int, got: int) -> None:
        self._seeks[topic] = self._seeks.get(topic, 0) + 1
        self._meters.count(SEEKS, country=topic.country, partition=topic.partition)
        if self._seeks[topic] == 1:
            tell(
                lines.RECORD_OUT_OF_ORDER,
                country=topic.country,
                partition=topic.partition,
                offset=expected,
            )
        if self._seeks[topic] > MAX_SEEKS:
            raise LogTrimmed(expected=f"offset {expected}", got=f"offset {got}")

    def _count_receipt(self, topic: CaseTopic) -> None:
        self._meters.count(RECEIPTS_SENT, country=topic.country)

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
    settings.ledger.mkdir(parents=True, exist_ok=True)
    app = faust.App(settings.group, **_options(settings))
    intake = Intake(settings)

    def next_offset(partition: TP, first: int, end: int) -> int:
        try:
            offset = intake.next_offset(CaseTopic.of(partition.topic, partition.partition))
            check_log(first, end, folded=offset)
        except SouthmedError as error:
            end_process(error)
        return offset

    resume_from(app, next_offset)
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

    async def watch() -> None:
        await _or_exit(_watch(app, intake, settings))

    app.task()(watch)

    if settings.beside is not None:
        app.task()(settings.beside)

    @app.on_partitions_assigned.connect
    async def count(*given: Any, **_: Any) -> None:
        settings.meters.count(REBALANCES)
        tell(lines.PARTITIONS_TAKEN, partitions=len(given[-1]))

    @app.on_before_shutdown.connect
    async def close(*_: object, **__: object) -> None:
        await intake.answers.close()
        intake.close()

    return app


def _options(settings: Settings) -> dict[str, Any]:
    """What Faust is told; most of what it could do is turned off."""
    broker = settings.broker
    return {
        "broker": [f"kafka://{server}" for server in broker.servers.split(",")],
        "broker_credentials": faust.SSLCredentials(context=broker.ssl) if broker.ssl else None,
        "broker_session_timeout": broker.session_timeout,
        "broker_heartbeat_interval": broker.session_timeout / 5,
        "broker_rebalance_timeout": broker.session_timeout,
        "broker_commit_interval": 1.0,
        # Whoever joins while the broker knows no topics yet is given none, and looks again only
        # when it asks for the topics again: after five minutes if nothing is said.
        "consumer_metadata_max_age_ms": ASK_TOPICS_MS,
        "processing_guarantee": "at_least_once",
        "store": "memory://",
        "datadir": str(settings.ledger / "faust"),
        "table_standby_replicas": 0,
        "consumer_max_fetch_size": FETCH_BYTES,
        "stream_buffer_maxsize": 64,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        # Faust's web server shows tables to anyone; its command line turns it on again unless
        # the single pages are off too.
        "web_enabled": False,
        "web_tables_enabled": False,
        "web_router_enabled": False,
        "web_bind": "127.0.0.1",
    }


async def _watch(app: faust.App, intake: Intake, settings: Settings) -> None:
    """Looks every few seconds whether the worker makes progress."""
    settings.on_start()
    clock = asyncio.get_running_loop().time
    dog = Watchdog(PATIENCE, LOOK_EVERY, clock())
    while True:
        await asyncio.sleep(LOOK_EVERY)
        sight = await _sight(app, intake, settings)
        still = dog.stands_still(sight, clock())
        settings.vitals.sight, settings.vitals.still = sight, dog.spent
        if still and dog.joined_once:
            tell(lines.STANDS_STILL, seconds=dog.spent, waiting=sight.waiting)
            settings.on_stall()
        if still:
            tell(lines.NEVER_STARTED, seconds=dog.spent)
            settings.on_no_start()


async def _sight(app: faust.App, intake: Intake, settings: Settings) -> Sight:
    """What is to be seen of the worker now; a broker that does not answer in time is away."""
    # A task of its own: whatever the client does, even cancel itself, the watch goes on.
    asking = asyncio.create_task(_ends(app, settings.broker))
    try:
        await asyncio.wait({asking}, timeout=LOOK_EVERY)
        ends = await asking if asking.done() and not asking.cancelled() else None
    except KafkaError:
        ends = None
    finally:
        asking.cancel()
    if ends is None:
        settings.meters.seen(reachable=False, places={})
        return Sight(reachable=False, joined=False, folded=intake.folded, waiting=0)
    places = {topic: (intake.next_offset(topic), end) for topic, end in ends.items()}
    settings.meters.seen(reachable=True, places=places)
    waiting = sum(max(0, end - following) for following, end in places.values())
    return Sight(True, is_member(app.consumer), intake.folded, waiting, len(places))


async def _ends(app: faust.App, broker: Broker) -> dict[CaseTopic, int]:
    """The ends of the worker's partitions, by a client apart: the worker's may be what hangs."""
    client = AIOKafkaConsumer(**broker.options(), enable_auto_commit=False)
    try:
        await client.start()
        assigned = app.consumer.assignment()
        ends = await client.end_offsets([TopicPartition(tp.topic, tp.partition) for tp in assigned])
    finally:
        # Stopped before its tasks have begun, the client would cancel whoever stops it; so it is
        # where nothing is assigned, which is how a worker stands that hangs while it starts.
        await asyncio.sleep(0)
        await client.stop()
    return {CaseTopic.of(tp.topic, tp.partition): end for tp, end in ends.items()}


async def _take_or_exit(app: faust.App, intake: Intake, message: Message) -> None:
    topic = CaseTopic.of(message.topic, message.partition)
    record = Record(topic, message.offset, bytes(message.value or b""))

    def seek_back(offset: int) -> None:
        partition = TP(message.topic, message.partition)
        app.loop.create_task(_or_exit(seek_to(cast(Consumer, app.consumer), partition, offset)))

    await _or_exit(intake.take(record, seek_back))


async def _or_exit(work: Awaitable[None]) -> None:
    """Awaits work; ends the process when it fails, because Faust would go on without it.

    The Kafka client lets a cancellation of its own come out where nobody was cancelled. Faust would
    take it for the end of the work and say nothing.
    """
    try:
        await work
    except BaseException as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        end_process(error)


def end_process(error: BaseException) -> NoReturn:
    """Ends the worker at once; its supervisor starts it again."""
    # The text of a foreign exception may quote data, so only its type is told.
    code = error.code if isinstance(error, SouthmedError) else UNFORESEEN
    tell(lines.WORKER_ENDS, code=code, error=type(error).__name__)
    os._exit(EXIT_UNFORESEEN)
