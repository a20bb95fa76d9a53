"""The processes of the demo: southmed commands, each started as its own party."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NoReturn

from deploy.home import Site
from deploy.reach import Reach
from schemas.errors import PlatformError

Process = subprocess.Popen[bytes]

INTAKE = "processor.intake"
PATIENCE = 10.0
"""Seconds that a process has to end once it was asked to."""


class WorkerEnded(PlatformError):
    """A process of the demo ended although nobody stopped it."""

    code = "WORKER_ENDED"
    summary = "a process of the demo ended by itself"
    advice = "Its log is in the site's platform folder; a supervisor would start it again."


class StepFailed(PlatformError):
    """A command that the demo ran did not come to its end."""

    code = "DEMO_STEP_FAILED"
    summary = "a step of the demo failed"
    advice = "The end of its log stands above; --site FOLDER keeps the whole of it."


# --- While the demo runs --------------------------------------------------------------------------


@contextmanager
def intake_workers(site: Site, reach: Reach, count: int) -> Iterator[Sequence[Process]]:
    """Runs intake workers as processes of their own, and stops them at the end."""
    names = [f"worker-{n + 1}" for n in range(count)]
    with ended([start_worker(site, reach, name) for name in names]) as workers:
        yield workers


@contextmanager
def ended(processes: Sequence[Process]) -> Iterator[Sequence[Process]]:
    """Stops processes at the end: all are asked first, and then waited for."""
    try:
        yield processes
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def watch(processes: Mapping[str, Process]) -> NoReturn:
    """Raises WorkerEnded as soon as one of some processes is no longer there."""
    while True:
        for name, process in processes.items():
            if (status := process.poll()) is not None:
                raise WorkerEnded(expected=f"{name} running", got=f"status {status}")
        await asyncio.sleep(0.5)


async def finished(site: Site, name: str, *arguments: str) -> dict[str, Any]:
    """Runs a command with ``--json`` to its end.

    Args:
        site: Its log goes to the platform's folder.
        name: Of the log.
        arguments: Of the command.

    Returns:
        What it printed.

    Raises:
        StepFailed: It exited with another status than 0.
    """
    with (
        log_of(site, name).open("ab") as log,
        TemporaryFile() as told,
        ended([southmed(*arguments, "--json", output=told, errors=log)]) as (process,),
    ):
        while (status := process.poll()) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        if status:
            raise StepFailed(expected=f"{name} to succeed", got=f"status {status}")
        told.seek(0)
        document: dict[str, Any] = json.load(told)
        return document


def log_of(site: Site, name: str) -> Path:
    """Where a process of the demo writes what it has to say."""
    return site.platform / f"{name}.log"


def serving(site: Site, reach: Reach, principal: str, name: str, *arguments: str) -> Process:
    """Starts a command that goes on until it is stopped.

    Args:
        site: Where its log goes.
        reach: The cluster.
        principal: As whom it reaches it.
        name: Of its log.
        arguments: Of the command.
    """
    with log_of(site, name).open("ab") as log:
        return southmed(*arguments, *connecting(reach, principal), output=log)


def start_worker(site: Site, reach: Reach, name: str, *more: str) -> Process:
    """Starts one intake worker, as ``southmed intake run`` does.

    Args:
        site: Where its ledger lies.
        reach: The cluster.
        name: Its name.
        more: Further options of the command.
    """
    return serving(
        *(site, reach, INTAKE, name),
        *("intake", "run", "--site", str(site.root), "--worker", name, *more),
    )


def southmed(
    *arguments: str,
    output: int | IO[bytes] = subprocess.DEVNULL,
    errors: IO[bytes] | None = None,
    prefix: Sequence[str] = (),
) -> Process:
    """Starts a southmed command as a process of its own.

    Args:
        arguments: Of the command.
        output: Where it writes.
        errors: Where it writes what is no answer; there too, if not given.
        prefix: A command that runs it, such as ``nice``.
    """
    return subprocess.Popen(  # noqa: S603 - our own command
        [*prefix, sys.executable, "-m", "deploy.cli", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors or output,
        env=environment(),
    )


def environment() -> dict[str, str]:
    """Ours, but for an identity: a process that we start is told its own, or has none."""
    return {name: value for name, value in os.environ.items() if name != "SOUTHMED_IDENTITY"}


def connecting(reach: Reach, principal: str) -> list[str]:
    """What a command is told so that it reaches the cluster as a principal."""
    identity = reach.identity(principal)
    return ["--broker", reach.servers, *(["--identity", str(identity)] if identity else [])]
