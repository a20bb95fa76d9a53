"""How the quarters of an outbox stand, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from deploy.terminal import table
from producers.rows import Quarter
from schemas.anonymity import Node

LEVELS: dict[str, tuple[str, ...]] = {
    "sex": ("sex", ""),
    "age": ("age bands", "child or adult", ""),
    "citizenship": ("citizenship", "citizenship by sub-region", "national or foreign", ""),
    "route": ("route", "route by sub-region", "whether at home", ""),
    "region": ("regions", "macro-regions", ""),
    "period": ("month", "quarter"),
}
"""What is still told at each level of an attribute."""


def in_words(node: Node | None) -> str:
    """What is told at a node.

    Example:
        >>> in_words(Node(sex=0, age=1, citizenship=2, route=3, region=2, period=1))
        'sex, child or adult, national or foreign, quarter'
    """
    if node is None:
        return "not decided"
    levels = node._asdict().items()
    return ", ".join(word for name, level in levels if (word := LEVELS[name][level]))


def as_documents(quarters: Sequence[Quarter]) -> list[dict[str, Any]]:
    """For ``--json``."""
    return [
        {
            "window": each.window,
            "node": each.node and each.node._asdict(),
            "published": each.published,
            "waiting": each.waiting,
            "since": each.since,
        }
        for each in quarters
    ]


def as_table(quarters: Sequence[Quarter]) -> Table:
    """One line for each quarter: what is told of it, what waits and since when."""
    rows = [
        (each.window, in_words(each.node), each.published, each.waiting, each.since or "")
        for each in quarters
    ]
    columns = ["quarter", "told", "facts published#", "waiting#", "could be told from"]
    return table("quarters", columns, rows)
