"""``southmed adapter conform`` and ``southmed conformance verify``."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from country_adapters.kit.register import folder_of
from deploy.commands.doctor import BrokerOption
from deploy.commands.registers import DataOption, RegisterArgument, named, open_register
from deploy.conformance.checking import MAX_AGE_DAYS, UNANSWERED, Against, failed, faults
from deploy.conformance.errors import ConformanceError, PlatformInUse
from deploy.conformance.platform import Platform, own_platform
from deploy.conformance.report import RegisterTold, Report, read_report, sign_report
from deploy.conformance.run import Newcomer, read_register
from deploy.conformance.run import conform as run_conformance
from deploy.conformance.vectors import TABLE, Section
from deploy.home import AGREED, Site
from deploy.terminal import (
    Exit,
    IdentityOption,
    JsonOption,
    SiteOption,
    broker_at,
    err,
    out,
    print_json,
    progress,
    run_until_stopped,
    table,
)
from schemas.keys import SigningKey, dump_private
from schemas.private_files import write_private
from schemas.trust import Authority

app = typer.Typer(help="Reports of newcomers' conformance runs.", no_args_is_help=True)


@app.callback()
def _conformance() -> None:
    """Reports of newcomers' conformance runs."""


# --- The newcomer --------------------------------------------------------------------------------


def conform(
    register: RegisterArgument,
    site: SiteOption,
    report: Annotated[
        Path, typer.Option("--report", dir_okay=False, help="Write the signed report to this file.")
    ],
    data: DataOption = None,
    broker: BrokerOption = "",
    identity: IdentityOption = None,
    json: JsonOption = False,
) -> None:
    """Shows that this installation keeps the contract, and writes a signed report of it.

    Without --broker it brings up a platform of its own for the time of the run. With --broker it
    needs a platform for tests: batches are invented, and the last ones suspend a stream. Makes the
    site's signing key if there is none. Exits 0 if all is well, 3 if rows of the register stay
    home, 1 if something failed.
    """
    if not report.parent.is_dir():
        raise typer.BadParameter("its folder is not there", param_hint="--report")
    place, opened = Site(site), open_register(register, data)
    if broker and (place.authority(opened.authority) / "outbox.sqlite").exists():
        raise PlatformInUse(expected="an authority that never published", got="an outbox")
    signer = _signing_key(place, opened.authority)
    newcomer = Newcomer(opened, folder_of(named(register)), signer)
    with err.status("reading the register"):
        counted = read_register(newcomer)
    with (
        tempfile.TemporaryDirectory(prefix="southmed-") as folder,
        _platform(newcomer, place, broker, identity, scratch := Path(folder)) as platform,
    ):
        made = run_until_stopped(_with_bars(newcomer, counted, platform, scratch))
    if made is None:
        raise typer.Exit(Exit.FAILED)
    report.write_bytes(sign_report(made, signer))
    found = faults(made, Against(datetime.now(UTC)))
    _tell(made, found, json=json)
    err.print(f"written: {escape(str(report))}", soft_wrap=True)
    if found:
        raise typer.Exit(Exit.FAILED)
    if counted.rejected:
        raise typer.Exit(Exit.PARTIAL)


def _signing_key(site: Site, authority: str) -> SigningKey:
    """The site's signing key, made if there is none."""
    path = site.authority(authority) / "signing.key"
    if not path.exists():
        write_private(path, dump_private(SigningKey.generate("ed25519")))
        err.print(f"made a signing key: {escape(str(path))}", soft_wrap=True)
    return site.signing_key(authority)


@contextmanager
def _platform(
    newcomer: Newcomer, site: Site, servers: str, identity: Path | None, scratch: Path
) -> Iterator[Platform]:
    if servers:
        yield Platform("given", broker_at(servers, identity), site.trust(), ledgers=None)
        return
    register = newcomer.register
    authority = Authority(id=register.authority, country=register.country, anonymity=AGREED)
    with own_platform(scratch / "platform", authority, newcomer.signer.verify_key) as platform:
        yield platform


async def _with_bars(
    newcomer: Newcomer, counted: RegisterTold, platform: Platform, scratch: Path
) -> Report:
    with progress() as bars:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total, note="")
            bars.update(tasks[what], completed=done)

        return await run_conformance(newcomer, counted, platform, scratch, show)


# --- The others ----------------------------------------------------------------------------------


@app.command()
def verify(
    report: Annotated[Path, typer.Argument(help="The report that a newcomer sent.")],
    key: Annotated[
        str, typer.Option("--key", help="The key id that the newcomer told by another way.")
    ] = "",
    max_age_days: Annotated[
        int, typer.Option("--max-age-days", min=1, help="Days for which a report is good.")
    ] = MAX_AGE_DAYS,
    json: JsonOption = False,
) -> None:
    """Tells whether a newcomer may be admitted on the strength of a report.

    Holds it against the vectors, the contract and the clock here. Exits 0 if so, 1 if not.
    """
    opened = read_report(report)
    found = faults(opened, Against(datetime.now(UTC), max_age_days, key))
    _tell(opened, found, json=json)
    if found:
        raise typer.Exit(Exit.FAILED)


def fingerprint(keyid: str) -> str:
    """A key id in groups of four, to be read aloud."""
    return " ".join(keyid[n : n + 4] for n in range(0, len(keyid), 4))


def _tell(report: Report, found: Sequence[ConformanceError], *, json: bool) -> None:
    if json:
        print_json(_document(report, found))
        return
    facts = [
        ("authority", f"{report.authority} in {report.country}"),
        ("made", f"{report.made_at:%Y-%m-%d %H:%M} UTC, southmed {report.software}"),
        ("contract", report.contract[:16]),
        ("platform", "brought up for the run" if report.platform == "own" else "a given one"),
        *((name, digest[:16]) for name, digest in report.source.files.items()),
        ("rows", f"{report.source.mapped} mapped, {report.source.rejected} stay home"),
        ("invented day", f"{report.day.receipted} of {report.day.events} events receipted"),
    ]
    if report.ledger:
        counted = f"{report.ledger.found} of {report.ledger.expected} events"
        facts.append(("ledger", counted))
    out.print(table("conformance report", ["", ""], [(n, escape(text)) for n, text in facts]))
    wrong = failed(report)
    missed = {told.name for told in wrong}
    rows = []
    for section in Section:
        names = [vector.title for vector in TABLE if vector.section is section]
        told = [one for one in report.vectors if one.name in names]
        rows.append((section, len(names), len(told), sum(t.name not in missed for t in told)))
    out.print(table("vectors", ["", "of the table#", "run#", "passed#"], rows))
    if silences := sum(told.got == UNANSWERED for told in report.vectors if told not in wrong):
        out.print(f"answered by silence: {silences}, because quarantine could not be read")
    if wrong:
        lines = [(escape(one.name), _expected(one.name), escape(one.got)) for one in wrong]
        out.print(table("not answered as they must be", ["vector", "expected", "got"], lines))
    out.print("key, to be compared by telephone:")
    out.print(f"  {report.key.scheme}\n  {fingerprint(report.key.key.keyid)}", soft_wrap=True)
    for error in found:
        out.print(f"[bold red]{error.code}[/] {escape(str(error))}", soft_wrap=True)
        out.print(f"  {escape(error.advice)}", soft_wrap=True)
    out.print("[bold red]not to be admitted[/]" if found else "[bold green]fit to be admitted[/]")


def _expected(name: str) -> str:
    return next(vector.code for vector in TABLE if vector.title == name)


def _document(report: Report, found: Sequence[ConformanceError]) -> dict[str, Any]:
    return {
        "fit": not found,
        "keyid": report.key.key.keyid,
        "faults": [
            {"code": e.code, "expected": e.expected, "got": e.got, "advice": e.advice}
            for e in found
        ],
        "failed": [told.model_dump() for told in failed(report)],
        "report": report.model_dump(mode="json"),
    }
