"""Nothing is lost at home: kill the adapter, cut the broker, run it twice; the totals agree.

The third promise, on the national side. The oracle counts the register undisturbed.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from deploy.reconcile import read_totals
from tests.integration.harness import TUNISIA, EmbeddedScene, Scene, finish, kill_after, stop

pytestmark = pytest.mark.broker


def settled(place: Scene) -> dict[str, int]:
    """The outbox's tally, once everything is receipted."""
    outbox = place.adapter().open_outbox()
    tally = outbox.tally()
    outbox.close()
    return tally


def assert_everything_counted_once(place: Scene, scratch: Path) -> None:
    tally = settled(place)
    assert tally["events"] == tally["events_receipted"] > 2000
    assert tally["batches_pending"] == tally["events_unsealed"] == 0
    totals = read_totals(place.site.ledgers)[TUNISIA]
    assert totals.accepted == tally["events"]
    assert place.cells() == place.oracle(scratch)


@pytest.mark.parametrize("seed", [1, 2])
def test_adapter_killed_at_random_instants(place: Scene, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    with place.workers("a"):
        hit = sum(kill_after(place.start_adapter(), rng, most=2.5) for _ in range(6))
        assert hit > 0, "no kill hit a living adapter: the test proves nothing"
        finish(place)
    assert_everything_counted_once(place, tmp_path)


def test_broker_cut_while_publishing(place: EmbeddedScene, tmp_path: Path) -> None:
    with place.workers("a"):
        place.embedded.down()
        heal = threading.Timer(6.0, place.embedded.up)
        heal.start()
        began = time.monotonic()
        finish(place)
        heal.join()
        assert time.monotonic() - began > 6.0, "it finished without its broker"
    assert_everything_counted_once(place, tmp_path)


@pytest.mark.parametrize("seed", [1, 2])
def test_broker_cut_while_a_worker_starts(place: Scene, tmp_path: Path, seed: int) -> None:
    """No supervisor here: whatever of Faust gives up or hangs by it, the worker heals itself."""
    rng = random.Random(seed)
    with place.workers("a"):
        time.sleep(rng.uniform(1.2, 2.6))
        place.embedded.down()
        heal = threading.Timer(rng.uniform(6.0, 8.0), place.embedded.up)
        heal.start()
        finish(place)
        heal.join()
    assert_everything_counted_once(place, tmp_path)


def test_two_adapters_at_once(place: Scene, tmp_path: Path) -> None:
    with place.workers("a"):
        both = [place.start_adapter(), place.start_adapter()]
        for process in both:
            # 3: done, and some rows were rejected, as they must be.
            assert process.wait(timeout=60) == 3
            stop(process)
    assert_everything_counted_once(place, tmp_path)


def test_outbox_lost_and_register_read_again(place: Scene, tmp_path: Path) -> None:
    """A new epoch, announced in the trust document: all is stated again, and counted once."""
    with place.workers("a"):
        finish(place)
        before = place.cells()
        for path in place.site.authority(TUNISIA).glob("outbox.sqlite*"):
            path.unlink()
        site = ["--site", str(place.site.root)]
        assert command("site", "announce-epoch", TUNISIA, *site) == 0
        assert command("adapter", "open-epoch", "tunisia", *site) == 0
        finish(place)
    assert place.cells() == before == place.oracle(tmp_path)
    totals = read_totals(place.site.ledgers)[TUNISIA]
    assert totals.accepted == 2 * settled(place)["events"]
    assert totals.refused == 0
    assert all(finding.agrees for finding in place.audit(tmp_path / "again"))


def command(*arguments: str) -> int:
    """A southmed command, as a user gives it."""
    return subprocess.run([sys.executable, "-m", "deploy.cli", *arguments], check=False).returncode
