"""Which first-level region a register's cell names, within a country that is known.

The rule: the cell is folded (``text.fold``) and looked up among the names of that one country: the
labels of ``CL_REGION`` in three languages, the further spellings of ``places.csv``, the ISO 3166-2
codes in capitals; and for Morocco also its provinces and prefectures, which stand for the region
they lie in. Words such as "governorate of" or "ولاية" around a name do not count. What no name
fits, and what fits several, is refused and stays home; "unknown" is ``_U``.

The same word means different places in different countries ("عمان" is Amman in Jordan's register
and Oman in a column of nationalities), so the country is never inferred from the cell.
"""

from __future__ import annotations

import csv
import re
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import ClassVar

from country_adapters.kit.errors import CellError
from country_adapters.kit.text import (
    UNKNOWN,
    fold,
    guessed,
    index_names,
    listed,
    with_and_without_article,
)
from schemas.codelists import codelist

KINDS = (
    *("governorate", "gouvernorat", "province", "prefecture", "region", "wilaya", "mohafazat"),
    *map(fold, ("ولاية", "محافظة", "جهة", "إقليم", "عمالة")),
)
"""What people call a first-level region, or a Moroccan province, folded."""

NOISE = re.compile(
    rf"^(({'|'.join(KINDS)}) )?((de|du|d|of|the|l|la|le|el) )*|( ({'|'.join(KINDS)}))$"
)


class PlaceRefusal(StrEnum):
    """Why a cell names no region."""

    EMPTY = "EMPTY"
    AMBIGUOUS = "AMBIGUOUS"
    NO_LIST = "NO_LIST"  # the country has no regions in CL_REGION
    UNRECOGNISED = "UNRECOGNISED"


class UnresolvedPlace(CellError):
    """A cell of the register does not name one first-level region of its country.

    Args:
        reason: Why; it is all that is told, never what stood in the cell.
    """

    code: ClassVar[str] = "UNRESOLVED_PLACE"
    summary: ClassVar[str] = "the cell does not name one region of the country"
    advice: ClassVar[str] = "Correct the cell, or add the spelling to the adapter kit's places."

    def __init__(self, reason: PlaceRefusal) -> None:
        self.reason = reason
        super().__init__(expected="the name or ISO 3166-2 code of one region", got=reason.value)


def resolve_region(text: str, country: str) -> str:
    """The ISO 3166-2 code of the first-level region that a cell names.

    Args:
        text: The cell as it stands in the register.
        country: The country it lies in, ISO 3166-1 alpha-3.

    Returns:
        A first-level code of ``CL_REGION`` that belongs to the country, or ``_U``.

    Raises:
        UnresolvedPlace: The cell names no region of the country, or more than one.

    Example:
        >>> resolve_region("El Kef", "TUN"), resolve_region("عمان", "JOR")
        ('TN-33', 'JO-AM')
    """
    table = names().get(country)
    if table is None:
        raise UnresolvedPlace(PlaceRefusal.NO_LIST)
    if not fold(text):
        raise UnresolvedPlace(PlaceRefusal.EMPTY)
    if text.strip() in table.values():
        return text.strip()
    if found := listed(text, table, NOISE):
        return found
    guesses = guessed(text, table, NOISE)
    if len(guesses) != 1:
        raise UnresolvedPlace(PlaceRefusal.AMBIGUOUS if guesses else PlaceRefusal.UNRECOGNISED)
    return guesses.pop()


@cache
def names() -> dict[str, dict[str, str]]:
    """For each country, every folded name that is known and the region it stands for."""
    tables: dict[str, list[tuple[str, str]]] = {}
    for region, spellings in _spellings().items():
        table = tables.setdefault(_country(region), [(word, "_U") for word in UNKNOWN])
        table += [(form, region) for name in spellings for form in with_and_without_article(name)]
    return {country: index_names(table) for country, table in tables.items()}


def _spellings() -> dict[str, list[str]]:
    """The labels of every first-level region, and the names that places.csv adds."""
    regions = (entry for entry in codelist("CL_REGION") if "ISO3166-2" in entry.maps_to)
    spellings = {region.code: list(region.labels.values()) for region in regions}
    with (files("country_adapters.kit") / "places.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            spellings[row["code"]].append(row["name"])
    return spellings


def _country(region: str) -> str:
    """A region's parent is a macro-region, and that one's parent is the country."""
    regions = codelist("CL_REGION")
    return regions.parent(regions.parent(region))
