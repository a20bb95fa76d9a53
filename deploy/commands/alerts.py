"""``southmed alerts``: what is told to whom of networks and surges, and what readers answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from importlib.metadata import version
from json import loads
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from deploy.alerts.answering import ANSWERS, assessment, send
from deploy.alerts.audit import audit as audited
from deploy.alerts.office import Office
from deploy.alerts.place import init_keys
from deploy.alerts.reader import AlertReader, following
from deploy.commands.consume import LanguageOption, TrustOption
from deploy.commands.health import HealthOption
from deploy.commands.later import later
from deploy.consume.trusting import LiveTrust
from deploy.home import Site
from deploy.identity import Identity
from deploy.running import health, vitals
from deploy.running.guard import LoopGuard, beside
from deploy.terminal import (
    BrokerOption,
    Exit,
    IdentityOption,
    JsonOption,
    SiteOption,
    broker_at,
    err,
    out,
    print_json,
    run_until_stopped,
    table,
)
from processors.alerts import lines
from processors.alerts.errors import NoSuchAlert
from schemas.alert_errors import AssessmentInvalid
from schemas.alerts import (
    ANALYSTS,
    CHANNELS,
    CLOSED,
    CONTACTS,
    EVERYBODY,
    Alert,
    AnalystAlert,
    Assessment,
    Channel,
    ContactAlert,
    Surge,
    reasons_of,
)
from schemas.codelists import Language, codelist
from schemas.kafka import Broker
from schemas.log_lines import tell

MORE = {"deliver": "deploy.commands.delivering:deliver"}

app = typer.Typer(
    help="Alerts: networks across borders, and surges.", cls=later(MORE), no_args_is_help=True
)

AsOfOption = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The date to go by; today's in UTC."),
]
AsOption = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="PRINCIPAL",
        help="Whose alerts: contact.tn, analyst.coe, or everybody for surges. By default the"
        " principal of --identity.",
    ),
]


def _day(as_of: datetime | None) -> date:
    return (as_of or datetime.now(UTC)).date()


# --- The platform --------------------------------------------------------------------------------


@app.command(name="init-keys")
def init_keys_command(site: SiteOption) -> None:
    """Makes the keys of alerts that are not there yet: one for signing, one behind ids."""
    for path in init_keys(Site(site)):
        out.print(f"wrote {path}")


@app.command()
def run(
    site: SiteOption,
    broker: BrokerOption,
    identity: IdentityOption = None,
    once: Annotated[bool, typer.Option("--once", help="One round, then stop.")] = False,
    every: Annotated[
        float, typer.Option("--every", min=1, help="Seconds between two rounds.")
    ] = 300.0,
    as_of: AsOfOption = None,
    health_port: HealthOption = None,
    json: JsonOption = False,
) -> None:
    """Publishes alerts: raises, changes and closes what has to be; after a crash, goes on."""
    if as_of is not None and not once:
        raise typer.BadParameter("only with --once", param_hint="--as-of")
    office, guard = Office(site, broker_at(broker, identity)), LoopGuard()
    tell(lines.ALERTS_START, version=version("southmed"))
    guard.start()
    told = vitals.of_alerts(guard, office.meters, office.broker, identity)
    with health.serve(health_port, told):
        if not once:
            run_until_stopped(beside(guard.tick_forever(), office.follow(every)))
            return
        done = run_until_stopped(beside(guard.tick_forever(), office.round(_day(as_of))))
    if done is None:
        raise typer.Exit(Exit.FAILED)
    if json:
        written = [{"topic": c.topic, **_short(alert)} for c, alert in done.written]
        print_json({"written": written, "held": [hit._asdict() for hit in done.held]})
        return
    rows = [(c.topic, a.id, a.revision, a.state) for c, a in done.written]
    out.print(table("Written", ["topic", "alert", "revision#", "state"], rows))
    if done.held:
        out.print(f"{len(done.held)} hits held; see `southmed alerts audit`")


def _short(alert: Alert) -> dict[str, Any]:
    about = getattr(alert, "about", None)
    return {
        "id": alert.id,
        "revision": alert.revision,
        "state": alert.state,
        "detector": about.detector if about else None,
    }


@app.command()
def audit(
    site: SiteOption,
    broker: BrokerOption,
    identity: IdentityOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Shows what is told to each reader, what nothing backs, what is held, and what is a hub."""
    office = Office(site, broker_at(broker, identity))
    found = run_until_stopped(office.audit(_day(as_of)))
    if found is None:
        raise typer.Exit(Exit.FAILED)
    there, held, gathered = found
    rows = audited(there.out, held)
    hubs = [{**asdict(h), "tokens": [t.hex() for t in h.tokens]} for h in gathered.hubs]
    if json:
        shares = [{**asdict(r), "dismissed_share": r.dismissed_share} for r in rows]
        print_json({"audiences": shares, "held": [h._asdict() for h in held], "hubs": hubs})
        return
    columns = ["reader", "told#", "open#", "unbacked#", "never backed#", "dismissed#", "held#"]
    out.print(
        table(
            "Alerts by reader",
            columns,
            [
                (r.audience, r.told, r.open, r.unbacked, r.never_backed, _share(r), r.held)
                for r in rows
            ],
        )
    )
    told = [
        (h.reason, ", ".join(h.link_types), _counts(h.cases_by_country), ", ".join(h.stopped_by))
        for h in gathered.hubs
    ]
    if told:
        out.print(table("Lines that many share", ["why", "kinds", "cases", "stopped by"], told))


def _share(row: Any) -> str:
    share = row.dismissed_share
    return "" if share is None else f"{row.dismissed} ({share:.0%})"


def _counts(by_country: Mapping[str, int]) -> str:
    return ", ".join(f"{country} {number}" for country, number in by_country.items())


# --- Readers -------------------------------------------------------------------------------------


def _channel(principal: str, identity: Path | None) -> Channel:
    """The channel of a reader."""
    if not principal and identity is not None:
        principal = Identity(identity).principal
    if principal == "everybody":
        return EVERYBODY
    for channel in CHANNELS:
        if channel.reader and channel.reader == principal:
            return channel
    readers = ", ".join(c.reader for c in (*CONTACTS.values(), ANALYSTS))
    raise typer.BadParameter(f"one of {readers}, everybody", param_hint="--as")


async def _newest(broker: Broker, channel: Channel, trust: LiveTrust) -> AlertReader:
    async with following(broker, channel, trust) as reader:
        await reader.newest()
        return reader


def _read(broker: Broker, channel: Channel, trust: Path) -> AlertReader:
    document = LiveTrust(trust)
    document()
    reader = run_until_stopped(_newest(broker, channel, document))
    if reader is None:
        raise typer.Exit(Exit.FAILED)
    for refused in reader.refused:
        err.print(f"[bold red]refused offset {refused.offset}: {escape(str(refused.error))}[/]")
    return reader


@app.command()
def show(
    broker: BrokerOption,
    trust: TrustOption,
    alert: Annotated[str, typer.Argument(metavar="[ALERT]", help="Only this one, whole.")] = "",
    reader: AsOption = "",
    identity: IdentityOption = None,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    language: LanguageOption = "en",
    json: JsonOption = False,
) -> None:
    """Shows the alerts of a reader, each verified. Exits 1 if one did not verify."""
    channel = _channel(reader, identity)
    found = _read(broker_at(broker, identity), channel, trust)
    alerts = [a for a in found.known.values() if every or alert or a.state not in CLOSED]
    if alert:
        alerts = [_one(found, alert)]
    if json:
        print_json([loads(a.dump()) for a in alerts])
    elif alert:
        _print_whole(alerts[0], language)
    else:
        rows = [(a.id, _state(a.state, language), *_told(a, language)) for a in alerts]
        title = f"Alerts of {channel.reader or 'everybody'}"
        out.print(table(title, ["alert", "state", "when", "what"], rows))
    if found.refused:
        raise typer.Exit(Exit.FAILED)


def _one(found: AlertReader, alert: str) -> Alert:
    if alert not in found.known:
        raise NoSuchAlert()
    return found.known[alert]


def _state(code: str, language: Language) -> str:
    return codelist("CL_ALERT_REASON").label(code, language)


def _told(alert: Alert, language: Language) -> tuple[str, str]:
    """When and what, of any alert."""
    match alert:
        case ContactAlert(about=about) if about is not None:
            when = f"{about.months.first} - {about.months.last}"
        case AnalystAlert(about=about) if about is not None:
            when = about.quarter
        case Surge(about=about) if about is not None:
            when = about.period
        case _:
            return "", f"-> {alert.into}" if alert.into else ""
    return when, getattr(about.words, language)


def _print_whole(alert: Alert, language: Language) -> None:
    when, what = _told(alert, language)
    out.print(f"[bold]{alert.id}[/]  {_state(alert.state, language)}  {when}")
    if what:
        out.print(escape(what), soft_wrap=True)
    if isinstance(alert, ContactAlert) and alert.about is not None:
        cases = [(case.authority, case.case) for case in alert.about.cases]
        out.print(table("Your cases", ["authority", "case"], cases))
    reasons = codelist("CL_ALERT_REASON")
    steps = [
        (
            step.on,
            _state(step.state, language),
            step.by,
            reasons.label(step.reason, language) if step.reason else "",
        )
        for step in alert.history
    ]
    out.print(table("Its life", ["on", "state", "by", "why"], steps))


@app.command()
def assess(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="Id of the alert.")],
    state: Annotated[str, typer.Option("--state", help=f"One of {', '.join(ANSWERS)}.")],
    broker: BrokerOption,
    trust: TrustOption,
    reason: Annotated[
        str, typer.Option("--reason", help="A code of CL_ALERT_REASON under that state.")
    ] = "",
    reader: AsOption = "",
    identity: IdentityOption = None,
    json: JsonOption = False,
) -> None:
    """Answers an alert, as the contact point or analyst that it was told to."""
    channel = _channel(reader, identity)
    if state not in ANSWERS or channel.answers is None:
        raise typer.BadParameter(f"one of {', '.join(ANSWERS)}", param_hint="--state")
    reached = broker_at(broker, identity)
    there = _one(_read(reached, channel, trust), alert)
    answer = _answer(channel, there, state, reason)
    if run_until_stopped(_send(reached, channel, answer)) is None:
        raise typer.Exit(Exit.FAILED)
    if json:
        print_json(loads(answer.dump()))
        return
    out.print(f"answered {alert}: {state}{f', {reason}' if reason else ''}")


def _answer(channel: Channel, alert: Alert, state: str, reason: str) -> Assessment:
    """The assessment; refused where it could not be heard."""
    try:
        return assessment(channel, alert, alert.revision, state, reason)
    except AssessmentInvalid:
        listed = ", ".join(reasons_of(state)) or "no reason"
        raise typer.BadParameter(f"one of {listed}", param_hint="--reason") from None


async def _send(broker: Broker, channel: Channel, answer: Assessment) -> bool:
    await send(broker, channel, answer)
    return True
