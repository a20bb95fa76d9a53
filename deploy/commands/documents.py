"""``southmed docs``: the documents and manifests that are generated from the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.documents import stale, write
from deploy.manifests import MANIFESTS
from deploy.terminal import Exit, err, out

app = typer.Typer(help="Documents and manifests generated from the contract.", no_args_is_help=True)
FolderOption = Annotated[Path, typer.Option("--folder", help="The docs folder.")]
ManifestsOption = Annotated[Path, typer.Option("--manifests", help="The deploy folder.")]


@app.command()
def generate(
    folder: FolderOption = Path("docs"), manifests: ManifestsOption = Path("deploy")
) -> None:
    """Writes them."""
    write(folder)
    write(manifests, MANIFESTS)
    out.print(f"written under {folder} and {manifests}")


@app.command()
def check(folder: FolderOption = Path("docs"), manifests: ManifestsOption = Path("deploy")) -> None:
    """Says whether they are current."""
    if outdated := [*stale(folder), *stale(manifests, MANIFESTS)]:
        err.print(f"outdated: {', '.join(outdated)}; run `southmed docs generate`")
        raise typer.Exit(Exit.FAILED)
    out.print("the generated documents and manifests are current")
