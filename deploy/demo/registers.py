"""The registers of the demo: on copies that may be written to, and rows that come in later."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import sqlalchemy as sa

from country_adapters import AUTHORITIES, REGISTERS
from country_adapters.kit.register import Register, load_register
from deploy.demo.world import SEED, Invented, unnoted
from deploy.home import Site
from deploy.registers import jordan, lebanon, morocco, tunisia
from deploy.registers.invent import fresh
from deploy.registers.world import World
from deploy.simulate.registers import WRITERS

FIRST_FRESH_NUMBER = 90_000


@dataclass(frozen=True)
class DemoSite:
    """A site with registers to read.

    Attributes:
        site: Keys, outboxes and ledgers.
        registers: The authorities' registers, on copies that may be written to.
    """

    site: Site
    registers: Mapping[str, Register]


def prepare(site: Site) -> DemoSite:
    """Gives every authority a copy of its sample register."""
    return DemoSite(site, {id_: _copy_register(site, id_) for id_ in REGISTERS})


def _copy_register(site: Site, authority: str) -> Register:
    shipped = load_register(REGISTERS[authority])
    data = site.authority(authority) / "register"
    if not data.exists():
        copy_register(shipped.data, data)
    return load_register(REGISTERS[authority], data)


def copy_register(fixtures: Path, data: Path) -> None:
    """Puts a register's files where they may be written to; a dump becomes a database.

    Args:
        fixtures: Folder with the files as they are shipped.
        data: Folder to make.
    """
    data.mkdir(parents=True)
    for path in fixtures.glob("register*"):
        shutil.copyfile(path, data / path.name)
    _load_dump(data)


def _load_dump(data: Path) -> None:
    if (dump := data / "register.sql").exists():
        morocco.load(dump, _database(data))
        (data / "register.url").write_text("sqlite:///register.sqlite\n", encoding="utf-8")


def _database(data: Path) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{data / 'register.sqlite'}")


def write_registers(
    site: Site, invented: Invented, told: Callable[[str], None] = lambda _: None
) -> DemoSite:
    """Gives every authority the register of an invented world, with faults as registers have them.

    Args:
        site: Where.
        invented: The world.
        told: Is told the country of each register once it is written.
    """
    for authority, country in AUTHORITIES.items():
        data = site.authority(authority) / "register"
        data.mkdir(parents=True)
        file, write = WRITERS[country]
        faults = Random(f"{SEED} {country} faults")  # noqa: S311 - invented data, nothing secret
        write(invented.worlds[country], data / file, faults=faults)
        _load_dump(data)
        told(country)
    registers = {
        id_: load_register(name, site.authority(id_) / "register")
        for id_, name in REGISTERS.items()
    }
    return DemoSite(site, registers)


# --- Fresh rows -----------------------------------------------------------------------------------


async def trickle(demo: DemoSite, every: float) -> None:
    """Adds an invented row to one register after the other, until cancelled.

    Args:
        demo: Whose registers.
        every: Seconds in which each has got one.
    """
    today = datetime.now(UTC).date()
    rng = Random()  # noqa: S311 - invented rows, nothing secret
    start = FIRST_FRESH_NUMBER + rng.randrange(1_000_000)
    worlds = {id_: fresh(AUTHORITIES[id_], start, today, rng) for id_ in demo.registers}
    while True:
        for authority, register in demo.registers.items():
            await asyncio.sleep(every / len(demo.registers))
            world = unnoted(next(worlds[authority]))
            await asyncio.to_thread(append, authority, register.data, world)


async def bring(demo: DemoSite, later: Mapping[str, World], after: float) -> None:
    """Adds what comes later to the registers it belongs to.

    Args:
        demo: Whose registers.
        later: By country.
        after: Seconds to wait.
    """
    await asyncio.sleep(after)
    for authority, register in demo.registers.items():
        if world := later.get(AUTHORITIES[authority]):
            await asyncio.to_thread(append, authority, register.data, world)


def append(authority: str, data: Path, world: World) -> None:
    """Adds the rows of a world to an authority's register."""
    writers: dict[str, Callable[[], None]] = {
        "tn.inltp": lambda: tunisia.append(world, data / "register.xlsx"),
        "ma.cnclt": lambda: morocco.append(world, _database(data)),
        "jo.ctu": lambda: jordan.append(world, data / "register.csv"),
        "lb.isf": lambda: lebanon.append(world, data / "register.json"),
    }
    writers[authority]()
