"""``southmed site``: keys and trust document for development and the demo."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from country_adapters import AUTHORITIES
from deploy.conformance.checking import Against, faults
from deploy.conformance.report import read_report
from deploy.home import (
    AGREED,
    Site,
    announce_epoch,
    init_site,
    join_site,
    make_linkage_key,
    read_file,
)
from deploy.home import admit as admit_authority
from deploy.terminal import JsonOption, SiteOption, out, print_json
from schemas.keys import SealingScheme
from schemas.trust import Authority, TrustedKey

app = typer.Typer(help="Keys and trust document of a site.", no_args_is_help=True)


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


@app.command()
def join(
    folder: Annotated[Path, typer.Argument(help="Folder of the authority's site.")],
    authority: Annotated[str, typer.Argument(help="Authority id, e.g. tn.inltp.")],
    trust: Annotated[
        Path, typer.Option("--trust", help="The trust document that the operator gave.")
    ],
    json: JsonOption = False,
) -> None:
    """Makes an authority's keys at home, beside the trust document that it was given.

    The signing key and the pseudonym secret stay in this folder. The platform takes the public key
    from the authority's conformance report.
    """
    site, key = join_site(folder, authority, read_file(trust))
    if json:
        print_json({"authority": authority, "folder": str(site.root), "keyid": key.keyid})
        return
    out.print(f"keys            {site.authority(authority)}")
    out.print(f"public key id   {key.keyid}")


@app.command()
def admit(
    report: Annotated[Path, typer.Argument(help="The newcomer's conformance report.")],
    site: SiteOption,
    key: Annotated[
        str, typer.Option("--key", help="The key id that the newcomer told by another way.")
    ],
    json: JsonOption = False,
) -> None:
    """Admits a newcomer: the next trust document lists it with the key of its report.

    Only on a report that is fit (`southmed conformance verify`) and by the key that was told. The
    document then goes to every party.
    """
    told = read_report(report)
    for fault in faults(told, Against(datetime.now(UTC), keyid=key)):
        raise fault
    authority = Authority(id=told.authority, country=told.country, anonymity=AGREED)
    public = TrustedKey.of(told.key.key, owner=told.authority, purpose="batch")
    trust = admit_authority(Site(site), authority, public)
    if json:
        print_json({"authority": told.authority, "trust_version": trust.version})
        return
    out.print(f"trust document {trust.version} lists {told.authority} of {told.country}")


@app.command(name="linkage-key")
def linkage_key(site: SiteOption) -> None:
    """Makes the platform's own key for linkage tokens, for a site that is older than tokens.

    Once only, and then the same file on every machine that folds or verifies: another key is
    another ledger.
    """
    make_linkage_key(Site(site))
    out.print(f"linkage key     {Site(site).linkage_key_file}")


@app.command(name="announce-epoch")
def announce_epoch_command(
    authority: Annotated[str, typer.Argument(help="Authority id, e.g. tn.inltp.")],
    site: SiteOption,
) -> None:
    """Announces a new epoch for an authority that lost its outbox or whose stream is suspended.

    The authority then runs `southmed adapter open-epoch` and states its register again.
    """
    trust = announce_epoch(Site(site), authority)
    epoch = trust.authority(authority).epoch_of(0)
    out.print(f"trust document {trust.version} announces epoch {epoch} of {authority}")
