"""When a worker stands still, and when it only has nothing to do or was not there to do it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from processors.intake.watchdog import Sight, Watchdog

PATIENCE, LOOK = 30.0, 5.0

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
    looks = watched(sights, [LOOK] * len(sights))
    assert any(looks) == noticed
    assert not any(looks[: int(PATIENCE / LOOK)])


def watched(sights: Sequence[Sight], pauses: Sequence[float]) -> list[bool]:
    """What the watchdog says at each sight, so many seconds after the one before."""
    dog, now, said = Watchdog(PATIENCE, LOOK, now=1e6), 1e6, []
    for sight, pause in zip(sights, pauses, strict=True):
        now += pause
        said.append(dog.stands_still(sight, now))
    return said


# Seconds between looks; clocks go on while a process is stopped (SIGSTOP, a suspended machine).
STOPPED = {
    "for a minute": [*[LOOK] * 3, 60.0, LOOK],
    "for a weekend": [*[LOOK] * 3, 2.5e5, LOOK],
    "again and again": [60.0] * 5,
    "before the first look": [3600.0, LOOK, LOOK],
    "just before the patience ends": [*[LOOK] * 5, 60.0],
}


@pytest.mark.parametrize("pauses", STOPPED.values(), ids=STOPPED.keys())
@pytest.mark.parametrize("sight", [STUCK[0], NOT_JOINED[0]], ids=["stuck", "not in its group"])
def test_a_worker_that_was_stopped_is_not_shot_when_it_goes_on(
    pauses: list[float], sight: Sight
) -> None:
    assert not any(watched([sight] * len(pauses), pauses))


def test_a_worker_that_was_stopped_and_then_stands_still_is_noticed() -> None:
    assert watched(STUCK[:8], [3600.0, *[LOOK] * 7]) == [*[False] * 7, True]


def test_looks_that_come_quickly_spend_only_the_time_between_them() -> None:
    assert not any(watched(STUCK, [1.0] * 20))


def test_a_worker_that_never_came_into_its_group_is_told_from_one_that_left_it() -> None:
    dog = Watchdog(PATIENCE, LOOK, now=0.0)
    dog.stands_still(NOT_JOINED[0], 5.0)
    assert not dog.joined_once
    dog.stands_still(IDLE[0], 10.0)
    dog.stands_still(NOT_JOINED[0], 15.0)
    assert dog.joined_once
