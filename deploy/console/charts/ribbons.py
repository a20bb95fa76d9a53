"""Where the blocks and ribbons of a Sankey diagram lie: two columns, one scale, nothing overlaps.

1. A block is as high as the ribbons that leave it or arrive at it together.
2. Ribbons leave and arrive in the order of the blocks at their other ends, so that they cross as
   little as that order allows.
3. Both columns have one scale and stand centred beside each other. The order is the one given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[float, float]
"""Top and bottom."""


@dataclass(frozen=True)
class Stream:
    """What goes from a block on the one side to a block on the other."""

    source: str
    target: str
    value: float


@dataclass(frozen=True)
class Ribbon:
    """A stream with its place at both ends."""

    stream: Stream
    leaves: Span
    arrives: Span


@dataclass(frozen=True)
class Layout:
    """Blocks of both columns by their keys, in order, and the ribbons in the order of streams."""

    sources: dict[str, Span]
    targets: dict[str, Span]
    ribbons: list[Ribbon]


def layout(streams: Sequence[Stream], height: float, gap: float) -> Layout:
    """Lays streams out.

    Args:
        streams: With values above zero; blocks come in the order in which they are named first.
        height: Room for the fuller column.
        gap: Between blocks of it at least.
    """
    sources = list(dict.fromkeys(one.source for one in streams))
    targets = list(dict.fromkeys(one.target for one in streams))
    whole = sum(one.value for one in streams)
    gaps = gap * (max(len(sources), len(targets), 1) - 1)
    scale = max(height - gaps, 0) / whole if whole else 0
    left = _column(sources, [s.source for s in streams], streams, scale, (height, gap))
    right = _column(targets, [s.target for s in streams], streams, scale, (height, gap))
    leaving = sorted(streams, key=lambda one: targets.index(one.target))
    arriving = sorted(streams, key=lambda one: sources.index(one.source))
    leaves = _shares(leaving, [one.source for one in leaving], left, scale)
    arrives = _shares(arriving, [one.target for one in arriving], right, scale)
    return Layout(left, right, [Ribbon(one, leaves[one], arrives[one]) for one in streams])


def _column(
    keys: Sequence[str],
    ends: Sequence[str],
    streams: Sequence[Stream],
    scale: float,
    room: tuple[float, float],
) -> dict[str, Span]:
    height, gap = room
    size = dict.fromkeys(keys, 0.0)
    for key, one in zip(ends, streams, strict=True):
        size[key] += one.value * scale
    # The emptier column spreads, but no wider than it looks like one.
    between = len(keys) - 1
    free = (height - sum(size.values())) / between if between else 0
    gap = min(max(gap, free), 3 * gap)
    top = (height - sum(size.values()) - gap * between) / 2
    found = {}
    for key in keys:
        found[key] = (top, top + size[key])
        top += size[key] + gap
    return found


def _shares(
    streams: Sequence[Stream], ends: Sequence[str], blocks: dict[str, Span], scale: float
) -> dict[Stream, Span]:
    """Shares a block out to its ribbons, from its top."""
    top = {key: span[0] for key, span in blocks.items()}
    found = {}
    for key, one in zip(ends, streams, strict=True):
        found[one] = (top[key], top[key] + one.value * scale)
        top[key] += one.value * scale
    return found


def edge(begin: Span, end: Span, steps: int = 20) -> list[tuple[float, float, float]]:
    """A ribbon's way: how far along it is (0 to 1), and its top and bottom there.

    It leaves and arrives level.
    """
    found = []
    for step in range(steps + 1):
        t = step / steps
        s = t * t * (3 - 2 * t)
        top, bottom = (a + (b - a) * s for a, b in zip(begin, end, strict=True))
        found.append((t, top, bottom))
    return found
