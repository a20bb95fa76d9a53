"""Draws that the standard library does not have."""

from __future__ import annotations

from math import exp
from random import Random


def poisson(mean: float, random: Random) -> int:
    """A Poisson count (Knuth 1969): how many uniform numbers multiply to no less than exp(-mean).

    Means beyond what a float's exponent takes are drawn in parts.
    """
    if mean > 500:
        return poisson(500, random) + poisson(mean - 500, random)
    count, product, floor = 0, random.random(), exp(-mean)
    while product > floor:
        count, product = count + 1, product * random.random()
    return count
