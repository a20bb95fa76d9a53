"""Notices a worker that stands still although it could go on.

Consumers have been seen to stall for good after a broker was away at an unlucky moment, without an
error (faust-streaming issues #175, #523). Being alive is therefore not enough: a worker has to
make progress. It stands still if the broker can be reached, and for longer than its patience

* it is not a member of its group, or
* records are waiting in its partitions and none of them was folded.

A worker that has nothing to do does not stand still, also one that was given no partition: there
may be more workers than partitions. Nor does one that was stopped and goes on
(SIGSTOP, a suspended machine): its clock jumps, but it had no chance to move. So the time between
two looks spends no more patience than a look takes by rule.
"""

from __future__ import annotations

from dataclasses import dataclass

EXIT_UNFORESEEN = 70
"""Status of a process that ended itself, for a supervisor to start it again."""
PATIENCE = 30.0
"""Seconds of standing still that are borne."""


@dataclass(frozen=True)
class Sight:
    """What can be seen of a worker at one moment.

    Attributes:
        reachable: Whether the broker answers.
        joined: Whether the worker is a member of its group.
        folded: Records that it has folded so far.
        waiting: Records that wait in its partitions.
        assigned: Number of its partitions.
    """

    reachable: bool
    joined: bool
    folded: int
    waiting: int
    assigned: int = 0


@dataclass
class Vitals:
    """How a worker is, as the watchdog saw it last.

    Attributes:
        sight: What was seen; None before the first look.
        still: Seconds for which the worker has stood still.
    """

    sight: Sight | None = None
    still: float = 0.0


class Watchdog:
    """Looks at sights one after the other.

    Args:
        patience: Seconds of standing still that are borne.
        look: Seconds that a look spends at most.
        now: Time of the first look, in seconds of any clock that only goes forward.
    """

    def __init__(self, patience: float, look: float, now: float) -> None:
        self._patience = patience
        self._most = look
        self._looked = now
        self._folded = 0
        self.spent = 0.0
        self.joined_once = False

    def stands_still(self, sight: Sight, now: float) -> bool:
        """Whether the worker has stood still for too long.

        Args:
            sight: What is seen now.
            now: Time of the sight.
        """
        passed = min(now - self._looked, self._most)
        moving = sight.joined and (sight.folded != self._folded or sight.waiting == 0)
        self.spent = 0.0 if moving or not sight.reachable else self.spent + passed
        self.joined_once |= sight.joined
        self._looked, self._folded = now, sight.folded
        return self.spent > self._patience
