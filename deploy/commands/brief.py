"""``southmed brief``: one page for a minister, from releases that were verified."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.consume import LanguageOption, TrustOption
from deploy.commands.exporting import standing, write
from deploy.consume.trusting import LiveTrust
from deploy.exports.libraries import needed
from deploy.terminal import (
    Exit,
    IdentityOption,
    JsonOption,
    broker_at,
    out,
    print_json,
    run_until_stopped,
)
from processors.release.log import FileLog, open_all
from schemas.codelists import codelist
from schemas.releases import Release

EXTRA = "console"
LIBRARIES = ("babel", "altair", "vl_convert", "typst")
REGION = "ALL"


def area_code(value: str) -> str:
    """Checks the code of a country, or of all of them."""
    code = value.upper()
    if code != REGION and code not in codelist("CL_REPORTING_COUNTRY"):
        listed = ", ".join((*codelist("CL_REPORTING_COUNTRY").codes, REGION))
        raise typer.BadParameter(f"not one of {listed}")
    return code


def brief(
    trust: TrustOption,
    period: Annotated[str, typer.Option("--period", help="The year, e.g. 2024.")],
    area: Annotated[
        str, typer.Option("--area", callback=area_code, help="A country (alpha-3), or ALL.")
    ] = REGION,
    language: LanguageOption = "en",
    output: Annotated[Path, typer.Option("--output", help="The file to write.")] = Path(
        "brief.pdf"
    ),
    broker: Annotated[
        str,
        typer.Option("--broker", envvar="SOUTHMED_BROKER", help="Kafka servers, host:port,..."),
    ] = "",
    file: Annotated[
        Path | None,
        typer.Option("--file", help="A file in the place of the topic, a message a line."),
    ] = None,
    identity: IdentityOption = None,
    date: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="The date it bears; today's in UTC."),
    ] = None,
    address: Annotated[
        str, typer.Option("--address", help="Of a console, to be printed for verifying.")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Writes a brief of one page as PDF: the same bytes for the same releases and date.

    Reads the topic, verifies every message, and exits 3 if one of them is refused; such a message
    is never part of a brief. Of a file, every line has to verify.
    """
    for name in LIBRARIES:
        needed(name, EXTRA)
    from deploy.console.brief.making import make  # noqa: PLC0415 - it needs an extra

    releases, refused = _verified(broker, file, identity, LiveTrust(trust))
    day = (date or datetime.now(UTC)).date()
    content = make(releases, area, period, language, day, address)
    path = write(output.parent, output.name, content)
    if json:
        print_json({"file": str(path), "bytes": len(content), "refused": refused})
    else:
        out.print(f"wrote {path}, {len(content)} bytes", markup=False, soft_wrap=True)
    if refused:
        raise typer.Exit(Exit.PARTIAL)


def _verified(
    broker: str, file: Path | None, identity: Path | None, trust: LiveTrust
) -> tuple[list[Release], list[dict[str, object]]]:
    """The newest release of every key, and what was refused."""
    if file is None and not broker:
        raise typer.BadParameter("where to read?", param_hint="--broker or --file")
    if file is None:
        found, refused = standing(broker_at(broker, identity), trust)
        told = [{"offset": r.offset, "release": r.key, "code": r.error.code} for r in refused]
        return list(found.values()), told
    messages = run_until_stopped(FileLog(file).read())
    if messages is None:
        raise typer.Exit(Exit.FAILED)
    return list({release.key: release for release in open_all(messages, trust())}.values()), []
