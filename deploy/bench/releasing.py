"""What a full release costs: every table that the calendar has for some years, from large ledgers.

The ledgers are filled by the fold itself from sealed batches, every case of them invented
(`deploy.bench.events`). Releases are then made by `processors.release.publish.Press`, as by
``southmed release run``, into a file in the place of the topic. Reading is a pass of its own that
unpacks every subject and drops it; counting is what counting took beyond that.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

from country_adapters import AUTHORITIES
from deploy.bench.children import Job, measure
from deploy.bench.events import FIRST_YEAR, MONTHS, Told, is_case, stories
from deploy.bench.log import SEED, seal_stream, sealer_of
from deploy.home import LiveSecrets, Site, init_site
from deploy.release import init_keys
from processors.intake.fold import Record, fold
from processors.intake.ledger import Ledger
from processors.release.calendar import months_later
from processors.release.tables import shipped
from schemas.topics import PARTITIONS, CaseTopic

PARTS = ("reading", "counting", "measuring", "writing")
AS_OF = months_later(date(FIRST_YEAR + MONTHS // 12 - 1, 12, 31), 6)
"""The day on which the final tables of the last invented year are due."""
BATCH_EVENTS = 1_000
ROUNDS = 3
PATIENCE, SECONDS_A_CASE = 120.0, 0.002
"""A measured process is given up after so long, and so much more for each case."""


@dataclass(frozen=True)
class ReleaseFigures:
    """What a full release costs; seconds are of processor time, medians of the rounds.

    Attributes:
        cases: Cases in the ledgers.
        events: Events folded into them.
        persons: Persons identified, each in one release of every table of persons.
        ledgers_mib: The ledgers on the disk.
        releases: Releases published.
        rounds: Times that it was done, each in a process of its own that had published nothing.
        seconds: What each part took: reading, counting, measuring, writing.
        total: All parts together.
        clock: The same as the clock goes.
        peak_mib: The most resident memory of the process.
    """

    cases: int
    events: int
    persons: int
    ledgers_mib: float
    releases: int
    rounds: int
    seconds: dict[str, float]
    total: float
    clock: float
    peak_mib: float


def measure_releases(
    folder: Path, *, cases: int, rounds: int, on_step: Callable[[], None]
) -> ReleaseFigures:
    """Fills ledgers and publishes everything that is due from them, several times.

    Args:
        folder: Where site and releases may lie; they are deleted again.
        cases: Cases in all, the same number for each authority.
        rounds: How often.
        on_step: Told after the ledgers are full, and after each round.
    """
    site = init_site(folder / "releases-site", AUTHORITIES, anonymity=None)
    init_keys(site, range(shipped().calendar.since, AS_OF.year + 1))
    share = -(-cases // len(AUTHORITIES))
    events = sum(fill(site, authority, share) for authority in AUTHORITIES)
    on_step()
    told = []
    for number in range(rounds):
        place = folder / f"releases-{number}"
        job = Job(str(site.root), str(place))
        told.append(measure("release_process", job, PATIENCE + cases * SECONDS_A_CASE))
        shutil.rmtree(place)
        on_step()
    size = sum(path.stat().st_size for path in site.ledgers.rglob("*") if path.is_file())
    shutil.rmtree(site.root)
    seconds = {part: median(one["seconds"][part] for one in told) for part in PARTS}
    return ReleaseFigures(
        share * len(AUTHORITIES),
        events,
        told[0]["persons"],
        size / 2**20,
        told[0]["releases"],
        rounds,
        seconds,
        median(sum(one["seconds"].values()) for one in told),
        median(one["clock"] for one in told),
        max(one["peak_mib"] for one in told),
    )


def fill(site: Site, authority: str, cases: int) -> int:
    """Folds so many cases of an authority into ledgers of its country, one for each stream.

    Returns:
        How many events they have.
    """
    streams: defaultdict[int, list[Told]] = defaultdict(list)
    for told in _until(cases, stories(authority, AUTHORITIES[authority], SEED)):
        for event in told:
            streams[event.stream].append(event)
    sealer, live = sealer_of(site, authority), LiveSecrets(site)
    for stream in range(PARTITIONS):
        by_month = sorted(streams[stream], key=lambda event: event.month)
        messages = [event.message for event in by_month]
        topic = CaseTopic(AUTHORITIES[authority], stream)
        ledger = Ledger(site.ledgers / "bench" / f"{topic.country}-{stream}")
        for offset, batch in enumerate(
            seal_stream(sealer, authority, stream, messages, BATCH_EVENTS)
        ):
            ledger.commit(fold(Record(topic, offset, batch), ledger.read, live()).writes)
        ledger.close()
    return sum(map(len, streams.values()))


def _until(cases: int, told: Iterator[list[Told]]) -> Iterator[list[Told]]:
    """Stories until so many of them were cases."""
    while cases > 0:
        story = next(told)
        cases -= is_case(story)
        yield story
