"""How a command names a register."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from country_adapters.kit.register import Register, load_register

RegisterArgument = Annotated[
    str, typer.Argument(help="A shipped register (tunisia, morocco, ...) or a folder.")
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder with the register's files; the sample if not given."),
]


def named(name: str) -> str | Path:
    """The name of a shipped register, or the folder of another."""
    return Path(name) if Path(name).is_dir() else name


def open_register(name: str, data: Path | None) -> Register:
    """A shipped register by its name, or one declared in a folder."""
    return load_register(named(name), data)
