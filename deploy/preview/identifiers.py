"""The identifiers of alleged facilitators that a register names: how many of each type.

A token leaves in place of each, once a trustee helps to make it. Whoever signs a preview sees how
many there are and how many cannot be used, by column and reason; never one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.preview.reasons import reasons
from producers.rows import Problem
from schemas.codelists import codelist

LIST = "CL_LINK_TYPE"
MOST_PLACES = 200


@dataclass
class UnusableSeen:
    """The identifiers of one column that cannot be used for one reason, each with its place."""

    table: str
    column: str
    code: str
    count: int = 0
    places: list[str] = field(default_factory=list)


@dataclass
class IdentifiersSeen:
    """What the rows of a register name.

    Attributes:
        types: Number of identifiers by type.
        unusable: By table, column and code.
    """

    types: Counter[str] = field(default_factory=Counter)
    unusable: dict[tuple[str, str, str], UnusableSeen] = field(default_factory=dict)

    def add(
        self, table: str, place: str, types: Iterable[str], unusable: Iterable[Problem]
    ) -> None:
        """Counts what a row names."""
        self.types.update(types)
        for problem in unusable:
            key = (table, problem.column, problem.code)
            seen = self.unusable.setdefault(key, UnusableSeen(*key))
            seen.count += 1
            if len(seen.places) < MOST_PLACES:
                seen.places.append(place)

    def document(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "types": dict(sorted(self.types.items())),
            "unusable": [
                {**vars(seen), "reasons": dict(reasons(seen.code))}
                for seen in self.unusable.values()
            ],
        }


def words_of(types: Mapping[str, int], unusable: Mapping[str, int]) -> str:
    """One line about the identifiers of a run or a preview; empty if there are none.

    Example:
        >>> words_of({"PHONE": 12, "PLATE": 3}, {})
        'identifiers to be tokenised: 12 PHONE, 3 PLATE'
    """
    if not types and not unusable:
        return ""
    order = codelist(LIST).codes
    told = ", ".join(f"{types[code]} {code}" for code in order if types.get(code))
    line = f"identifiers to be tokenised: {told or 'none'}"
    if not unusable:
        return line
    why = ", ".join(f"{count} {code}" for code, count in sorted(unusable.items()))
    return f"{line}; {sum(unusable.values())} cannot be used: {why}"
