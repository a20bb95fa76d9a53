"""Measured: a process that publishes everything that is due, from ledgers as they lie there."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.bench.children import Job, tell
from deploy.bench.releasing import AS_OF
from deploy.home import Site
from deploy.processes import peak_resident
from deploy.release import KeyFiles, LazyMaker, read_subjects
from processors.indicators.acceptance import Closing
from processors.release.calendar import Item, items
from processors.release.desk import Desk
from processors.release.log import FileLog
from processors.release.measure import Made
from processors.release.publish import Press
from processors.release.tables import shipped
from schemas.private_files import replace_private


class Watch:
    """Processor time of parts of the work."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        since = time.process_time()
        yield
        self.seconds[part] += time.process_time() - since


class WatchedMaker:
    """Makes releases as `LazyMaker` does, and notes what counting and measuring took."""

    def __init__(self, maker: LazyMaker, watch: Watch) -> None:
        self._maker = maker
        self._watch = watch
        self.persons = 0

    def __call__(self, item: Item, closed: Sequence[Closing]) -> Made:
        with self._watch("counted"):
            self.persons = len(self._maker.counted(closed).people["VICTIMS"])
        with self._watch("measuring"):
            return self._maker(item, closed)


def main() -> None:
    """Reads once for nothing, then publishes into a file."""
    job = Job.from_arguments()
    site, folder, tables, watch = Site(Path(job.site)), Path(job.folder), shipped(), Watch()
    folder.mkdir()
    with watch("reading"):
        for _ in read_subjects(site):
            pass
    log, signer = FileLog(folder / "topic"), KeyFiles(site).signer()
    press = Press(Desk(folder / "desk", replace_private), log, site.trust(), signer, tables.budget)
    maker = WatchedMaker(LazyMaker(site, tables, AS_OF), watch)
    began = time.monotonic()
    with watch("all"):
        done = asyncio.run(press.run(items(tables, AS_OF), maker))
    took = watch.seconds
    tell(
        {
            "releases": len(done),
            "persons": maker.persons,
            "seconds": {
                "reading": took["reading"],
                "counting": took["counted"] - took["reading"],
                "measuring": took["measuring"],
                "writing": took["all"] - took["counted"] - took["measuring"],
            },
            "clock": time.monotonic() - began,
            "peak_mib": peak_resident() / 2**20,
        }
    )


if __name__ == "__main__":
    main()
