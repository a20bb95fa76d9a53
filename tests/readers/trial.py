"""A run: readers come, news arrive one by one, then many in one moment, and the readers go."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import httpx

from tests.readers.reading import Notes, Person, browser
from tests.readers.stage import BEFORE, HEARERS, News, Stage, alerts, releases, staged, until_live

WHO = ("vera", "vera", "vera", "nour", "anna", "vera", "idir", "omar")
"""Who readers are, in turn."""


@dataclass(frozen=True)
class Extent:
    """How large a run is.

    Attributes:
        readers: How many.
        single: Releases that come one by one.
        every: Seconds between them.
        pause: Seconds that readers stay on a page, on average.
    """

    readers: int = 200
    single: int = 8
    every: float = 5.0
    pause: float = 10.0


FULL = Extent()
QUICK = Extent(readers=12, single=2, every=0.8, pause=0.5)


@dataclass(frozen=True)
class Published:
    """News, and when the broker had them all."""

    at: float
    news: Sequence[News]


@dataclass(frozen=True)
class Outcome:
    """What a run gave.

    Attributes:
        extent: How large it was.
        people: Names and notes of all readers.
        published: What came meanwhile, in order.
        seconds: How long readers read.
        processor: Seconds of processor time of the console meanwhile.
        signing_in: Seconds until all had signed in.
        resident: Memory of the console before readers came, and at most.
        before: The number that each reader began with, by name.
        came: When all had their first page.
    """

    extent: Extent
    people: Sequence[tuple[str, Notes]]
    published: Sequence[Published]
    seconds: float
    processor: float
    signing_in: float
    resident: tuple[int, int]
    before: dict[str, int]
    came: float


def run(folder: Path, extent: Extent = FULL) -> Outcome:
    """The whole run, in a folder."""
    with staged(folder) as stage:
        asyncio.run(stage.publish(releases()[:BEFORE]))
        until_live(stage)
        return asyncio.run(_run(stage, extent))


async def _run(stage: Stage, extent: Extent) -> Outcome:
    context = httpx.create_ssl_context()
    names = [WHO[n % len(WHO)] for n in range(extent.readers)]
    since, memory = time.monotonic(), stage.memory("VmRSS")
    cookies = [await stage.signed_in(name, context) for name in names]
    signing_in = time.monotonic() - since
    browsers = [browser(stage.url, cookie) for cookie in cookies]
    people = [
        Person(name, opened, seed, extent.pause)
        for seed, (name, opened) in enumerate(zip(names, browsers, strict=True))
    ]
    began, used, ends = time.monotonic(), stage.processor(), asyncio.Event()
    reading = [asyncio.create_task(one.read(ends)) for one in people]
    await _all_came(people)
    came = time.monotonic()
    before = {one.name: one.notes.heard[-1].number for one in people}
    published = await _publish(stage, extent)
    await _all_know(people, before, published)
    await asyncio.sleep(2 * extent.every)
    ends.set()
    await asyncio.gather(*reading)
    seconds, used = time.monotonic() - began, stage.processor() - used
    for opened in browsers:
        await opened.close()
    noted = [(one.name, one.notes) for one in people]
    sizes = (memory, stage.memory("VmHWM"))
    return Outcome(extent, noted, published, seconds, used, signing_in, sizes, before, came)


async def _publish(stage: Stage, extent: Extent) -> list[Published]:
    """Releases one by one, then alerts, then all that is left at once, as on a day of release."""
    coming, published = iter(releases()[BEFORE:]), []
    batches = [[one] for one in islice(coming, extent.single)] + [list(alerts()), list(coming)]
    for batch in batches:
        await asyncio.sleep(extent.every)
        await stage.publish(batch)
        published.append(Published(time.monotonic(), batch))
    return published


def boards(who: str) -> int:
    """How many boards somebody may see: everybody's; perhaps their own, and how data come in."""
    return 1 + (who in HEARERS) + (who in {*HEARERS, "omar"})


def expected(who: str, before: dict[str, int], published: Sequence[Published]) -> int:
    """The number that a reader ends with."""
    return before[who] + sum(one.is_for(who) for batch in published for one in batch.news)


async def _all_came(people: Sequence[Person]) -> None:
    """Waits until all have a page, and were told of what is out and that their boards are read."""
    async with asyncio.timeout(60):
        while not all(  # noqa: ASYNC110 - what streams tell rings no bell of ours
            one.notes.shown != -1
            and one.notes.heard
            and one.notes.heard[-1].number == BEFORE + boards(one.name)
            for one in people
        ):
            await asyncio.sleep(0.1)


async def _all_know(
    people: Sequence[Person], before: dict[str, int], published: Sequence[Published]
) -> None:
    """Waits until all were told of all; who never is, is told by the report."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        late = Counter(
            one.name
            for one in people
            if one.notes.heard[-1].number != expected(one.name, before, published)
        )
        if not late:
            return
        await asyncio.sleep(0.1)
