"""All that happens in some years, and what every register held at the end of every month."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from deploy.registers.world import Case, Network, World
from deploy.simulate import corridors
from deploy.simulate.extent import Extent
from deploy.simulate.networks import SHARES, Networks, Registers
from deploy.simulate.records import Entry, entries_at
from deploy.simulate.truth import Truth
from processors.alerts.facts import Month

SILENT_MONTHS = 2


@dataclass(frozen=True)
class Story:
    """What was invented.

    Attributes:
        extent: How much.
        truth: What was planted.
        entries: All records, with their versions.
    """

    extent: Extent
    truth: Truth
    entries: tuple[Entry, ...]

    def register(self, country: str, month: Month, *, since: Month | None = None) -> World:
        """What a country's register held at the end of a month.

        Args:
            country: Whose.
            month: When.
            since: Only what was entered or corrected after this month, if given.
        """
        own = [each for each in self.entries if each.country == country]
        if since is not None:
            own = [e for e in own if any(since < at <= month for at in e.versions)]
        held = entries_at(own, month)
        return World(
            country,
            cases=tuple(each for each in held if isinstance(each, Case)),
            networks=tuple(each for each in held if isinstance(each, Network)),
        )

    def is_silent(self, country: str, month: Month) -> bool:
        """Whether a country's register was not read in a month."""
        silent, months = self.truth.silent
        return country == silent and month in months


def invent(seed: int, extent: Extent) -> Story:
    """Invents some years; the same seed and extent invent the same."""
    random = Random(f"southmed simulate {seed}")  # noqa: S311 - invented data, nothing secret
    registers = Registers()
    networks = Networks(extent, random, registers)
    silent, loaded = random.sample(list(SHARES), 2)
    begins = extent.first + random.randrange(3, extent.months - SILENT_MONTHS)
    back_loaded = loaded, extent.last // 12 - min(1, extent.years - 1)
    networks.background()
    planted = tuple(networks.networks())
    wanderers = tuple(networks.wanderers())
    changed = corridors.changes(extent, random)
    corridors.enter(extent, changed, back_loaded, random, registers)
    hubs = tuple(number.name for number, _ in networks.hubs)
    truth = Truth(
        seed=seed,
        first=extent.first,
        last=extent.last,
        networks=planted,
        changes=changed,
        hubs=hubs,
        unlisted=hubs[: extent.unlisted],
        wanderers=wanderers,
        silent=(silent, tuple(range(begins, begins + SILENT_MONTHS))),
        back_loaded=back_loaded,
        counts=dict(sorted(registers.counts.items())) | {"records": len(registers.entries)},
    )
    return Story(extent, truth, tuple(registers.entries))
