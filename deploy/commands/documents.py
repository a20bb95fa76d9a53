"""``southmed docs``: the documents that are generated from the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.documents import stale, write
from deploy.terminal import Exit, err, out

app = typer.Typer(help="Documents generated from the contract.", no_args_is_help=True)
FolderOption = Annotated[Path, typer.Option("--folder", help="The docs folder.")]


@app.command()
def generate(folder: FolderOption = Path("docs")) -> None:
    """Writes them."""
    write(folder)
    out.print(f"written under {folder}")


@app.command()
def check(folder: FolderOption = Path("docs")) -> None:
    """Says whether they are current."""
    if outdated := stale(folder):
        err.print(f"outdated: {', '.join(outdated)}; run `southmed docs generate`")
        raise typer.Exit(Exit.FAILED)
    out.print("the generated documents are current")
