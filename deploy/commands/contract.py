"""``southmed contract``: the frozen Avro schemas, and the pinned versions of SDMX structures."""

from __future__ import annotations

from pathlib import Path

import typer

import deploy.exports
from deploy.contract import LOCK, freeze, pins, stale
from deploy.exports.structure import due as structures_due
from deploy.exports.versions import pins as pinned_structures
from deploy.exports.versions import write as write_pins
from deploy.terminal import Exit, err, out

STRUCTURES = Path(deploy.exports.__file__).parent
app = typer.Typer(help="The frozen Avro schemas and SDMX structures.", no_args_is_help=True)


@app.command(name="freeze")
def freeze_command() -> None:
    """Writes or pins a next version of every schema and structure that changed."""
    for name in freeze():
        out.print(f"wrote {name}")
    out.print(f"pinned {sum(map(len, pins().values()))} schemas in {LOCK.name}")
    found = structures_due()
    path = write_pins(STRUCTURES, found)
    out.print(f"pinned {len(found)} SDMX structures in {path.name}")


@app.command()
def check() -> None:
    """Says whether the frozen schemas are those of the models."""
    due = [name for name, _ in stale()]
    if due:
        err.print(f"changed since they were frozen: {', '.join(due)}")
        raise typer.Exit(Exit.FAILED)
    structures = structures_due()
    if moved := [name for name, pin in structures.items() if pinned_structures().get(name) != pin]:
        err.print(f"SDMX structures changed since they were pinned: {', '.join(moved)}")
        raise typer.Exit(Exit.FAILED)
    out.print("the frozen schemas and structures are current")
