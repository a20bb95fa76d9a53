"""The registers shipped with the adapters: which, how large, from which seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from deploy.registers import jordan, lebanon, morocco, tunisia
from deploy.registers.faults import Written
from deploy.registers.invent import build_world
from deploy.registers.world import World

YEARS = (2019, 2020, 2021)
SEED = 20191125


@dataclass(frozen=True)
class Shipped:
    """A register: its country, its file, how many victims a year, and who writes it."""

    country: str
    file: str
    victims_per_year: int
    write: Callable[..., Written]


SHIPPED = {
    "tunisia": Shipped("TUN", "register.xlsx", 140, tunisia.write),
    "morocco": Shipped("MAR", "register.sql", 120, morocco.write),
    "jordan": Shipped("JOR", "register.csv", 104, jordan.write),
    "lebanon": Shipped("LBN", "register.json", 107, lebanon.write),
}


def world_of(name: str) -> World:
    """The world behind a shipped register."""
    shipped = SHIPPED[name]
    rng = Random(f"{SEED} {shipped.country}")  # noqa: S311 - invented data, nothing secret
    return build_world(shipped.country, YEARS, shipped.victims_per_year, rng)


def write_shipped(name: str, folder: Path) -> Written:
    """Writes a shipped register into a folder; always the same content.

    Args:
        name: ``tunisia``, ``morocco``, ``jordan`` or ``lebanon``.
        folder: Where to write; made if missing.
    """
    shipped = SHIPPED[name]
    folder.mkdir(parents=True, exist_ok=True)
    faults = Random(f"{SEED} {name} faults")  # noqa: S311 - invented data, nothing secret
    return shipped.write(world_of(name), folder / shipped.file, faults=faults)
