"""When a worker stands still, and when it only has nothing to do."""

from __future__ import annotations

import pytest

from processors.intake.watchdog import Sight, Watchdog

PATIENCE = 30.0

FOLDING = [Sight(True, True, folded, waiting=9) for folded in range(20)]
IDLE = [Sight(True, True, folded=7, waiting=0)] * 20
NO_BROKER = [Sight(False, False, folded=7, waiting=0)] * 20
NOT_JOINED = [Sight(True, False, folded=0, waiting=0)] * 20
STUCK = [Sight(True, True, folded=7, waiting=1)] * 20

SCENES = {
    "it folds": (FOLDING, False),
    "nothing to do": (IDLE, False),
    "no broker": (NO_BROKER, False),
    "not in its group": (NOT_JOINED, True),
    "records wait and none is folded": (STUCK, True),
    "the broker was away and is back": ([*NO_BROKER, *FOLDING], False),
    "back, but not in its group again": ([*NO_BROKER, *NOT_JOINED], True),
    "slow, but it moves": ([*STUCK[:5], *FOLDING[:5], *STUCK[:5], *FOLDING], False),
}


@pytest.mark.parametrize(("sights", "noticed"), SCENES.values(), ids=SCENES.keys())
def test_a_worker_that_stands_still_is_noticed(sights: list[Sight], noticed: bool) -> None:
    dog = Watchdog(PATIENCE, now=0.0)
    looks = [dog.stands_still(sight, 5.0 * n) for n, sight in enumerate(sights, start=1)]
    assert any(looks) == noticed
    assert not any(looks[: int(PATIENCE / 5)])
