"""``southmed release``: tables for analysts, by the calendar and under the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from json import loads
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from deploy.commands.later import later
from deploy.home import Site
from deploy.release import KeyFiles, Releaser, init_keys
from deploy.terminal import (
    Exit,
    IdentityOption,
    JsonOption,
    SiteOption,
    broker_at,
    out,
    print_json,
    run_until_stopped,
    table,
)
from processors.release.accountant import Accountant, epsilon
from processors.release.calendar import items
from processors.release.check import Check, check
from processors.release.desk import Desk
from processors.release.errors import NoSuchRelease, ReleaseKeysMissing
from processors.release.log import FileLog, Message, ReleaseLog, TopicLog, open_all
from processors.release.snapshot import unpack
from processors.release.tables import shipped
from schemas.releases import DIMENSIONS, Reason, Release

MORE = {
    "export": "deploy.commands.exporting:export",
    "resign": "deploy.commands.resigning:resign",
}

app = typer.Typer(
    help="Tables with noise for analysts, by the calendar.", cls=later(MORE), no_args_is_help=True
)

AHEAD = timedelta(days=200)
"""How far the plan looks ahead."""

BrokerOption = Annotated[
    str, typer.Option("--broker", envvar="SOUTHMED_BROKER", help="Kafka servers, host:port,...")
]
FileOption = Annotated[
    Path | None, typer.Option("--file", help="A file in the place of the topic, a message a line.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="A file in the place of the topic, a message a line.")
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The date to go by; today's in UTC."),
]
SinceOption = Annotated[
    int,
    typer.Option("--since", min=0, max=2099, help="Leave out the years before this one."),
]
KeyArgument = Annotated[
    str,
    typer.Argument(
        parser=lambda text: text.upper().replace("/", "|"),
        metavar="RELEASE",
        help="Table, period and vintage: F1/2023/FINAL.",
    ),
]


def _day(as_of: datetime | None) -> date:
    return (as_of or datetime.now(UTC)).date()


class _Local:
    """What this site published itself, as it was read back: for looking, never for publishing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def read(self) -> list[Message]:
        return self._desk.published()

    async def append(self, messages: Sequence[Message]) -> None:
        raise NotImplementedError(f"{len(messages)} messages, and nowhere to publish them")


def _releaser(site: Path, broker: str, identity: Path | None, file: Path | None) -> Releaser:
    place = Releaser(Site(site), FileLog(file or Path()), shipped())
    if file is None:
        log: ReleaseLog = TopicLog(broker_at(broker, identity)) if broker else _Local(place.desk)
        place.log = log
    return place


def publisher(site: Path, broker: str, identity: Path | None, to: Path | None) -> Releaser:
    """A site that publishes, to a topic or to a file; one of both must be named."""
    if not broker and to is None:
        raise typer.BadParameter("where to publish?", param_hint="--broker or --out")
    return _releaser(site, broker, identity, to)


def _published(place: Releaser) -> list[Release]:
    """Every release there is, each verified; newest of each key last."""
    messages = run_until_stopped(place.log.read())
    if messages is None:
        raise typer.Exit(Exit.FAILED)
    return open_all(messages, place.site.trust())


def _newest(releases: list[Release]) -> dict[str, Release]:
    return {release.key: release for release in releases}


# --- Before ---------------------------------------------------------------------------------------


@app.command(name="init-keys")
def init_keys_command(
    site: SiteOption,
    year: Annotated[list[int], typer.Option("--year", min=2000, max=2099, help="May repeat.")],
) -> None:
    """Makes the keys of releases that are not there yet: one for signing, one a year for noise."""
    for path in init_keys(Site(site), year):
        out.print(f"wrote {path}")


@app.command()
def plan(
    site: SiteOption,
    broker: BrokerOption = "",
    identity: IdentityOption = None,
    file: FileOption = None,
    as_of: AsOfOption = None,
    since: SinceOption = 0,
    json: JsonOption = False,
) -> None:
    """Shows the calendar: what is published, due, or comes in the next months."""
    day = _day(as_of)
    known = _newest(_published(_releaser(site, broker, identity, file)))
    rows = []
    for item in items(shipped(), day + AHEAD, since):
        release = known.get(item.key)
        state = "to come" if item.due > day else "due"
        if release is not None:
            state = "withdrawn" if release.withdrawn else "published"
        rows.append((str(item.due), item.key, shipped().tables[item.table].title.en, state))
    if json:
        names = ("due", "key", "title", "state")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    out.print(table(f"Releases as of {day}", ["due", "release", "title", "state"], rows))


# --- Publishing -----------------------------------------------------------------------------------


@app.command()
def run(
    site: SiteOption,
    broker: BrokerOption = "",
    identity: IdentityOption = None,
    to: OutOption = None,
    as_of: Annotated[
        list[datetime] | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d"],
            help="The date to go by; today's in UTC. Given again: one after the other.",
        ),
    ] = None,
    since: SinceOption = 0,
    json: JsonOption = False,
) -> None:
    """Publishes what is due and not yet published; after a crash, goes on where it stopped."""
    place = publisher(site, broker, identity, to)
    days = sorted(map(_day, as_of)) if as_of else [_day(None)]
    done = run_until_stopped(_publish(place, days, since))
    if done is None:
        raise typer.Exit(Exit.FAILED)
    if json:
        print_json({"published": [_short(release) for release in done]})
    else:
        for release in done:
            out.print(f"published {release.key}")
        out.print(f"{len(done)} releases published")


async def _publish(place: Releaser, days: Sequence[date], since: int) -> list[Release]:
    """What is due on each of some days, published as of that day."""
    done: list[Release] = []
    for day in days:
        due = items(place.tables, day, since)
        done += await place.press().run(due, place.maker(day))
    return done


@app.command()
def withdraw(
    site: SiteOption,
    key: KeyArgument,
    reason: Annotated[str, typer.Option("--reason", help=f"One of {', '.join(get_args(Reason))}.")],
    broker: BrokerOption = "",
    identity: IdentityOption = None,
    to: OutOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Publishes that a release no longer holds. What it cost stays spent."""
    if reason not in get_args(Reason):
        raise typer.BadParameter(f"one of {', '.join(get_args(Reason))}", param_hint="--reason")
    place = publisher(site, broker, identity, to)
    found: Any = reason
    if run_until_stopped(place.press().withdraw(key, found, _day(as_of))) is None:
        raise typer.Exit(Exit.FAILED)
    out.print(f"withdrawn {key}")


# --- Looking --------------------------------------------------------------------------------------


@app.command()
def show(
    site: SiteOption,
    key: KeyArgument,
    broker: BrokerOption = "",
    identity: IdentityOption = None,
    file: FileOption = None,
    json: JsonOption = False,
) -> None:
    """Shows a release as it was published."""
    release = _newest(_published(_releaser(site, broker, identity, file))).get(key)
    if release is None:
        raise NoSuchRelease(got=key)
    if json:
        print_json(loads(release.dump()))
        return
    if release.withdrawn:
        out.print(f"withdrawn on {release.withdrawn.on}: {release.withdrawn.reason}")
        return
    names = [name for name in DIMENSIONS if name in release.dimensions]
    rows = [
        (*row.key(names), row.OBS_VALUE, row.MEASUREMENT, row.LOWER_BOUND, row.UPPER_BOUND,
         row.OBS_STATUS)
        for row in release.observations
    ]  # fmt: skip
    columns = [*names, "value#", "measured#", "from#", "to#", "status"]
    out.print(table(f"{release.key}: {release.title.en}", columns, rows))
    out.print(f"[dim]{_explained(release)}[/]", soft_wrap=True)


def _explained(release: Release) -> str:
    if release.noise is None:
        return "Exact: this table counts no persons."
    return (
        f"Every measurement carries noise: the true count lies between from and to in "
        f"{release.noise.coverage:.1%} of all cells. U: below {release.noise.unreliable_below}, "
        "do not rely on it. Detections by authorities, not prevalence."
    )


@app.command()
def budget(
    site: SiteOption,
    broker: BrokerOption = "",
    identity: IdentityOption = None,
    file: FileOption = None,
    json: JsonOption = False,
) -> None:
    """Shows what the persons of each quarter cost so far, and what that means."""
    allowed = shipped().budget
    account = Accountant.of(_published(_releaser(site, broker, identity, file)), allowed)
    rows = []
    for quarter in account.quarters():
        spent = account.spent(quarter)
        told = epsilon(float(spent.total), float(allowed.delta))
        rows.append((quarter, str(spent.regular), str(spent.errata), f"{told:.2f}"))
    if json:
        names = ("quarter", "rho", "errata", "epsilon")
        print_json(
            {
                "rho": str(allowed.rho),
                "reserve": str(allowed.reserve),
                "delta": float(allowed.delta),
                "quarters": [dict(zip(names, row, strict=True)) for row in rows],
            }
        )
        return
    title = f"Spent of rho {allowed.rho}, reserve {allowed.reserve}; epsilon at {allowed.delta}"
    out.print(table(title, ["entered in", "rho#", "errata#", "epsilon#"], rows))


@app.command()
def verify(
    site: SiteOption,
    broker: BrokerOption = "",
    identity: IdentityOption = None,
    file: FileOption = None,
    topic: Annotated[
        bool, typer.Option("--topic", help="Only what needs no key: as an analyst.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Checks every release: signature, cells, budget. Where the keys are, computes it again."""
    place = _releaser(site, broker, identity, file)
    releases = _published(place)
    if not releases:
        # An empty topic proves nothing.
        raise NoSuchRelease(expected="at least one release to check")
    account = Accountant.of(releases, place.tables.budget)
    over = account.overspent()
    found = [_check(place, release, topic) for release in _newest(releases).values()]
    sound = not over and all(one.sound for one in found)
    if json:
        print_json({"sound": sound, "overspent": over, "releases": [asdict(c) for c in found]})
    else:
        rows = [(c.key, "ok", c.cells, c.budget, c.again) for c in found]
        columns = ["release", "signature", "cells", "cost", "computed again"]
        out.print(table("Releases", columns, rows))
        out.print(
            f"over the budget: {', '.join(over)}" if over else "nobody costs more than allowed"
        )
    if not sound:
        raise typer.Exit(Exit.FAILED)


def _check(place: Releaser, release: Release, topic: bool) -> Check:
    """Checks one release, with keys and records where they are here."""
    kept = None if topic else place.desk.records(release.key)
    if kept is None:
        return check(release, place.tables)
    try:
        keys = KeyFiles(place.site).read([release.period[:4]])
    except ReleaseKeysMissing:
        return check(release, place.tables)
    return check(release, place.tables, keys, unpack(kept))


@app.command()
def impact(
    site: SiteOption,
    authority: Annotated[str, typer.Option("--authority", help="Authority, or its country: tn.")],
    from_sequence: Annotated[int, typer.Option("--from-sequence", min=1)],
    epoch: Annotated[int, typer.Option("--epoch", min=1)] = 1,
    stream: Annotated[int | None, typer.Option("--stream", min=0)] = None,
    broker: BrokerOption = "",
    identity: IdentityOption = None,
    file: FileOption = None,
    json: JsonOption = False,
) -> None:
    """Lists the releases that count batches of an authority from a sequence on."""
    position = (epoch, from_sequence)
    touched = [
        release
        for release in _newest(_published(_releaser(site, broker, identity, file))).values()
        if any(r.touches(authority, position, stream) for r in release.statement.streams)
    ]
    if json:
        print_json({"touched": [_short(release) for release in touched]})
        return
    rows = [(r.key, r.statement.released_on, "withdrawn" if r.withdrawn else "") for r in touched]
    out.print(table(f"Releases that count {authority}", ["release", "released", ""], rows))


def _short(release: Release) -> dict[str, Any]:
    return {
        "key": release.key,
        "released_on": release.statement.released_on,
        "rho": release.statement.rho,
        "withdrawn": release.withdrawn is not None,
        "output": release.statement.output,
    }
