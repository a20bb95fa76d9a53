"""The health server: three paths on loopback, and nothing else."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse

import pytest
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from deploy.cli import app
from deploy.running.guard import LoopGuard
from deploy.running.health import Check, Checks, PortTaken, Told, serve
from deploy.running.vitals import MAX_LAG, intake_live, intake_ready
from processors.intake.watchdog import PATIENCE, Sight, Vitals
from schemas.errors import SouthmedError


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def told(live: Checks, ready: Checks | None = None) -> Told:
    return Told(lambda: live, lambda: ready or {}, CollectorRegistry())


def ask(port: int, path: str, method: str = "GET") -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


WELL: Mapping[str, Check] = {"loop": {"ok": True}}
ILL: Mapping[str, Check] = {"loop": {"ok": True}, "watchdog": {"ok": False, "still_seconds": 31.0}}


@pytest.mark.parametrize(("checks", "status"), [(WELL, 200), (ILL, 503)], ids=["well", "ill"])
def test_the_answer_is_the_checks_and_their_sum(checks: Checks, status: int) -> None:
    port = free_port()
    with serve(port, told(checks)):
        answer, body = ask(port, "/livez")
        assert answer.status == status
        assert json.loads(body) == {"ok": status == 200, "checks": checks}
        assert ask(port, "/readyz")[0].status == 200


# Method, path, status: only what is offered is there, and nothing can be changed.
REQUESTS = [
    ("GET", "/livez", 200),
    ("HEAD", "/livez", 200),
    ("HEAD", "/metrics", 200),
    ("POST", "/livez", 405),
    ("PUT", "/metrics", 405),
    ("DELETE", "/readyz", 405),
    ("OPTIONS", "/livez", 405),
    ("GET", "/", 404),
    ("GET", "/tables", 404),
    ("GET", "/livez/../metrics/x", 404),
]


def test_only_three_paths_are_read_and_nothing_is_said_of_the_server() -> None:
    port = free_port()
    with serve(port, told(WELL)):
        for method, path, status in REQUESTS:
            answer, body = ask(port, path, method)
            assert answer.status == status, (method, path)
            assert "Server" not in answer.headers
            assert b"aiohttp" not in body
            assert method != "HEAD" or body == b""


def test_it_answers_while_the_loop_of_the_process_hangs() -> None:
    port = free_port()

    async def hang() -> int:
        with serve(port, told(ILL)):
            answers = asyncio.to_thread(ask, port, "/livez")
            asking = asyncio.create_task(answers)
            await asyncio.sleep(0)
            time.sleep(1.0)  # noqa: ASYNC251 - this is what hanging is
            return (await asking)[0].status

    assert asyncio.run(hang()) == 503


def test_a_port_that_is_taken_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        with pytest.raises(PortTaken), serve(other.getsockname()[1], told(WELL)):
            pass
        assert issubclass(PortTaken, SouthmedError)


def test_without_a_port_nothing_listens_and_with_one_it_ends_with_the_process() -> None:
    with serve(None, told(WELL)):
        pass
    port = free_port()
    with serve(port, told(WELL)):
        ask(port, "/livez")
    with pytest.raises(ConnectionRefusedError):
        ask(port, "/livez")
    with serve(port, told(WELL)):
        ask(port, "/livez")


def test_a_look_that_fails_is_looked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.running.health.LOOK_EVERY", 0.05)
    looks: list[int] = []

    async def look() -> None:
        looks.append(1)
        raise OSError

    with serve(free_port(), Told(lambda: WELL, lambda: WELL, CollectorRegistry(), look)):
        deadline = time.monotonic() + 5
        while len(looks) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
    assert len(looks) >= 3


# What the watchdog saw last, and which checks of a worker's readiness do not hold.
SIGHTS = {
    "nothing yet": (None, ["broker", "group", "partitions", "lag"]),
    "no broker": (Sight(False, False, 0, 0), ["broker", "group", "partitions", "lag"]),
    "not in its group": (Sight(True, False, 0, 0), ["group", "partitions"]),
    "no partitions": (Sight(True, True, 0, 0), ["partitions"]),
    "at its work": (Sight(True, True, 9, MAX_LAG, 16), []),
    "lagging behind": (Sight(True, True, 9, MAX_LAG + 1, 16), ["lag"]),
}


@pytest.mark.parametrize(("sight", "failing"), SIGHTS.values(), ids=SIGHTS.keys())
def test_when_a_worker_is_ready(sight: Sight | None, failing: list[str]) -> None:
    checks = intake_ready(sight)
    assert [name for name, check in checks.items() if not check["ok"]] == failing
    assert checks["lag"]["limit"] == MAX_LAG


def test_a_worker_is_alive_until_its_watchdog_has_lost_patience() -> None:
    guard = LoopGuard()
    assert intake_live(guard, Vitals(still=PATIENCE))["watchdog"]["ok"]
    assert not intake_live(guard, Vitals(still=PATIENCE + 1))["watchdog"]["ok"]
    assert intake_live(guard, Vitals())["loop"]["ok"]


PROBES = [
    (WELL, ILL, [], 0),
    (WELL, ILL, ["--ready"], 1),
    (ILL, WELL, [], 1),
    (ILL, WELL, ["--ready"], 0),
]


@pytest.mark.parametrize(("live", "ready", "options", "status"), PROBES)
def test_the_probe_exits_with_what_it_was_answered(
    live: Checks, ready: Checks, options: list[str], status: int
) -> None:
    port = free_port()
    with serve(port, told(live, ready)):
        ran = CliRunner().invoke(app, ["health", "--port", str(port), *options])
    assert ran.exit_code == status
    assert json.loads(ran.stdout)["ok"] == (status == 0)


def test_the_probe_fails_where_nobody_answers() -> None:
    ran = CliRunner().invoke(app, ["health", "--port", str(free_port())])
    assert ran.exit_code == 1
