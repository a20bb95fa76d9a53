"""What the console knows at one moment: the newest verified message of every release.

A snapshot is never changed: whoever makes a page sees one state from its head to its foot, whatever
arrives meanwhile. Messages are kept as they travelled, so that a reader may have them verified
again before his eyes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from deploy.consume.judge import Message, Refused
from schemas.releases import Release, Vintage

SETTLED: tuple[Vintage, ...] = ("ERRATUM", "FINAL", "PROVISIONAL")
"""Vintages, the one to prefer first."""


@dataclass(frozen=True)
class Kept:
    """A release and the message that brought it."""

    release: Release
    message: Message


@dataclass(frozen=True)
class Snapshot:
    """What is known.

    Attributes:
        number: Grows with every change.
        kept: By the release's key, in the order of their newest messages.
        refused: Messages that were not believed.
    """

    number: int = 0
    kept: Mapping[str, Kept] = field(default_factory=lambda: MappingProxyType({}))
    refused: tuple[Refused, ...] = ()

    def __getitem__(self, key: str) -> Kept:
        return self.kept[key]

    def __contains__(self, key: str) -> bool:
        return key in self.kept

    def having(self, kept: Kept) -> Snapshot:
        """The snapshot after a message more."""
        others = {key: one for key, one in self.kept.items() if key != kept.release.key}
        now = MappingProxyType({**others, kept.release.key: kept})
        return replace(self, number=self.number + 1, kept=now)

    def refusing(self, refused: Refused) -> Snapshot:
        """The snapshot after a message that was not believed."""
        return replace(self, number=self.number + 1, refused=(*self.refused, refused))

    def releases(self) -> Iterator[Release]:
        """Every release, withdrawn ones among them."""
        return (kept.release for kept in self.kept.values())

    def standing(self) -> list[Release]:
        """Those that hold: not withdrawn, and no final one whose erratum is out."""
        errata = {(r.table, r.period) for r in self.releases() if r.vintage == "ERRATUM"}
        return [
            release
            for release in self.releases()
            if release.withdrawn is None
            and (release.vintage == "ERRATUM" or (release.table, release.period) not in errata)
        ]

    def days(self) -> list[date]:
        """The days on which something was published that still holds, the newest first."""
        return sorted({release.statement.released_on for release in self.standing()}, reverse=True)

    def of_day(self, day: date) -> list[Release]:
        """What was published on a day and still holds."""
        return [r for r in self.standing() if r.statement.released_on == day]

    def of_indicator(self, indicator: str) -> list[Release]:
        """What holds of an indicator."""
        return [r for r in self.standing() if indicator == r.observations[0].INDICATOR]

    def indicators(self) -> set[str]:
        """The indicators of which anything holds."""
        return {release.observations[0].INDICATOR for release in self.standing()}
