"""The guard outside the event loop: real loops, in real processes, that really hang."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from deploy.running.guard import LoopGuard, Patience, beside
from processors.intake.watchdog import EXIT_UNFORESEEN

# Ticks of the loop at each look, and the patience that is spent after it.
LOOKS = {
    "it ticks": ([1, 3, 5, 7], [0, 0, 0, 0]),
    "it hangs": ([1, 1, 1, 1], [0, 2, 4, 6]),
    "it has not begun": ([0, 0, 0, 0], [0, 0, 0, 0]),
    "it begins late and hangs": ([0, 0, 1, 1], [0, 0, 0, 2]),
    "it hangs and goes on": ([4, 4, 4, 5], [0, 2, 4, 0]),
}


@pytest.mark.parametrize(("ticks", "spent"), LOOKS.values(), ids=LOOKS.keys())
def test_patience_is_spent_by_looks_that_see_no_tick(ticks: list[int], spent: list[float]) -> None:
    patience = Patience(look=2.0)
    assert [patience.spent_at(number) for number in ticks] == spent


def child(work: str, *, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    """A process with a guarded loop, of a patience of 1.5 seconds, which does some work in it."""
    code = f"""
    import asyncio, sys, time
    from deploy.running.guard import LoopGuard, beside
    from deploy.terminal import set_up_logging

    async def work():
        await asyncio.sleep(0.1)
        print("begun", flush=True)
        {work}

    set_up_logging(verbose=True)
    guard = LoopGuard(patience=1.5, look_every=0.25, tick_every=0.5)
    guard.start()
    asyncio.run(beside(guard.tick_forever(), work()))
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


HANGS = {
    "a disk that does not answer": "time.sleep(60)",
    "a fold that never ends": "exec('while True: pass')",
}


@pytest.mark.parametrize("work", HANGS.values(), ids=HANGS.keys())
def test_a_loop_that_hangs_ends_the_process(work: str) -> None:
    process = child(work)
    told, lines = process.communicate(timeout=40)
    assert told == "begun\n"
    assert process.returncode == EXIT_UNFORESEEN
    (line,) = map(json.loads, lines.splitlines())
    assert (line["event"], line["level"]) == ("loop_hangs", "critical")
    assert 1.5 < line["seconds"] < 2.5


def test_a_process_ends_also_if_what_hangs_is_its_log() -> None:
    """Nobody reads the pipe: the loop hangs in a log line, with the logger's lock in its hand."""
    reading, writing = os.pipe()
    log = "import logging; [logging.error('x' * 1000) for _ in range(10_000)]"
    process = child(log, stderr=writing)
    try:
        assert process.wait(timeout=40) == EXIT_UNFORESEEN
    finally:
        process.kill()
        process.communicate()
        os.close(writing)
        os.close(reading)


def test_a_process_that_was_stopped_goes_on() -> None:
    """SIGSTOP for longer than the patience; the clock has jumped, the loop did not hang."""
    process = child("await asyncio.sleep(1.5)")
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    for _ in range(2):
        process.send_signal(signal.SIGSTOP)
        time.sleep(2.0)
        process.send_signal(signal.SIGCONT)
        time.sleep(0.2)
    _, lines = process.communicate(timeout=40)
    assert (process.returncode, lines) == (0, "")


async def test_a_loop_that_turns_is_alive() -> None:
    ended: list[float] = []
    guard = LoopGuard(patience=0.6, look_every=0.3, tick_every=0.4, on_hang=ended.append)
    assert guard.alive
    guard.start()
    await beside(guard.tick_forever(), asyncio.sleep(1.0))
    assert ended == []
    assert guard.alive
