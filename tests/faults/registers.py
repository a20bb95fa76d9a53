"""Registers that are large enough for something to happen while they are read."""

from __future__ import annotations

from pathlib import Path
from random import Random

from country_adapters import REGISTERS
from country_adapters.kit.register import Register, load_register
from deploy.demo import copy_register
from deploy.registers.invent import build_world
from deploy.registers.shipped import SHIPPED, YEARS


def write_registers(folder: Path, times: int, seed: int) -> dict[str, Register]:
    """Invents the four registers, each so many times as large as the one that is shipped.

    Args:
        folder: Where to write.
        times: The factor; about 8,200 events for each.
        seed: The same seed invents the same.

    Returns:
        The registers by authority.
    """
    made = {}
    for authority, name in REGISTERS.items():
        shipped = SHIPPED[name]
        rng = Random(f"{seed} {name}")
        world = build_world(shipped.country, YEARS, shipped.victims_per_year * times, rng)
        (folder / "written" / name).mkdir(parents=True)
        shipped.write(world, folder / "written" / name / shipped.file, faults=rng)
        copy_register(folder / "written" / name, folder / name)
        made[authority] = load_register(name, folder / name)
    return made
