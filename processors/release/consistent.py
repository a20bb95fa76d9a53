"""From noisy measurements to values for reading: whole, not negative, adding up.

The measurements of a group (one country in one table) have a sum T, which carries no bias. The
values are the point nearest to the measurements among all that are not negative and add up to T
(to 0 where T is below 0): everything is lowered by one amount, and what falls below zero is zero.
Cutting negative cells off without that would add, in a table of mostly empty cells, a victim to
every second one. Then they are rounded so that the sum stays T.

This looks at nothing but what is published beside it, so it costs no privacy, and anyone can do it
again. It is a projection onto a simplex; the exact one takes a dozen lines of integers, so there is
no solver and no floating point that could differ between machines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from processors.release.tables import Cell


def consistent(measured: Mapping[Cell, int], salt: str, group: int = 0) -> dict[Cell, int]:
    """The values for reading.

    Args:
        measured: Count and noise of every cell.
        salt: The release; it decides which of equal remainders are rounded up.
        group: Place in the cell of the dimension whose sums are kept.
    """
    groups: dict[str, dict[Cell, int]] = {}
    for cell, value in measured.items():
        groups.setdefault(cell[group], {})[cell] = value
    values: dict[Cell, int] = {}
    for cells in groups.values():
        values |= _nearest(cells, salt)
    return {cell: values[cell] for cell in measured}


def _nearest(cells: Mapping[Cell, int], salt: str) -> dict[Cell, int]:
    """The projection of one group, rounded.

    All cells above zero are lowered by the same amount, so they have the same remainder: which of
    them keep a unit is decided by a hash, not by their order, which would favour the first. A cell
    that stays above zero before rounding does not fall below it by losing less than one.
    """
    total = max(0, sum(cells.values()))
    size, lower = _support(sorted(cells.values(), reverse=True), total)
    # Each of `size` cells is lowered by lower / size.
    values = dict.fromkeys(cells, 0)
    if size == 0:
        return values
    largest = sorted(cells, key=lambda cell: (-cells[cell], _lot(salt, cell)))[:size]
    whole, rest = divmod(lower, size)
    for place, cell in enumerate(sorted(largest, key=lambda cell: _lot(salt, cell))):
        values[cell] = cells[cell] - whole - (1 if place < rest else 0)
    return values


def _support(descending: list[int], total: int) -> tuple[int, int]:
    """How many of the largest cells stay above zero, and by how much they are lowered in all."""
    found, running = (0, 0), 0
    for size, value in enumerate(descending, start=1):
        running += value
        if value * size > running - total:
            found = (size, running - total)
    return found


def _lot(salt: str, cell: Cell) -> bytes:
    return hashlib.sha256(f"{salt}|{'|'.join(cell)}".encode()).digest()
