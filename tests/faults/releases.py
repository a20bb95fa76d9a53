"""Faults of publishing releases: killed again and again, and what is out is what was to be out.

The oracle is an undisturbed ``southmed release run`` of the same site into a file, beforehand: the
ledgers are the same, noise is keyed, so every cell has to be the same.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator

from kafka.admin import OffsetSpec
from kafka.structs import TopicPartition

from deploy.demo import connecting, southmed
from deploy.home import Site
from deploy.release import init_keys
from processors.release.log import FileLog, Message, TopicLog, open_all
from processors.release.tables import shipped
from schemas.releases import Observation
from schemas.topics import RELEASES
from schemas.trust import TrustDocument
from tests.faults.oracle import Difference
from tests.faults.stage import Stage
from tests.faults.supervisor import Supervised

RELEASE = "processor.release"
LAST_YEAR = 2022
AS_OF = ("--as-of", f"{LAST_YEAR}-07-01")
"""By then everything is due that the registers tell."""
KILLS = 4
STARTED = (0.15, 0.85)
"""When every other kill comes, as a part of the time that an undisturbed run takes: reading,
counting, measuring, connecting."""
WRITTEN = (1, 20)
"""Messages after which the others come: in the middle of writing."""
PARTITION = TopicPartition(RELEASES.name(), 0)


async def kills(stage: Stage) -> None:
    """``southmed release run`` is killed (signal 9) at random instants and started again."""
    site = stage.place.site
    init_keys(site, range(shipped().calendar.since, LAST_YEAR + 1))
    stage.batch_events = 500
    stage.begin()
    await stage.published()
    await stage.folded()
    began = time.monotonic()
    due = await asyncio.to_thread(undisturbed, site)
    takes = time.monotonic() - began
    release = Supervised("release", lambda: _start(stage), ends=True)
    release.begin()
    try:
        for number in range(KILLS):
            await _kill(stage, release, takes, while_writing=bool(number % 2))
        async with asyncio.timeout(stage.patience):
            await release.done.wait()
    finally:
        await release.end()
    found = await TopicLog(stage.place.reach.of(RELEASE)).read()
    stage.difference += compare(found, due, site.trust())


def _start(stage: Stage) -> subprocess.Popen[bytes]:
    with stage.log("release").open("ab") as log:
        where = ("--site", str(stage.place.site.root), *connecting(stage.place.reach, RELEASE))
        return southmed("release", "run", *where, *AS_OF, output=log)


async def _kill(stage: Stage, release: Supervised, takes: float, *, while_writing: bool) -> None:
    """Waits for a random instant, and kills; nothing, if all was out by then."""
    async with asyncio.timeout(stage.patience):
        while not (release.alive or release.done.is_set()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    if while_writing:
        more = await asyncio.to_thread(_end, stage) + stage.rng.randint(*WRITTEN)
        while not release.done.is_set() and await asyncio.to_thread(_end, stage) < more:
            pass
    else:
        await asyncio.sleep(takes * stage.rng.uniform(*STARTED))
    if release.send(signal.SIGKILL):
        stage.did(f"kill -9 of a release run{' while it wrote' if while_writing else ''}")


def _end(stage: Stage) -> int:
    """How many messages the topic holds."""
    asked = {PARTITION: OffsetSpec.LATEST}
    found = stage.place.cluster.ask(lambda admin: admin.list_partition_offsets(asked))
    return int(found[PARTITION].offset)


def undisturbed(site: Site) -> list[Message]:
    """What a run comes to that nobody disturbs, from the same ledgers, in a folder of its own."""
    calm = Site(site.root.with_name(f"{site.root.name}-calm"))
    ignore = shutil.ignore_patterns(site.ledgers.name, "*.log")
    shutil.copytree(site.root, calm.root, ignore=ignore)
    calm.ledgers.symlink_to(site.ledgers)
    out = calm.root / "published"
    run = southmed("release", "run", "--site", str(calm.root), "--out", str(out), *AS_OF)
    assert run.wait(timeout=120) == 0, "the undisturbed run did not come to its end"
    messages = asyncio.run(FileLog(out).read())
    shutil.rmtree(calm.root)
    return messages


Cell = tuple[str, ...]
"""A release's key, and the codes of one of its cells."""


def compare(found: Iterable[Message], due: Iterable[Message], trust: TrustDocument) -> Difference:
    """Holds the topic against an undisturbed run.

    Returns:
        lost: Releases that are not there. twice: Messages beyond the one of each release. cells:
        Cells that differ in any of their numbers.
    """
    published, wanted = list(found), list(due)
    there, keys = Counter(m.key for m in published), {m.key for m in wanted}
    ours, theirs = dict(_cells(published, trust)), dict(_cells(wanted, trust))
    return Difference(
        lost=len(keys - set(there)),
        twice=there.total() - len(keys & set(there)),
        cells=sum(ours.get(cell) != theirs.get(cell) for cell in {*ours, *theirs}),
    )


def _cells(messages: Iterable[Message], trust: TrustDocument) -> Iterator[tuple[Cell, Observation]]:
    for release in open_all(messages, trust):
        for row in release.observations:
            yield (release.key, *row.key(release.dimensions)), row
