"""``python -m tests.faults.soak``: a million events through three brokers and two workers.

Adapters read registers of that size, workers fold, and meanwhile processes and brokers are killed
now and then. At the end nothing waits, everything equals the oracle, and what each process held in
memory is printed, quarter by quarter, so that one sees whether it grows.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from deploy.processes import resident
from deploy.terminal import err, set_up_logging, table
from tests.faults.__main__ import deeds_in_words, out, theatre
from tests.faults.brokers import any_node, restart
from tests.faults.runner import Scenario
from tests.faults.stage import Stage

EVENTS_OF_SHIPPED = 8_000
"""Facts of the four registers as they are shipped, and a little less for good measure."""
QUARTERS = 4
TELL_EVERY = 15.0
_MEBIBYTE = 1 << 20


@dataclass
class Watch:
    """What each kind of process held, over time.

    Attributes:
        samples: Kind of process to pairs of seconds since the start and bytes resident.
        began: When it started, by a clock that only goes forward.
    """

    samples: defaultdict[str, list[tuple[float, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    began: float = field(default_factory=time.monotonic)

    def look(self, stage: Stage) -> None:
        """Notes what every process holds."""
        seconds = time.monotonic() - self.began
        for kind, pid in _processes(stage):
            self.samples[kind].append((seconds, resident(pid)))

    def quarters(self) -> Iterator[tuple[str, list[int]]]:
        """The greatest of each kind, in each quarter of the whole time."""
        end = max((s for held in self.samples.values() for s, _ in held), default=0.0) + 1
        for kind, held in sorted(self.samples.items()):
            most = [0] * QUARTERS
            for seconds, size in held:
                quarter = int(seconds * QUARTERS / end)
                most[quarter] = max(most[quarter], size)
            yield kind, most


def _processes(stage: Stage) -> Iterator[tuple[str, int]]:
    for worker in stage.workers.values():
        if worker.alive:
            yield "intake worker", worker.pid
    for authority, adapter in stage.adapters.items():
        if adapter.alive:
            yield f"adapter {authority}", adapter.pid
    for node in stage.place.cluster.nodes.values():
        if (pid := node.pid) is not None:
            yield "broker", pid


def soak(watch: Watch) -> Scenario:
    """The one scenario."""

    async def play(stage: Stage) -> None:
        stage.begin()
        watching = asyncio.create_task(_watch(stage, watch))
        troubling = asyncio.create_task(_trouble(stage))
        try:
            await stage.published()
        finally:
            for task in (troubling, watching):
                task.cancel()
            await asyncio.gather(watching, troubling, return_exceptions=True)
        # A broker that was away when the work was done comes back for the comparison.
        await asyncio.to_thread(stage.place.cluster.start)

    return Scenario("soak", play)


async def _trouble(stage: Stage) -> None:
    """Kills something every half minute or so: a worker, an adapter, a broker."""
    while True:
        for kind in ("worker", "adapter", "worker", "broker"):
            await asyncio.sleep(stage.rng.uniform(20, 40))
            if kind == "broker":
                number = any_node(stage)
                await asyncio.to_thread(stage.place.cluster.nodes[number].kill)
                stage.did("kill -9 of a broker")
                await asyncio.sleep(stage.rng.uniform(5, 10))
                await restart(stage, number)
                continue
            of_kind = stage.workers if kind == "worker" else stage.adapters
            alive = sorted(name for name, process in of_kind.items() if process.alive)
            if alive and of_kind[stage.rng.choice(alive)].send(signal.SIGKILL):
                stage.did(f"kill -9 of {'a worker' if kind == 'worker' else 'an adapter'}")


async def _watch(stage: Stage, watch: Watch) -> None:
    watch.began = told = time.monotonic()
    while True:
        await asyncio.sleep(1)
        await asyncio.to_thread(watch.look, stage)
        if time.monotonic() - told > TELL_EVERY:
            told = time.monotonic()
            # While brokers are away there is nothing to tell.
            with suppress(Exception):
                folded = sum((await asyncio.to_thread(stage.offsets)).values())
                published = sum((await asyncio.to_thread(stage.ends)).values())
                done = sum(adapter.done.is_set() for adapter in stage.adapters.values())
                err.print(
                    f"{told - watch.began:4.0f} s  {published:,} batches published, "
                    f"{published - folded:,} wait; {done} of 4 adapters are done"
                )


def main() -> int:
    """Runs it; 0 if nothing was lost."""
    set_up_logging(verbose=False)
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    times = -(-options.events // EVENTS_OF_SHIPPED)
    watch = Watch()
    with theatre(times) as house:
        house.options = {"batch_events": 1_000, "patience": 3_600.0}
        result = house.run(soak(watch), options.seed)
    rows = [
        (kind, *(f"{most // _MEBIBYTE:,}" if most else "-" for most in quarters))
        for kind, quarters in watch.quarters()
    ]
    columns = ["process", *(f"quarter {n + 1}#" for n in range(QUARTERS))]
    out.print(table("Resident memory at most, MiB", columns, rows))
    rate = result.facts / result.seconds
    out.print(
        f"{result.facts:,} facts in {result.records:,} batches, {result.seconds:.0f} s, "
        f"{rate:,.0f} a second, all processes on this machine"
    )
    out.print(f"done: {deeds_in_words(result.deeds)}")
    d = result.difference
    out.print(
        f"lost {d.lost}, twice {d.twice}, cells off {d.cells}, ledgers off {result.disagreeing}"
        f"{', ' + result.error if result.error else ''}: "
        f"{'sound' if result.sound else 'NOT SOUND'}"
    )
    return 0 if result.sound else 1


if __name__ == "__main__":
    sys.exit(main())
