"""What officers type for a code: the spellings of each country, under ``words/``.

The tables are kept apart from the adapters' own code tables on purpose: what is written here is
read back there, so one checks the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

Words = Mapping[str, Mapping[str, tuple[str, ...]]]


@cache
def words(country: str) -> Words:
    """All lists of a country, e.g. ``words("tunisia")["sex"]["F"]``."""
    text = (files("deploy.registers") / "words" / f"{country}.yaml").read_text(encoding="utf-8")
    return {
        name: {code: tuple(spellings) for code, spellings in listing.items()}
        for name, listing in yaml.safe_load(text).items()
    }


def typed(country: str, listing: str, code: str, turn: int) -> str | None:
    """A spelling of a code; different turns give different spellings.

    None if the code is "unknown" and the list has no word for it: the question is left open.
    """
    table = words(country)[listing]
    spellings = table.get(code, ()) if code == "_U" else table[code]
    return spellings[turn % len(spellings)] if spellings else None
