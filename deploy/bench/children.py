"""Measured processes: what they are told, what they tell, and where their clock runs.

A measured process is a module of this package, run with one JSON object as its argument. It
writes one JSON object to its standard output as soon as it has its figures, and is then killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from threading import Timer
from typing import Any

from schemas.errors import PlatformError

PATIENCE = 180.0
"""Seconds after which a measured process is given up."""


class BenchFailed(PlatformError):
    """A measured process ended without its figures."""

    code = "BENCH_FAILED"
    summary = "a measurement did not come to its end"
    advice = "Run it again with --verbose; its own messages are on standard error."


@dataclass(frozen=True)
class Job:
    """What a measured process is told.

    Attributes:
        site: Folder of the site.
        folder: Where it may write.
        servers: The broker, or empty if it needs none.
        records: Batches to read, or rows.
        size: Events a batch.
        group: Name of the consumer group, or kind of register.
    """

    site: str
    folder: str
    servers: str = ""
    records: int = 0
    size: int = 0
    group: str = ""

    @classmethod
    def from_arguments(cls) -> Job:
        return cls(**json.loads(sys.argv[1]))


class Meter:
    """Processor time from the first record taken up until the last one is taken up.

    Both ends are the same moment in the handling of a record, so that whole records lie between
    them, and none of the start of the process.

    Args:
        job: Tells how many records there are, and of how many events.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._taken = 0
        self._since = 0.0

    def take(self) -> None:
        """Called when a record is taken up; tells the figure at the last one."""
        self._taken += 1
        if self._taken == 1:
            self._since = time.process_time()
        if self._taken == self._job.records:
            seconds = time.process_time() - self._since
            events = (self._job.records - 1) * self._job.size
            tell({"us_per_event": seconds / events * 1e6})


def tell(figures: dict[str, Any]) -> None:
    """Tells figures to the parent; not by `sys.stdout`, which Faust takes for its log."""
    os.write(1, b"\n" + json.dumps(figures).encode() + b"\n")


def measure(module: str, job: Job, patience: float = PATIENCE) -> dict[str, Any]:
    """Runs a measured process until it has told its figures.

    Args:
        module: A module of this package.
        job: What it is told.
        patience: Seconds after which it is given up.

    Raises:
        BenchFailed: It ended without any.
    """
    command = [sys.executable, "-m", f"deploy.bench.{module}", json.dumps(asdict(job))]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:  # noqa: S603
        limit = Timer(patience, process.kill)
        limit.start()
        try:
            # Faust writes what hides and shows a cursor.
            lines = (line for line in process.stdout or () if line.startswith(b"{"))
            line = next(lines, b"")
        finally:
            limit.cancel()
            process.kill()
    if not line:
        raise BenchFailed(expected="figures", got=f"the end of {module}")
    figures: dict[str, Any] = json.loads(line)
    return figures
