"""The whole of the main job on Apache Kafka, over mutual TLS, each party with its own rights."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from tests.integration.harness import TUNISIA, finish
from tests.kafka.cluster import KafkaScene

ALL = ("tn.inltp", "ma.cnclt", "jo.ctu", "lb.isf")


def test_four_registers_are_counted_as_undisturbed(place: KafkaScene, tmp_path: Path) -> None:
    async def publish_all() -> None:
        runs = (place.adapter(authority).run_once() for authority in ALL)
        await asyncio.wait_for(asyncio.gather(*runs), timeout=120)

    with place.workers("a", "b"):
        asyncio.run(publish_all())
    assert place.cells() == place.oracle(tmp_path / "oracle", *ALL)
    assert all(finding.agrees for finding in place.audit(tmp_path / "again"))


def test_a_worker_that_is_killed_goes_on_from_its_ledger(place: KafkaScene, tmp_path: Path) -> None:
    with place.workers("a") as workers:
        finish(place)
        workers[0].kill()
        workers[0].wait()
        workers.append(place.start_worker("a"))
        finish(place, "ma.cnclt")
    assert place.cells() == place.oracle(tmp_path / "oracle", TUNISIA, "ma.cnclt")


def test_the_demo_runs_on_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "deploy.cli", "demo", "--once", "--json"),
            *("--broker", "kafka", "--site", str(tmp_path / "demo")),
        ],
        capture_output=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["balanced"] is True
