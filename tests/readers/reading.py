"""One reader and their browser: a stream that stays open, pages, and what pages load.

The rules:

1. A reader looks at a page, loads what it needs and does not have yet, stays for a while, and goes
   on to another one. Some take a table along.
2. Whenever the stream tells of something newer than the page, the page is asked for again at once,
   as ``live.js`` does: all readers in the same moment.
3. Every answer is noted: which kind, how long it took, how large it was. One that is not 200, and
   one that is older than what the reader was told before, is an error.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import aiohttp

from deploy.exports.labels import LANGUAGES

PAGES = (
    "region",
    "region",
    "indicators",
    "indicators/VIC_IDENT?period=2023&by=FORM&country=",
    "indicators/VIC_IDENT?period=2023&by=FORM,SEX&country=TUN",
    "indicators/VIC_IDENT",
    "releases",
    "releases/F1_2022_FINAL",
    "alerts",
    "help",
)
"""What readers look at; the region twice as often."""
TABLES = ("download/F1_2022_FINAL.csv", "download/F1_2022_FINAL.xlsx")
NUMBER = re.compile(r'data-number="(\d+)"')
LOADED = re.compile(r'(?:href|src)="(/(?:static|charts)/[^"]+)"')
PATIENCE = 60.0
CONNECTIONS = 6
"""That a browser opens to one host; the stream takes one of them."""
FAILURES = (aiohttp.ClientError, TimeoutError)


class Answer(NamedTuple):
    """One answer of the console."""

    at: float
    kind: str
    seconds: float
    size: int


class Heard(NamedTuple):
    """One event of a stream."""

    at: float
    number: int
    standing: str


@dataclass
class Notes:
    """What one reader noted.

    Attributes:
        answers: Every answer.
        heard: Every event, in order.
        again: Seconds from an event until the page of then was there.
        errors: What went wrong.
        shown: The number of what the page shows.
    """

    answers: list[Answer] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    shown: int = -1


def kind_of(path: str) -> str:
    """Of which kind an address is.

    Example:
        >>> kind_of("/fr/indicators/VIC_IDENT?by=SEX"), kind_of("/ar/download/F1_2022_FINAL.xlsx")
        ('indicator', 'download .xlsx')
    """
    first, _, rest = path.lstrip("/").partition("/")
    if first in LANGUAGES:
        first, _, rest = rest.partition("?")[0].partition("/")
        if first == "download":
            return f"download .{rest.partition('.')[2]}"
        return first.removesuffix("s") if rest else first
    return {"charts": "chart", "static": "style, script"}.get(first, first)


def browser(url: str, cookie: str) -> aiohttp.ClientSession:
    """The browser of somebody who signed in.

    Args:
        url: Of the console.
        cookie: What it was given.
    """
    return aiohttp.ClientSession(
        url,
        connector=aiohttp.TCPConnector(limit_per_host=CONNECTIONS),
        headers={"cookie": cookie},
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(PATIENCE),
        auto_decompress=False,
    )


class Person:
    """A reader.

    Args:
        name: Who they are at the provider.
        browser: Theirs, signed in.
        seed: Of what they happen to look at.
        pause: Seconds that they stay on a page, on average.
    """

    def __init__(self, name: str, browser: aiohttp.ClientSession, seed: int, pause: float) -> None:
        self.name, self.notes = name, Notes()
        self._browser = browser
        self._random = random.Random(seed)
        self._language = LANGUAGES[seed % len(LANGUAGES)]
        self._pause = pause
        self._path = f"/{self._language}/region"
        self._loaded: set[str] = set()
        self._looking = asyncio.Lock()
        self._newest = asyncio.Event()

    async def read(self, ends: asyncio.Event) -> None:
        """Reads until the end of the run, then looks at the last page once more."""
        listening = asyncio.create_task(self._listen())
        renewing = asyncio.create_task(self._renew())
        try:
            await asyncio.sleep(self._random.random() * self._pause)
            while not ends.is_set():
                await self._turn()
                with suppress(TimeoutError):
                    stay = min(self._random.expovariate(1 / self._pause), 4 * self._pause)
                    await asyncio.wait_for(ends.wait(), stay)
            await self._look()
        finally:
            for task in (listening, renewing):
                task.cancel()
            await asyncio.gather(listening, renewing, return_exceptions=True)

    async def _turn(self) -> None:
        if self._random.random() < 0.05:
            await self._ask(f"/{self._language}/{self._random.choice(TABLES)}")
            return
        if self._random.random() < 0.1:
            self._language = self._random.choice(LANGUAGES)
        self._path = f"/{self._language}/{self._random.choice(PAGES)}"
        await self._look()

    async def _look(self) -> None:
        async with self._looking:
            told = self.notes.heard[-1].number if self.notes.heard else -1
            text = await self._ask(self._path)
            if (found := NUMBER.search(text)) is not None:
                self.notes.shown = int(found[1])
                if self.notes.shown < told:
                    self.notes.errors.append(f"{kind_of(self._path)}: older than what was told")
            new = [one for one in dict.fromkeys(LOADED.findall(text)) if one not in self._loaded]
            self._loaded.update(new)
            await asyncio.gather(*(self._ask(one) for one in new))

    async def _ask(self, path: str) -> str:
        since = time.monotonic()
        try:
            async with self._browser.get(path) as answer:
                content = await answer.read()
        except FAILURES as error:
            self.notes.errors.append(f"{kind_of(path)}: {type(error).__name__}")
            return ""
        took = time.monotonic() - since
        if answer.status != 200:
            self.notes.errors.append(f"{kind_of(path)}: status {answer.status}")
            return ""
        self.notes.answers.append(Answer(since, kind_of(path), took, len(content)))
        if not answer.headers["content-type"].startswith("text/html"):
            return ""
        pressed = answer.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(content) if pressed else content).decode()

    async def _listen(self) -> None:
        try:
            async with _stream(self._browser) as told:
                async for standing, number in told:
                    self.notes.heard.append(Heard(time.monotonic(), number, standing))
                    self._newest.set()
        except FAILURES as error:
            self.notes.errors.append(f"stream: {type(error).__name__}")
        else:
            self.notes.errors.append("stream: it ended")

    async def _renew(self) -> None:
        while True:
            await self._newest.wait()
            self._newest.clear()
            heard = self.notes.heard[-1]
            if self.notes.shown not in (-1, heard.number):
                await self._look()
                self.notes.again.append(time.monotonic() - heard.at)


@asynccontextmanager
async def _stream(
    browser: aiohttp.ClientSession,
) -> AsyncIterator[AsyncIterator[tuple[str, int]]]:
    endless = aiohttp.ClientTimeout(total=None, sock_read=PATIENCE)
    async with browser.get("/events", timeout=endless) as answer:
        answer.raise_for_status()

        async def events() -> AsyncIterator[tuple[str, int]]:
            async for line in answer.content:
                if line.startswith(b"data:"):
                    told = json.loads(line.removeprefix(b"data:"))
                    yield told["standing"], told["number"]

        yield events()
