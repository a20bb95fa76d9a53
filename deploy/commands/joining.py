"""What an authority does before it runs its adapter: ``lint``, ``check`` and ``preview``."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from country_adapters.kit.lint import lint as faults_of
from country_adapters.kit.register import folder_of
from deploy.commands.doctor import BrokerOption, exit_by, show
from deploy.commands.registers import DataOption, RegisterArgument, named, open_register
from deploy.doctor.findings import worst
from deploy.doctor.joining import Joining, examine_joining
from deploy.home import Site
from deploy.preview import look
from deploy.preview.document import document
from deploy.preview.fields import COMMON, in_order, label, shown_fields
from deploy.preview.identifiers import words_of
from deploy.preview.page import page
from deploy.preview.reasons import reasons
from deploy.preview.seen import EventsSeen, Preview, RowSeen
from deploy.quarters import in_words
from deploy.terminal import (
    Exit,
    IdentityOption,
    JsonOption,
    SiteOption,
    err,
    out,
    print_json,
    table,
)

PLACES_SHOWN = 8
"""Places of refused rows in one line of a terminal."""


def lint(register: RegisterArgument, json: JsonOption = False) -> None:
    """Tells every fault of a declaration, with file, line and key; looks at no data."""
    faults = faults_of(folder_of(named(register)))
    if json:
        print_json({"register": register, "faults": [asdict(fault) for fault in faults]})
    else:
        for fault in faults:
            place = ":".join(str(part) for part in (fault.file, fault.line, fault.key) if part)
            out.print(f"[bold]{escape(place)}[/] expected {escape(fault.expected)}", soft_wrap=True)
        out.print(f"{len(faults)} faults" if faults else "no fault found")
    if faults:
        raise typer.Exit(Exit.FAILED)


def check(
    register: RegisterArgument,
    site: SiteOption,
    data: DataOption = None,
    broker: BrokerOption = "",
    identity: IdentityOption = None,
    json: JsonOption = False,
) -> None:
    """Looks whether the adapter could run: register, keys, clock, broker. Changes nothing.

    Reads the first rows of each table only. Exits 0 if all is well, 3 if there are warnings only,
    1 if something is wrong.
    """
    joining = Joining(open_register(register, data), Site(site), broker, identity, time.time)
    with err.status("looking"):
        findings = examine_joining(joining)
    state = worst(findings)
    if json:
        print_json({"state": state, "findings": [finding.as_dict() for finding in findings]})
    else:
        show(findings)
    exit_by(state)


# --- preview -------------------------------------------------------------------------------------


def preview(
    register: RegisterArgument,
    data: DataOption = None,
    rows: Annotated[
        int, typer.Option("--rows", min=0, help="Rows to show one by one, from the first.")
    ] = 3,
    html: Annotated[
        Path | None,
        typer.Option("--html", dir_okay=False, help="Write the page to be signed to this file."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Shows exactly what would leave, field by field, and what would not; sends nothing.

    Needs no key and no site, and leaves the outbox alone. Exits 3 if rows are refused.
    """
    if html is not None and not html.parent.is_dir():
        raise typer.BadParameter("its folder is not there", param_hint="--html")
    opened = open_register(register, data)
    name = folder_of(named(register)).resolve().name
    with err.status("reading"):
        seen = look(opened, name=name, day=datetime.now(UTC).date(), keep=rows)
    if html is not None:
        html.write_text(page(seen), encoding="utf-8")
        err.print(f"written: {escape(str(html))}", soft_wrap=True)
    if json:
        print_json(document(seen))
    else:
        show_preview(seen)
    if seen.refused:
        raise typer.Exit(Exit.PARTIAL)


def show_preview(seen: Preview) -> None:
    """A preview on a terminal: what it comes to, then its first rows."""
    numbers = [(t.table, t.rows, t.rows - t.refused, t.refused) for t in seen.tables]
    out.print(table(seen.authority, ["table", "rows#", "accepted#", "refused#"], numbers))
    home = [(column.table, escape(column.header)) for column in seen.home]
    out.print(table("stay home", ["table", "column"], home))
    left = [(c.table, escape(c.header), c.kind, ", ".join(c.ways)) for c in seen.read]
    out.print(table("are read", ["table", "column", "kind", "what leaves"], left))
    for event_type, events in seen.events.items():
        title = f"{event_type}: {events.count} events"
        columns = ["field", "code", "meaning", "number#"]
        out.print(table(title, columns, list(_values(event_type, events))))
    _show_identifiers(seen)
    _show_quarters(seen)
    _show_refusals(seen)
    for row in seen.rows:
        _show_row(row)
    out.print(f"declarations {seen.declarations}\ncontent      {seen.content}", soft_wrap=True)


def _values(event_type: str, events: EventsSeen) -> Iterator[tuple[object, ...]]:
    """One line for each code that occurs; months and numbers of a field in one line together."""
    lists = shown_fields(event_type)
    for name, counts in events.fields.items():
        if name in COMMON:
            continue
        found = in_order(lists[name], counts)
        if lists[name]:
            for value, count in found:
                yield name, value, label(lists[name], value, "en"), count
        else:
            ends = [label("", value, "en") for value in dict.fromkeys((found[0][0], found[-1][0]))]
            yield name, " to ".join(ends), f"{len(found)} different", counts.total()


def _show_identifiers(seen: Preview) -> None:
    unusable = seen.identifiers.unusable.values()
    counts = Counter[str]()
    for each in unusable:
        counts[each.code] += each.count
    if told := words_of(seen.identifiers.types, counts):
        out.print(told, soft_wrap=True)
    rows = [
        (
            each.table,
            escape(each.column),
            f"{each.code}: {reasons(each.code)['en']}",
            each.count,
            ", ".join(each.places[:PLACES_SHOWN]),
        )
        for each in unusable
    ]
    if rows:
        columns = ["table", "column", "reason", "number#", "places"]
        out.print(table("identifiers not usable", columns, rows))


def _show_quarters(seen: Preview) -> None:
    rows = [
        (q.window, in_words(q.node), q.published, q.waiting, q.k, q.l, q.suppressed)
        for q in seen.quarters
    ]
    columns = ["quarter", "told", "facts#", "waiting#", "smallest class#", "forms#", "suppressed#"]
    out.print(table("how much is told of persons", columns, rows))


def _show_refusals(seen: Preview) -> None:
    refused = [
        (
            r.table,
            escape(r.column),
            f"{r.code}: {reasons(r.code)['en']}",
            r.count,
            ", ".join(r.places[:PLACES_SHOWN]) + (" ..." if r.count > PLACES_SHOWN else ""),
        )
        for r in seen.refusals
    ]
    if refused:
        columns = ["table", "column", "reason", "rows#", "places"]
        out.print(table("refused", columns, refused))


def _show_row(row: RowSeen) -> None:
    out.print(f"\n[bold]{escape(row.table)} {escape(row.place)}[/]")
    for problem in row.problems:
        told = f"refused: {problem.column}: {problem.code}, expected {problem.expected}"
        out.print(f"  {escape(told)}", soft_wrap=True)
    for problem in row.unusable:
        told = f"identifier not usable: {problem.column}: {problem.code}"
        out.print(f"  {escape(told)}", soft_wrap=True)
    if row.identifiers:
        out.print(f"  identifiers to be tokenised: {', '.join(row.identifiers)}")
    for event in row.events:
        out.print(f"  {event.event_type}")
        for name, values in event.fields.items():
            list_id = shown_fields(event.event_type)[name]
            said = ", ".join(f"{v} ({label(list_id, v, 'en')})" if list_id else v for v in values)
            out.print(f"    {name:24} {escape(said)}", soft_wrap=True)
