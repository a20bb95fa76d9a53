"""Commands that are imported when somebody types them.

A worker has no use for the libraries of an export, and a probe that asks every few seconds whether
a process is alive for none of them. So a group names the places of its commands, and what a command
needs is loaded with it. Help, which tells of all commands, loads all.
"""

from __future__ import annotations

from collections import UserDict
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group


class Commands(UserDict[str, Any]):
    """The commands of a group by their words; each is imported when it is looked up.

    Args:
        places: Words, and the functions or Typer apps behind them as ``module:name``.

    Example:
        >>> Commands({"health": "deploy.commands.health:health"})["health"].name
        'health'
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        super().__init__(places)

    def __getitem__(self, word: str) -> Any:
        found = super().__getitem__(word)
        if isinstance(found, str):
            found = self.data[word] = _command(word, found)
        return found


def _command(word: str, place: str) -> Any:
    module, _, name = place.partition(":")
    found = getattr(import_module(module), name)
    holder = typer.Typer(add_completion=False)
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=word)
    else:
        holder.command(name=word)(found)
    return get_group(holder).commands[word]


def later(places: Mapping[str, str]) -> type[TyperGroup]:
    """The class of a group that has these commands beside those that are added to it.

    Args:
        places: Words, and the functions or Typer apps behind them as ``module:name``.
    """

    class Later(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            added, self.commands = self.commands, Commands(places)
            self.commands.update(added)

    return Later
