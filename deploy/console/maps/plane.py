"""Plane geometry of maps: degrees to pixels, the bend of a corridor, and where labels have room.

Pure functions of numbers. Pixels count from the upper left corner, as drawings do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, radians

Point = tuple[float, float]
Ring = tuple[Point, ...]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""

BEND = 0.18
"""How far a corridor bows out, as a share of its length."""
STEPS = 24
LETTER = 0.56
"""Width of a letter as a share of its height, on average."""


@dataclass(frozen=True)
class Plane:
    """Degrees as pixels: equidistant, true at the middle of what is shown.

    Attributes:
        frame: West, south, east and north.
        width: In pixels; the height follows.
    """

    frame: tuple[float, float, float, float]
    width: int

    @property
    def _scale(self) -> Point:
        west, south, east, north = self.frame
        across = self.width / (east - west)
        return across, across / cos(radians((south + north) / 2))

    @property
    def height(self) -> int:
        _, south, _, north = self.frame
        return max(1, round((north - south) * self._scale[1]))

    def place(self, at: Point) -> Point:
        """Where a longitude and latitude lies."""
        across, down = self._scale
        return round((at[0] - self.frame[0]) * across, 1), round((self.frame[3] - at[1]) * down, 1)

    def held(self, at: Point, margin: float) -> tuple[Point, bool]:
        """A pixel that is on the map, and whether the place itself is not."""
        x = min(max(at[0], margin), self.width - margin)
        y = min(max(at[1], margin), self.height - margin)
        beyond = not (0 <= at[0] <= self.width and 0 <= at[1] <= self.height)
        return ((x, y), True) if beyond else (at, False)


def middle(rings: Sequence[Ring]) -> Point:
    """The centre of the largest of some rings."""
    sums = [_area_and_moments(ring) for ring in rings]
    area, across, along = max(sums, key=lambda one: abs(one[0]))
    if area == 0:
        return rings[0][0]
    return round(across / (3 * area), 3), round(along / (3 * area), 3)


def _area_and_moments(ring: Ring) -> tuple[float, float, float]:
    """Twice the area of a ring, and its moments."""
    area = across = along = 0.0
    for (x, y), (u, v) in pairwise((*ring, ring[0])):
        cross = x * v - u * y
        area, across, along = area + cross, across + (x + u) * cross, along + (y + v) * cross
    return area, across, along


def arc(begin: Point, end: Point, bend: float = BEND, steps: int = STEPS) -> list[Point]:
    """A curve from one point to another, bowed out to the left of its direction.

    The way there and the way back bow out to different sides, so the two do not lie on each other.
    """
    (x, y), (u, v) = begin, end
    # The middle control point of a quadratic curve; twice as far out as the curve comes.
    a, b = (x + u) / 2 + bend * 2 * (v - y), (y + v) / 2 - bend * 2 * (u - x)
    return [_between((x, y), (a, b), (u, v), step / steps) for step in range(steps + 1)]


def _between(begin: Point, control: Point, end: Point, t: float) -> Point:
    p, q, r = (1 - t) ** 2, 2 * t * (1 - t), t**2
    return (
        p * begin[0] + q * control[0] + r * end[0],
        p * begin[1] + q * control[1] + r * end[1],
    )


def shortened(curve: Sequence[Point], by: float) -> list[Point]:
    """A curve without the last pixels before its end, so that it ends at a mark's rim."""
    end = curve[-1]
    kept = [p for p in curve if hypot(p[0] - end[0], p[1] - end[1]) >= by]
    return kept if len(kept) >= 2 else list(curve)


# --- Labels ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Label:
    """Words beside a point.

    Attributes:
        text: What they say.
        at: Where they begin, stand about or end, and their middle line.
        align: Which of the three.
    """

    text: str
    at: Point
    align: str

    def box(self, size: float) -> Box:
        """What they cover."""
        width = LETTER * size * len(self.text)
        left = self.at[0] - {"left": 0.0, "center": width / 2, "right": width}[self.align]
        return left, self.at[1] - size * 0.6, left + width, self.at[1] + size * 0.6


def labelled(
    wanted: Iterable[tuple[str, Point]], bounds: Box, size: float, away: float
) -> list[Label]:
    """Finds room for the words beside each point.

    Args:
        wanted: Words and points, the most important first.
        bounds: Where words may stand.
        size: Height of letters.
        away: How far from the point.
    """
    wanted = list(wanted)
    marks = [(x - away, y - away, x + away, y + away) for _, (x, y) in wanted]
    taken: list[Box] = []
    found = []
    for place, (text, at) in enumerate(wanted):
        others = [*taken, *marks[:place], *marks[place + 1 :]]
        choices = list(_choices(text, at, size, away))
        best = min(choices, key=lambda one: _cost(one.box(size), others, bounds))
        taken.append(best.box(size))
        found.append(best)
    return found


def _choices(text: str, at: Point, size: float, away: float) -> Iterator[Label]:
    x, y = at
    for far in (away + 3, away + size):
        yield Label(text, (x + far, y), "left")
        yield Label(text, (x - far, y), "right")
        yield Label(text, (x, y + far + size * 0.5), "center")
        yield Label(text, (x, y - far - size * 0.5), "center")
        for down in (-size, size):
            yield Label(text, (x + far * 0.8, y + down), "left")
            yield Label(text, (x - far * 0.8, y + down), "right")


def _cost(box: Box, others: Iterable[Box], bounds: Box) -> float:
    """What is covered of others and what is cut off; nothing, if there is room."""
    within = _common(box, bounds)
    return sum(_common(box, other) for other in others) + 10 * (_area(box) - within)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _common(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)
