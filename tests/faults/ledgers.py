"""Faults of the ledger: its disk full, its folder lost, old, torn, or damaged."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

from tests.faults.stage import Stage

DISK_SIZE = "160m"
FULL_SECONDS = 8.0


def ledger_of(stage: Stage, worker: str = "a") -> Path:
    return stage.place.site.ledgers / worker


async def disk_full(stage: Stage) -> None:
    """The disk of the ledgers fills up in the middle of the work, and is freed again."""
    with small_disk(stage.place.site.ledgers) as disk:
        stage.begin()
        await stage.underway()
        filler = disk / "filler"
        await asyncio.to_thread(fill, filler)
        stage.did("disk of the ledgers full")
        ended = len(stage.workers["a"].statuses) + len(stage.workers["b"].statuses)
        await asyncio.sleep(FULL_SECONDS)
        statuses = stage.workers["a"].statuses + stage.workers["b"].statuses
        assert len(statuses) > ended, "no worker noticed that its disk is full"
        filler.unlink()
        await stage.published()
        await stage.folded()
        await stage.end()
        # What was folded is looked at after the disk is gone.
        kept = disk.with_name("kept")
        await asyncio.to_thread(shutil.copytree, disk, kept)
    shutil.rmtree(disk)
    kept.rename(disk)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of a few megabytes at a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ("-t", "tmpfs", "-o", f"size={DISK_SIZE}", "southmed-faults", str(folder))
    subprocess.run(["mount", *options], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(file: Path) -> None:
    """Writes until the disk takes no more."""
    with suppress(OSError), file.open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(1 << 16))
    free = shutil.disk_usage(file.parent).free
    assert free < 1 << 16, f"{free} bytes are free"


async def lost(stage: Stage) -> None:
    """The ledgers are deleted in the middle of the work, and again when all is done."""
    stage.begin(workers=("a",))
    await stage.underway()
    await replace_ledger(stage, None)
    stage.did("ledger deleted at work")
    await stage.published()
    await replace_ledger(stage, None)
    stage.did("ledger deleted at rest")


async def old_backup(stage: Stage) -> None:
    """A ledger of an earlier day is put in the place of today's."""
    stage.begin(workers=("a",))
    await stage.underway(20)
    backup = stage.place.site.root / "backup"
    await stage.workers["a"].end()
    await asyncio.to_thread(shutil.copytree, ledger_of(stage), backup)
    stage.add_worker("a")
    await stage.published()
    await replace_ledger(stage, backup)
    stage.did("ledger from an old backup")


async def replace_ledger(stage: Stage, backup: Path | None) -> None:
    """Ends the worker, puts another ledger in the place of its own, and starts it again."""
    await stage.workers["a"].end()
    await asyncio.to_thread(shutil.rmtree, ledger_of(stage))
    if backup is not None:
        await asyncio.to_thread(shutil.copytree, backup, ledger_of(stage))
    stage.add_worker("a")


async def torn(stage: Stage) -> None:
    """What a dying machine wrote last is cut off, or is garbage."""
    stage.begin(workers=("a",))
    for what, tear in (("cut", cut_tail), ("garbled", garble_tail)):
        await stage.underway()
        stage.workers["a"].send(signal.SIGKILL)
        await stage.workers["a"].end()
        for log in sorted(ledger_of(stage).glob("*/*.log")):
            if log.stat().st_size > 0:
                tear(log, stage.rng)
                stage.did(f"write-ahead log {what}")
        stage.add_worker("a")


def cut_tail(log: Path, rng: Random) -> None:
    """Cuts off up to four kilobytes."""
    size = log.stat().st_size
    os.truncate(log, size - rng.randint(1, min(size, 4_000)))


def garble_tail(log: Path, rng: Random) -> None:
    """Writes noise over some bytes near the end."""
    size = log.stat().st_size
    with log.open("r+b") as file:
        file.seek(size - rng.randint(1, min(size, 4_000)))
        file.write(rng.randbytes(64))


async def damaged(stage: Stage) -> None:
    """A file of the ledger rots: the worker refuses it by name, and folds again without it."""
    stage.begin(workers=("a",))
    await stage.published()
    await stage.workers["a"].end()
    rotten = max(ledger_of(stage).glob("*/MANIFEST-*"), key=lambda path: path.stat().st_size)
    rotten.write_bytes(stage.rng.randbytes(rotten.stat().st_size))
    stage.did("ledger file rotten")
    worker = stage.add_worker("a")
    await stage.until(lambda: bool(worker.statuses))
    assert "LEDGER_DAMAGED" in stage.log("a").read_text()
    stage.did("refused by its name")
    await worker.end()
    # What the error advises.
    await asyncio.to_thread(shutil.rmtree, rotten.parent)
    stage.add_worker("a")
