"""Chance and time for invented stories: weighted draws, and steps that follow each other.

Every draw takes its ``random.Random``; nothing here has a state or a clock of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Steps:
    """Time in one story: the day it starts, the day it has come to, and chance."""

    start: date
    until: date
    rng: Random

    def after(self, on: date | None, low: int, high: int, *, chance: float = 1.0) -> date | None:
        """A day between ``low`` and ``high`` days after ``on``; None if it never comes to it."""
        if on is None or self.rng.random() >= chance:
            return None
        later = on + timedelta(days=self.rng.randint(low, high))
        return later if later <= self.until else None


def pick(rng: Random, weights: Mapping[T, int]) -> T:
    """One key, drawn by its weight."""
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def some(rng: Random, codes: tuple[str, ...], most: int) -> tuple[str, ...]:
    """One to ``most`` distinct codes, in the order of the list."""
    drawn = rng.sample(list(dict.fromkeys(codes)), rng.randint(1, min(most, len(set(codes)))))
    return tuple(code for code in dict.fromkeys(codes) if code in drawn)


def day_of(year: int, rng: Random) -> date:
    """Some day of a year."""
    return date(year, 1, 1) + timedelta(days=rng.randrange(365))
