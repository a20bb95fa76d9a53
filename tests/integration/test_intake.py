"""Intake: exactly once, whatever happens to its workers; the log proves it."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import faust
import pytest

from deploy.brokers.embedded import EmbeddedBroker
from deploy.demo import start_worker
from deploy.reach import Reach
from deploy.reconcile import LedgerTotals, read_totals
from processors.intake.errors import LedgerMissing
from processors.intake.ledger import Ledger, newest_ledgers
from processors.intake.records import CELLS, JOURNAL, pack_count, unpack_count
from processors.intake.watchdog import EXIT_UNFORESEEN
from processors.intake.worker import _ends
from schemas.topics import CaseTopic
from tests.integration.harness import TUNISIA, Scene, finish, stop

pytestmark = pytest.mark.broker

ALL = ("tn.inltp", "ma.cnclt", "jo.ctu", "lb.isf")


async def publish_all(place: Scene) -> None:
    runs = (place.adapter(authority).run_once() for authority in ALL)
    await asyncio.wait_for(asyncio.gather(*runs), timeout=120)


def test_two_workers_share_and_a_third_joins_while_one_dies(place: Scene, tmp_path: Path) -> None:
    rng = random.Random(7)
    with place.workers("a", "b") as workers:

        async def disturb() -> None:
            task = asyncio.create_task(publish_all(place))
            await asyncio.sleep(rng.uniform(0.5, 2.0))
            workers.append(place.start_worker("c"))
            await asyncio.sleep(rng.uniform(0.5, 2.0))
            workers[0].kill()
            workers[0].wait()
            await task

        asyncio.run(disturb())
    assert place.cells() == place.oracle(tmp_path / "oracle", *ALL)
    assert all(finding.agrees for finding in place.audit(tmp_path / "again"))


def test_a_worker_without_ledger_folds_from_the_start(place: Scene, tmp_path: Path) -> None:
    with place.workers("a"):
        finish(place)
    before, read_totals_before = place.cells(), read_totals(place.site.ledgers)
    for path in place.site.ledgers.rglob("*"):
        if path.is_file():
            path.unlink()
    with place.workers("a"):
        wait_until_folded(place, read_totals_before)
    assert place.cells() == before == place.oracle(tmp_path)


def wait_until_folded(place: Scene, expected: dict[str, LedgerTotals]) -> None:
    """Waits for the ledgers to hold as much again; a store that is being made is not there yet."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(LedgerMissing):
            if read_totals(place.site.ledgers) == expected:
                return
        time.sleep(0.5)
    raise AssertionError("the ledgers did not come back")


def test_verify_names_the_batch_from_which_on_ledgers_differ(place: Scene, tmp_path: Path) -> None:
    with place.workers("a"):
        finish(place)
    assert all(finding.agrees for finding in place.audit(tmp_path / "1"))

    topic, path = max(newest_ledgers(place.site.ledgers).items(), key=lambda i: _offset(i[1]))
    ledger = Ledger(path)
    key, value = next(iter(ledger.items(CELLS)))
    ledger.commit({key: pack_count(unpack_count(value) + 1)})
    ledger.close()
    (altered,) = [f for f in place.audit(tmp_path / "2") if not f.agrees]
    assert (altered.topic, altered.divergence.offset, altered.divergence.altered) == (
        topic,
        None,
        1,
    )

    ledger = Ledger(path)
    journal = list(ledger.items(JOURNAL))
    ledger.commit({journal[-1][0]: journal[-1][1][:-1] + b"\0"})
    ledger.close()
    (forked,) = [f for f in place.audit(tmp_path / "3") if not f.agrees]
    assert forked.divergence.offset == len(journal) - 1
    assert (forked.divergence.authority, forked.divergence.sequence) == (TUNISIA, len(journal))


def _offset(path: Path) -> int:
    ledger = Ledger(path, read_only=True)
    offset = ledger.state.next_offset
    ledger.close()
    return offset


def test_a_worker_without_partitions_is_seen_as_well(place: Scene) -> None:
    """Where nothing was assigned, the client that asks once cancelled the watch that asked."""
    nothing = cast(faust.App, SimpleNamespace(consumer=SimpleNamespace(assignment=set)))

    async def ask() -> dict[CaseTopic, int]:
        return await asyncio.create_task(_ends(nothing, place.broker))

    assert asyncio.run(ask()) == {}


def test_a_worker_as_shipped_opens_no_port(place: Scene) -> None:
    """Faust's own web server would show tables to anyone on port 6066."""
    worker = place.start_worker("a")
    try:
        finish(place)
        assert worker.poll() is None
        assert listening_sockets(worker.pid) == []
    finally:
        stop(worker)


def listening_sockets(pid: int) -> list[str]:
    """Local addresses on which a process listens (Linux)."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        target = str(descriptor.readlink())
        if target.startswith("socket:["):
            inodes.add(target.removeprefix("socket:[").removesuffix("]"))
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.append(fields[1])
    return found


def test_a_ledger_on_a_topic_that_was_made_anew_ends_the_worker(place: Scene) -> None:
    """An old site on a fresh broker: silence would look as if all were well."""
    with place.workers("a"):
        finish(place)
    with EmbeddedBroker() as fresh:
        worker = start_worker(place.site, Reach(fresh.servers), "a")
        assert worker.wait(timeout=60) == EXIT_UNFORESEEN
    assert "LOG_REPLACED" in (place.site.platform / "a.log").read_text()
