"""``southmed pki``: who may show what certificate to the brokers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from rich.table import Table
from rich.text import Text

from deploy.home import Site
from deploy.pki.certificates import AUTHORITY_LIFETIME, LEAF_LIFETIME
from deploy.pki.store import REQUEST_FILE, SOON, Held, Office, accept, ask, read_trusted
from deploy.terminal import Exit, JsonOption, SiteOption, err, out, print_json, table

app = typer.Typer(
    help="Identities on the cluster: certificates of principals and brokers.",
    no_args_is_help=True,
)

PrincipalArgument = Annotated[
    str, typer.Argument(help="A principal (authority.tn, operator, ...) or a broker (broker.1).")
]
DaysOption = Annotated[
    int, typer.Option("--days", min=1, max=825, help="How long a certificate holds.")
]
HostOption = Annotated[
    list[str] | None,
    typer.Option("--host", help="A name or address of the broker, beside localhost; repeat."),
]
FolderOption = Annotated[
    Path, typer.Option("--folder", help="Folder of the identity, at its owner's place.")
]


def _now() -> datetime:
    return datetime.now(UTC)


SERIAL_SHOWN = 12


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":")


@app.command()
def init(
    site: SiteOption,
    days: Annotated[
        int, typer.Option("--days", min=1, help="How long the authority holds.")
    ] = AUTHORITY_LIFETIME.days,
) -> None:
    """Makes a certificate authority. Its key should live on a machine that serves nothing else."""
    office = Office(Site(site).pki)
    office.open(_now(), timedelta(days=days))
    print_line(f"certificate authority  {office.ca_file}")
    print_line(f"SHA-256 fingerprint    {_fingerprint(office.authority().certificate)}")


@app.command()
def issue(
    principal: PrincipalArgument,
    site: SiteOption,
    days: DaysOption = LEAF_LIFETIME.days,
    host: HostOption = None,
    request: Annotated[
        Path | None, typer.Option("--request", help="Sign this request; make no key.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--out", help="Where the certificate of a request goes.")
    ] = None,
) -> None:
    """Makes the identity of a principal, or the certificate for a key that was made elsewhere."""
    if (request is None) != (to is None):
        raise typer.BadParameter("--request and --out go together")
    office, lifetime, hosts = Office(Site(site).pki), timedelta(days=days), host or []
    if request is None or to is None:
        print_line(f"identity  {office.issue(principal, _now(), lifetime=lifetime, hosts=hosts)}")
        return
    granted = office.grant(principal, request, _now(), lifetime=lifetime, hosts=hosts)
    to.write_bytes(granted)
    print_line(f"certificate  {to}")


@app.command(name="request")
def request_command(principal: PrincipalArgument, folder: FolderOption) -> None:
    """Makes a key at its owner's place, and a request to be sent to the certificate authority."""
    ask(principal, folder)
    print_line(f"request  {folder / REQUEST_FILE}")
    err.print("send the request, keep the key; then: southmed pki accept CERTIFICATE --folder ...")


@app.command(name="accept")
def accept_command(
    certificate: Annotated[Path, typer.Argument(help="What the certificate authority sent back.")],
    folder: FolderOption,
) -> None:
    """Puts a certificate that came back in place, with the key that waits for it.

    The first time, compare the authority's fingerprint with what the operator reads to you.
    """
    accepted = accept(folder, certificate, _now())
    held = Held.of(accepted.certificate)
    print_line(f"identity     {held.principal} until {held.not_after:%Y-%m-%d}, {folder}")
    for ca in read_trusted(folder):
        print_line(f"issued under {_fingerprint(ca)}")


@app.command()
def renew(
    site: SiteOption,
    principal: Annotated[
        str | None, typer.Argument(help="A principal or a broker that has an identity here.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that end soon.")] = False,
    within: Annotated[
        int, typer.Option("--within", min=0, help="With --all: how many days are soon.")
    ] = SOON.days,
    days: DaysOption = LEAF_LIFETIME.days,
    json: JsonOption = False,
) -> None:
    """Puts new keys and certificates in the place of old ones; nothing needs a restart."""
    if (principal is None) == (not every):
        raise typer.BadParameter("name a principal or say --all")
    office, now = Office(Site(site).pki), _now()
    names = [principal] if principal else office.due(now, timedelta(days=within))
    renewed = [
        Held.of(office.renew(name, now, lifetime=timedelta(days=days)).certificate)
        for name in names
    ]
    if json:
        print_json({"renewed": [_document(held, now) for held in renewed]})
    elif renewed:
        out.print(_table("Renewed", renewed, now))
    else:
        out.print(f"nothing ends within {within} days")


@app.command()
def show(site: SiteOption, json: JsonOption = False) -> None:
    """Tells of every certificate here how long it holds; fails if one has ended."""
    office, now = Office(Site(site).pki), _now()
    held = [office.own(), *office.identities()]
    if json:
        print_json([_document(each, now) for each in held])
    else:
        out.print(_table("Certificates", held, now))
        for each in held:
            if each.hosts:
                print_line(f"{each.principal} serves as {', '.join(each.hosts)}")
    for each in held:
        if each.is_over(now):
            err.print(f"{each.principal} has ended")
        elif each.is_due(now):
            err.print(f"{each.principal} ends in {each.days_left(now)} days")
    if any(each.is_over(now) for each in held):
        raise typer.Exit(Exit.FAILED)


def _document(held: Held, now: datetime) -> dict[str, Any]:
    times = {name: getattr(held, name).isoformat() for name in ("not_before", "not_after")}
    return {**asdict(held), **times, "days_left": held.days_left(now)}


def _table(title: str, held: Sequence[Held], now: datetime) -> Table:
    """A line each; whole serials, issuers and hosts are in the JSON document."""
    made = table(title, ["principal", "from", "until", "days left#", "serial"], [])
    for column in made.columns:
        column.no_wrap = True
    for h in held:
        days, serial = str(h.days_left(now)), f"{h.serial[:SERIAL_SHOWN]}..."
        cells = (h.principal, f"{h.not_before:%F}", f"{h.not_after:%F}", days, serial)
        made.add_row(*map(Text, cells))
    return made


def print_line(line: str) -> None:
    """Prints a path or a fingerprint just as it is: not wrapped, and ``:ab:`` is no picture."""
    out.print(Text(line), soft_wrap=True)
