"""What running processes tell: a real worker and a real adapter, asked as a supervisor asks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from country_adapters import REGISTERS
from deploy.reconcile import read_totals
from processors.intake.metrics import INTAKE_METRICS
from processors.intake.watchdog import EXIT_UNFORESEEN
from producers.metrics import PUBLISHER_METRICS
from tests.integration.harness import TUNISIA, Scene, finish, stop
from tests.integration.test_intake import listening_sockets
from tests.unit.test_health import free_port

pytestmark = pytest.mark.broker

LIMIT = 60.0


def ask(port: int, path: str) -> tuple[int, bytes]:
    """Status and body; 0 where nobody answers in time."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        return 0, b""
    finally:
        connection.close()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.2)


def checks(port: int, path: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(ask(port, path)[1])["checks"]
    return read


def samples(port: int) -> dict[str, dict[tuple[str, ...], float]]:
    """Every sample by its name and the values of its labels."""
    status, body = ask(port, "/metrics")
    assert status == 200
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


@contextmanager
def process(place: Scene, port: int, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A southmed command that stays, with a health server; its log goes to the site."""
    where = ["--site", str(place.site.root), "--broker", place.embedded.servers]
    with (place.site.platform / "told.log").open("wb") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "--verbose", *command, *where],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "SOUTHMED_HEALTH": str(port)},
        )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGCONT)
        stop(started)


def told_lines(place: Scene) -> list[dict[str, Any]]:
    text = (place.site.platform / "told.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_worker_is_alive_at_once_and_ready_once_it_works(place: Scene) -> None:
    port = free_port()
    place.embedded.down()
    with process(place, port, "intake", "run") as worker:
        until(lambda: ask(port, "/livez")[0] == 200)
        assert ask(port, "/readyz")[0] == 503
        assert not checks(port, "/readyz")["broker"]["ok"]
        assert [address[:8] for address in listening_sockets(worker.pid)] == ["0100007F"]

        place.embedded.up()
        until(lambda: ask(port, "/readyz")[0] == 200)
        assert checks(port, "/readyz")["partitions"]["assigned"] == 16
        finish(place)
        totals = read_totals(place.site.ledgers)[TUNISIA]
        until(lambda: sum(samples(port)["southmed_intake_lag_records"].values()) == 0)
        found = samples(port)
        assert found["southmed_intake_events_total"][("TUN", "ACCEPTED")] == totals.accepted > 2000
        records = sum(found["southmed_intake_records_total"].values())
        until(lambda: sum(samples(port)["southmed_intake_next_offset"].values()) == records)
        assert found["southmed_intake_receipts_sent_total"][("TUN",)] >= 4
        assert found["southmed_intake_rebalances_total"][()] >= 1
        assert found["southmed_broker_reachable"][()] == 1
        assert found["process_resident_memory_bytes"][()] > 1e7
        declared = {metric.name for metric in INTAKE_METRICS if not metric.labels}
        assert {name.removesuffix("_count") for name in found} >= declared

        # Faust would print all local variables, decrypted events among them, and start a debugger.
        worker.send_signal(signal.SIGUSR1)
        worker.send_signal(signal.SIGUSR2)
        worker.send_signal(signal.SIGSTOP)
        # A signal takes effect when the kernel gets to it.
        until(lambda: ask(port, "/livez")[0] == 0)
        worker.send_signal(signal.SIGCONT)
        until(lambda: ask(port, "/livez")[0] == 200)
        assert worker.poll() is None
    events = [line["event"] for line in told_lines(place)]
    assert {"worker_starts", "health_served", "broker_awaited", "partitions_taken"} <= set(events)


def test_a_broker_that_goes_away_makes_a_worker_unready_but_not_dead(place: Scene) -> None:
    port = free_port()
    with process(place, port, "intake", "run") as worker:
        until(lambda: ask(port, "/readyz")[0] == 200)
        place.embedded.down()
        until(lambda: ask(port, "/readyz")[0] == 503)
        assert ask(port, "/livez")[0] == 200
        assert samples(port)["southmed_broker_reachable"][()] == 0
        place.embedded.up()
        until(lambda: ask(port, "/readyz")[0] == 200)
        assert worker.poll() is None


def test_an_adapter_that_follows_tells_of_its_outbox(place: Scene) -> None:
    port = free_port()
    data = ["--data", str(place.registers[TUNISIA].data), "--follow"]
    place.embedded.down()
    with process(place, port, "adapter", "run", REGISTERS[TUNISIA], *data) as adapter:
        until(lambda: ask(port, "/livez")[0] == 200)
        assert ask(port, "/readyz")[0] == 503
        unsealed = "southmed_publisher_events_unsealed"
        until(lambda: sum(samples(port).get(unsealed, {}).values()) > 2000)
        place.embedded.up()
        until(lambda: ask(port, "/readyz")[0] == 200)
        pending = "southmed_publisher_batches_pending"
        until(lambda: sum(samples(port)[pending].values()) > 0)
        until(lambda: max(samples(port)["southmed_publisher_oldest_pending_seconds"].values()) > 4)
        with place.workers("a"):
            until(lambda: sum(samples(port)[pending].values()) == 0)
        found = samples(port)
        assert sum(found[unsealed].values()) == 0
        assert found["southmed_adapter_rows_rejected"][()] > 0
        assert 0 <= found["southmed_publisher_since_receipt_seconds"][()] < LIMIT
        assert set(found) >= {metric.name for metric in PUBLISHER_METRICS if not metric.labels}
        assert adapter.poll() is None
    assert {"broker_away", "broker_back"} <= {line["event"] for line in told_lines(place)}


def test_a_port_that_is_taken_ends_the_worker_with_a_clear_word(place: Scene) -> None:
    port = free_port()
    with process(place, port, "intake", "run"):
        until(lambda: ask(port, "/livez")[0] == 200)
        where = ["--site", str(place.site.root), "--broker", place.embedded.servers]
        ran = subprocess.run(
            [sys.executable, "-m", "deploy.cli", "intake", "run", *where, "--health", str(port)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert ran.returncode == 1
    assert "PORT_TAKEN" in ran.stderr


HANGING = """
import sys, time
from deploy.running import guard, health
from deploy.cli import main
from deploy.home import LiveSecrets

guard.LoopGuard.__init__.__kwdefaults__.update(patience=13.0, look_every=0.5)
LiveSecrets.__call__ = lambda self: time.sleep(600)
sys.argv = ["southmed", *sys.argv[1:]]
main()
"""


def test_a_fold_that_hangs_makes_a_worker_dead_and_then_ends_it(place: Scene) -> None:
    """The worker as shipped, but for trust and keys that never come and a shorter patience."""
    port = free_port()
    where = ["--site", str(place.site.root), "--broker", place.embedded.servers]
    worker = subprocess.Popen(
        [sys.executable, "-c", HANGING, "intake", "run", *where, "--health", str(port)],
        stderr=subprocess.PIPE,
        text=True,
    )
    adapter = place.start_adapter()
    try:
        until(lambda: ask(port, "/livez")[0] == 200)
        until(lambda: ask(port, "/livez")[0] == 503)
        assert not checks(port, "/livez")["loop"]["ok"]
        _, lines = worker.communicate(timeout=LIMIT)
    finally:
        adapter.kill()
        adapter.wait()
        worker.kill()
        worker.wait()
    assert worker.returncode == EXIT_UNFORESEEN
    assert json.loads(lines.splitlines()[-1])["event"] == "loop_hangs"
