"""A whole conformance run: the register, an invented day, the table of vectors, the report.

The day goes first, through the adapter's own outbox, gate and publisher; the vectors follow, the
last of which suspend their stream. A platform of one's own is looked into at the end: its ledger
must hold exactly what was accepted.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from country_adapters.kit.anonymity import Policy
from country_adapters.kit.gate import Gate
from country_adapters.kit.pseudonyms import SECRET_LENGTH, Pseudonyms
from country_adapters.kit.register import Register, files_of
from country_adapters.kit.runner import judge
from deploy.conformance.asking import ask_all, check_unused, desk_at
from deploy.conformance.checking import UNANSWERED, contract_digest
from deploy.conformance.day import invented_day
from deploy.conformance.hand import Party
from deploy.conformance.platform import Platform
from deploy.conformance.report import (
    DayTold,
    KeyTold,
    LedgerTold,
    RegisterTold,
    Report,
)
from deploy.conformance.vectors import STREAM, Sent, plan
from deploy.reconcile import LedgerTotals, read_totals
from producers.errors import BatchRefused, BrokerUnreachable
from producers.outbox import Outbox
from producers.publisher import Pace, Publisher
from producers.rows import MappedRow
from producers.sealer import Sealer
from schemas.anonymity import window_of
from schemas.keys import SigningKey
from schemas.topics import PARTITIONS

DAY_SECONDS = 90.0
"""Seconds in which the invented day must be receipted; intake may be starting."""
GIVE_UP_SECONDS = 30.0

Progress = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and how far it goes."""


@dataclass(frozen=True)
class Newcomer:
    """Who runs.

    Attributes:
        register: The register, of which only numbers are told.
        folder: The folder of its declaration.
        signer: The signing key.
    """

    register: Register
    folder: Path
    signer: SigningKey


def read_register(newcomer: Newcomer) -> RegisterTold:
    """What the declaration makes of the register; the secret is drawn for this look."""
    pseudonyms = Pseudonyms(secrets.token_bytes(SECRET_LENGTH))
    today = datetime.now(UTC).date()
    counts: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    for _, _, row in judge(newcomer.register, pseudonyms=pseudonyms, today=today):
        mapped = isinstance(row, MappedRow)
        counts["mapped" if mapped else "rejected"] += 1
        if not isinstance(row, MappedRow):
            problems.update({problem.code for problem in row.rejection.problems})
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files_of(newcomer.folder)
    }
    return RegisterTold(
        files=files,
        rows=counts.total(),
        mapped=counts["mapped"],
        rejected=counts["rejected"],
        problems=dict(sorted(problems.items())),
    )


async def conform(
    newcomer: Newcomer,
    register: RegisterTold,
    platform: Platform,
    scratch: Path,
    progress: Progress = lambda *_: None,
) -> Report:
    """Runs everything that needs a platform, and writes it down.

    Args:
        newcomer: Who runs.
        register: What `read_register` told.
        platform: Where to.
        scratch: Folder for the outbox of the invented day.
        progress: Told how it goes.

    Raises:
        UnknownAuthority: The platform's trust document does not list the newcomer.
        PlatformInUse: It has batches of the newcomer in this epoch.
        PlatformSilent: It does not answer.
    """
    authority = platform.trust.authority(newcomer.register.authority)
    party = Party(
        authority=authority.id,
        country=authority.country,
        signer=newcomer.signer,
        trust=platform.trust,
        produced_at=int(datetime.now(UTC).timestamp() * 1000),
        random=secrets.token_bytes,
        salt=secrets.token_hex(8),
    )
    epochs = [authority.epoch_of(stream) for stream in range(PARTITIONS)]
    await check_unused(platform.broker, party, epochs)
    day = await _publish_day(party, platform, epochs, scratch, progress)
    vectors = plan(party, epochs[STREAM])
    async with desk_at(platform.broker, party) as desk:
        done = iter(range(1, len(vectors) + 1))
        progress("vectors", 0, len(vectors))
        told = await ask_all(desk, vectors, lambda: progress("vectors", next(done), len(vectors)))
    return Report(
        authority=authority.id,
        country=authority.country,
        key=KeyTold.of(newcomer.signer.verify_key),
        software=version("southmed"),
        contract=contract_digest(),
        made_at=datetime.now(UTC).replace(microsecond=0),
        platform=platform.kind,
        source=register,
        vectors=told,
        day=day,
        ledger=_ledger(platform, authority.id, day, vectors),
    )


async def _publish_day(
    party: Party, platform: Platform, epochs: Iterable[int], scratch: Path, progress: Progress
) -> DayTold:
    """Puts the day into an outbox and publishes it as an adapter does, through the gate."""
    outbox = Outbox(
        scratch / "outbox.sqlite",
        authority=party.authority,
        streams=PARTITIONS,
        id_key=secrets.token_bytes(SECRET_LENGTH),
    )
    try:
        for stream, epoch in enumerate(epochs):
            outbox.open_epoch(stream, epoch)
        rows = invented_day(party.authority, party.country, secrets.randbits(32))
        now = window_of(datetime.now(UTC).strftime("%Y-%m"))
        outbox.record("invented", rows, "end", now=now)
        for window in outbox.to_settle(now):
            outbox.settle(window, now, partial(Gate, Policy()))
        total = outbox.tally()["events"]
        progress("invented events", 0, total)
        sealer = Sealer(
            party.signer,
            party.trust,
            lambda: int(datetime.now(UTC).timestamp() * 1000),
            party.random,
        )
        publisher = Publisher(
            outbox,
            sealer,
            party.trust,
            platform.broker,
            pace=Pace(give_up_after=GIVE_UP_SECONDS),
            on_progress=lambda: progress(
                "invented events", outbox.tally()["events_receipted"], total
            ),
        )
        ended = await _ended(publisher)
        return _day(outbox.tally(), outbox.refusals(), ended)
    finally:
        outbox.close()


async def _ended(publisher: Publisher) -> str:
    """Publishes to the end; gives the code of what ended it before."""
    try:
        async with asyncio.timeout(DAY_SECONDS):
            await publisher.run(lambda: True)
    except (BatchRefused, BrokerUnreachable) as error:
        return error.code
    except TimeoutError:
        return UNANSWERED
    return ""


def _day(counts: Mapping[str, int], refused: dict[str, int], ended: str) -> DayTold:
    return DayTold(
        events=counts["events"],
        receipted=counts["events_receipted"],
        batches=counts["batches_accepted"],
        refused=refused,
        ended=ended,
    )


def _ledger(
    platform: Platform, authority: str, day: DayTold, vectors: Iterable[Sent]
) -> LedgerTold | None:
    """What the platform's ledger must hold, and what it holds."""
    if platform.ledgers is None:
        return None
    expected = day.events + sum(sent.counted for sent in vectors)
    found = read_totals(platform.ledgers).get(authority, LedgerTotals())
    return LedgerTold(expected=expected, found=found.accepted)
