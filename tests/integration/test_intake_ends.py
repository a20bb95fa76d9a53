"""A worker that is asked to end does end, whatever its Kafka client waits for."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.brokers.embedded import EmbeddedBroker
from deploy.home import Site

pytestmark = pytest.mark.broker

ROOT = Path(__file__).parents[2]
ASKED = "stop_overdue"


@pytest.fixture
def servers() -> Iterator[str]:
    with EmbeddedBroker() as broker:
        yield broker.servers


def hanging(where: str, site: Site, servers: str) -> subprocess.Popen[str]:
    """A worker that hangs; returned once it is about to."""
    command = [sys.executable, "-m", "tests.integration.hanging_worker", where]
    options = ["intake", "run", "--site", str(site.root), "--broker", servers]
    process = subprocess.Popen(
        [*command, *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "hangs\n"
    return process


@pytest.mark.parametrize("where", ["starting", "stopping"])
def test_a_worker_whose_client_hangs_ends_when_it_is_asked_to(
    where: str, site: Site, servers: str
) -> None:
    process = hanging(where, site, servers)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 0, told
    assert ASKED in told
    assert "start_overdue" not in told, "it was asked to end, and does not start anew"
    assert time.monotonic() - began < 10


def test_a_worker_that_hangs_while_it_starts_and_was_not_asked_starts_anew(
    site: Site, servers: str
) -> None:
    process = hanging("starting", site, servers)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "hangs\n", "the same process, once more from the start"
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    assert "start_overdue" in told
    assert process.returncode == 0, told
