"""``southmed site``: keys and trust document for development and the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from country_adapters import AUTHORITIES
from deploy.home import init_site
from deploy.terminal import out
from schemas.keys import SealingScheme

app = typer.Typer(help="Keys and trust document of a site.", no_args_is_help=True)


@app.callback()
def _site() -> None:
    """Keys and trust document of a site."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make; must not hold a site yet.")],
    x25519: Annotated[
        bool, typer.Option("--x25519", help="Seal without the post-quantum part.")
    ] = False,
) -> None:
    """Makes keys for the four authorities and the platform, and the first trust document.

    For development. In production every party makes its own keys at home.
    """
    scheme: SealingScheme = "x25519" if x25519 else "mlkem768-x25519"
    site = init_site(folder, AUTHORITIES, scheme=scheme)
    out.print(f"trust document  {site.trust_file}")
    for authority in AUTHORITIES:
        out.print(f"authority       {site.authority(authority)}")
    out.print(f"platform        {site.platform}")
