"""``southmed contract``: the frozen Avro schemas."""

from __future__ import annotations

import typer

from deploy.contract import LOCK, freeze, pins, stale
from deploy.terminal import Exit, err, out

app = typer.Typer(help="The frozen Avro schemas.", no_args_is_help=True)


@app.command(name="freeze")
def freeze_command() -> None:
    """Writes a next version for every event type whose model changed, and pins it."""
    for name in freeze():
        out.print(f"wrote {name}")
    out.print(f"pinned {sum(map(len, pins().values()))} schemas in {LOCK.name}")


@app.command()
def check() -> None:
    """Says whether the frozen schemas are those of the models."""
    due = [name for name, _ in stale()]
    if due:
        err.print(f"changed since they were frozen: {', '.join(due)}")
        raise typer.Exit(Exit.FAILED)
    out.print("the frozen schemas are current")
