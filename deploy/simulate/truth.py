"""What was planted, where, when, and from when on it could have been found.

A network is **detectable** by a detector from the month on in which what registers held was enough
for the detector's own definition, whoever might look:

- D1: cases of two countries hold one of its identifiers.
- D2: three cases in two countries hang together by its identifiers.
- D5: three cases of a line or of a group that hangs together tell recruitment, transit and
  exploitation in this order, within six months, the first and the last in two countries.

Chance is nothing to these: a detector that waits for more evidence is later, and is scored so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from processors.alerts.chains import DELTA, STAGES
from processors.alerts.facts import Month
from processors.alerts.identify import Forest

FEWEST_CASES = 3


class Noted(NamedTuple):
    """That a record notes an identifier.

    Attributes:
        country: Whose register.
        number: Of the record in it.
        month: Month of the fact.
        entered: Month in which it came into the register.
        identifier: Its name, as an adapter makes it.
        role: What whoever has it is said to have done.
    """

    country: str
    number: int
    month: Month
    entered: Month
    identifier: str
    role: str


@dataclass(frozen=True)
class Network:
    """A planted network.

    Attributes:
        name: Its name.
        is_chain: Whether it recruits, moves and exploits in this order from country to country.
        countries: Where, in that order.
        identifiers: What is shared.
        noted: What registers hold of them rightly.
    """

    name: str
    is_chain: bool
    countries: tuple[str, ...]
    identifiers: tuple[str, ...]
    noted: tuple[Noted, ...]

    @property
    def begins(self) -> Month:
        """Month of its first case."""
        return min(each.month for each in self.noted)

    @property
    def detectable(self) -> dict[str, Month | None]:
        """From when on each detector could find it; None if never."""
        months = sorted({each.entered for each in self.noted})
        found: dict[str, Month | None] = {}
        for detector, shows in (("D1", _is_shared), ("D2", _has_grown), ("D5", _is_chain)):
            known = ((m, [n for n in self.noted if n.entered <= m]) for m in months)
            found[detector] = next((month for month, noted in known if shows(noted)), None)
        return found


@dataclass(frozen=True)
class Change:
    """A corridor that carries more than before, or a displacement of one.

    Attributes:
        kind: ``surge`` or ``displacement``.
        origin: Where people are recruited.
        country: Where it rises.
        start: First month.
        months: How long.
        ratio: How many times as many; of a displacement, what is left where it falls.
        fell_in: Where it falls, of a displacement.
    """

    kind: str
    origin: str
    country: str
    start: Month
    months: int
    ratio: float
    fell_in: str = ""


@dataclass(frozen=True)
class Truth:
    """Everything that was planted in some years.

    Attributes:
        seed: Of everything.
        first: First month lived through; what registers held before is history.
        last: Last month.
        networks: Planted networks.
        changes: Planted surges and displacements.
        hubs: Hotlines, embassies and the like, which cases of several countries hold.
        unlisted: Those of them that no stop list names.
        wanderers: Numbers that went from one owner to another in another country.
        silent: Country and months in which it told nothing.
        back_loaded: Country and year of which most was entered at its end.
    """

    seed: int
    first: Month
    last: Month
    networks: tuple[Network, ...] = ()
    changes: tuple[Change, ...] = ()
    hubs: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    wanderers: tuple[str, ...] = ()
    silent: tuple[str, tuple[Month, ...]] = ("", ())
    back_loaded: tuple[str, int] = ("", 0)
    counts: dict[str, int] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON, months as people write them."""
        return {
            "about": "invented; no record of a real person",
            "seed": self.seed,
            "first": told(self.first),
            "last": told(self.last),
            "networks": [_network(each) for each in self.networks],
            "changes": [{**asdict(each), "start": told(each.start)} for each in self.changes],
            "hubs": list(self.hubs),
            "unlisted_hubs": list(self.unlisted),
            "wanderers": list(self.wanderers),
            "silent": {"country": self.silent[0], "months": [told(m) for m in self.silent[1]]},
            "back_loaded": dict(zip(("country", "year"), self.back_loaded, strict=True)),
            "counts": self.counts,
        }


def told(month: Month | None) -> str | None:
    """A month as people write it.

    Example:
        >>> told(2025 * 12 + 4), told(None)
        ('2025-05', None)
    """
    return None if month is None else f"{month // 12}-{month % 12 + 1:02}"


def _network(network: Network) -> dict[str, Any]:
    cases = sorted({(n.country, n.number, n.month) for n in network.noted})
    return {
        "name": network.name,
        "kind": "chain" if network.is_chain else "shared",
        "countries": list(network.countries),
        "identifiers": list(network.identifiers),
        "begins": told(network.begins),
        "detectable": {name: told(month) for name, month in network.detectable.items()},
        "cases": [
            {"country": country, "number": number, "month": told(month)}
            for country, number, month in cases
        ],
    }


def _is_shared(noted: Sequence[Noted]) -> bool:
    held = {(each.identifier, each.country) for each in noted}
    return len(held) > len({identifier for identifier, _ in held})


def _has_grown(noted: Sequence[Noted]) -> bool:
    return any(_grown({(n.country, n.number) for n in group}) for group in _groups(noted))


def _grown(cases: set[tuple[str, int]]) -> bool:
    return len(cases) >= FEWEST_CASES and len({country for country, _ in cases}) > 1


def _groups(noted: Iterable[Noted]) -> list[list[Noted]]:
    """What hangs together by identifiers."""
    listed = list(noted)
    forest = Forest[tuple[str, str | int]]()
    for each in listed:
        forest.join((each.country, each.number), ("", each.identifier))
    groups: dict[tuple[str, str | int], list[Noted]] = {}
    for each in listed:
        groups.setdefault(forest.root(("", each.identifier)), []).append(each)
    return list(groups.values())


def _is_chain(noted: Sequence[Noted]) -> bool:
    return any(_has_triple(group) for group in _groups(noted))


def _has_triple(group: Sequence[Noted]) -> bool:
    staged = [(n.month, STAGES[n.role], n.country, n.number) for n in group if n.role in STAGES]
    recruits, moves, exploits = ([n for n in staged if n[1] == stage] for stage in (1, 2, 3))
    for one in recruits:
        for other in exploits:
            if one[2] == other[2] or not 0 < other[0] - one[0] <= DELTA:
                continue
            if any(
                one[0] <= move[0] <= other[0] and move[2:] not in (one[2:], other[2:])
                for move in moves
            ):
                return True
    return False
