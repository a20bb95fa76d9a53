"""Faults of our own processes: killed, halted, joining and leaving."""

from __future__ import annotations

import asyncio
import signal

from tests.faults.stage import SESSION_SECONDS, Stage


async def kills(stage: Stage) -> None:
    """Workers and adapters are killed (signal 9) at random instants and started again."""
    stage.begin()

    async def kill_worker() -> None:
        worker = stage.rng.choice(sorted(stage.workers))
        if stage.workers[worker].send(signal.SIGKILL):
            stage.did("kill -9 of a worker")

    async def kill_adapter() -> None:
        busy = [name for name, adapter in stage.adapters.items() if not adapter.done.is_set()]
        if busy and stage.adapters[stage.rng.choice(busy)].send(signal.SIGKILL):
            stage.did("kill -9 of an adapter")

    # A worker that dies before it has joined its group proves little, so workers live longer.
    await asyncio.gather(
        stage.repeat(kill_worker, (2.0, 8.0), most=12), stage.repeat(kill_adapter, (0.5, 3.0), 30)
    )


async def zombie(stage: Stage) -> None:
    """A worker is halted for longer than its session, and goes on as if nothing had been."""
    stage.begin()
    await stage.underway()
    for name in ("a", "b"):
        worker = stage.workers[name]
        if worker.send(signal.SIGSTOP):
            await asyncio.sleep(SESSION_SECONDS + stage.rng.uniform(2, 5))
            worker.send(signal.SIGCONT)
            stage.did("worker halted past its session")


async def rebalances(stage: Stage) -> None:
    """Workers join and leave every few seconds."""
    stage.begin(workers=("a",))
    for n in range(8):
        await asyncio.sleep(stage.rng.uniform(1.5, 4.0))
        worker = stage.add_worker(f"guest-{n}")
        stage.did("a worker joined")
        await asyncio.sleep(stage.rng.uniform(2.0, 5.0))
        await worker.end()
        stage.did("a worker left")
